import type {
  BatchFetchNode,
  FetchNode,
  FlattenNodePathSegment,
  QueryPlan,
} from '@graphql-hive/router-query-planner';
import {
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  getNullableType,
  isLeafType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import {
  type CollectedFields,
  collectFields,
  type SelectionScope,
  selectionSetsOf,
} from './collect-fields.ts';
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
import { jsonPattern, literally, PLAIN_LEAF } from './json-pattern.ts';
import { type EntityField, entityField, type Fetch, fetchesOf, readUse, type Use } from './plan-fetches.ts';
import type { PlanSchema } from './schema.ts';

/** What of the subgraphs' answers reaches the client as it came. */
export type Copied = {
  readonly readers: Readers;
  readonly stretches: Stretches;
};

/** What clients asked, under one set of `@skip` and `@include` values. */
export type Asked = {
  readonly operation: OperationDefinitionNode;
  readonly root: GraphQLObjectType;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Readonly<Record<string, unknown>>;
};

/** Longest pattern that is compiled, characters; what would take longer ones is parsed. */
const MAX_PATTERN = 10_000;

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

/** Where objects stand in the answer, and what the client asked of them there. */
type Place = { readonly at: string; readonly sets: readonly SelectionSetNode[] };

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
    const place = placeAt(path, type, scope);
    if (!place) return null;
    places.set(place.at, place);
  }
  return compileObject([fragment.selectionSet], type, [...places.values()], fetch, scope);
}

/** Null where objects there need not be of the type. */
function placeAt(
  path: readonly FlattenNodePathSegment[],
  type: GraphQLObjectType,
  scope: Scope,
): Place | null {
  const { asked, client } = scope;
  let around = asked.root;
  let place: Place = { at: '', sets: [asked.operation.selectionSet] };
  for (const segment of path) {
    if (segment === '@') continue;
    if (!('Field' in segment)) return null;
    const key = segment.Field;
    const nodes = collectFields(place.sets, around, client).get(key);
    const next = nodes && objectBelow(around.getFields()[nodes[0].name.value]?.type);
    if (!next) return null;
    around = next;
    place = { at: `${place.at}.${key}`, sets: selectionSetsOf(nodes) };
  }
  return around === type ? place : null;
}

function objectBelow(type: GraphQLOutputType | undefined): GraphQLObjectType | null {
  const named = type && getNamedType(type);
  return isObjectType(named) ? named : null;
}

/** Objects of a type that a fetch brings. */
type Objects = {
  readonly type: GraphQLObjectType;
  readonly places: readonly Place[];
  /** What the client asked for at each place. */
  readonly wanted: readonly CollectedFields[];
  /** How the fetch's selections are read. */
  readonly fetched: SelectionScope;
};

/** A field as a fetch asks for it. */
type Fetched = {
  readonly key: string;
  readonly name: string;
  readonly below: readonly SelectionSetNode[];
  /** The pattern of its text, where that is copied. */
  readonly copied: string | null;
};

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
  const objects: Objects = { type, places, wanted, fetched };
  const fields = [...collectFields(sets, type, fetched)].map(([key, nodes]): Fetched => {
    const name = nodes[0].name.value;
    const below = selectionSetsOf(nodes);
    return { key, name, below, copied: copiedPattern(key, name, below, objects, scope) };
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

/** Fields in the order of the fetch, those together that follow each other wherever the client gets them. */
function stretchesOf(
  fields: readonly Fetched[],
  wanted: readonly CollectedFields[],
): readonly (readonly [Fetched, ...Fetched[]])[] {
  const orders = wanted.map((asked) => new Map([...asked.keys()].map((key, i) => [key, i])));
  const follow = (key: string, next: string) =>
    orders.every((order) => {
      const at = order.get(key);
      return order.get(next) === (at === undefined ? undefined : at + 1);
    });
  const stretches: [Fetched, ...Fetched[]][] = [];
  for (const field of fields) {
    const last = stretches.at(-1);
    const before = last?.at(-1);
    if (last && before && before.copied !== null && field.copied !== null && follow(before.key, field.key))
      last.push(field);
    else stretches.push([field]);
  }
  return stretches;
}

/** The pattern of a field's text where it is copied, else null. */
function copiedPattern(
  key: string,
  name: string,
  below: readonly SelectionSetNode[],
  { type, places, wanted, fetched }: Objects,
  { use, client }: Scope,
): string | null {
  const definition = type.getFields()[name];
  if (!definition) return null;
  let isAsked = false;
  for (const [i, { at }] of places.entries()) {
    const place = `${at}.${key}`;
    if (use.brought.get(place) !== 1 || use.read.has(place)) return null;
    const nodes = wanted[i]!.get(key);
    if (!nodes) continue;
    isAsked = true;
    const inner = objectBelow(definition.type);
    if (inner && !isSame(below, fetched, selectionSetsOf(nodes), client, inner)) return null;
  }
  if (!isAsked) return null;
  const pattern = jsonPattern(definition.type, below, fetched);
  return pattern && pattern.length <= MAX_PATTERN ? pattern : null;
}

/** Whether two selections are answered by the same keys in the same order. */
function isSame(
  sets: readonly SelectionSetNode[],
  scope: SelectionScope,
  otherSets: readonly SelectionSetNode[],
  otherScope: SelectionScope,
  type: GraphQLObjectType,
): boolean {
  const fields = [...collectFields(sets, type, scope)];
  const others = [...collectFields(otherSets, type, otherScope)];
  if (fields.length !== others.length) return false;
  return fields.every(([key, nodes], i) => {
    const [otherKey, otherNodes] = others[i]!;
    const name = nodes[0].name.value;
    if (key !== otherKey || name !== otherNodes[0].name.value) return false;
    const inner = objectBelow(type.getFields()[name]?.type);
    return !inner || isSame(selectionSetsOf(nodes), scope, selectionSetsOf(otherNodes), otherScope, inner);
  });
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
  { type, places, wanted }: Objects,
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
