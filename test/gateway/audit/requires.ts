import type { Case } from './case.ts';

/** Fields that need fields of other subgraphs. */
export const requires: readonly Case[] = [
  chained(),
  circular(),
  withArguments(),
  conflicting(),
  fragments(),
  ofInterface(),
  lists(),
  overridden(),
  deep(),
  ofSomeKinds(),
];

function chained(): Case {
  const products = [100, 2000].map((price, i) => ({
    __typename: 'Product',
    id: `p${i}`,
    price,
    discount: price / 10,
    hasDiscount: true,
    expensive: price > 1000,
    canAfford: price <= 1000,
    canAffordSoon: true,
  }));
  return {
    name: 'what is required requires something itself, some of it hidden',
    sdls: {
      a: `type Product @key(fields: "id") { id: ID! price: Float! @inaccessible }`,
      b: `type Product @key(fields: "id") { id: ID! hasDiscount: Boolean! }`,
      c: `type Query { product: Product products: [Product!]! } type Product @key(fields: "id") { id: ID!
        price: Float! @external hasDiscount: Boolean! @external
        expensive: Boolean! @requires(fields: "price") canAfford: Boolean!
        discount: Float @requires(fields: "hasDiscount price") }`,
      d: `type Product @key(fields: "id") { id: ID! expensive: Boolean! @external
        canAffordSoon: Boolean! @requires(fields: "expensive") }`,
    },
    world: { query: { product: products[0], products }, entities: products },
    queries: [
      '{ product { canAffordSoon } }',
      '{ products { canAffordSoon canAfford discount } }',
      '{ products { expensive } product { hasDiscount } }',
    ],
  };
}

function circular(): Case {
  const author = { __typename: 'Author', id: 'a1', name: 'A', years: 3 };
  const posts = [3, 12].map((years, i) => ({
    __typename: 'Post',
    id: `p${i}`,
    author: { ...author, id: `a${i}`, years },
    novice: years < 10,
    expert: years >= 10,
  }));
  return {
    name: 'requirements that go to and fro between two subgraphs',
    sdls: {
      a: `type Query { feed: [Post] } type Post @key(fields: "id") { id: ID! novice: Boolean! @external
          expert: Boolean! @requires(fields: "novice") }
        type Author @key(fields: "id") { id: ID! name: String! years: Int! }`,
      b: `type Post @key(fields: "id") { id: ID! author: Author! novice: Boolean! @requires(fields: "author { years }") }
        type Author @key(fields: "id") { id: ID! years: Int! @external }`,
    },
    world: { query: { feed: posts }, entities: [...posts, ...posts.map((post) => post.author)] },
    queries: [
      '{ feed { novice } }',
      '{ feed { expert } }',
      '{ feed { expert novice author { name years } } }',
      '{ feed { author { name } expert } }',
    ],
  };
}

function withArguments(): Case {
  type Comment = { __typename: string; id: string; author: string };
  const comments = [1, 2, 3, 4].map(
    (n): Comment => ({ __typename: 'Comment', id: `c${n}`, author: `a${n % 2}` }),
  );
  const posts = [0, 1].map((n) => ({
    __typename: 'Post',
    id: `p${n}`,
    comments: ({ limit }: { limit: number }) => comments.slice(n, n + limit),
    by: ['a1', 'a0'][n],
    price: ({ currency = 'EUR' }: { currency?: string }) => (currency === 'EUR' ? 1 : 2) * (n + 1),
    fee: ({ factor = 1 }: { factor?: number }) => factor * (n + 1),
  }));
  return {
    name: 'requirements with arguments, lists among them',
    sdls: {
      a: `type Query { feed: [Post!] } type Post @key(fields: "id") { id: ID!
          comments(limit: Int!): [Comment!]! @external by: String @requires(fields: "comments(limit: 3) { author }")
          price(currency: String): Int! @external fee(factor: Int = 1): Int! @requires(fields: "price(currency: \\"USD\\")") }
        type Comment @key(fields: "id") { id: ID! author: String @external }`,
      b: `type Post @key(fields: "id") { id: ID! comments(limit: Int!): [Comment!]! price(currency: String = "EUR"): Int! }
        type Comment @key(fields: "id") { id: ID! }`,
      c: `type Comment @key(fields: "id") { id: ID! author: String }`,
    },
    world: { query: { feed: posts }, entities: [...posts, ...comments] },
    queries: [
      '{ feed { by } }',
      '{ feed { by comments(limit: 1) { id author } } }',
      '{ feed { a: comments(limit: 2) { author } b: comments(limit: 1) { id } by } }',
      '{ feed { price fee } }',
      '{ feed { price(currency: "EUR") usd: price(currency: "USD") fee(factor: 3) f: fee } }',
      'query($n: Int = 2) { feed { comments(limit: $n) { author } fee(factor: $n) by } }',
    ],
  };
}

function conflicting(): Case {
  const products = [1, 2].map((n) => ({
    __typename: 'Product',
    upc: `u${n}`,
    name: `N${n}`,
    weight: n,
    price: ({ currency }: { currency: string }) => (currency === 'EUR' ? 10 : 20) * n,
    category: {
      name: `C${n}`,
      average: ({ currency }: { currency: string }) => (currency === 'EUR' ? 7 : 14) * n,
    },
    usd: 20 * n,
    eur: 10 * n,
    dear: n > 1,
    cheap: n < 2,
  }));
  return {
    name: 'the same field required with different arguments',
    sdls: {
      a: `type Product @key(fields: "upc") { upc: String! weight: Int @external price(currency: String!): Int @external
          usd: Int @requires(fields: "price(currency: \\"USD\\") weight")
          eur: Int @requires(fields: "price(currency: \\"EUR\\") weight")
          category: Category @external
          dear: Boolean @requires(fields: "category { average(currency: \\"USD\\") }")
          cheap: Boolean @requires(fields: "category { name }") }
        type Category @external { name: String average(currency: String!): Int }`,
      b: `type Query { products: [Product] } type Product @key(fields: "upc") { upc: String! name: String
          price(currency: String!): Int weight: Int category: Category }
        type Category { name: String average(currency: String!): Int }`,
    },
    world: { query: { products }, entities: products },
    queries: [
      '{ products { upc name usd eur dear } }',
      '{ products { usd eur dear cheap price(currency: "EUR") } }',
      '{ products { price: eur category { average(currency: "EUR") } cheap dear } }',
    ],
  };
}

function fragments(): Case {
  const data = [
    { __typename: 'Baz', foo: 'foo 1', bar: 'bar 1' },
    { __typename: 'Qux', foo: 'foo 2', qux: 'qux 2' },
  ];
  const entities = data.map((one, i) => ({
    __typename: 'Entity',
    id: `e${i}`,
    data: one,
    requirer: `r${i}`,
    requirer2: `s${i}`,
    any: one,
    told: `t${i}`,
  }));
  return {
    name: 'requirements with fragments on interfaces and unions',
    sdls: {
      a: `type Query { a: Entity all: [Entity!] } type Entity @key(fields: "id") { id: ID! data: Data any: Any }
        interface Data { foo: String! } type Baz implements Data { foo: String! @shareable bar: String! @shareable }
        type Qux implements Data { foo: String! @shareable qux: String! @shareable } union Any = Baz | Qux`,
      b: `type Query { b: Entity } type Entity @key(fields: "id") { id: ID! data: Data @external any: Any @external
          requirer: String! @requires(fields: "data { foo ... on Baz { bar } ... on Qux { qux } }")
          requirer2: String! @requires(fields: "data { ... on Baz { foo } }")
          told: String @requires(fields: "any { ... on Baz { bar } ... on Qux { foo qux } }") }
        interface Data { foo: String! } type Baz implements Data { foo: String! @shareable bar: String! @shareable }
        type Qux implements Data { foo: String! @shareable qux: String! @shareable } union Any = Baz | Qux`,
    },
    world: { query: { a: entities[0], b: entities[1], all: entities }, entities },
    queries: [
      '{ a { requirer } }',
      '{ b { requirer requirer2 } }',
      '{ all { data { foo } requirer2 told } }',
      '{ b { id data { ... on Qux { qux } } told requirer } }',
    ],
  };
}

function ofInterface(): Case {
  const addresses = ['HomeAddress', 'WorkAddress', 'SecondAddress'].map((__typename, n) => ({
    __typename,
    id: `a${n}`,
    city: `City ${n}`,
    street: `Street ${n}`,
  }));
  const users = addresses.map((address, n) => ({
    __typename: 'User',
    id: `u${n}`,
    name: `U${n}`,
    address,
    city: address.city,
    country: address.__typename === 'WorkAddress' ? 'W' : null,
  }));
  return {
    name: 'requirements of an interface whose objects are entities',
    sdls: {
      a: `type Query { a: User users: [User!]! } interface Address { id: ID! }
        type HomeAddress implements Address @key(fields: "id") { id: ID! city: String @shareable }
        type WorkAddress implements Address @key(fields: "id") { id: ID! city: String @shareable }
        type User @key(fields: "id") { id: ID! name: String! @shareable address: Address @external
          city: String @requires(fields: "address { id }")
          country: String @requires(fields: "address { ... on WorkAddress { id } }") }`,
      b: `type Query { b: User } interface Address { id: ID! }
        type HomeAddress implements Address @key(fields: "id") { id: ID! street: String }
        type WorkAddress implements Address @key(fields: "id") { id: ID! street: String }
        type SecondAddress implements Address @key(fields: "id") { id: ID! street: String }
        type User @key(fields: "id") { id: ID! name: String! @shareable address: Address }`,
    },
    world: {
      query: { a: users[0], b: users[1], users: users.slice(0, 2) },
      entities: [...users, ...addresses],
    },
    queries: [
      '{ a { city } }',
      '{ b { city } }',
      '{ a { country } b { country } }',
      '{ a { address { __typename id } } }',
      '{ users { country city address { id ... on HomeAddress { city street } ... on WorkAddress { city } } } }',
    ],
  };
}

function lists(): Case {
  const orders = ['x1', 'x2'].map((id) => ({ __typename: 'Order', id, total: 5 }));
  const users = [
    { __typename: 'User', id: 'u1', last: 'Doe', first: 'J', address: null, orders, sum: 10, count: 2 },
    { __typename: 'User', id: 'u2', last: 'Roe', first: 'K', address: 'Y', orders: [], sum: 0, count: 0 },
  ];
  return {
    name: 'a required list that requires something itself',
    sdls: {
      one: `type Query { user: User users: [User!] } type User @key(fields: "id") { id: ID! first: String! last: String! address: String }`,
      two: `type Order @key(fields: "id", resolvable: false) { id: ID! }
        type User @key(fields: "id") { id: ID! orders: [Order!] @external
          sum: Int @requires(fields: "orders { id }") count: Int @requires(fields: "orders { id }") }`,
      three: `type Order @key(fields: "id") { id: ID! total: Int }
        type User @key(fields: "id") { id: ID! last: String! @external orders: [Order!] @requires(fields: "last") }`,
    },
    world: { query: { user: users[0], users }, entities: [...users, ...orders] },
    queries: ['{ user { sum count } }', '{ users { sum orders { total id } last } }'],
  };
}

function overridden(): Case {
  const users = [1, 2].map((n) => ({
    __typename: 'User',
    id: `u${n}`,
    name: `N${n}`,
    a: `a ${n}`,
    b: `b ${n}`,
    c: `c ${n}`,
  }));
  return {
    name: 'a required field that another subgraph has taken over',
    sdls: {
      a: `type Query { ua: User all: [User!]! } type User @key(fields: "id") { id: ID! name: String! @override(from: "b")
          a: String }`,
      b: `type Query { ub: User } type User @key(fields: "id") { id: ID! name: String! b: String @requires(fields: "a")
          a: String @external }`,
      c: `type Query { uc: User } type User @key(fields: "id") { id: ID! name: String! @external
          c: String! @requires(fields: "name") }`,
    },
    world: { query: { ua: users[0], ub: users[1], uc: users[0], all: users }, entities: users },
    queries: [
      '{ ua { b c } ub { name c } uc { name b } }',
      '{ all { c b a name } }',
      '{ uc { c } ub { id b } }',
    ],
  };
}

function deep(): Case {
  type Node = {
    __typename: string;
    id: string;
    weight: number;
    next: Node | null;
    load: number;
    mark: string;
  };
  const nodes: Node[] = [1, 2, 3].map((n) => ({
    __typename: 'Node',
    id: `n${n}`,
    weight: n,
    next: null,
    load: 10 * n,
    mark: `m${n}`,
  }));
  nodes[0]!.next = nodes[1]!;
  nodes[1]!.next = nodes[2]!;
  return {
    name: 'requirements in an object reached through another subgraph, several levels deep',
    sdls: {
      weights: `type Query { nodes: [Node!]! } type Node @key(fields: "id") { id: ID! weight: Int }`,
      links: `type Node @key(fields: "id") { id: ID! next: Node weight: Int @external load: Int @requires(fields: "weight") }`,
      marks: `type Node @key(fields: "id") { id: ID! load: Int @external next: Node @external
        mark: String @requires(fields: "load next { id }") }`,
    },
    world: { query: { nodes }, entities: nodes },
    queries: [
      '{ nodes { mark next { mark next { mark load weight } } } }',
      '{ nodes { next { next { load } load } } }',
      '{ nodes { next { mark } weight } }',
    ],
  };
}

function ofSomeKinds(): Case {
  const make = (__typename: string, n: number) => ({
    __typename,
    id: `p${n}`,
    length: n,
    wheels: 4,
    fuel: 'diesel',
    seats: 5,
  });
  const parts = { car: make('Car', 1), van: make('Van', 2), boat: make('Boat', 3) };
  const owners = Object.entries(parts).map(([id, part]) => ({
    __typename: 'Owner',
    id,
    part,
    parts: [part, parts.car],
    fee: `fee of ${id}`,
    tax: `tax of ${id}`,
  }));
  const kinds = `interface Part { length: Int } interface Driven implements Part { length: Int wheels: Int fuel: String }
    type Car implements Part & Driven @shareable { length: Int wheels: Int fuel: String seats: Int }
    type Van implements Part & Driven @shareable { length: Int wheels: Int fuel: String }
    type Boat implements Part @shareable { length: Int seats: Int }`;
  return {
    name: 'requirements of some kinds of an interface or a union',
    sdls: {
      parts: `type Query { owners: [Owner] } ${kinds} union Any = Car | Van | Boat
        type Owner @key(fields: "id") { id: ID! part: Part parts: [Any!] }`,
      fees: `type Query { debtors: [Owner] } ${kinds} union Any = Car | Van | Boat type Owner @key(fields: "id") { id: ID!
          part: Part @external parts: [Any!] @external
          fee: String @requires(fields: "part { length ... on Driven { wheels ... on Car { seats } } ... on Boat { seats } }")
          tax: String @requires(fields: "parts { ... on Part { length ... on Driven { fuel } } }") }`,
    },
    world: { query: { owners, debtors: owners }, entities: owners },
    queries: [
      '{ owners { fee } }',
      '{ owners { id tax part { length ... on Driven { wheels } } } }',
      '{ debtors { fee tax parts { ... on Van { fuel } } } }',
    ],
  };
}
