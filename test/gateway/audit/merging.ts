import type { Case } from './case.ts';

/** What composition makes of definitions that differ: hidden, taken over, common to all or to some. */
export const merging: readonly Case[] = [
  hidden(),
  overridden(),
  absentOverride(),
  conditions(),
  defaults(),
  enums(),
  wider(),
];

function hidden(): Case {
  const users = [1, 2].map((n) => ({
    __typename: 'User',
    id: `u${n}`,
    age: n,
    name: `U${n}`,
    secret: 's',
    tag: n,
  }));
  return {
    name: '@inaccessible fields, also as keys and requirements',
    sdls: {
      age: `type Query { usersInAge: [User!]! } type User @key(fields: "id") { id: ID age: Int }`,
      friends: `type Query { usersInFriends: [User!]! }
        type User @key(fields: "id") { id: ID @inaccessible friends: [User!]! type: Kind name: String }
        enum Kind { A B @inaccessible C }`,
      tags: `type User @key(fields: "id") { id: ID name: String @external tag: Int @requires(fields: "name") }`,
    },
    world: {
      query: { usersInAge: users, usersInFriends: users },
      entities: users.map((user, i) => Object.assign(user, { friends: [users[1 - i]], type: i ? 'C' : 'A' })),
    },
    queries: [
      '{ usersInAge { age friends { age tag } } }',
      '{ usersInFriends { type friends { age type } tag } }',
    ],
  };
}

function overridden(): Case {
  const posts = [1, 2].map((n) => ({ __typename: 'Post', id: `p${n}`, created: `day ${n}`, title: `T${n}` }));
  return {
    name: '@override of a field that both resolve, and of a root field',
    sdls: {
      a: `type Query { aFeed: [Post] feed: [Post] @override(from: "b") } type Post @key(fields: "id") {
          id: ID! created: String @override(from: "b") }`,
      b: `type Query { bFeed: [Post] feed: [Post] } type Post @key(fields: "id") { id: ID! created: String title: String }`,
    },
    world: { query: { aFeed: posts, bFeed: posts, feed: posts }, entities: posts },
    queries: ['{ feed { id created } }', '{ aFeed { created title } bFeed { created } }'],
  };
}

function absentOverride(): Case {
  const posts = [1, 2].map((n) => ({
    __typename: n > 1 ? 'TextPost' : 'ImagePost',
    id: `p${n}`,
    created: `day ${n}`,
    body: 'x',
  }));
  return {
    name: '@override from a subgraph that is not there, and of objects behind an interface',
    sdls: {
      a: `type Query { feed: [Post] } interface Post { id: ID! created: String }
        type ImagePost implements Post @key(fields: "id") { id: ID! created: String @override(from: "nobody") }
        type TextPost implements Post @key(fields: "id") { id: ID! created: String body: String }`,
      b: `type Query { other: [AnyPost] } interface Post { id: ID! created: String }
        type TextPost implements Post @key(fields: "id") { id: ID! created: String @override(from: "a") }
        type ImagePost @key(fields: "id") { id: ID! } union AnyPost = TextPost | ImagePost`,
    },
    world: { query: { feed: posts, other: posts }, entities: posts },
    queries: [
      '{ feed { id created } }',
      '{ feed { created ... on TextPost { id body } } }',
      '{ other { ... on TextPost { created } ... on ImagePost { created id } } }',
    ],
  };
}

function conditions(): Case {
  const product = {
    __typename: 'Product',
    id: 'p1',
    price: 700,
    isExpensive: true,
    name: 'P',
    lead: { days: 3 },
  };
  return {
    name: '@skip and @include on what other subgraphs require',
    sdls: {
      a: `type Query { product: Product } type Product @key(fields: "id") { id: ID! price: Float! }`,
      b: `type Product @key(fields: "id") { id: ID! isExpensive: Boolean! price: Float! @external name: String @requires(fields: "price") }`,
      c: `type Product @key(fields: "id") { id: ID! isExpensive: Boolean! @external lead: Lead @requires(fields: "isExpensive") }
        type Lead { days: Int }`,
    },
    world: { query: { product }, entities: [product] },
    queries: [
      'query($b: Boolean = false) { product { price name @include(if: $b) } }',
      'query($b: Boolean = true) { product { price name @skip(if: $b) lead @include(if: $b) { days @skip(if: $b) __typename } } }',
      'query($b: Boolean! = true) { product @skip(if: false) { ... @include(if: $b) { name ... @skip(if: true) { lead { days } } } } }',
      'query($b: Boolean! = true, $c: Boolean! = false) { product { a: isExpensive @skip(if: $b) @include(if: $c) b: isExpensive @skip(if: $c) @include(if: $b) } }',
    ],
  };
}

function defaults(): Case {
  const make = (n: number) => ({
    __typename: 'User',
    id: `u${n}`,
    echo: (args: object) => JSON.stringify(args),
    named: ({ by }: { by?: { id?: string; tags?: string[] } }) => JSON.stringify(by),
    many: ({ ids = [] }: { ids?: number[] }) => ids.map(String),
  });
  const users = [make(1), make(2)];
  return {
    name: 'arguments: defaults, input objects with fields common to all, variables in every place',
    sdls: {
      a: `type Query { users(by: By): [User] @shareable } input By { id: ID = "d" tags: [String!] only: Int }
        type User @key(fields: "id") { id: ID! named(by: By): String @shareable }`,
      b: `input By { id: ID = "d" tags: [String!] }
        type User @key(fields: "id") { id: ID! echo(n: Int = 3, list: [[Int]] = [[1]], e: E = A, f: Float): String
          many(ids: [Int!]): [String!]! named(by: By): String @shareable } enum E { A B }`,
    },
    world: { query: { users: () => users }, entities: users },
    queries: [
      '{ users { echo named } }',
      '{ users { echo(n: 5, list: [[2, null], null], e: B, f: 1) x: echo(n: null, e: null) many(ids: 4) } }',
      'query($n: Int, $m: Int = 9, $l: [[Int]], $e: E = B) { users { a: echo(n: $n) b: echo(n: $m) c: echo(list: $l) d: echo(e: $e) e: echo(list: [[$n, $m]]) } }',
      'query($by: By = { tags: ["x"] }, $t: String! = "q") { users { a: named(by: $by) b: named(by: { tags: [$t] }) c: named(by: {}) d: named(by: { id: null, tags: [] }) } }',
      'query($i: [Int!] = 7) { users(by: { id: "1" }) { many(ids: $i) } }',
      '{ users { echo(f: 1e3, n: -1) named(by: { id: "a\\"b\\u00e9", tags: ["\\\\"] }) } }',
    ],
  };
}

function enums(): Case {
  const users = ['REGULAR', 'ADMIN'].map((type, n) => ({
    __typename: 'User',
    id: `u${n}`,
    type,
    best: [type],
  }));
  return {
    name: 'enums: as values, in lists, as arguments',
    sdls: {
      a: `type Query { users(type: Type): [User] } enum Type { REGULAR ADMIN }
        type User @key(fields: "id") { id: ID! type: Type! @shareable }`,
      b: `type User @key(fields: "id") { id: ID! type: Type! @shareable best: [Type!] } enum Type { ADMIN REGULAR }`,
    },
    world: {
      query: { users: ({ type }: { type?: string }) => users.filter((user) => !type || user.type === type) },
      entities: users,
    },
    queries: [
      '{ users { id type best } admins: users(type: ADMIN) { best } }',
      'query($t: Type = REGULAR) { users(type: $t) { type } }',
    ],
  };
}

function wider(): Case {
  const book = { __typename: 'Book', id: 'b1', title: 'T', pages: 9, stars: 4 };
  const film = { __typename: 'Film', id: 'f1', title: 'F', minutes: 90 };
  const shelf = { best: book, all: [book], first: book };
  return {
    name: 'a field that is an object in one subgraph, a union or an interface of more in another',
    sdls: {
      books: `type Query { best: Book @shareable shelf: Shelf @shareable } type Shelf @shareable { best: Book all: [Book!]! first: Book! }
        type Book @key(fields: "id") { id: ID! title: String @shareable pages: Int }`,
      media: `type Query { best: Media @shareable shelf: Shelf @shareable any: [Media] } type Shelf @shareable {
          best: Media all: [Titled!] first: Titled! } union Media = Book | Film interface Titled { title: String }
        type Book implements Titled @key(fields: "id") { id: ID! title: String @shareable stars: Int }
        type Film implements Titled @key(fields: "id") { id: ID! title: String minutes: Int }`,
    },
    world: { query: { best: book, shelf, any: [film, book] }, entities: [book, film] },
    queries: [
      '{ best { __typename ... on Book { title } ... on Film { minutes } } }',
      '{ best { ... on Book { pages stars } } }',
      '{ best { __typename ... on Film { id } } shelf { best { __typename ... on Film { id minutes } } } }',
      '{ shelf { best { ... on Book { id pages } ... on Film { id } } all { __typename title ... on Book { stars } } first { title } } }',
      '{ any { ... on Film { minutes } ... on Book { pages } } shelf { all { ... on Film { minutes } } first { ... on Book { pages } } } }',
    ],
  };
}
