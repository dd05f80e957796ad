/** A graph to measure with: its subgraphs, and the operations asked of it. */
export type BenchGraph = {
  readonly name: string;
  readonly subgraphs: readonly BenchSubgraph[];
  readonly scenarios: readonly Scenario[];
};

/** What clients ask: all of them the same, or each request with the next of the variables. */
export type Scenario = {
  readonly name: string;
  readonly query: string;
  readonly variables?: readonly Readonly<Record<string, unknown>>[];
};

/** A subgraph with its answers in memory. */
export type BenchSubgraph = {
  readonly name: string;
  readonly sdl: string;
  readonly resolvers: Record<string, Record<string, unknown>>;
};

type Ref = { readonly id: string };

const LINK =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable", "@external", "@requires", "@provides"])\n';

const ids = (count: number) => Array.from({ length: count }, (_, i) => String(i + 1));

const CUSTOMER_FIELDS = `
  id name city crm { id name website phone owner { name } } erp { id name creditLimit blocked }
  contacts { id name email }
  orders { id number status total erp { shipped invoiced location } lines { quantity unitPrice amount product { id name sku } } }
`;

/** Our own shape: a unified customer with both sides, contacts, orders, lines and products. */
const unified: BenchGraph = {
  name: 'unified',
  subgraphs: [
    {
      name: 'sync',
      sdl: `${LINK}
type Query { customers(first: Int, after: Int): [Customer!]! customer(id: ID!): Customer }
type Customer @key(fields: "id") { id: ID! name: String! city: String crm: CrmCustomer erp: ErpCustomer contacts: [Contact!]! orders: [Order!]! }
type Contact @key(fields: "id") { id: ID! name: String! email: String }
type Order @key(fields: "id") { id: ID! number: String! status: String! total: Float! lines: [Line!]! erp: ErpOrder }
type Line { product: Product! quantity: Int! unitPrice: Float! amount: Float! }
type Product @key(fields: "id") { id: ID! name: String! sku: String! }
type CrmCustomer @key(fields: "id", resolvable: false) { id: ID! }
type ErpCustomer @key(fields: "id", resolvable: false) { id: ID! }
type ErpOrder @key(fields: "id", resolvable: false) { id: ID! }`,
      resolvers: {
        Query: {
          customers: (_: unknown, { first = 20, after = 0 }: { first?: number; after?: number }) =>
            ids(first).map((id) => customer(String(Number(id) + after))),
          customer: (_: unknown, { id }: Ref) => customer(id),
        },
      },
    },
    {
      name: 'crm',
      sdl: `${LINK}
type Query { crmReady: Boolean }
type CrmCustomer @key(fields: "id") { id: ID! name: String! website: String owner: CrmUser phone: String }
type CrmUser @key(fields: "id") { id: ID! name: String! }`,
      resolvers: {
        CrmCustomer: {
          __resolveReference: ({ id }: Ref) => ({
            id,
            name: `CRM customer ${id}`,
            website: `https://customer-${id}.example`,
            owner: { id: String(Number(id.slice(1)) % 5), name: `Owner ${Number(id.slice(1)) % 5}` },
            phone: '+49 30 1234',
          }),
        },
      },
    },
    {
      name: 'erp',
      sdl: `${LINK}
type Query { erpReady: Boolean }
type ErpCustomer @key(fields: "id") { id: ID! name: String! creditLimit: Float blocked: Boolean! }
type ErpOrder @key(fields: "id") { id: ID! shipped: Int! invoiced: Int! location: String }`,
      resolvers: {
        ErpCustomer: {
          __resolveReference: ({ id }: Ref) => ({
            id,
            name: `ERP customer ${id}`,
            creditLimit: 1000,
            blocked: false,
          }),
        },
        ErpOrder: {
          __resolveReference: ({ id }: Ref) => ({ id, shipped: 1, invoiced: 0, location: 'MAIN' }),
        },
      },
    },
  ],
  scenarios: [
    {
      name: '20 customers with both sides',
      query: `query Unified { customers(first: 20) {${CUSTOMER_FIELDS}} }`,
    },
    {
      name: '20 other customers each time',
      query: `query Page($after: Int) { customers(first: 20, after: $after) {${CUSTOMER_FIELDS}} }`,
      variables: ids(200).map((page) => ({ after: Number(page) * 20 })),
    },
    {
      name: 'one customer with both sides',
      query: 'query One { customer(id: "7") { id name crm { name website } erp { name creditLimit } } }',
    },
    {
      name: 'another customer each time',
      query:
        'query Another($id: ID!) { customer(id: $id) { id name crm { name website } erp { name creditLimit } } }',
      variables: ids(200).map((id) => ({ id })),
    },
  ],
};

function customer(id: string) {
  return {
    id,
    name: `Customer ${id}`,
    city: 'Berlin',
    crm: { id: `c${id}` },
    erp: { id: `e${id}` },
    contacts: ids(2).map((n) => ({
      id: `${id}-${n}`,
      name: `Contact ${n}`,
      email: `contact${n}@customer-${id}.example`,
    })),
    orders: ids(4).map((n) => ({
      id: `${id}-${n}`,
      number: `SO-${id}-${n}`,
      status: 'OPEN',
      total: 123.45,
      erp: { id: `o${id}-${n}` },
      lines: ids(3).map((m) => ({
        quantity: Number(m),
        unitPrice: 9.99,
        amount: 9.99 * Number(m),
        product: { id: m, name: `Product ${m}`, sku: `SKU-${m}` },
      })),
    })),
  };
}

/** The public gateways benchmark's shape: users, products, stock and reviews in four subgraphs. */
const store: BenchGraph = {
  name: 'store',
  subgraphs: [
    {
      name: 'accounts',
      sdl: `${LINK}
type Query { me: User user(id: ID!): User users: [User] }
type User @key(fields: "id") { id: ID! name: String username: String birthday: Int }`,
      resolvers: {
        Query: {
          users: () => ids(6).map(user),
          me: () => user('1'),
          user: (_: unknown, { id }: Ref) => user(id),
        },
        User: { __resolveReference: ({ id }: Ref) => user(id) },
      },
    },
    {
      name: 'inventory',
      sdl: `${LINK}
type Query { stocked: Boolean }
type Product @key(fields: "upc") { upc: String! weight: Int @external price: Int @external inStock: Boolean shippingEstimate: Int @requires(fields: "price weight") }`,
      resolvers: {
        Product: {
          __resolveReference: (product: { upc: string }) => product,
          inStock: ({ upc }: { upc: string }) => Number(upc) % 2 === 1,
          shippingEstimate: ({ price, weight }: { price: number; weight: number }) =>
            price > 1000 ? 0 : Math.round(weight * 0.5),
        },
      },
    },
    {
      name: 'products',
      sdl: `${LINK}
type Query { topProducts(first: Int = 5): [Product] }
type Product @key(fields: "upc") { upc: String! name: String price: Int weight: Int }`,
      resolvers: {
        Query: { topProducts: (_: unknown, { first }: { first: number }) => ids(first).map(product) },
        Product: { __resolveReference: ({ upc }: { upc: string }) => product(upc) },
      },
    },
    {
      name: 'reviews',
      sdl: `${LINK}
type Query { reviewed: Boolean }
type Review @key(fields: "id") { id: ID! body: String author: User @provides(fields: "username") product: Product }
type User @key(fields: "id") { id: ID! username: String @external reviews: [Review] }
type Product @key(fields: "upc") { upc: String! reviews: [Review] }`,
      resolvers: {
        User: {
          __resolveReference: ({ id }: Ref) => ({ id }),
          reviews: ({ id }: Ref) =>
            ids(11)
              .map(review)
              .filter(({ author }) => author.id === id),
          username: ({ id }: Ref) => user(id).username,
        },
        Product: {
          __resolveReference: ({ upc }: { upc: string }) => ({ upc }),
          reviews: ({ upc }: { upc: string }) =>
            ids(11)
              .map(review)
              .filter((found) => found.product.upc === upc),
        },
      },
    },
  ],
  scenarios: [
    {
      name: 'nested store query',
      query: `fragment User on User { id username name }
fragment Review on Review { id body }
fragment Product on Product { inStock name price shippingEstimate upc weight }
query TestQuery {
  users { ...User reviews { ...Review product { ...Product reviews { ...Review author { ...User reviews { ...Review product { ...Product } } } } } } }
  topProducts { ...Product reviews { ...Review author { ...User reviews { ...Review product { ...Product } } } } }
}`,
    },
  ],
};

function user(id: string) {
  return { id, name: `Name ${id}`, username: `user${id}`, birthday: 1960 + Number(id) };
}

function product(upc: string) {
  return { upc, name: `Product ${upc}`, price: Number(upc) * 250, weight: Number(upc) * 50 };
}

function review(id: string) {
  const n = Number(id);
  return {
    id,
    body: `A review of some length, number ${id}, about what somebody bought and how it went.`,
    author: { id: String(((n - 1) % 2) + 1) },
    product: { upc: String(((n - 1) % 4) + 1) },
  };
}

/** Every graph that is measured. */
export const GRAPHS: readonly BenchGraph[] = [unified, store];
