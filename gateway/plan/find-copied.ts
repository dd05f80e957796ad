import type { BatchFetchNode, FetchNode, QueryPlan } from '@graphql-hive/router-query-planner';
import {
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNullableType,
  isLeafType,
  isListType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { type Asked, objectBelow, type Place, placeAt } from './answer-place.ts';
import { collectFields, type SelectionScope, selectionSetsOf } from './collect-fields.ts';
import {
  type Member,
  type Readers,
  type ReadText,
  type ReadValue,
  readAnswerText,
  readList,
  readObject,
  type Stretches,
  stretchKey,
} from './copied.ts';
import { copiedPattern, type Fetched, type FetchedObjects, stretchesOf } from './copied-fields.ts';
import { literally, PLAIN_LEAF } from './json-pattern.ts';
import { type EntityField, entityField, type Fetch, fetchesOf, readUse, type Use } from './plan-fetches.ts';
import type { PlanSchema } from './schema.ts';

/** What of the subgraphs' answers reaches the client as it came. */
export type Copied = {
  readonly readers: Readers;
  readonly stretches: Stretches;
};

/**
 * Fields copied for each value that is built, from which on copying is worth it: building is slower than the parser,
 * and what is written in many small pieces slower than what is written at once.
 */
export const WORTH = 2;

/**
 * Finds what can be copied as text from subgraphs' answers to the client's: fields that one fetch alone brings, that
 * nothing else in the plan reads or adds to, and whose selection is the client's own. Parsing, projecting and
 * writing them again was most of the work of a large answer, and copying takes a tenth of it.
 */
export function findCopied(plan: QueryPlan, asked: Asked, schema: PlanSchema, worth: number): Copied | null {
  const fetches = plan.node ? fetchesOf(plan.node) : null;
  if (!fetches) return null;
  const use = readUse(fetches);
  const { fragments, variables } = asked;
  const client: SelectionScope = { schema: schema.api, fragments, variables };
  const stretches = new Map<string, (readonly string[])[]>();
  const readers = new Map<FetchNode | BatchFetchNode, ReadText>();
  const share = { copied: 0, built: 0 };
  for (const fetch of fetches) {
    const found = new Map<string, (readonly string[])[]>();
    const read = compileFetch(fetch, { asked, client, schema, use, found, share });
    if (!read) continue;
    readers.set(fetch.node, read);
    for (const [place, names] of found) stretches.set(place, [...(stretches.get(place) ?? []), ...names]);
  }
  return share.copied >= worth * share.built && share.copied > 0 ? { readers, stretches } : null;
}

type Scope = {
  readonly asked: Asked;
  /** How the client's selections are read. */
  readonly client: SelectionScope;
  readonly schema: PlanSchema;
  readonly use: Use;
  /** Filled with the stretches that are found. */
  readonly found: Map<string, (readonly string[])[]>;
  /** How many fields of the plan's objects are copied, and how many are built. */
  readonly share: { copied: number; built: number };
};

/** A reader for a fetch's answers; null where they cannot be foreseen. */
function compileFetch(fetch: Fetch, scope: Scope): ReadText | null {
  const { asked } = scope;
  if (fetch.entities.length === 0) {
    const places = [{ at: '', sets: [asked.operation.selectionSet] }];
    const read = compileObject([fetch.set], asked.root, places, fetch, scope);
    return read && readAnswerText(read);
  }
  const members: Member[] = [];
  for (const { alias, paths } of fetch.entities) {
    const read = compileEntities(fetch, alias, paths, scope);
    if (!read) return null;
    const before = `${members.length === 0 ? '{' : ','}"${alias}":`;
    members.push({ kind: 'value', key: alias, before, read: readList(read) });
  }
  return readAnswerText(readObject({ typename: undefined, members, end: '}' }));
}

/** Entities of one object type, which is what nearly all fetches are for. */
function compileEntities(
  fetch: Fetch,
  alias: string,
  paths: EntityField['paths'],
  scope: Scope,
): ReadValue | null {
  const [fragment, ...others] = entityField(fetch.set, alias)?.selections ?? [];
  if (fragment?.kind !== Kind.INLINE_FRAGMENT || others.length > 0) return null;
  const type = scope.schema.api.getType(fragment.typeCondition?.name.value ?? '');
  if (!isObjectType(type)) return null;
  const places = new Map<string, Place>();
  for (const path of paths) {
    const place = placeAt(path, type, scope.asked, scope.client);
    if (!place) return null;
    places.set(place.at, place);
  }
  return compileObject([fragment.selectionSet], type, [...places.values()], fetch, scope);
}

/** Reads objects of a type; null where their text cannot be foreseen. */
function compileObject(
  sets: readonly SelectionSetNode[],
  type: GraphQLObjectType,
  places: readonly Place[],
  fetch: Fetch,
  scope: Scope,
): ReadValue | null {
  const fetched: SelectionScope = { schema: scope.schema.api, fragments: fetch.fragments, variables: {} };
  const wanted = places.map((place) => collectFields(place.sets, type, scope.client));
  const objects: FetchedObjects = { type, places, wanted, fetched };
  const fields = [...collectFields(sets, type, fetched)].map(([key, nodes]): Fetched => {
    const name = nodes[0].name.value;
    const below = selectionSetsOf(nodes);
    return {
      key,
      name,
      below,
      copied: copiedPattern({ key, name, below }, objects, scope.use, scope.client),
    };
  });
  const members: Member[] = [];
  let typename: string | undefined;
  // What stands in front of the next member.
  let before = '{';
  for (const stretch of stretchesOf(fields, wanted)) {
    const { key, name, copied } = stretch[0];
    const start = `${before}"${key}":`;
    if (name === '__typename' && copied === null) {
      if (key !== name) return null;
      typename = type.name;
      before = `${start}"${typename}",`;
      continue;
    }
    const member =
      copied === null
        ? compileMember(stretch[0], start, objects, fetch, scope)
        : copiedMember(stretch, start);
    if (!member) return null;
    members.push(member);
    before = ',';
    if (copied === null) scope.share.built++;
    else for (const field of stretch) scope.share.copied += field.copied!.split('":').length;
    if (copied !== null) tellStretch(stretch, places, scope);
  }
  return readObject({ typename, members, end: `${before.replace(/,$/, '')}}` });
}

function copiedMember(stretch: readonly Fetched[], start: string): Member {
  const patterns = stretch.map(({ key, copied }, i) => (i === 0 ? copied : `,"${key}":${copied}`));
  const pattern = new RegExp(literally(start) + patterns.join(''), 'y');
  const keys = stretch.map(({ key }) => key);
  // The first key belongs to what is copied.
  const before = start.length - `"${keys[0]}":`.length;
  return { kind: 'copied', key: stretchKey(keys), pattern, before };
}

function tellStretch(stretch: readonly Fetched[], places: readonly Place[], { found }: Scope): void {
  const keys = stretch.map(({ key }) => key);
  for (const { at } of places) found.set(at, [...(found.get(at) ?? []), keys]);
}

/** A field that the gateway itself has to know. */
function compileMember(
  { key, name, below }: Fetched,
  start: string,
  { type, places, wanted }: FetchedObjects,
  fetch: Fetch,
  scope: Scope,
): Member | null {
  const fieldType = type.getFields()[name]?.type;
  // The one name that would not become a key.
  if (!fieldType || key === '__proto__') return null;
  if (isLeafType(getNullableType(fieldType))) {
    const pattern = new RegExp(literally(start) + PLAIN_LEAF, 'y');
    return { kind: 'leaf', key, pattern, before: start.length };
  }
  const inner = objectBelow(fieldType);
  if (!inner) return null;
  const children = places.map(({ at }, i): Place => {
    const nodes = wanted[i]!.get(key);
    return { at: `${at}.${key}`, sets: nodes ? selectionSetsOf(nodes) : [] };
  });
  const read = compileObject(below, inner, children, fetch, scope);
  return read && { kind: 'value', key, before: start, read: inLists(fieldType, read) };
}

function inLists(type: GraphQLOutputType, read: ReadValue): ReadValue {
  const nullable = getNullableType(type);
  return isListType(nullable) ? readList(inLists(nullable.ofType, read)) : read;
}
