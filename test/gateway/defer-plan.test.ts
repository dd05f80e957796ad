import { describe, expect, inject, test } from 'vitest';
import { assemble, type Piece, piecesOf } from './defer.ts';
import { library } from './library.ts';
import { randomFrom, selectionOf } from './random-operation.ts';
import { engineOf, type TestEngine } from './run.ts';
import { shop, testSubgraph } from './shop.ts';

type Ref = { readonly id: string };

const subgraphsOf = (calls: readonly { readonly subgraph: string }[]) =>
  calls.map(({ subgraph }) => subgraph);

async function allPieces(
  { engine }: Pick<TestEngine, 'engine'>,
  query: string,
  variables?: Record<string, unknown>,
) {
  const pieces: Piece[] = [];
  for await (const piece of piecesOf(engine, query, variables)) pieces.push(piece);
  return pieces;
}

describe('a deferred fragment', () => {
  test('is asked for only after the rest was answered, in one batch for all its places', async () => {
    const { engine, calls } = engineOf(shop());
    const pieces = piecesOf(
      engine,
      '{ products(first: 3) { id name ... @defer(label: "reviews") { reviews { stars } } } }',
    );
    expect((await pieces.next()).value).toEqual({
      data: {
        products: [
          { id: '1', name: 'Table' },
          { id: '2', name: 'Chair' },
          { id: '3', name: 'Lamp' },
        ],
      },
      hasNext: true,
    });
    expect(subgraphsOf(calls)).toEqual(['catalogue']);
    expect((await pieces.next()).value).toEqual({
      incremental: [
        { label: 'reviews', path: ['products', 0], data: { reviews: [{ stars: 3 }] } },
        { label: 'reviews', path: ['products', 1], data: { reviews: [{ stars: 1 }, { stars: 4 }] } },
        { label: 'reviews', path: ['products', 2], data: { reviews: [{ stars: 2 }] } },
      ],
      hasNext: false,
    });
    expect(subgraphsOf(calls)).toEqual(['catalogue', 'reviews']);
    expect((await pieces.next()).done).toBe(true);
  });

  test('may stand in another, in a named fragment, under an alias; each follows its parent', async () => {
    const pieces = await allPieces(
      engineOf(shop()),
      `query { one: product(id: 1) { ...Outer @defer(label: "outer") } }
       fragment Outer on Product { name stars: reviews { stars ...Inner @defer(label: "inner") } }
       fragment Inner on Review { of: product { name price } }`,
    );
    expect(pieces).toEqual([
      { data: { one: {} }, hasNext: true },
      {
        incremental: [{ label: 'outer', path: ['one'], data: { name: 'Table', stars: [{ stars: 3 }] } }],
        hasNext: true,
      },
      {
        incremental: [
          { label: 'inner', path: ['one', 'stars', 0], data: { of: { name: 'Table', price: 120 } } },
        ],
        hasNext: false,
      },
    ]);
  });

  test('of the root waits for nothing of it, introspection included', async () => {
    const pieces = await allPieces(
      engineOf(shop()),
      '{ product(id: 1) { name } ... @defer { reviews { stars } __type(name: "Review") { name } } }',
    );
    expect(pieces).toEqual([
      { data: { product: { name: 'Table' } }, hasNext: true },
      {
        incremental: [
          {
            path: [],
            data: {
              reviews: [{ stars: 1 }, { stars: 2 }, { stars: 3 }, { stars: 4 }],
              __type: { name: 'Review' },
            },
          },
        ],
        hasNext: false,
      },
    ]);
  });

  test('of a mutation does not repeat it', async () => {
    const shopped = engineOf(shop());
    const pieces = await allPieces(
      shopped,
      'mutation { rename(id: 1, name: "Desk") { name ... @defer { reviews { stars } } } }',
    );
    expect(assemble(pieces)).toEqual({ rename: { name: 'Desk', reviews: [{ stars: 3 }] } });
    expect(subgraphsOf(shopped.calls)).toEqual(['catalogue', 'reviews']);
  });

  test('with its condition off, or skipped, is answered with the rest, or not at all', async () => {
    const shopped = engineOf(shop());
    const query = `query($defer: Boolean!, $skip: Boolean!) {
      product(id: 1) { name ...Reviews @defer(if: $defer) @skip(if: $skip) } }
      fragment Reviews on Product { reviews { stars } }`;
    const whole = { data: { product: { name: 'Table', reviews: [{ stars: 3 }] } } };
    expect(await allPieces(shopped, query, { defer: false, skip: false })).toEqual([whole]);
    expect(await allPieces(shopped, query, { defer: true, skip: false })).toHaveLength(2);
    expect(await allPieces(shopped, query, { defer: true, skip: true })).toEqual([
      { data: { product: { name: 'Table' } } },
    ]);
    const never = '{ product(id: 1) { name ... @defer(if: false) { reviews { stars } } } }';
    expect(await allPieces(shopped, never)).toEqual([whole]);
  });

  test('of what is not there does not follow', async () => {
    expect(await allPieces(engineOf(shop()), '{ product(id: 9) { ... @defer { name } } }')).toEqual([
      { data: { product: null } },
    ]);
  });

  test('where no plan can begin comes with the rest', async () => {
    const boxes = engineOf([
      testSubgraph('a', 'type Query { box: Box } type Box { size: Size } type Size { w: Int h: Int }', {
        Query: { box: () => ({ size: { w: 1, h: 2 } }) },
      }),
    ]);
    expect(await allPieces(boxes, '{ box { size { w ... @defer { h } } } }')).toEqual([
      { data: { box: { size: { w: 1, h: 2 } } } },
    ]);
  });

  test('that the planner cannot plan whole is taken apart, with its errors where they belong', async () => {
    const query = (id: number) =>
      `{ product(id: ${id}) { name ... @defer { reviews { stars product { verdict } } } } }`;
    const [, good] = await allPieces(engineOf(shop()), query(1));
    expect(good?.incremental).toEqual([
      { path: ['product'], data: { reviews: [{ stars: 3, product: { verdict: '120' } }] } },
    ]);
    const [, bad] = await allPieces(engineOf(shop()), query(2));
    expect(bad?.incremental).toMatchObject([
      {
        data: { reviews: [{ product: { verdict: null } }, { product: { verdict: null } }] },
        errors: [0, 1].map((i) => ({ path: ['product', 'reviews', i, 'product', 'verdict'] })),
      },
    ]);
  });

  test('of interfaces and unions follows for each kind', async () => {
    const pieces = await allPieces(
      engineOf(library()),
      `{ media { title ... @defer(label: "stars") { stars } ... on Book @defer(label: "book") { isbn } } }`,
    );
    expect(pieces[0]).toEqual({ data: { media: [{ title: 'Book 1' }, { title: 'Film 1' }] }, hasNext: true });
    const later = pieces.slice(1).flatMap(({ incremental }) => incremental ?? []);
    expect(later).toHaveLength(3);
    expect(later).toEqual(
      expect.arrayContaining([
        { label: 'stars', path: ['media', 0], data: { stars: 5 } },
        { label: 'stars', path: ['media', 1], data: { stars: 3 } },
        { label: 'book', path: ['media', 0], data: { isbn: 'isbn-b1' } },
      ]),
    );
    expect(pieces.at(-1)?.hasNext).toBe(false);
  });

  test('begins with composite keys, under names that no alias of a client can take', async () => {
    const orders = engineOf([
      testSubgraph(
        'a',
        `type Query { lines: [Line!]! }
         type Line @key(fields: "no order { id }") { no: Int! order: Order! label: String }
         type Order @shareable { id: ID! }`,
        { Query: { lines: () => [1, 2].map((no) => ({ no, order: { id: 'o' }, label: `line ${no}` })) } },
      ),
      testSubgraph(
        'b',
        `type Line @key(fields: "no order { id }") { no: Int! order: Order! text: String }
         type Order @shareable { id: ID! }`,
        {
          Line: {
            __resolveReference: ({ no, order }: { no: number; order: Ref }) => ({
              no,
              order,
              text: `${order.id}-${no}`,
            }),
          },
        },
      ),
    ]);
    expect(
      assemble(await allPieces(orders, '{ lines { no: label order: label ... @defer { text } } }')),
    ).toEqual({
      lines: [
        { no: 'line 1', order: 'line 1', text: 'o-1' },
        { no: 'line 2', order: 'line 2', text: 'o-2' },
      ],
    });
  });
});

describe('errors in a deferred fragment', () => {
  const graph = () =>
    engineOf([
      testSubgraph(
        'a',
        'type Query { things: [Thing] } type Thing @key(fields: "id") { id: ID! name: String! }',
        { Query: { things: () => ['1', '2'].map((id) => ({ id, name: `thing ${id}` })) } },
      ),
      testSubgraph(
        'b',
        'type Thing @key(fields: "id") { id: ID! must: Int! may: Inner } type Inner { must: Int! }',
        {
          Thing: {
            __resolveReference: (ref: Ref) => ref,
            must: ({ id }: Ref) => (id === '1' ? 1 : Promise.reject(new Error('no must'))),
            may: ({ id }: Ref) => ({ must: id === '1' ? 1 : null }),
          },
        },
      ),
    ]);

  test('are with it, at their place in the whole answer; a null bubbles up to the fragment and no further', async () => {
    const pieces = await allPieces(graph(), '{ things { name ... @defer(label: "x") { must } } }');
    expect(pieces[0]?.data).toEqual({ things: [{ name: 'thing 1' }, { name: 'thing 2' }] });
    expect(pieces[1]).toEqual({
      incremental: [
        { label: 'x', path: ['things', 0], data: { must: 1 } },
        {
          label: 'x',
          path: ['things', 1],
          data: null,
          errors: [{ message: 'no must', path: ['things', 1, 'must'], extensions: { serviceName: 'b' } }].map(
            (error) => expect.objectContaining(error),
          ),
        },
      ],
      hasNext: false,
    });
  });

  test('inside it, a null bubbles as anywhere', async () => {
    const pieces = await allPieces(graph(), '{ things { ... @defer { may { must } } } }');
    expect(pieces[1]?.incremental).toEqual([
      { path: ['things', 0], data: { may: { must: 1 } } },
      {
        path: ['things', 1],
        data: { may: null },
        errors: [expect.objectContaining({ path: ['things', 1, 'may', 'must'] })],
      },
    ]);
  });

  test('a null in the rest takes its deferred parts away', async () => {
    const things = engineOf([
      testSubgraph(
        'a',
        'type Query { things: [Thing] } type Thing @key(fields: "id") { id: ID! name: String! size: Int }',
        {
          Query: {
            things: () => [
              { id: '1', name: null },
              { id: '2', name: 'two' },
            ],
          },
          Thing: { __resolveReference: ({ id }: Ref) => ({ id, size: Number(id) }) },
        },
      ),
    ]);
    const pieces = await allPieces(things, '{ things { name ... @defer { size } } }');
    expect(pieces[0]?.data).toEqual({ things: [null, { name: 'two' }] });
    expect(pieces[1]?.incremental).toEqual([{ path: ['things', 1], data: { size: 2 } }]);
  });

  test('a subgraph that is down concerns the parts that need it', async () => {
    const parts = await allPieces(
      engineOf(shop()),
      '{ product(id: 2) { name ... @defer { verdict } ... @defer { reviews { stars } } } }',
    );
    expect(parts.slice(1).flatMap(({ incremental }) => incremental)).toEqual(
      expect.arrayContaining([
        {
          path: ['product'],
          data: { verdict: null },
          errors: [expect.objectContaining({ path: ['product', 'verdict'] })],
        },
        { path: ['product'], data: { reviews: [{ stars: 1 }, { stars: 4 }] } },
      ]),
    );
  });
});

describe('where it may not stand', () => {
  test.each([
    ['mutation { ... @defer { rename(id: 1, name: "x") { id } } }', 'root of a mutation'],
    ['subscription { renamed(id: 1) { ... @defer { name } } }', 'subscriptions'],
    ['query($l: String) { product(id: 1) { ... @defer(label: $l) { name } } }', 'not a variable'],
    ['{ product(id: 1) { ... @defer(label: "a") { name } ... @defer(label: "a") { id } } }', 'used twice'],
  ])('%s', async (query, message) => {
    await expect(allPieces(engineOf(shop()), query)).rejects.toThrow(message);
  });
});

test.each([
  ['shop', shop],
  ['library', library],
])('300 random operations over the %s say deferred what they say whole', async (_name, subgraphs) => {
  const over = engineOf(subgraphs());
  const random = randomFrom(inject('seed'));
  let deferred = 0;
  for (let i = 0; i < 300; i++) {
    const text = `query($b: Boolean = false) { a: __typename @skip(if: $b) ${selectionOf(over.engine.schema, 'Query', 4, random, 0.3).slice(1)}`;
    const variables = random() < 0.5 ? { b: true } : {};
    const whole = await wholeOf(over, text, variables);
    if (!whole) continue;
    const pieces = await allPieces(over, text, variables);
    if (pieces.length > 1) deferred++;
    expect(assemble(pieces), text).toEqual(whole);
    expect(pieces.at(-1)?.hasNext ?? false).toBe(false);
  }
  expect(deferred).toBeGreaterThan(60);
});

/** The data, where it is all there: a null that took its parents with it takes less with it when it is deferred. */
async function wholeOf({ run }: TestEngine, text: string, variables: Record<string, unknown>) {
  try {
    const { data, errors } = await run(text, variables);
    return errors?.some(({ extensions }) => extensions?.code === 'SUBGRAPH_ANSWER_INCOMPLETE') ? null : data;
  } catch {
    // Not valid by chance, as when two aliases are the same, or nothing the planner can plan.
    return null;
  }
}
