import type { Case } from './case.ts';
import { VERSION_1 } from './world.ts';

/** Interfaces, unions, and objects that stand for an interface. */
export const interfaces: readonly Case[] = [
  abstract(),
  interfaceObject(),
  interfaceObjectRequires(),
  indirect(),
  node(),
  partly(),
  circularInterface(),
  differentChildren(),
  unions(),
  membersApart('values'),
  membersApart('entities'),
  kindsApart(),
  ownedElsewhere(),
  namesOfKeys(),
  typenames(),
];

function abstract(): Case {
  const users = [1, 2].map((n) => ({ __typename: 'User', email: `u${n}@x`, name: `U${n}`, made: 2 }));
  const agencies = [1, 2].map((n) => ({
    __typename: 'Agency',
    id: `a${n}`,
    company: `A${n}`,
    mail: `m${n}`,
  }));
  const product = (n: number) => ({
    __typename: n % 2 ? 'Book' : 'Magazine',
    id: `p${n}`,
    sku: `s${n}`,
    title: `T${n}`,
    size: { width: n, weight: n / 2 },
    hidden: false,
    by: users[n % 2],
    reviewsCount: n % 2 ? 2 : 1,
    reviewsScore: n,
    reviews: [] as unknown[],
    publisher: n < 3 ? agencies[n - 1] : { __typename: 'Self', email: `self${n}` },
    similar: [] as unknown[],
    delivery: ({ zip }: { zip?: string }) => ({ fast: `${zip} today ${n}`, slow: 'tomorrow' }),
  });
  const products = [1, 2, 3, 4].map(product);
  const reviews = [1, 2, 3].map((id) => ({
    __typename: 'Review',
    id,
    body: `R${id}`,
    product: products[id - 1],
  }));
  for (const [i, one] of products.entries()) {
    one.reviews = reviews.filter((review) => review.product === one);
    one.similar = [products[(i + 2) % 4]];
  }
  return {
    name: 'objects of an interface, each with its own subgraphs',
    sdls: {
      products: `type Query { products: [Product] similar(id: ID! = "p1"): [Product] }
        interface Product { id: ID! sku: String size: Size by: User hidden: Boolean @inaccessible }
        interface Similar { similar: [Product] }
        type Book implements Product & Similar @key(fields: "id") {
          id: ID! sku: String size: Size @shareable by: User hidden: Boolean @inaccessible similar: [Product] publisher: Publisher @shareable }
        type Magazine implements Product & Similar @key(fields: "id") {
          id: ID! sku: String size: Size @shareable by: User hidden: Boolean @inaccessible similar: [Product] publisher: Publisher @shareable }
        union Publisher = Agency | Self
        type Agency @key(fields: "id") { id: ID! @shareable } type Self { email: String @shareable }
        type Size @shareable { width: Int weight: Float }
        type User @key(fields: "email") { email: ID! made: Int @shareable }`,
      inventory: `interface Product { id: ID! size: Size delivery(zip: String): Delivery }
        type Book implements Product @key(fields: "id") { id: ID! size: Size @external
          delivery(zip: String): Delivery @requires(fields: "size { width weight }") }
        type Magazine implements Product @key(fields: "id") { id: ID! size: Size @external
          delivery(zip: String): Delivery @requires(fields: "size { width weight }") }
        type Size @shareable { width: Int weight: Float } type Delivery { fast: String slow: String }`,
      reviews: `type Query { review(id: Int! = 1): Review }
        interface Product { id: ID! reviewsCount: Int! reviewsScore: Float! reviews: [Review!]! }
        type Book implements Product & Similar @key(fields: "id") { id: ID! reviewsCount: Int! reviewsScore: Float! @shareable
          reviews: [Review!]! similar: [Product] @external }
        type Magazine implements Product & Similar @key(fields: "id") { id: ID! reviewsCount: Int! reviewsScore: Float! @shareable
          reviews: [Review!]! similar: [Product] @external }
        interface Similar { similar: [Product] }
        type Review { id: Int! body: String product: Product }`,
      books: `type Book @key(fields: "id") { id: ID! title: String }`,
      magazines: `type Magazine @key(fields: "id") { id: ID! title: String }`,
      agency: `type Agency @key(fields: "id") { id: ID! company: String mail: String }
        type User @key(fields: "email") { email: ID! name: String }`,
    },
    world: {
      query: {
        products,
        similar: () => products[0]!.similar,
        review: ({ id }: { id: number }) => reviews[id - 1],
      },
      entities: [...products, ...users, ...agencies],
    },
    queries: [
      '{ products { id size { width weight } } }',
      '{ book: similar(id: "p1") { id sku delivery(zip: "1") { fast slow } } }',
      '{ products { sku ... on Product { sku } ... on Book { sku } ... on Similar { __typename type: __typename } } }',
      '{ products { author: by { email made } ... on Magazine { title } } }',
      '{ products { id reviews { product { sku ... on Magazine { title } ... on Book { reviewsCount } } } } }',
      'query($t: Boolean = true) { products { id reviews { product { id ... on Book @include(if: $t) { title ... on Book @skip(if: $t) { sku } } ... on Magazine { sku } } } } }',
      'query($t: Boolean = false) { products { reviews { product { ... on Book @skip(if: $t) { title } ... on Book { sku } } } } }',
      '{ products { id reviews { product { id ... on Magazine { publisher { ...P } } ... on Book { publisher { ...P } } } } } } fragment P on Publisher { ... on Agency { id company } ... on Self { email } }',
      '{ review { product { delivery(zip: "9") { fast } by { name } } } }',
      '{ similar { ... on Similar { similar { id ... on Book { title } by { name } } } } }',
      // Seed 321412707: the planner asks magazines similar to magazines for their delivery, too.
      '{ products { ... on Book { similar { delivery { fast } } } ... on Magazine { similar { ... on Book { delivery { fast } } reviews { product { reviewsScore } } } } } }',
    ],
    depth: 4,
  };
}

function interfaceObject(): Case {
  const users = [1, 2].map((n) => ({
    __typename: 'User',
    id: `u${n}`,
    name: `U${n}`,
    age: n * 11,
    nick: `nick ${n}`,
  }));
  const accounts = ['Admin', 'Admin', 'Regular'].map((__typename, n) => ({
    __typename,
    id: `a${n}`,
    main: n === 0,
    active: n < 2,
    name: `A${n}`,
  }));
  return {
    name: '@interfaceObject: its subgraph knows no types',
    sdls: {
      a: `type Query { users: [Named!]! } interface Named @key(fields: "id") { id: ID! name: String }
        type User implements Named @key(fields: "id") { id: ID! name: String age: Int }
        interface Account @key(fields: "id") { id: ID! }
        type Admin implements Account @key(fields: "id") { id: ID! main: Boolean! active: Boolean! @shareable }
        type Regular implements Account @key(fields: "id") { id: ID! main: Boolean! }`,
      b: `type Query { others: [Named] accounts: [Account] }
        type Named @key(fields: "id") @interfaceObject { id: ID! nick: String }
        type Account @key(fields: "id") @interfaceObject { id: ID! name: String }`,
      c: `type Account @key(fields: "id") @interfaceObject { id: ID! active: Boolean! @shareable }`,
    },
    world: { query: { users, others: users, accounts }, entities: [...users, ...accounts] },
    queries: [
      '{ others { id name nick } }',
      '{ users { id name nick } }',
      '{ others { ... on User { age } } users { ... on User { age } } }',
      '{ others { ... on User { age id name nick } id name } }',
      '{ users { ... on User { age id name nick } id name } }',
      '{ accounts { name } }',
      '{ accounts { ... on Admin { name } } }',
      '{ accounts { name __typename } }',
      '{ accounts { ... on Admin { __typename } } }',
      '{ accounts { id active } }',
      '{ accounts { id ... on Admin { active main } } }',
      '{ accounts { id ... on Regular { main } ... on Admin { active } } }',
    ],
  };
}

function interfaceObjectRequires(): Case {
  const users = [1, 2].map((n) => ({
    __typename: 'User',
    id: `u${n}`,
    name: `U${n}`,
    age: n * 11,
    nick: `nick ${n}`,
  }));
  return {
    name: '@interfaceObject with requirements',
    sdls: {
      a: `type Query { users: [Named!]! } interface Named @key(fields: "id") { id: ID! name: String }
        type User implements Named @key(fields: "id") { id: ID! name: String age: Int }`,
      b: `type Query { others: [Named] } type Named @key(fields: "id") @interfaceObject { id: ID! name: String @external
          nick: String @requires(fields: "name") }`,
    },
    world: { query: { users, others: users }, entities: users },
    queries: [
      '{ others { id name nick } }',
      '{ users { id name nick } }',
      '{ others { nick } users { nick } }',
      '{ others { ... on User { age nick } id } }',
      '{ users { ... on User { age id name nick } id name } }',
    ],
  };
}

function indirect(): Case {
  const video = { __typename: 'Video', id: '1', title: 'V', duration: 100, author: 'John' };
  const article = { __typename: 'Article', id: '2', title: 'A', words: 900 };
  const lists = [video, article].map((media, n) => ({
    __typename: 'Playlist',
    id: `l${n}`,
    name: `L${n}`,
    media,
  }));
  return {
    name: '@interfaceObject, and a third subgraph that extends one of the objects',
    sdls: {
      media: `type Query { media: Media } interface Media @key(fields: "id") { id: ID! title: String }
        type Video implements Media @key(fields: "id") { id: ID! title: String duration: Int }
        type Article implements Media @key(fields: "id") { id: ID! title: String words: Int }`,
      authors: `extend type Video @key(fields: "id") { id: ID! author: String }`,
      lists: `type Query { playlist: Playlist lists: [Playlist] } type Playlist @key(fields: "id") { id: ID! name: String media: Media }
        type Media @key(fields: "id") @interfaceObject { id: ID! }`,
    },
    world: { query: { media: video, playlist: lists[0], lists }, entities: [video, article, ...lists] },
    queries: [
      '{ media { id title ... on Video { duration author } ... on Article { words } } playlist { id name media { id ... on Video { duration } } } }',
      '{ lists { media { title ... on Video { author } ... on Article { words } } } }',
      '{ lists { media { __typename ... on Video { author } } } }',
    ],
  };
}

function node(): Case {
  const product = { __typename: 'Product', id: 'p1', name: 'P', price: 9 };
  const category = { __typename: 'Category', id: 'c1', name: 'C' };
  return {
    name: 'an interface that every subgraph has, with other subgraphs for the objects behind it',
    sdls: {
      node: `type Query { productNode: Node categoryNode: Node } interface Node { id: ID! }
        type Product implements Node @key(fields: "id") { id: ID! }
        type Category implements Node @key(fields: "id") { id: ID! }`,
      two: `interface Node { id: ID! } type Product implements Node @key(fields: "id") { id: ID! }
        type Category implements Node @key(fields: "id") { id: ID! }`,
      types: `interface Node { id: ID! }
        type Product implements Node @key(fields: "id") { id: ID! name: String! price: Float! }
        type Category implements Node @key(fields: "id") { id: ID! name: String! }`,
    },
    world: { query: { productNode: product, categoryNode: category }, entities: [product, category] },
    queries: [
      '{ productNode { ... on Product { id name __typename price } } categoryNode { ... on Category { id name } } }',
      '{ productNode { id ...N } categoryNode { ...N } } fragment N on Node { ... on Product { price } ... on Category { name } }',
    ],
  };
}

function partly(): Case {
  const accounts = [1, 2].map((n) => ({
    __typename: 'Account',
    id: `a${n}`,
    user: `U${n}`,
    chats: [] as unknown[],
  }));
  const chats = [1, 2].map((n) => ({
    __typename: 'Chat',
    id: `c${n}`,
    account: accounts[n - 1],
    text: `T${n}`,
  }));
  for (const [i, account] of accounts.entries()) account.chats = [chats[i]];
  const byId = (among: readonly { readonly id: string }[]) => (args: { id: string }) =>
    among.find(({ id }) => id === args.id);
  return {
    name: 'a shared root field of an interface whose objects are owned apart',
    sdls: {
      a: `type Query { node(id: ID! = "a1"): Node @shareable account(id: ID! = "a2"): Account } interface Node { id: ID! }
        type Account implements Node @key(fields: "id") { id: ID! user: String! }
        type Chat implements Node @key(fields: "id") { id: ID! account: Account! }`,
      b: `type Query { node(id: ID! = "a1"): Node @shareable chat(id: ID! = "c1"): Chat } interface Node { id: ID! }
        type Account implements Node @key(fields: "id") { id: ID! chats: [Chat!]! }
        type Chat implements Node @key(fields: "id") { id: ID! text: String! }`,
    },
    world: {
      query: { node: byId([...accounts, ...chats]), account: byId(accounts), chat: byId(chats) },
      entities: [...accounts, ...chats],
    },
    queries: [
      '{ account { user chats { text account { user } } } }',
      '{ chat { id account { id chats { id } } } }',
      '{ node { id ... on Account { user chats { text } } } }',
      '{ node(id: "c2") { id ... on Chat { text account { user } } ... on Account { user } } }',
      '{ a: node(id: "a2") { ... on Account { chats { id } } } b: node(id: "nobody") { id } }',
    ],
  };
}

function circularInterface(): Case {
  type Book = { __typename: string; id: string; price: number; same: unknown };
  const books = [1, 2, 3].map((n): Book => ({ __typename: 'Book', id: `b${n}`, price: 10, same: null }));
  for (const [i, book] of books.entries()) book.same = books[(i + 1) % 3];
  return {
    name: 'an interface that leads back to itself',
    sdls: {
      a: `type Query { product: Product } interface Product { same: Product }
        type Book implements Product @key(fields: "id") { id: ID! same: Book @provides(fields: "price") price: Float @external }`,
      b: `type Book @key(fields: "id") { id: ID! price: Float @shareable }`,
    },
    world: { query: { product: books[0] }, entities: books },
    queries: [
      '{ product { same { ... on Book { id } } } }',
      '{ product { __typename same { __typename ... on Book { id price } } } }',
      '{ product { ... on Book { price same { same { price same { id } } } } } }',
    ],
  };
}

function differentChildren(): Case {
  const user = { __typename: 'User', id: 'u1', name: 'U', similar: [] as unknown[] };
  const admin = { __typename: 'Admin', id: 'a1', name: 'A', photo: 'x', similar: [] as unknown[] };
  const accounts = [user, admin];
  user.similar = accounts;
  admin.similar = accounts;
  return {
    name: 'members of a union whose fields of one name have different types',
    sdls: {
      a: `type Query { users: [User!]! @shareable } type User @key(fields: "id") { id: ID @shareable name: String }`,
      b: `type Query { users: [User!]! @shareable accounts: [Account!]! } union Account = User | Admin
        type User @key(fields: "id") { id: ID @shareable similar: [Account!]! }
        type Admin @key(fields: "id") { id: ID! name: String! similar: [Account!]! photo: String }`,
    },
    world: { query: { users: [user], accounts }, entities: accounts },
    queries: [
      '{ users { id name } accounts { ... on User { name similar { ... on Admin { photo similar { ... on User { name } } } } } } }',
      '{ accounts { ... on User { similar { ... on User { name } } } ... on Admin { id other: similar { ... on User { id name } ... on Admin { n: name } } } } }',
    ],
  };
}

function unions(): Case {
  const members = [
    { __typename: 'Oven', id: 'o1', watts: 900 },
    { __typename: 'Toaster', id: 't1', warranty: 3, watts: 100 },
    { __typename: 'Toaster', id: 't2', warranty: 4, watts: 200 },
  ];
  const toasters = members.slice(1);
  return {
    name: 'an interface that only some members of a union have, and only in one subgraph',
    sdls: {
      a: `type Query { products: [Product] nodes: [Node] toasters: [Toaster] } union Product = Oven | Toaster
        interface Node { id: ID! } type Oven @key(fields: "id") { id: ID! }
        type Toaster implements Node @key(fields: "id") { id: ID! warranty: Int }`,
      b: `interface Node { id: ID! } type Oven implements Node @key(fields: "id") { id: ID! watts: Int }
        type Toaster @key(fields: "id") { id: ID! watts: Int }`,
    },
    world: { query: { products: members, nodes: toasters, toasters }, entities: members },
    queries: [
      '{ products { ... on Node { id } } }',
      '{ nodes { id ... on Toaster { warranty watts } ... on Oven { id } } }',
      '{ toasters { ...T ...N } } fragment T on Toaster { id } fragment N on Node { id __typename }',
      '{ products { ... on Oven { watts } ... on Node { __typename ... on Toaster { watts } } } }',
    ],
  };
}

/**
 * The members of a union are those of the subgraph that answers. Where boxes are entities, either subgraph could be asked
 * for a box that begins at the other, and would not tell the same: none of it is, unless it must be.
 */
function membersApart(boxes: 'entities' | 'values'): Case {
  const key = boxes === 'entities' ? ' @key(fields: "id")' : '';
  const maker = { __typename: 'Maker', id: 'm1', name: 'Maker 1', rank: 7 };
  const both = { __typename: 'Both', label: 'both' };
  const left = {
    __typename: 'Left',
    l: ({ n }: { n?: number }) => `left ${n ?? 1}`,
    part: { weight: 2, maker },
  };
  const right = { __typename: 'Right', id: 'r1', r: 'right', extra: 'more', part: { weight: 3 } };
  const box = (id: string, ...things: object[]) => ({ id, things, best: things[0] });
  return {
    name: `a shared field of a union that has other members in each subgraph, in ${boxes}`,
    ...(boxes === 'entities' && { depth: 0 }),
    sdls: {
      left: `type Query { shared: Box @shareable left: Box lefts: [Box!]! } type Box${key} @shareable { id: ID! things: [Thing!]! best: Thing }
        union Thing = Both | Left type Both @shareable { label: String }
        type Left { l(n: Int): String part: LeftPart } type LeftPart { weight: Int maker: Maker }
        type Maker @key(fields: "id") { id: ID! name: String }`,
      right: `type Query { shared: Box @shareable right: Box own: Own } type Box${key} @shareable { id: ID! things: [Thing!]! best: Thing }
        union Thing = Both | Right type Both @shareable { label: String } type Own { things: [Thing!]! }
        type Right @key(fields: "id") { id: ID! r: String part: RightPart } type RightPart { weight: Int }`,
      more: `type Right @key(fields: "id") { id: ID! extra: String } type Maker @key(fields: "id") { id: ID! rank: Int }`,
    },
    world: {
      query: {
        shared: box('b0', both),
        left: box('b1', both, left),
        lefts: [box('b2', left), box('b3', both)],
        right: box('b4', right, both),
        own: { things: [right, both] },
      },
      entities: [right, maker],
    },
    queries: [
      '{ left { id things { __typename ... on Both { label } ... on Left { l } ... on Right { r } } } }',
      '{ right { things { ... on Both { label } ... on Left { l } ... on Right { r } } best { ... on Right { r extra } } } }',
      'query($n: Int = 4) { lefts { best { ... on Left { l(n: $n) } } } right { best { ... on Left { l(n: $n) } __typename } } }',
      '{ left { things { ... on Left { part { weight maker { name rank } } } } } }',
      '{ right { things { ... on Right { rightPart: part { weight } } ... on Left { leftPart: part { maker { rank } } } } } }',
      '{ shared { things { ... on Both { label } ... on Left { l } ... on Right { r } } } }',
      '{ own { things { ... on Right { extra } ... on Left { l } } } }',
    ],
  };
}

/** The same with an interface. */
function kindsApart(): Case {
  const both = { __typename: 'Both', id: 'x1', label: 'both' };
  const left = { __typename: 'Left', id: 'l1', label: 'left', l: 'only left' };
  const right = { __typename: 'Right', id: 'r1', label: 'right', r: 'only right', extra: 'more' };
  const box = (...things: object[]) => ({ things });
  return {
    name: 'a shared field of an interface that has other objects in each subgraph',
    sdls: {
      left: `type Query { shared: Box @shareable left: Box } type Box @shareable { things: [Thing!]! } interface Thing { label: String }
        type Both implements Thing @shareable { label: String }
        type Left implements Thing { label: String l: String }`,
      right: `type Query { shared: Box @shareable right: Box } type Box @shareable { things: [Thing!]! } interface Thing { label: String }
        type Both implements Thing @shareable { label: String }
        type Right implements Thing @key(fields: "id") { id: ID! label: String r: String }`,
      more: `type Right @key(fields: "id") { id: ID! extra: String }`,
    },
    world: {
      query: { shared: box(both), left: box(both, left), right: box(right, both) },
      entities: [right],
    },
    queries: [
      '{ left { things { label ... on Left { l } ... on Right { r } } } }',
      '{ right { things { ... on Left { l } ... on Right { r extra } } } }',
      '{ right { things { __typename ... on Both { label } } } left { things { ... on Left { label } } } }',
    ],
  };
}

function ownedElsewhere(): Case {
  const shoe = { __typename: 'Shoe', id: 's1', name: 'Shoe', stock: 2 };
  const book = { __typename: 'Book', id: 'b1', name: 'Book' };
  const car = { __typename: 'Car', id: 'c1', name: 'Car' };
  return {
    name: 'objects of an interface some of which others own, in the first version',
    sdls: {
      shop: `${VERSION_1} type Query { top: [Product] } interface Product { id: ID! name: String }
        type Car implements Product @key(fields: "id") { id: ID! name: String }
        extend type Shoe implements Product @key(fields: "id") { id: ID! @external name: String @external }
        extend type Book implements Product @key(fields: "id") { id: ID! @external name: String @external }`,
      catalog: `${VERSION_1} type Shoe @key(fields: "id") { id: ID! name: String stock: Int }
        type Book @key(fields: "id") { id: ID! name: String }`,
    },
    world: { query: { top: [shoe, car, book] }, entities: [shoe, car, book] },
    queries: ['{ top { name } }', '{ top { id n: name ... on Shoe { stock } } }'],
  };
}

function namesOfKeys(): Case {
  const people = [1, 2].map((n) => ({
    __typename: n > 1 ? 'Admin' : 'User',
    id: `u${n}`,
    name: `name ${n}`,
    nick: `nick ${n}`,
    rank: n,
  }));
  return {
    name: 'fields under names that are names of keys',
    sdls: {
      a: `type Query { people: [Person] } union Person = User | Admin type User @key(fields: "id") { id: ID! name: String }
        type Admin @key(fields: "id") { id: ID! name: String }`,
      b: `type User @key(fields: "id") { id: ID! nick: String }
        type Admin @key(fields: "id") { id: ID! nick: String rank: Int }`,
    },
    world: { query: { people }, entities: people },
    queries: [
      '{ people { ... on User { id: name nick } } }',
      '{ people { ... on User { id: name nick } ... on Admin { id: nick name: id rank } } }',
      '{ people { kind: __typename ... on Admin { rank: nick nick: rank } } }',
    ],
  };
}

function typenames(): Case {
  const users = [1, 2].map((n) => ({ __typename: 'User', id: `u${n}`, name: `U${n}`, age: n }));
  const things = [users[0], { __typename: 'Oven', id: 'o1' }];
  return {
    name: 'names of types everywhere',
    sdls: {
      a: `type Query { users: [Named!]! union: Things } interface Named @key(fields: "id") { id: ID! name: String }
        type User implements Named @key(fields: "id") { id: ID! name: String age: Int }
        union Things = User | Oven type Oven { id: ID! }`,
      b: `type Query { others: [Named] } type Named @key(fields: "id") @interfaceObject { id: ID! nick: String }`,
    },
    world: {
      query: { users, others: users, union: things[1] },
      entities: users.map((user) => Object.assign(user, { nick: `n ${user.id}` })),
    },
    queries: [
      '{ __typename union { __typename ... on Oven { t: __typename id } } }',
      '{ a: __typename users { __typename } others { __typename } }',
      '{ others { t: __typename ... on Named { nick __typename } ... on User { age t2: __typename } } }',
      'fragment Q on Query { __typename x: __typename } { ...Q others { id } }',
    ],
  };
}
