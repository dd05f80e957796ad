import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { createEstimator } from '../../gateway/cost.ts';
import { engineOf } from './run.ts';
import { testSubgraph } from './shop.ts';

const { engine } = engineOf([
  testSubgraph(
    'shop',
    `type Query {
       one: Item plain: [Item!]! paged(first: Int): ItemConnection! defaulted(first: Int = 7): ItemConnection!
       assumed: [Item] @listSize(assumedSize: 3) sliced(n: Int, m: Int): [Item] @listSize(slicingArguments: ["n", "m"])
       sized(n: Int): Page @listSize(slicingArguments: ["n"], sizedFields: ["rows"])
       dear: Int @cost(weight: 50) heavy: [Heavy] @listSize(assumedSize: 2)
     }
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

  test('takes variables and their defaults', () => {
    const query = 'query($n: Int = 6) { paged(first: $n) { nodes { id } } }';
    expect(costOf(query)).toEqual({ cost: 7, page: 6, least: 0 });
    expect(costOf(query, { n: 90 })).toEqual({ cost: 91, page: 90, least: 0 });
  });
});
