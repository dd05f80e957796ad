import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { composeSupergraph } from '../../gateway/compose/supergraph.ts';
import { assemble, type Piece, piecesOf } from './defer.ts';
import { CALLER, engineOf } from './run.ts';
import { testSubgraph } from './shop.ts';

let renamed = 0;

const graph = () =>
  engineOf([
    testSubgraph(
      'things',
      `type Query { thing: Thing things: [Thing] } type Thing { id: ID! all: Query }
       type Mutation { rename: Renamed! } type Renamed { ok: Boolean! query: Query! }
       type Subscription { renamed: Renamed! }`,
      {
        Query: {
          thing: () => ({ id: '1', all: {} }),
          things: () => [{ id: '1', all: {} }, null, { id: '2', all: null }, { id: '3', all: {} }],
        },
        Mutation: {
          rename: () => {
            renamed++;
            return { ok: true, query: {} };
          },
        },
        Subscription: {
          renamed: {
            subscribe: async function* () {
              for (const ok of [true, false]) {
                renamed++;
                yield { renamed: { ok, query: {} } };
              }
            },
          },
        },
      },
    ),
    testSubgraph(
      'others',
      `type Query { count: Int other(n: Int = 1): Other fails: Int sure: Int! }
       type Other { n: Int! back: Query }`,
      {
        Query: {
          count: () => renamed,
          other: (_: unknown, { n }: { n: number }) => ({ n, back: {} }),
          fails: () => {
            throw new Error('out of order');
          },
          sure: () => null,
        },
      },
    ),
  ]);

describe('a field that leads back to the root', () => {
  test('has all of the root, in one request for all places', async () => {
    const { run, calls } = graph();
    expect(await run('{ things { id all { count other(n: 2) { n } thing { id } __typename } } }')).toEqual({
      data: {
        things: [
          { id: '1', all: { count: 0, other: { n: 2 }, thing: { id: '1' }, __typename: 'Query' } },
          null,
          { id: '2', all: null },
          { id: '3', all: { count: 0, other: { n: 2 }, thing: { id: '1' }, __typename: 'Query' } },
        ],
      },
    });
    expect(calls.map(({ subgraph }) => subgraph)).toEqual(['things', 'others']);
    calls.length = 0;
  });

  test('asks nothing where nothing leads there', async () => {
    const { run, calls } = graph();
    expect(await run('{ things { id all @skip(if: true) { count } } }')).toMatchObject({
      data: { things: [{ id: '1' }, null, { id: '2' }, { id: '3' }] },
    });
    expect(calls).toHaveLength(1);
  });

  test('leads there and back again, with variables and under other names', async () => {
    const { run } = graph();
    const document =
      'query($n: Int) { thing { whole: all { a: other(n: $n) { n back { b: other { n } it: thing { id all { count } } } } } } }';
    expect((await run(document, { n: 7 })).data).toEqual({
      thing: {
        whole: { a: { n: 7, back: { b: { n: 1 }, it: { id: '1', all: { count: 0 } } } } },
      },
    });
  });

  test('of a mutation shows what is there after it, by a query', async () => {
    const { run, calls } = graph();
    expect((await run('mutation { rename { ok query { count } } }')).data).toEqual({
      rename: { ok: true, query: { count: 1 } },
    });
    expect(calls.map(({ text }) => text.split('{')[0])).toEqual(['mutation', '']);
    renamed = 0;
  });

  test('of an event shows what is there at each', async () => {
    const { engine } = graph();
    const events = await engine.subscribe({
      document: parse('subscription { renamed { ok query { count } } }'),
      variables: {},
      caller: CALLER,
      signal: new AbortController().signal,
    });
    if (!(Symbol.asyncIterator in events)) throw new Error(JSON.stringify(events));
    const seen: unknown[] = [];
    for await (const { data } of events) seen.push(JSON.parse(JSON.stringify(data)));
    expect(seen).toEqual([
      { renamed: { ok: true, query: { count: 1 } } },
      { renamed: { ok: false, query: { count: 2 } } },
    ]);
    renamed = 0;
  });

  test('is answered later where that is asked', async () => {
    const document =
      '{ things { id all { ... @defer { count } } } thing { id ... @defer { all { count other(n: 3) { n back { ... @defer { sure: count } } } } } } }';
    const pieces: Piece[] = [];
    for await (const piece of piecesOf(graph().engine, document)) pieces.push(piece);
    expect(assemble(pieces)).toEqual({
      things: [{ id: '1', all: { count: 0 } }, null, { id: '2', all: null }, { id: '3', all: { count: 0 } }],
      thing: { id: '1', all: { count: 0, other: { n: 3, back: { sure: 0 } } } },
    });
  });

  test('has errors at every place, and nulls that go as far as they have to', async () => {
    const { run } = graph();
    const { data, errors } = await run('{ things { all { fails } } }');
    expect(data).toEqual({
      things: [{ all: { fails: null } }, null, { all: null }, { all: { fails: null } }],
    });
    expect(errors?.map(({ path }) => path)).toEqual([
      ['things', 0, 'all', 'fails'],
      ['things', 3, 'all', 'fails'],
    ]);
    expect((await run('{ thing { id all { sure } } }')).data).toEqual({ thing: { id: '1', all: null } });
  });

  test('has no schema to ask for there, and says where there is one', async () => {
    const { run } = graph();
    await expect(run('{ thing { all { __schema { queryType { name } } count } } }')).rejects.toThrow(
      '"__schema" can be asked for at the root of a query only.',
    );
    await expect(
      run('{ ...F } fragment F on Query { thing { all { __type(name: "Thing") { name } } } }'),
    ).rejects.toThrow('"__type" can be asked for at the root of a query only.');
    expect((await run('{ thing { all { __typename } } __type(name: "Thing") { name } }')).data).toEqual({
      thing: { all: { __typename: 'Query' } },
      __type: { name: 'Thing' },
    });
  });
});

const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3"';

test.each([
  ['imported', `${LINK}, import: ["@key"])`],
  ['imported by another name', `${LINK}, import: [{ name: "@key", as: "@id" }])`],
  ['not imported', `${LINK})`],
  ['of the first version', ''],
])('composes, the directive of keys being %s', (_, link) => {
  const sdl = composeSupergraph([
    { name: 'a', url: 'http://a', sdl: `${link} type Query { t: T } type T { root: Query }` },
    { name: 'b', url: 'http://b', sdl: 'type Query { other: Int }' },
  ]);
  expect(sdl).toContain('root: Query');
  expect(sdl).not.toMatch(/type Query[^{]*key/);
});
