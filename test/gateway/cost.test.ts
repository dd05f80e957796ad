import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { composeSupergraph } from '../../gateway/compose/supergraph.ts';
import { createEstimator } from '../../gateway/limits/cost.ts';
import { createEngine } from '../../gateway/plan/engine.ts';
import { engineOf } from './run.ts';
import { testSubgraph } from './shop.ts';

const { engine } = engineOf([
  testSubgraph(
    'shop',
    `type Query {
       one: Item plain: [Item!]! paged(first: Int): ItemConnection! defaulted(first: Int = 7): ItemConnection!
       assumed: [Item] @listSize(assumedSize: 3) sliced(n: Int, m: Int): [Item] @listSize(slicingArguments: ["n", "m"])
       sized(n: Int): Page @listSize(slicingArguments: ["n"], sizedFields: ["rows"])
       byIds(ids: [ID!]!): [Item] byId(id: ID): Item search(filter: Filter, ids: [ID!]): ItemConnection!
       paid(dear: Int @cost(weight: 7), cheap: Int @cost(weight: -9)): Item stamped(at: Stamp): Item
       dear: Int @cost(weight: 50) heavy: [Heavy] @listSize(assumedSize: 2)
     }
     type Mutation { sync(records: [Filter!]!): Item }
     scalar Stamp @cost(weight: 3)
     input Filter { and: [Filter!] id: In name: String grid: [[Int!]!] rare: [ID!] @cost(weight: 5) }
     input In { in: [ID!] }
     type Item { id: ID! items(first: Int): ItemConnection! }
     type ItemConnection { nodes: [Item!]! edges: [Edge!]! totalCount: Int! }
     type Edge { node: Item! cursor: String! }
     type Page { rows: [Item] other: [Item] }
     type Heavy @cost(weight: 10) { id: ID! }`,
    {},
  ),
]);
const estimate = createEstimator(engine.full);
const costOf = (query: string, variables: Record<string, unknown> = {}) =>
  estimate(engine.operation(parse(query), null), variables);

describe('the estimate of an operation', () => {
  test.each<[string, number]>([
    ['{ one { id } }', 1],
    ['{ a: one { id } b: one { id } }', 2],
    ['{ plain { id } }', 10],
    ['{ paged { nodes { id } } }', 1 + 20],
    ['{ paged(first: 5) { nodes { id } totalCount } }', 1 + 5],
    ['{ paged(first: 5) { edges { node { id } } } }', 1 + 5 * 2],
    ['{ defaulted { nodes { id } } }', 1 + 7],
    ['{ paged(first: 5) { nodes { items(first: 3) { nodes { id } } } } }', 1 + 5 * (1 + 1 + 3)],
    ['{ assumed { id } }', 3],
    ['{ paged(first: -9) { nodes { id } } }', 1],
    ['{ sliced(n: 4, m: 9) { id } }', 9],
    ['{ sized(n: 4) { rows { id } other { id } } }', 1 + 4 + 10],
    ['{ dear }', 50],
    ['{ heavy { id } }', 20],
    ['{ ...F ...F } fragment F on Query { one { id } }', 2],
    ['{ __schema { types { name } } __typename }', 0],
  ])('%s', (query, cost) => {
    expect(costOf(query).cost).toBe(cost);
  });

  test.each<[string, number]>([
    ['{ byId(id: 1) { id } }', 1],
    ['{ byIds(ids: [1, 2]) { id } }', 10 + 2],
    ['{ byIds(ids: 7) { id } }', 10 + 1],
    ['{ search(filter: { name: "a" }) { totalCount } }', 1 + 1],
    ['{ search(filter: { id: { in: [1, 2, 3] } }) { totalCount } }', 1 + 2 + 3],
    ['{ search(filter: { and: [{ id: null }, { and: [{ name: "a" }] }] }) { totalCount } }', 1 + 1 + 2 + 1],
    ['{ search(filter: { rare: [1, 2] grid: [[1, 2], [3]] }) { totalCount } }', 1 + 1 + 2 * 5 + 3],
    ['{ paged(first: 5) { nodes { items(first: 1) { totalCount } } } }', 1 + 5 * (1 + 1)],
    ['{ paid(dear: 1) { id } }', 1 + 7],
    ['{ paid(dear: null) { id } }', 1],
    ['{ paid(cheap: 1) { items { nodes { id } } } }', 0 + 1 + 20],
    ['{ stamped(at: "now") { id } }', 1 + 3],
    ['mutation { sync(records: [{ name: "a" }, { id: { in: [1] } }]) { id } }', 1 + 1 + 1 + 1 + 1],
  ])('counts what is given: %s', (query, cost) => {
    expect(costOf(query).cost).toBe(cost);
  });

  test('counts lists of variables, whole and inside, and names the longest', () => {
    const ids = Array.from({ length: 300 }, (_, i) => String(i));
    expect(costOf('query($ids: [ID!]!) { byIds(ids: $ids) { id } }', { ids })).toEqual({
      cost: 300 + 300,
      page: null,
      longest: { name: 'byIds', path: ['byIds'], argumentPath: ['ids'], size: 300 },
    });
    const query =
      'query($f: Filter, $ids: [ID!]) { search(filter: $f) { totalCount } b: search(filter: { id: { in: $ids } }) { totalCount } }';
    expect(costOf(query, { f: { and: [{ id: { in: ids } }] }, ids: ['1'] })).toEqual({
      cost: 1 + 3 + 300 + 1 + 2 + 1,
      page: null,
      longest: {
        name: 'search',
        path: ['search'],
        argumentPath: ['filter', 'and', 0, 'id', 'in'],
        size: 300,
      },
    });
  });

  test('takes variables and their defaults', () => {
    const query = 'query($n: Int = 6) { paged(first: $n) { nodes { id } } }';
    expect(costOf(query)).toMatchObject({ cost: 7, page: { size: 6 }, longest: null });
    expect(costOf(query, { n: 90 })).toMatchObject({ cost: 91, page: { size: 90 }, longest: null });
  });

  test('names the largest page, or one below nothing, by its field as far as there is no list before it', () => {
    const pageOf = (query: string) => costOf(query).page;
    const inner =
      '{ p: paged(first: 5) { nodes { items(first: 9) { nodes { items(first: 3) { totalCount } } } } } }';
    expect(pageOf(inner)).toEqual({
      name: 'p.nodes.items',
      path: ['p', 'nodes'],
      argumentPath: ['first'],
      size: 9,
    });
    expect(pageOf(inner.replace('5', '-5'))).toEqual({
      name: 'p',
      path: ['p'],
      argumentPath: ['first'],
      size: -5,
    });
  });
});

// The native planner ends the process at each of these.
test.each([
  ['below nothing', 'weight: 5', 'weight: -5', 0],
  ['as text', 'weight: 5', 'weight: "5"', 5 + 3],
  ['with a fraction', 'weight: 5', 'weight: 0.5', 0.5 * 3 + 3],
  ['no number at all', 'weight: 5', 'weight: "dear"', 3],
  ['of a size below nothing', 'assumedSize: 3', 'assumedSize: -3', 0],
])('a weight in a supergraph may be %s', (_how, stated, instead, least) => {
  const sdl = composeSupergraph([
    {
      name: 'a',
      url: '',
      sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@cost", "@listSize"])
        type Query { a: [A] @cost(weight: 5) @listSize(assumedSize: 3) } type A { b: A }`,
    },
  ]);
  const odd = createEngine(sdl.replace(stated, instead), {
    execute: () => ({}),
    subscribe: async () => ({}),
  });
  const { cost } = createEstimator(odd.full)(
    odd.operation(parse('{ a { b { b { __typename } } } }'), null),
    {},
  );
  expect(cost).toBeGreaterThanOrEqual(least);
});
