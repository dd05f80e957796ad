import { type GraphQLScalarType, parse, print } from 'graphql';
import type { Entity, SystemShape } from './entity.ts';
import { manyField, namedTypes, oneField, rootPrefix, typeName } from './names.ts';
import { scalars } from './scalars.ts';
import {
  comparisonTypes,
  connectionArguments,
  connectionTypes,
  sharedConnectionTypes,
} from './sdl-connection.ts';
import { inputTypes, namedInputDefinition } from './sdl-inputs.ts';
import { block, description, enumBlock, type SdlField } from './sdl-text.ts';
import { namedTypeDefinition, recordTypes } from './sdl-types.ts';

/** Entities of all systems together: an enum used in an input has the same values in every subgraph. */
export const entityTypes = [
  'CUSTOMER',
  'CONTACT',
  'PRODUCT',
  'QUOTE',
  'ORDER',
  'USER',
  'SALESPERSON',
] as const;
/** What can happen to a record, the same in every subgraph. */
const changeKinds = ['CREATED', 'UPDATED', 'ARCHIVED', 'RESTORED', 'DELETED'] as const;

/** The SDL of a system, derived from its declarations: the contract that is committed and reviewed. */
export function systemSdl(shape: SystemShape): string {
  const entities = Object.values(shape.entities);
  const named = [...namedTypes(shape).values()];
  const definitions = [
    link,
    ...rootTypes(shape, entities),
    ...entities.flatMap((entity) => [
      ...recordTypes(shape, entity),
      ...connectionTypes(shape, entity),
      ...inputTypes(shape, entity),
    ]),
    ...named.map(namedTypeDefinition),
    ...named.map(namedInputDefinition).filter((input) => input !== null),
    changeType(shape),
    ...sharedTypes,
    ...comparisonTypes(shape),
  ];
  return `${print(parse(definitions.join('\n\n'), { noLocation: true }))}\n`;
}

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@inaccessible", "@requiresScopes"])';

const read = ' @requiresScopes(scopes: [["read"]])';
const write = ' @requiresScopes(scopes: [["write"]])';

function rootTypes(shape: SystemShape, entities: readonly Entity[]): readonly string[] {
  const prefix = rootPrefix(shape);
  return [
    block('type Query', `Reads of the ${shape.prefix.toUpperCase()}.`, [
      ...entities.flatMap((entity) => queryFields(shape, entity)),
      ...doorQueries(prefix),
    ]),
    block('type Mutation', `Writes of the ${shape.prefix.toUpperCase()}.`, [
      ...entities.flatMap((entity) => mutationFields(shape, entity)),
      {
        name: `${prefix}Write`,
        text: '(writes: JSON!, author: JSON!): JSON! @inaccessible',
        doc: 'For connectors: writes of sync/core/connector.ts, answered in the same order. Needs the scope `system`.',
      },
    ]),
    block('type Subscription', `News of the ${shape.prefix.toUpperCase()}.`, [
      {
        name: `${prefix}Changes`,
        text: `(after: Cursor): ${shape.prefix}Change!${read}`,
        doc: 'Changes after the cursor, then as they come, without a hole; without a cursor only new ones. A cursor older than what is kept: CURSOR_EXPIRED.',
      },
      {
        name: `${prefix}Feed`,
        text: '(after: Cursor): JSON! @inaccessible',
        doc: 'For connectors: the same in batches, from the oldest change kept where the cursor is left out, only new ones where it is `now`. Needs the scope `system`.',
      },
    ]),
  ];
}

function queryFields(shape: SystemShape, entity: Entity): readonly SdlField[] {
  const name = typeName(shape, entity);
  return [
    {
      name: oneField(shape, entity),
      text: `(id: ID!): ${name}${read}`,
      doc: `The ${name} of that id, or null.`,
    },
    {
      name: manyField(shape, entity),
      // Nullable, so that a system that is down takes nothing else of a query along.
      text: `${connectionArguments(shape, entity)}: ${name}Connection${read}`,
      doc: `A page of ${name} records: last takes the place of first; at most 100 of either. Null only where the system cannot be reached.`,
    },
  ];
}

function mutationFields(shape: SystemShape, entity: Entity): readonly SdlField[] {
  const name = typeName(shape, entity);
  const one = `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
  const stale = 'With ifVersion it fails with STALE when the record has another version by now.';
  const byId = `(id: ID!, ifVersion: String): ${name}!${write}`;
  return [
    {
      name: `create${name}`,
      text: `(input: Create${name}Input!): ${name}!${write}`,
      doc: `Makes ${one}.`,
    },
    {
      name: `update${name}`,
      text: `(id: ID!, input: ${name}Patch!, ifVersion: String): ${name}!${write}`,
      doc: `Changes ${one}. ${stale}`,
    },
    { name: `archive${name}`, text: byId, doc: `Puts ${one} away. ${stale}` },
    { name: `restore${name}`, text: byId, doc: `Takes an archived ${name} back into use. ${stale}` },
    {
      name: `delete${name}`,
      text: byId,
      doc: `Deletes ${one} for good and answers with what it was. ${stale}`,
    },
  ];
}

/** What a connector needs and no client sees: batches as they are in sync/core/connector.ts. */
function doorQueries(prefix: string): readonly SdlField[] {
  const doc = (what: string) => `For connectors: ${what} Needs the scope \`system\`.`;
  return [
    {
      name: `${prefix}Read`,
      text: '(entity: String!, ids: [ID!]!): JSON! @inaccessible',
      doc: doc('the records of these ids, as a list.'),
    },
    {
      name: `${prefix}Find`,
      text: '(lookups: JSON!): JSON! @inaccessible',
      doc: doc('per look-up at most three live records.'),
    },
    {
      name: `${prefix}List`,
      text: '(entity: String!, after: ID, limit: Int!): JSON! @inaccessible',
      doc: doc('records in id order.'),
    },
    {
      name: `${prefix}Count`,
      text: '(entity: String!): JSON! @inaccessible',
      doc: doc('how many records there are.'),
    },
    {
      name: `${prefix}Head`,
      text: ': JSON @inaccessible',
      doc: doc('the cursor of the last change committed before; null while there is none.'),
    },
    { name: `${prefix}Check`, text: ': JSON! @inaccessible', doc: doc('whether the system can be reached.') },
  ];
}

function changeType(shape: SystemShape): string {
  return block(
    `type ${shape.prefix}Change`,
    'News of one edit. It names the record; its state is read afresh.',
    [
      { name: 'cursor', text: ': Cursor!', doc: 'Resume after it.' },
      { name: 'entity', text: ': EntityType!' },
      { name: 'id', text: ': ID!' },
      { name: 'kind', text: ': ChangeKind!' },
      { name: 'at', text: ': DateTime!', doc: "By the system's own clock." },
      { name: 'actor', text: ': String' },
      { name: 'version', text: ': String', doc: 'Of the record after the change; null once it is deleted.' },
    ],
  );
}

const sharedTypes: readonly string[] = [
  ...Object.values(scalars).map(scalarDefinition),
  ...sharedConnectionTypes,
  enumBlock('EntityType', 'Entities of both systems.', entityTypes),
  enumBlock('ChangeKind', 'What can happen to a record.', changeKinds),
];

function scalarDefinition({ name, description: doc, specifiedByURL }: GraphQLScalarType): string {
  const specified = specifiedByURL == null ? '' : ` @specifiedBy(url: ${JSON.stringify(specifiedByURL)})`;
  return `${description(doc ?? '')}scalar ${name}${specified}`;
}
