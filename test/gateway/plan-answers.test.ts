import { describe, expect, test } from 'vitest';
import { engineOf } from './run.ts';
import { shop, testSubgraph } from './shop.ts';

type Ref = { readonly __typename: string; readonly id: string };

describe('@skip and @include', () => {
  const query = `query($a: Boolean!, $b: Boolean = true) {
    products(first: 1) { id name @skip(if: $a) ...R @include(if: $b) ... @include(if: $a) { price } }
  } fragment R on Product { reviews { stars @include(if: $a) id } }`;
  test.each([
    [
      { a: false, b: false },
      { id: '1', name: 'Table' },
    ],
    [{ a: false }, { id: '1', name: 'Table', reviews: [{ id: '3' }] }],
    [
      { a: true, b: true },
      { id: '1', reviews: [{ stars: 3, id: '3' }], price: 120 },
    ],
    [
      { a: true, b: false },
      { id: '1', price: 120 },
    ],
  ])('%j', async (variables, product) => {
    const { run } = engineOf(shop());
    expect(await run(query, variables)).toEqual({ data: { products: [product] } });
  });

  test('an entity fetch whose every field is skipped is not made', async () => {
    const { run, calls } = engineOf(shop());
    await run('query($a: Boolean!) { products { id reviews @skip(if: $a) { id } } }', { a: true });
    expect(calls).toHaveLength(1);
  });

  test('a field skipped inside and beside a part that is skipped by the same variable is not fetched', async () => {
    const { run, calls } = engineOf(shop());
    const query = `query($b: Boolean!) { products @skip(if: $b) { verdict @skip(if: $b) } product(id: 1) { verdict }
      broken @skip(if: $b) }`;
    expect(await run(query, { b: true })).toEqual({ data: { product: { verdict: '120' } } });
    expect(calls[0]?.text).not.toContain('broken');
  });

  test('literal conditions, and the same field under both', async () => {
    const { run } = engineOf(shop());
    expect(
      await run(
        '{ products(first: 1) @include(if: true) { id @skip(if: true) name @skip(if: false) } reviews @skip(if: true) { id } }',
      ),
    ).toEqual({ data: { products: [{ name: 'Table' }] } });
  });
});

describe('introspection', () => {
  test('answers beside data, in the order asked, through fragments and aliases', async () => {
    const { run } = engineOf(shop());
    const result = await run(
      'query($n: String!) { t: __type(name: $n) { name } products(first: 1) { __typename id } ...S __typename } fragment S on Query { __schema { queryType { name } } }',
      { n: 'Product' },
    );
    expect(result).toEqual({
      data: {
        t: { name: 'Product' },
        products: [{ __typename: 'Product', id: '1' }],
        __schema: { queryType: { name: 'Query' } },
        __typename: 'Query',
      },
    });
    expect(Object.keys(result.data!)).toEqual(['t', 'products', '__schema', '__typename']);
  });

  test('shows nothing of the machinery of federation', async () => {
    const { run } = engineOf(shop());
    const result = await run(
      '{ __schema { types { name fields { name } } directives { name isRepeatable } } }',
    );
    const text = JSON.stringify(result.data);
    expect(text).not.toMatch(/join__|link__|_Entity|_entities|_service|_Any|requiresScopes/);
    expect(text).toContain('"name":"skip"');
  });

  test('only __typename asks no subgraph', async () => {
    const { run, calls } = engineOf(shop());
    expect(await run('{ a: __typename }')).toEqual({ data: { a: 'Query' } });
    expect(await run('mutation { __typename }')).toEqual({ data: { __typename: 'Mutation' } });
    expect(calls).toHaveLength(0);
  });
});

describe('errors', () => {
  test('of an entity stand at every place that shows it, under the alias asked for', async () => {
    const { run } = engineOf(shop());
    const result = await run('{ reviews { product { v: verdict } } product(id: 2) { verdict } }');
    const paths = (result.errors ?? []).map(({ path }) => JSON.stringify(path)).sort();
    expect(paths).toEqual([
      '["product","verdict"]',
      '["reviews",0,"product","v"]',
      '["reviews",3,"product","v"]',
    ]);
    expect(result.errors?.[0]?.extensions).toEqual({ code: 'NO_VERDICT', serviceName: 'reviews' });
  });

  test('null bubbles to the nearest nullable parent, over lists and subgraphs', async () => {
    const { run } = engineOf([
      testSubgraph(
        'a',
        `type Query { box: Box boxes: [Box] strict: [Box!] all: [Box!]! }
         type Box @key(fields: "id") { id: ID! }`,
        Object.fromEntries([
          [
            'Query',
            {
              box: () => ({ id: '1' }),
              boxes: () => [{ id: '1' }, { id: '2' }],
              strict: () => [{ id: '1' }, { id: '2' }],
              all: () => [{ id: '1' }, { id: '2' }],
            },
          ],
        ]),
      ),
      testSubgraph(
        'b',
        `type Box @key(fields: "id") { id: ID! must: Int! may: Int inner: Inner } type Inner { must: Int! }`,
        {
          Box: {
            __resolveReference: ({ id }: Ref) =>
              id === '2' ? { id, must: 2, inner: { must: 2 } } : { id, inner: {} },
          },
        },
      ),
    ]);
    expect((await run('{ box { id inner { must } } }')).data).toEqual({ box: { id: '1', inner: null } });
    expect((await run('{ box { must } }')).data).toEqual({ box: null });
    expect((await run('{ boxes { must } }')).data).toEqual({ boxes: [null, { must: 2 }] });
    expect((await run('{ strict { must } }')).data).toEqual({ strict: null });
    const all = await run('{ all { must } }');
    expect(all.data).toBeNull();
    expect(all.errors?.length).toBeGreaterThan(0);
  });

  test('a null that should not be there has an error even when the subgraph gave none', async () => {
    const { engine } = engineOf(shop());
    const silent = (await import('../../gateway/plan/engine.ts')).createEngine(engine.supergraphSdl, {
      execute: () => ({ data: { fails: null } }),
      subscribe: async () => ({ errors: [] }),
    });
    const { parse } = await import('graphql');
    const { CALLER } = await import('./run.ts');
    const result = await silent.execute({
      document: parse('{ fails }'),
      caller: CALLER,
      signal: new AbortController().signal,
    });
    expect(result.data).toBeNull();
    expect(result.errors?.[0]?.message).toContain('non-nullable');
  });
});

describe('variables', () => {
  test.each([
    ['missing', {}],
    ['null', { id: null }],
    ['of another type', { id: { a: 1 } }],
  ])('%s: refused with BAD_USER_INPUT before any subgraph is asked', async (_name, variables) => {
    const { run, calls } = engineOf(shop());
    const result = await run('query($id: ID!) { product(id: $id) { id } }', variables);
    expect(result.data).toBeUndefined();
    expect(result.errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT');
    expect(calls).toHaveLength(0);
  });

  test('what is wrong in them is told of the argument that takes them', async () => {
    const { run } = engineOf([
      testSubgraph(
        'a',
        'input In { name: String! tags: [Int!] in: In } type Query { made(input: In, n: Int! = 1): Int }',
        {},
      ),
    ]);
    const places = async (query: string, variables: Readonly<Record<string, unknown>>) =>
      (await run(query, variables)).errors?.map(({ extensions }) => extensions?.argumentPath);
    const whole = 'query($n: Int! = 2, $i: In) { made(n: $n, input: $i) }';
    expect(await places(whole, { i: { name: 5, tags: [1, 'x'] } })).toEqual([
      ['input', 'name'],
      ['input', 'tags', 1],
    ]);
    expect(await places(whole, { n: null, i: { name: '', in: {} } })).toEqual([['n'], ['input', 'in']]);
    const part = 'query($t: Int!, $i: In) { made(input: { name: "", tags: [1, $t], in: $i }) }';
    expect(await places(part, { i: { nam: '' } })).toEqual([
      ['input', 'tags', 1],
      ['input', 'in'],
      ['input', 'in'],
    ]);
    // The last says that there are more.
    const many = await places(whole, { i: { name: '', tags: ['a', 'b', 'c', 'd', 'e', 'f'] } });
    expect(many).toEqual([...[0, 1, 2, 3, 4].map((n) => ['input', 'tags', n]), undefined]);
    const spread = 'query($i: In) { ...Rest } fragment Rest on Query { made(input: $i) }';
    expect(await places(spread, { i: {} })).toEqual([undefined]);
  });

  test('defaults are applied and numbers become ids', async () => {
    const { run } = engineOf(shop());
    expect(await run('query($id: ID = 3) { product(id: $id) { name } }')).toEqual({
      data: { product: { name: 'Lamp' } },
    });
    expect(await run('query($id: ID!) { product(id: $id) { name } }', { id: 1 })).toEqual({
      data: { product: { name: 'Table' } },
    });
  });
});

test('names that every object has are fields like any other', async () => {
  const { run } = engineOf(shop());
  expect(
    await run(
      '{ products(first: 1) { constructor: name toString: reviews { hasOwnProperty: id } valueOf: price } }',
    ),
  ).toEqual({
    data: { products: [{ constructor: 'Table', toString: [{ hasOwnProperty: '3' }], valueOf: 120 }] },
  });
  expect(await run('{ product(id: "none") { constructor: name } }')).toEqual({ data: { product: null } });
});
