import type { LocalSubgraph } from '../../gateway/options.ts';
import { testSubgraph } from './shop.ts';

type Ref = { readonly __typename: string; readonly id: string };

const typeOf = { __resolveType: ({ __typename }: Ref) => __typename };

const MEDIA = [
  { __typename: 'Book', id: 'b1', title: 'Book 1', pages: 10 },
  { __typename: 'Film', id: 'f1', title: 'Film 1', minutes: 90 },
];

/** Media of several kinds, one of them hidden, rated by a subgraph that knows them only by their interface. */
export function library(): LocalSubgraph[] {
  return [
    testSubgraph(
      'media',
      `type Query { media: [Media!]! search: [Found] node(id: ID!): Node }
       interface Node { id: ID! }
       interface Media implements Node @key(fields: "id") { id: ID! title: String! }
       type Book implements Media & Node @key(fields: "id") { id: ID! title: String! pages: Int }
       type Film implements Media & Node @key(fields: "id") { id: ID! title: String! minutes: Int @inaccessible }
       type Secret implements Media & Node @key(fields: "id") @inaccessible { id: ID! title: String! }
       union Found = Book | Film | Shelf
       type Shelf { room: String mood: Mood! moods: [Mood] }
       enum Mood { GOOD BAD HIDDEN @inaccessible }`,
      {
        Query: {
          media: () => MEDIA,
          search: () => [
            MEDIA[1],
            { __typename: 'Shelf', room: 'R', mood: 'GOOD', moods: ['BAD', 'HIDDEN'] },
            { __typename: 'Shelf', room: 'S', mood: 'HIDDEN', moods: null },
            null,
          ],
          node: (_: unknown, { id }: { id: string }) =>
            id === 's1'
              ? { __typename: 'Secret', id, title: 'x' }
              : { __typename: 'Book', id, title: 'Book' },
        },
        Node: typeOf,
        Media: {
          ...typeOf,
          __resolveReference: ({ id }: Ref) => MEDIA.find((media) => media.id === id),
        },
        Found: typeOf,
        Book: { __resolveReference: ({ id }: Ref) => MEDIA.find((media) => media.id === id) },
        Film: { __resolveReference: ({ id }: Ref) => MEDIA.find((media) => media.id === id) },
      },
    ),
    testSubgraph(
      'ratings',
      `type Query { best: [Media!]! }
       type Media @key(fields: "id") @interfaceObject { id: ID! stars: Int! }`,
      {
        Query: { best: () => [{ id: 'b1' }, { id: 'f1' }] },
        Media: {
          __resolveReference: ({ id }: Ref) => ({ id }),
          stars: ({ id }: Ref) => (id[0] === 'b' ? 5 : 3),
        },
      },
    ),
    testSubgraph('shops', 'type Book @key(fields: "id") { id: ID! isbn: String }', {
      Book: { __resolveReference: ({ id }: Ref) => ({ id, isbn: `isbn-${id}` }) },
    }),
  ];
}
