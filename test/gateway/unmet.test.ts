import type { QueryPlan } from '@graphql-hive/router-query-planner';
import { type OperationDefinitionNode, parse } from 'graphql';
import { expect, test } from 'vitest';
import { composeSupergraph } from '../../gateway/compose/supergraph.ts';
import { compilePlan } from '../../gateway/plan/compile.ts';
import type { Run, Transport } from '../../gateway/plan/run.ts';
import { readSchema } from '../../gateway/plan/schema.ts';
import { tellUnmet } from '../../gateway/plan/unmet.ts';
import { CALLER } from './run.ts';

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
  import: ["@key", "@external", "@requires"])\n`;
const sdl = composeSupergraph([
  {
    name: 'a',
    url: '',
    sdl: `${LINK} type Query { products: [Product] } interface Product { id: ID! }
      type Book implements Product @key(fields: "id") { id: ID! size: Int }`,
  },
  {
    name: 'b',
    url: '',
    sdl: `${LINK} type Book @key(fields: "id") { id: ID! size: Int @external shipping: Int @requires(fields: "size") }`,
  },
]);

/** A plan that forgets to fetch what `shipping` requires. */
const plan: QueryPlan = {
  kind: 'QueryPlan',
  node: {
    kind: 'Sequence',
    nodes: [
      {
        kind: 'Fetch',
        serviceName: 'a',
        operationKind: 'query',
        operation: '{products{__typename ...on Book{id}}}',
      },
      {
        kind: 'Flatten',
        path: [{ Field: 'products' }, '@'],
        node: {
          kind: 'Fetch',
          serviceName: 'b',
          operationKind: 'query',
          operation:
            'query($representations:[_Any!]!){_entities(representations: $representations){...a}} fragment a on Book{cost: shipping}',
          requires: [
            {
              kind: 'InlineFragment',
              typeCondition: 'Book',
              selections: ['__typename', 'id', 'size'].map((name) => ({ kind: 'Field', name })),
            },
          ],
        },
      },
    ],
  },
};

test('a field whose requirement no plan fetched is an error where it was asked, and nothing where it was not', async () => {
  const schema = readSchema(sdl);
  const asked: string[] = [];
  const transport: Transport = {
    execute: ({ operation }) => {
      asked.push(operation.subgraph);
      return { data: { products: [{ __typename: 'Book', id: '1' }] } };
    },
    subscribe: async () => ({}),
  };
  const compiled = compilePlan(plan, schema, transport);
  if (compiled.kind !== 'once') throw new Error('It is no subscription.');
  const errorsOf = async (query: string) => {
    const run: Run = {
      data: null,
      errors: [],
      variables: {},
      caller: CALLER,
      signal: new AbortController().signal,
      kept: new Map(),
      unmet: new Map(),
    };
    await compiled.run(run);
    const { selectionSet: set } = parse(query).definitions[0] as OperationDefinitionNode;
    const type = schema.api.getQueryType()!;
    tellUnmet(run, { set, type, at: [[run.data, []]] }, { schema: schema.api, fragments: new Map() });
    return run.errors.map(({ path, extensions }) => [path?.join('.'), extensions.code]);
  };
  expect(await errorsOf('{ products { ... on Book { cost: shipping } } }')).toEqual([
    ['products.0.cost', 'PLANNING_FAILED'],
  ]);
  expect(await errorsOf('{ products { id ... on Book { size } } }')).toEqual([]);
  expect(asked).toEqual(['a', 'a']);
});
