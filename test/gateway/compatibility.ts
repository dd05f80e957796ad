import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import type { LocalSubgraph } from '../../gateway/options.ts';
import type { TestResolvers } from './shop.ts';

// The graph of @apollo/federation-subgraph-compatibility-tests (MIT): its subgraphs `users` and `inventory` as they
// are there, and `products`, which whoever is tested writes after its description. Here it is ours. The package itself
// brings 490 others, which is why its cases are taken over instead.

type Ref = { readonly [key: string]: unknown };

const USERS = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])
type User @key(fields: "email") {
  email: ID!
  name: String
  totalProductsCreated: Int @shareable
  yearsOfEmployment: Int!
}`;

const INVENTORY = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3",
  import: ["@key", "@requires", "@shareable", "@provides", "@external", "@tag"])
extend type Product @key(fields: "id") {
  id: ID! @external
  dimensions: ProductDimension @external
  delivery(zip: String): DeliveryEstimates @requires(fields: "dimensions { size weight }")
}
type ProductDimension @shareable { size: String weight: Float }
type DeliveryEstimates { estimatedDelivery: String fastestDelivery: String }
interface Inventory @key(fields: "id") { id: ID! products: [Product!]! }
type OpenSourceInventory implements Inventory @key(fields: "id") { id: ID! products: [Product!]! }
type Query { inventory(id: ID!): Inventory }`;

const PRODUCTS = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@composeDirective", "@extends", "@external", "@key",
    "@inaccessible", "@interfaceObject", "@override", "@provides", "@requires", "@shareable", "@tag"])
  @link(url: "https://myspecs.dev/myCustomDirective/v1.0", import: ["@custom"])
  @composeDirective(name: "@custom")
directive @custom on OBJECT
type Product @custom @key(fields: "id") @key(fields: "sku package") @key(fields: "sku variation { id }") {
  id: ID!
  sku: String
  package: String
  variation: ProductVariation
  dimensions: ProductDimension
  createdBy: User @provides(fields: "totalProductsCreated")
  notes: String @tag(name: "internal")
  research: [ProductResearch!]!
}
type DeprecatedProduct @key(fields: "sku package") { sku: String! package: String! reason: String createdBy: User }
type ProductVariation { id: ID! }
type ProductResearch @key(fields: "study { caseNumber }") { study: CaseStudy! outcome: String }
type CaseStudy { caseNumber: ID! description: String }
type ProductDimension @shareable { size: String weight: Float unit: String @inaccessible }
extend type Query {
  product(id: ID!): Product
  deprecatedProduct(sku: String!, package: String!): DeprecatedProduct @deprecated(reason: "Use product query instead")
}
extend type User @key(fields: "email") {
  averageProductsCreatedPerYear: Int @requires(fields: "totalProductsCreated yearsOfEmployment")
  email: ID! @external
  name: String @override(from: "users")
  totalProductsCreated: Int @external
  yearsOfEmployment: Int! @external
}
type Inventory @interfaceObject @key(fields: "id") { id: ID! deprecatedProducts: [DeprecatedProduct!]! }`;

const DEPRECATED = {
  sku: 'apollo-federation-v1',
  package: '@apollo/federation-v1',
  reason: 'Migrate to Federation V2',
};

const STUDIES = [
  { study: { caseNumber: '1234', description: 'Federation Study' }, outcome: null },
  { study: { caseNumber: '1235', description: 'Studio Study' }, outcome: null },
];

const DIMENSIONS = { size: 'small', weight: 1, unit: 'kg' };

const CREATOR = { email: 'support@apollographql.com', totalProductsCreated: 1337 };

const ITEMS = [
  { id: 'apollo-federation', sku: 'federation', package: '@apollo/federation', variation: { id: 'OSS' } },
  { id: 'apollo-studio', sku: 'studio', package: '', variation: { id: 'platform' } },
].map((item, i) => ({
  ...item,
  dimensions: DIMENSIONS,
  createdBy: { __typename: 'User', ...CREATOR },
  research: [STUDIES[i]],
}));

const ESTIMATE = { estimatedDelivery: '5/1/2022', fastestDelivery: '5/1/2022' };

/** The three subgraphs. */
export function compatibilityGraph(): LocalSubgraph[] {
  return [
    subgraph('users', USERS, {
      User: {
        __resolveReference: (ref: Ref) => {
          if (ref.email !== CREATOR.email) throw new Error(`no user ${String(ref.email)}`);
          return {
            email: ref.email,
            name: 'Apollo Studio Support',
            totalProductsCreated: 10,
            yearsOfEmployment: 10,
          };
        },
      },
    }),
    subgraph('inventory', INVENTORY, {
      Query: {
        inventory: (_: unknown, { id }: { id: string }) =>
          id === 'apollo-oss'
            ? { __typename: 'OpenSourceInventory', id, products: [{ id: ITEMS[0]!.id }] }
            : null,
      },
      Product: { __resolveReference: (ref: Ref) => ref, delivery },
      Inventory: { __resolveType: () => 'OpenSourceInventory' },
      OpenSourceInventory: {
        __resolveReference: ({ id }: Ref) => ({ id, products: [{ id: ITEMS[0]!.id }] }),
      },
    }),
    subgraph('products', PRODUCTS, {
      Query: {
        product: (_: unknown, { id }: { id: string }) => ITEMS.find((item) => item.id === id),
        deprecatedProduct: () => ({ ...DEPRECATED, createdBy: { __typename: 'User', ...CREATOR } }),
      },
      Product: { __resolveReference: findProduct },
      DeprecatedProduct: {
        __resolveReference: ({ sku }: Ref) => (sku === DEPRECATED.sku ? DEPRECATED : null),
      },
      ProductResearch: {
        __resolveReference: ({ study }: { study: { caseNumber: string } }) =>
          STUDIES.find((known) => known.study.caseNumber === study.caseNumber),
      },
      User: {
        __resolveReference: (ref: Ref) => ({ ...CREATOR, ...ref, name: 'Jane Smith' }),
        averageProductsCreatedPerYear: (user: { totalProductsCreated: number; yearsOfEmployment: number }) =>
          Math.round(user.totalProductsCreated / user.yearsOfEmployment),
        name: () => 'Jane Smith',
      },
      Inventory: { __resolveReference: ({ id }: Ref) => ({ id, deprecatedProducts: [DEPRECATED] }) },
    }),
  ];
}

function subgraph(name: string, sdl: string, resolvers: TestResolvers): LocalSubgraph {
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: resolvers as never }]);
  return { kind: 'local', name, sdl, schema, context: () => ({}) };
}

function findProduct(ref: { id?: string; sku?: string; package?: string; variation?: { id: string } }) {
  return ITEMS.find(
    (item) =>
      item.id === ref.id ||
      (item.sku === ref.sku && (item.package === ref.package || item.variation.id === ref.variation?.id)),
  );
}

/** Refuses everything but what `@requires` promises it. */
function delivery(product: { id: string; dimensions?: Ref }, { zip }: { zip?: string }) {
  if (product.id !== 'apollo-federation') throw new Error("product.id was not 'apollo-federation'");
  if (product.dimensions?.size !== 'small') throw new Error("product.dimensions.size was not 'small'");
  if (product.dimensions.weight !== 1) throw new Error("product.dimensions.weight was not '1'");
  if (zip !== '94111') throw new Error("product.delivery input zip was not '94111'");
  return ESTIMATE;
}
