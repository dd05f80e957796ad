import type { Case } from './case.ts';

/** Fields that a subgraph does not own and tells all the same, at certain places. */
export const provides: readonly Case[] = [
  nested(),
  onlyAsked(),
  onInterface(),
  onUnion(),
  withRequires(),
  shared(),
];

function nested(): Case {
  const make = (n: number) => ({
    __typename: 'Category',
    id: `k${n}`,
    name: `K${n}`,
    parts: [] as unknown[],
  });
  const categories = [make(1), make(2), make(3)];
  categories[0]!.parts = [categories[1], categories[2]];
  const products = [0, 1].map((n) => ({ __typename: 'Product', id: `p${n}`, categories: [categories[n]] }));
  return {
    name: 'several levels deep',
    sdls: {
      all: `type Product @key(fields: "id") { id: ID! }`,
      first: `type Query { products: [Product] @shareable @provides(fields: "categories { id name parts { id name } }") }
        type Product @key(fields: "id") { id: ID! categories: [Category] @external }
        type Category @key(fields: "id") { id: ID! name: String @external parts: [Category] @external }`,
      owner: `type Product @key(fields: "id") { id: ID! categories: [Category] @shareable }
        type Category @key(fields: "id") { id: ID! name: String @shareable parts: [Category] @shareable }`,
    },
    world: { query: { products }, entities: [...products, ...categories] },
    queries: [
      '{ products { id categories { id name } } }',
      '{ products { categories { parts { name } } } }',
      // The planner takes what is provided once for provided all the way down.
      '{ products { categories { parts { parts { id name } } } } }',
    ],
    depth: 5,
  };
}

function onlyAsked(): Case {
  const things = [1, 2].map((n) => ({
    __typename: 'Entity',
    id: `e${n}`,
    name: `E${n}`,
    description: `D${n}`,
    extra: `X${n}`,
  }));
  return {
    name: 'some of what is provided, by other names, in fragments, under conditions',
    sdls: {
      a: `type Entity @key(fields: "id") { id: ID! name: String! @shareable description: String! @shareable extra: String! }`,
      b: `type Query { entity: Entity @provides(fields: "name description") entities: [Entity!]! @provides(fields: "name") }
        type Entity @key(fields: "id") { id: ID! name: String! @external description: String! @external }`,
    },
    world: { query: { entity: things[0], entities: things }, entities: things },
    queries: [
      '{ entity { id } }',
      '{ entity { shown: name } entities { name extra } }',
      '{ entity { ...N } entities { ... { name } ... { description } } } fragment N on Entity { name extra }',
      '{ entity { id ... on Entity @skip(if: true) { description } ... on Entity @include(if: false) { name } } }',
      '{ entities { id description } }',
    ],
  };
}

function onInterface(): Case {
  const animals = [
    { __typename: 'Dog', id: 'd1', name: 'Rex', age: 3 },
    { __typename: 'Cat', id: 'c1', name: 'Tom', age: 5 },
  ];
  const books = [1, 2].map((n) => ({ __typename: 'Book', id: `b${n}`, animals, title: `B${n}` }));
  return {
    name: 'on an interface, by its own fields and those of one of its objects',
    sdls: {
      a: `type Query { media: Media @shareable } interface Media { id: ID! animals: [Animal] }
        type Book implements Media @key(fields: "id") { id: ID! animals: [Animal] @shareable title: String }
        interface Animal { id: ID! name: String }
        type Dog implements Animal @key(fields: "id") { id: ID! name: String @external age: Int }
        type Cat implements Animal @key(fields: "id") { id: ID! name: String @external age: Int }`,
      b: `type Query { media: Media @shareable @provides(fields: "animals { id name }") books: [Media!] }
        interface Media { id: ID! animals: [Animal] }
        type Book implements Media @key(fields: "id") { id: ID! @shareable animals: [Animal] @external }
        interface Animal { id: ID! name: String }
        type Dog implements Animal @key(fields: "id") { id: ID! name: String @external }
        type Cat implements Animal @key(fields: "id") { id: ID! name: String @external }`,
      c: `type Book implements Media @key(fields: "id") { id: ID! animals: [Animal] @shareable }
        interface Media { id: ID! animals: [Animal] } interface Animal { id: ID! name: String }
        type Dog implements Animal @key(fields: "id") { id: ID! name: String @shareable }
        type Cat implements Animal @key(fields: "id") { id: ID! name: String @shareable }`,
    },
    world: { query: { media: books[0], books }, entities: [...books, ...animals] },
    queries: [
      '{ media { id animals { id name } } }',
      '{ media { id animals { id name ... on Cat { age } } } }',
      '{ books { animals { name } ... on Book { title } } }',
    ],
  };
}

function onUnion(): Case {
  const members = [
    { __typename: 'Book', id: 'b1', title: 'B1' },
    { __typename: 'Movie', id: 'm1', title: 'M1' },
  ];
  return {
    name: 'on one member of a union',
    sdls: {
      a: `type Query { media: [Media] @shareable } union Media = Book | Movie
        type Book @key(fields: "id") { id: ID! title: String! @shareable }
        type Movie @key(fields: "id") { id: ID! }`,
      b: `type Query { media: [Media] @shareable @provides(fields: "... on Book { title }") } union Media = Book | Movie
        type Book @key(fields: "id") { id: ID! title: String! @external }
        type Movie @key(fields: "id") { id: ID! title: String! @shareable }`,
    },
    world: { query: { media: members }, entities: members },
    queries: [
      '{ media { ... on Book { title } } }',
      '{ media { ... on Book { id title } ... on Movie { title id } } }',
      '{ media { ... on Movie { title } __typename } }',
    ],
  };
}

function withRequires(): Case {
  const user = { __typename: 'User', id: 'u1', name: 'A', mail: 'a@x' };
  const products = [1, 2].map((n) => ({
    __typename: 'Product',
    upc: `p${n}`,
    name: `P${n}`,
    price: n * 600,
    weight: n,
    stock: n > 1,
    fee: n * 600 > 1000 ? 0 : n,
    tag: `#${n}`,
    reviews: [] as unknown[],
  }));
  const reviews = products.map((product, i) => ({
    __typename: 'Review',
    id: `r${i}`,
    body: `R${i}`,
    author: user,
    product,
  }));
  for (const [i, product] of products.entries()) product.reviews = [reviews[i]];
  return {
    name: 'beside requirements, in a circle of products, reviews and users',
    sdls: {
      users: `type Query { me: User } type User @key(fields: "id") { id: ID! name: String @shareable mail: String }`,
      stock: `type Product @key(fields: "upc") { upc: String! weight: Int @external price: Int @external stock: Boolean
          fee: Int @requires(fields: "price weight") }`,
      products: `type Query { products: [Product] } type Product @key(fields: "upc") {
          upc: String! name: String price: Int weight: Int tag: String }`,
      reviews: `type Review @key(fields: "id") { id: ID! body: String author: User @provides(fields: "name") product: Product }
        type User @key(fields: "id") { id: ID! name: String @external reviews: [Review] }
        type Product @key(fields: "upc") { upc: String! reviews: [Review] }`,
    },
    world: {
      query: { me: Object.assign(user, { reviews }), products },
      entities: [user, ...products, ...reviews],
    },
    queries: [
      '{ products { fee reviews { author { name } } } }',
      '{ products { stock reviews { author { mail reviews { product { fee price } } } } } }',
      '{ me { name reviews { product { name fee reviews { author { name id } } } } } }',
    ],
  };
}

function shared(): Case {
  const products = [1, 2].map((n) => ({
    __typename: 'Product',
    id: `p${n}`,
    name: { id: `n${n}`, brand: `B${n}`, model: `M${n}` },
    category: { id: `c${n}`, main: `C${n}`, label: `L${n}` },
    price: { id: `m${n}`, amount: n, currency: 'EUR' },
  }));
  return {
    name: 'nothing provided: one root field that every subgraph answers in part, with and without keys',
    sdls: {
      category: `type Query { product: Product @shareable products: [Product] @shareable }
        type Product @shareable { id: ID! category: Category } type Category { id: ID! main: String label: String }`,
      name: `type Query { product: Product @shareable products: [Product] @shareable }
        type Product @shareable { id: ID! name: Name } type Name { id: ID! brand: String model: String }`,
      price: `type Query { product: Product @shareable products: [Product] @shareable }
        type Product @shareable { id: ID! price: Price } type Price { id: ID! amount: Int currency: String }`,
    },
    world: { query: { product: products[0], products }, entities: [] },
    queries: [
      '{ product { id name { id brand model } category { id main label } price { id amount currency } } }',
      '{ products { price { amount } name { brand } category { label } } }',
    ],
  };
}
