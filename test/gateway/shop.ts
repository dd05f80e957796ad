import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import type { LocalSubgraph } from '../../gateway/options.ts';

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key", "@shareable", "@requires", "@provides", "@external", "@inaccessible", "@override", "@interfaceObject",
  "@authenticated", "@requiresScopes", "@policy", "@cost", "@listSize"])\n`;

/** Resolvers as buildSubgraphSchema takes them, written loosely: these graphs are for tests alone. */
export type TestResolvers = Record<string, Record<string, unknown>>;

/** A local subgraph from SDL (without the federation link) and resolvers. */
export function testSubgraph(name: string, typeDefs: string, resolvers: TestResolvers): LocalSubgraph {
  const sdl = LINK + typeDefs;
  return {
    kind: 'local',
    name,
    sdl,
    schema: buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: resolvers as never }]),
    context: (caller) => ({ caller }),
  };
}

type Ref = { readonly id: string };

const PRODUCTS = [
  { id: '1', name: 'Table', price: 120 },
  { id: '2', name: 'Chair', price: 40 },
  { id: '3', name: 'Lamp', price: null },
];

/** A catalogue and its reviews: the smallest graph in which every product is known to two subgraphs. */
export function shop(): LocalSubgraph[] {
  return [
    testSubgraph(
      'catalogue',
      `type Query { products(first: Int = 10): [Product!]! product(id: ID!): Product named(ids: [ID!]): [Product!]! broken: String fails: String! }
       type Mutation { rename(id: ID!, name: String!): Product }
       type Subscription { renamed(id: ID!): Product! ticks(count: Int!): Int! }
       type Product @key(fields: "id") { id: ID! name: String! price: Int }`,
      {
        Query: {
          products: (_: unknown, { first }: { first: number }) => PRODUCTS.slice(0, first),
          product: (_: unknown, { id }: Ref) => PRODUCTS.find((product) => product.id === id),
          named: (_: unknown, { ids }: { ids?: string[] }) => PRODUCTS.filter(({ id }) => ids?.includes(id)),
          broken: () => {
            throw new Error('secret /etc/passwd');
          },
          fails: () => null,
        },
        Mutation: {
          rename: (_: unknown, { id, name }: { id: string; name: string }) => ({
            ...PRODUCTS.find((product) => product.id === id),
            name,
          }),
        },
        Subscription: {
          renamed: {
            subscribe: async function* (_: unknown, { id }: Ref) {
              for (const name of ['One', 'Two', 'Three']) yield { renamed: { id, name, price: 1 } };
            },
          },
          ticks: {
            subscribe: async function* (_: unknown, { count }: { count: number }) {
              for (let i = 0; i < count; i++) yield { ticks: i };
            },
          },
        },
        Product: { __resolveReference: ({ id }: Ref) => PRODUCTS.find((product) => product.id === id) },
      },
    ),
    testSubgraph(
      'reviews',
      `type Query { reviews: [Review!]! }
       type Review @key(fields: "id") { id: ID! stars: Int! product: Product! }
       type Product @key(fields: "id") { id: ID! price: Int @external reviews: [Review!] verdict(loud: Boolean): String @requires(fields: "price") }`,
      {
        Query: { reviews: () => [1, 2, 3, 4].map(review) },
        Review: { __resolveReference: ({ id }: Ref) => review(Number(id)) },
        Product: {
          __resolveReference: (reference: Ref) => reference,
          reviews: ({ id }: Ref) => [1, 2, 3, 4].map(review).filter(({ product }) => product.id === id),
          verdict: ({ id, price }: { id: string; price?: number }, { loud }: { loud?: boolean }) => {
            if (id === '2')
              throw Object.assign(new Error('no verdict'), { extensions: { code: 'NO_VERDICT' } });
            return `${price ?? 'no price'}${loud ? '!' : ''}`;
          },
        },
      },
    ),
  ];
}

function review(n: number) {
  return { id: String(n), stars: n, product: { __typename: 'Product', id: String((n % 3) + 1) } };
}
