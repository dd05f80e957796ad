import { type GraphQLScalarType, parse, print } from 'graphql';
import { codeLists } from '../../sync/index.ts';
import { namedTypes } from '../system/names.ts';
import { scalars } from '../system/scalars.ts';
import { entityTypes } from '../system/sdl.ts';
import { comparisonTypes, sharedConnectionTypes } from '../system/sdl-connection.ts';
import { block, description, enumBlock } from '../system/sdl-text.ts';
import { namedTypeDefinition } from '../system/sdl-types.ts';
import type { Listing } from './listing.ts';
import { acts, conflicts, events, issues, links, unifiedListing } from './listings.ts';
import { connectionTypes, filterTypes } from './sdl-lists.ts';
import { rootTypes } from './sdl-roots.ts';
import { extensionTypes, unifiedQueries, unifiedTypes } from './sdl-unified.ts';
import { vocabulary } from './sdl-vocabulary.ts';
import type { Unified, UnifiedName } from './unified.ts';
import { snake } from './words.ts';

/** The lists of all unified types. */
export function unifiedListings({ types }: Unified): Readonly<Record<UnifiedName, Listing>> {
  return Object.fromEntries(
    Object.values(types).map((type) => [type.name, unifiedListing(type, types)]),
  ) as Record<UnifiedName, Listing>;
}

/** The SDL of the sync subgraph, derived from the mappings: the contract that is committed and reviewed. */
export function syncSdl(unified: Unified): string {
  const listings = unifiedListings(unified);
  const definitions = [
    link,
    ...rootTypes(unifiedQueries(unified, listings)),
    ...unifiedTypes(unified, listings),
    ...extensionTypes(unified),
    vocabulary,
    enumBlock(
      'CodeList',
      'Code lists of the company. COUNTRY is ISO 3166-1 alpha-2 and CURRENCY is ISO 4217 in the CRM; the company maps what its ERP has instead, and of countries what people write, beside the names in daily use (UK, NOR, Norway) that are known without.',
      codeLists.map(({ list }) => snake(list)),
    ),
    ...['Link', 'Conflict', 'Issue', 'SyncEvent', 'DeadLetter', 'MatchProposal', 'Act'].flatMap(
      connectionTypes,
    ),
    ...[links, conflicts, issues, events, acts].flatMap((listing) => filterTypes(listing)),
    ...[...namedTypes(unified.shape).values()].map(namedTypeDefinition),
    ...Object.values(scalars).map(scalarDefinition),
    ...sharedConnectionTypes,
    enumBlock('EntityType', 'Entities of both systems.', entityTypes),
    ...comparisonTypes(unified.shape),
    ...choices.map(choiceFilter),
  ];
  return `${print(parse(definitions.join('\n\n'), { noLocation: true }))}\n`;
}

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@inaccessible", "@requiresScopes"])';

/** Enums of the sync that lists can be filtered by. */
const choices = [
  'Flow',
  'LinkState',
  'LinkOriginKind',
  'Side',
  'EntityType',
  'Outcome',
  'CauseKind',
  'ActOutcome',
];

function choiceFilter(name: string): string {
  return block(`input ${name}Filter`, `Comparisons with ${name}; null holds for none but isNull.`, [
    { name: 'eq', text: `: ${name}` },
    { name: 'in', text: `: [${name}!]` },
    { name: 'isNull', text: ': Boolean' },
  ]);
}

function scalarDefinition({ name, description: doc, specifiedByURL }: GraphQLScalarType): string {
  const specified = specifiedByURL == null ? '' : ` @specifiedBy(url: ${JSON.stringify(specifiedByURL)})`;
  return `${description(doc ?? '')}scalar ${name}${specified}`;
}
