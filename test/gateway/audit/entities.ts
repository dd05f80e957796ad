import type { Case } from './case.ts';
import { VERSION_1 } from './world.ts';

/** Objects known to several subgraphs, and the keys that lead from one to the next. */
export const entities: readonly Case[] = [
  one(),
  parent(),
  nestedParent(),
  chain(),
  mixedKeys(),
  lists(),
  gone(),
];

function one(): Case {
  const users = [1, 2, 3].map((n) => ({
    __typename: 'User',
    id: `u${n}`,
    mail: `u${n}@x.org`,
    nick: `nick ${n}`,
  }));
  return {
    name: 'a field of an entity in another subgraph',
    sdls: {
      mails: `type Query { user: User users: [User!]! } type User @key(fields: "id") { id: ID! mail: String! @shareable }`,
      nicks: `extend type User @key(fields: "mail") { mail: String! @external nick: String }`,
      bridge: `type User @key(fields: "id") @key(fields: "mail") { id: ID! mail: String! }`,
    },
    world: { query: { user: users[0], users }, entities: users },
    queries: ['{ user { nick } }', '{ users { id nick mail } }', '{ users { nick } user { mail nick } }'],
  };
}

function parent(): Case {
  const tables = [1, 2].map((n) => ({
    __typename: 'Table',
    id: `t${n}`,
    pid: `p${n}`,
    name: `Table ${n}`,
    wood: { kind: 'oak', maker: 'M', age: n },
  }));
  return {
    name: 'fields of an object without a key, reached through its parent',
    sdls: {
      shop: `type Query { tables: [Table!]! }
        type Table @key(fields: "id pid") { id: ID! pid: ID! }`,
      wood: `type Table @key(fields: "id") { id: ID! wood: Wood @shareable } type Wood { kind: String @shareable maker: String }`,
      age: `type Table @key(fields: "id pid") { id: ID! pid: ID! wood: Wood @shareable name: String }
        type Wood { age: Int kind: String @shareable }`,
    },
    world: { query: { tables }, entities: tables },
    queries: [
      '{ tables { wood { kind maker age } } }',
      '{ tables { name wood { age } } }',
      '{ tables { wood { maker } id } }',
    ],
  };
}

function nestedParent(): Case {
  const make = (n: number) => ({
    __typename: 'House',
    id: `h${n}`,
    pid: `q${n}`,
    floor: { id: `f${n}`, room: { name: `Room ${n}`, size: n, light: { lux: 10 * n, colour: 'warm' } } },
  });
  const houses = [make(1), make(2)];
  return {
    name: 'fields deep below the parent that has the key',
    sdls: {
      a: `type Query { house: House houses: [House] } type House @key(fields: "id") { id: ID! floor: Floor @shareable }
        type Floor { id: ID! @shareable room: Room @shareable } type Room { name: String! }`,
      b: `type House @key(fields: "id pid") { id: ID! pid: ID! floor: Floor @shareable }
        type Floor { room: Room @shareable } type Room { size: Int light: Light @shareable }
        type Light { lux: Int }`,
      c: `type House @key(fields: "id") @key(fields: "id pid") { id: ID! pid: ID! floor: Floor @shareable }
        type Floor { id: ID! @shareable room: Room @shareable } type Room { light: Light @shareable }
        type Light { colour: String! }`,
    },
    world: { query: { house: houses[0], houses }, entities: houses },
    queries: [
      '{ house { floor { room { name size light { lux colour } } } } }',
      '{ houses { floor { id room { light { lux } } } } }',
      '{ houses { pid floor { room { light { colour } name } } } }',
    ],
  };
}

function chain(): Case {
  const categories: { __typename: string; id: string; tag: string; main: unknown }[] = ['k1', 'k2'].map(
    (id) => ({
      __typename: 'Category',
      id,
      tag: `tag ${id}`,
      main: undefined,
    }),
  );
  const products = [1, 2].map((n) => ({
    __typename: 'Product',
    id: `${n}`,
    pid: `p${n}`,
    category: categories[n - 1],
    price: { amount: n * 100 },
  }));
  for (const [i, category] of categories.entries()) category.main = products[1 - i];
  const list = { __typename: 'ProductList', products, first: products[0], selected: products[1] };
  return {
    name: 'keys that need other subgraphs for their parts, lists among them',
    sdls: {
      top: `type Query { top: ProductList! }
        type ProductList @key(fields: "products { id }") { products: [Product!]! @shareable }
        type Product @extends @key(fields: "id") { id: String! @external category: Category @shareable }
        type Category @key(fields: "id") { id: String! main: Product! @shareable tag: String @shareable }`,
      list: `type ProductList @key(fields: "products { id pid }") {
          products: [Product!]! @shareable first: Product @shareable selected: Product @shareable }
        type Product @key(fields: "id pid") { id: String! pid: String }`,
      bridge: `type Product @key(fields: "id") @key(fields: "id pid") { id: String! pid: String! }`,
      price: `type ProductList @key(fields: "products { id pid category { id tag } } selected { id }") {
          products: [Product!]! @shareable first: Product @shareable selected: Product @shareable }
        type Product @key(fields: "id pid category { id tag }") { id: String! pid: String price: Price
          category: Category @shareable }
        type Category @key(fields: "id tag") { id: String! tag: String @shareable }
        type Price { amount: Float! }`,
    },
    world: { query: { top: list }, entities: [list, ...products, ...categories] },
    queries: [
      '{ top { products { id pid price { amount } category { tag main { id pid } } } first { id } selected { price { amount } } } }',
      '{ top { first { category { main { price { amount } } } } } }',
    ],
  };
}

function mixedKeys(): Case {
  const items = [1, 2].map((n) => ({
    __typename: 'Item',
    id: `i${n}`,
    other: `o${n}`,
    parts: { one: `1${n}`, two: `2${n}`, three: `3${n}` },
    name: `Item ${n}`,
    loud: `ITEM ${n}`,
  }));
  const box = { __typename: 'Box', id: 'b', items };
  return {
    name: 'many keys, few of them resolvable',
    sdls: {
      a: `type Item @key(fields: "id") @key(fields: "other", resolvable: false)
          @key(fields: "parts { one two }", resolvable: false) @key(fields: "id parts { two three }", resolvable: false) {
          id: ID! other: ID! parts: Parts! name: String! }
        type Parts { one: ID! two: ID! three: ID! }`,
      b: `type Query { box: Box } type Box @key(fields: "id") { id: ID! items: [Item!]! }
        type Item @key(fields: "parts { one two }", resolvable: false) @key(fields: "id parts { two three }")
          @key(fields: "other", resolvable: false) @key(fields: "id", resolvable: false) {
          id: ID! other: ID! parts: Parts! name: String! @external loud: String! @requires(fields: "name") }
        type Parts { one: ID! two: ID! three: ID! }`,
    },
    world: { query: { box }, entities: [box, ...items] },
    queries: ['{ box { items { loud } } }', '{ box { id items { id name loud other parts { one } } } }'],
  };
}

function lists(): Case {
  const people = [1, 2, 3].map((n) => ({ __typename: 'Person', id: n, name: `P${n}`, age: 20 + n }));
  const grid = [[people[0], people[1]], [], [people[1], null, people[2]], null];
  return {
    name: 'lists of lists, empty ones, nulls in them, the same entity in several places',
    sdls: {
      names: `type Query { grid: [[Person]] twice: [Person!]! none: Person nobody: [Person!] }
        type Person @key(fields: "id") { id: Int! name: String }`,
      ages: `type Person @key(fields: "id") { id: Int! age: Int! }`,
    },
    world: {
      query: { grid, twice: [people[0], people[0], people[2]], none: null, nobody: [] },
      entities: people,
    },
    queries: [
      '{ grid { age } twice { name age } none { age } nobody { age } }',
      '{ grid { name a: age b: age } }',
    ],
  };
}

function gone(): Case {
  const users = [1, 2].map((n) => ({
    __typename: 'User',
    id: `u${n}`,
    name: `N${n}`,
    posts: n,
    rank: n + 10,
  }));
  return {
    name: 'extensions as the first version writes them',
    sdls: {
      a: `${VERSION_1}type Query { user: User users: [User] } type User @key(fields: "id") { id: ID! name: String! }`,
      b: `${VERSION_1}extend type Query { best: User } extend type User @key(fields: "id") { id: ID! @external posts: Int rank: Int }`,
      c: `${VERSION_1}extend type User @key(fields: "id") { id: ID! @external name: String! @external }
        extend type Query { worst: User @provides(fields: "name") }`,
    },
    world: { query: { user: users[0], users, best: users[1], worst: users[0] }, entities: users },
    queries: [
      '{ user { posts name } best { name rank } worst { id name posts } }',
      '{ worst { name } }',
      '{ users { id rank } }',
    ],
  };
}
