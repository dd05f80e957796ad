import { describe, expect, test } from 'vitest';
import { engineOf } from './run.ts';
import { testSubgraph } from './shop.ts';

type Ref = { readonly __typename: string; readonly id: string };

const typeOf = { __resolveType: ({ __typename }: Ref) => __typename };

function library() {
  return engineOf([
    testSubgraph(
      'media',
      `type Query { media: [Media!]! search: [Found] node(id: ID!): Node }
       interface Node { id: ID! }
       interface Media implements Node @key(fields: "id") { id: ID! title: String! }
       type Book implements Media & Node @key(fields: "id") { id: ID! title: String! pages: Int }
       type Film implements Media & Node @key(fields: "id") { id: ID! title: String! minutes: Int @inaccessible }
       type Secret implements Media & Node @key(fields: "id") @inaccessible { id: ID! title: String! }
       union Found = Book | Film | Shelf
       type Shelf { room: String mood: Mood! moods: [Mood] }
       enum Mood { GOOD BAD HIDDEN @inaccessible }`,
      {
        Query: {
          media: () => [
            { __typename: 'Book', id: 'b1', title: 'Book 1', pages: 10 },
            { __typename: 'Film', id: 'f1', title: 'Film 1', minutes: 90 },
          ],
          search: () => [
            { __typename: 'Film', id: 'f1', title: 'Film 1' },
            { __typename: 'Shelf', room: 'R', mood: 'GOOD', moods: ['BAD', 'HIDDEN'] },
            { __typename: 'Shelf', room: 'S', mood: 'HIDDEN', moods: null },
            null,
          ],
          node: (_: unknown, { id }: { id: string }) =>
            id === 's1'
              ? { __typename: 'Secret', id, title: 'x' }
              : { __typename: 'Book', id, title: 'Book' },
        },
        Node: typeOf,
        Media: {
          ...typeOf,
          __resolveReference: ({ id }: Ref) => ({
            __typename: id[0] === 'b' ? 'Book' : 'Film',
            id,
            title: id,
          }),
        },
        Found: typeOf,
        Book: { __resolveReference: ({ id }: Ref) => ({ id, title: `Book ${id}` }) },
        Film: { __resolveReference: ({ id }: Ref) => ({ id, title: `Film ${id}` }) },
      },
    ),
    testSubgraph(
      'ratings',
      `type Query { best: [Media!]! }
       type Media @key(fields: "id") @interfaceObject { id: ID! stars: Int! }
       type Book @key(fields: "id") { id: ID! isbn: String }`,
      {
        Query: { best: () => [{ id: 'b1' }, { id: 'f1' }] },
        Media: {
          __resolveReference: ({ id }: Ref) => ({ id }),
          stars: ({ id }: Ref) => (id[0] === 'b' ? 5 : 3),
        },
        Book: { __resolveReference: ({ id }: Ref) => ({ id, isbn: `isbn-${id}` }) },
      },
    ),
  ]);
}

describe('interfaces and unions', () => {
  test('fragments on members, with fields of several subgraphs', async () => {
    const { run } = library();
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
    const { run } = library();
    expect(await run('{ media { stars ... on Film { title } } }')).toEqual({
      data: { media: [{ stars: 5 }, { stars: 3, title: 'Film 1' }] },
    });
  });

  test('a list that begins at an @interfaceObject finds the concrete types', async () => {
    const { run } = library();
    expect(await run('{ best { stars title __typename ... on Book { isbn } } }')).toEqual({
      data: {
        best: [
          { stars: 5, title: 'b1', __typename: 'Book', isbn: 'isbn-b1' },
          { stars: 3, title: 'f1', __typename: 'Film' },
        ],
      },
    });
  });

  test('unions keep nulls and members without fragments apart', async () => {
    const { run } = library();
    expect(await run('{ search { ... on Film { title } } }')).toEqual({
      data: { search: [{ title: 'Film 1' }, {}, {}, null] },
    });
  });
});

describe('@inaccessible', () => {
  test('fields, types and values are not in the schema', async () => {
    const { run } = library();
    await expect(run('{ media { ... on Film { minutes } } }')).rejects.toThrow(
      'Cannot query field "minutes"',
    );
    await expect(run('{ media { ... on Secret { id } } }')).rejects.toThrow('Unknown type "Secret"');
    const result = await run('{ __type(name: "Mood") { enumValues { name } } }');
    expect(result.data).toEqual({ __type: { enumValues: [{ name: 'GOOD' }, { name: 'BAD' }] } });
  });

  test('an object of a hidden type is null, a hidden value too, and bubbles where null is not allowed', async () => {
    const { run } = library();
    expect((await run('{ node(id: "s1") { id } }')).data).toEqual({ node: null });
    expect((await run('{ search { ... on Shelf { room mood } } }')).data).toEqual({
      search: [{}, { room: 'R', mood: 'GOOD' }, null, null],
    });
    expect((await run('{ search { ... on Shelf { moods } } }')).data).toEqual({
      search: [{}, { moods: ['BAD', null] }, { moods: null }, null],
    });
  });
});
