import { describe, expect, test } from 'vitest';
import { library } from './library.ts';
import { engineOf } from './run.ts';

describe('interfaces and unions', () => {
  test('fragments on members, with fields of several subgraphs', async () => {
    const { run } = engineOf(library());
    const result = await run(`{
      media { __typename id ... on Book { pages isbn } ... on Node { same: id } ...F }
    } fragment F on Media { title }`);
    expect(result).toEqual({
      data: {
        media: [
          { __typename: 'Book', id: 'b1', pages: 10, isbn: 'isbn-b1', same: 'b1', title: 'Book 1' },
          { __typename: 'Film', id: 'f1', same: 'f1', title: 'Film 1' },
        ],
      },
    });
  });

  test('@interfaceObject adds a field to every member', async () => {
    const { run } = engineOf(library());
    expect(await run('{ media { stars ... on Film { title } } }')).toEqual({
      data: { media: [{ stars: 5 }, { stars: 3, title: 'Film 1' }] },
    });
  });

  test('a list that begins at an @interfaceObject finds the concrete types', async () => {
    const { run } = engineOf(library());
    expect(await run('{ best { stars title __typename ... on Book { isbn } } }')).toEqual({
      data: {
        best: [
          { stars: 5, title: 'Book 1', __typename: 'Book', isbn: 'isbn-b1' },
          { stars: 3, title: 'Film 1', __typename: 'Film' },
        ],
      },
    });
  });

  test('several kinds that begin at an @interfaceObject are told apart', async () => {
    const { run } = engineOf(library());
    expect(await run('{ best { ... on Film { a: id stars } ... on Book { b: id isbn } } }')).toEqual({
      data: {
        best: [
          { b: 'b1', isbn: 'isbn-b1' },
          { a: 'f1', stars: 3 },
        ],
      },
    });
  });

  test('unions keep nulls and members without fragments apart', async () => {
    const { run } = engineOf(library());
    expect(await run('{ search { ... on Film { title } } }')).toEqual({
      data: { search: [{ title: 'Film 1' }, {}, {}, null] },
    });
  });
});

describe('@inaccessible', () => {
  test('fields, types and values are not in the schema', async () => {
    const { run } = engineOf(library());
    await expect(run('{ media { ... on Film { minutes } } }')).rejects.toThrow(
      'Cannot query field "minutes"',
    );
    await expect(run('{ media { ... on Secret { id } } }')).rejects.toThrow('Unknown type "Secret"');
    const result = await run('{ __type(name: "Mood") { enumValues { name } } }');
    expect(result.data).toEqual({ __type: { enumValues: [{ name: 'GOOD' }, { name: 'BAD' }] } });
  });

  test('an object of a hidden type is null, a hidden value too, and bubbles where null is not allowed', async () => {
    const { run } = engineOf(library());
    expect((await run('{ node(id: "s1") { id } }')).data).toEqual({ node: null });
    expect((await run('{ search { ... on Shelf { room mood } } }')).data).toEqual({
      search: [{}, { room: 'R', mood: 'GOOD' }, null, null],
    });
    expect((await run('{ search { ... on Shelf { moods } } }')).data).toEqual({
      search: [{}, { moods: ['BAD', null] }, { moods: null }, null],
    });
  });
});
