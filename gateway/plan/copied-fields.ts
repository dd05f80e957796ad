import type { GraphQLObjectType, SelectionSetNode } from 'graphql';
import { objectBelow, type Place } from './answer-place.ts';
import {
  type CollectedFields,
  collectFields,
  type SelectionScope,
  selectionSetsOf,
} from './collect-fields.ts';
import { jsonPattern } from './json-pattern.ts';
import type { Use } from './plan-fetches.ts';

/** Objects of a type that a fetch brings. */
export type FetchedObjects = {
  readonly type: GraphQLObjectType;
  readonly places: readonly Place[];
  /** What the client asked for at each place. */
  readonly wanted: readonly CollectedFields[];
  /** How the fetch's selections are read. */
  readonly fetched: SelectionScope;
};

/** A field as a fetch asks for it. */
export type Fetched = {
  readonly key: string;
  readonly name: string;
  readonly below: readonly SelectionSetNode[];
  /** The pattern of its text, where that is copied. */
  readonly copied: string | null;
};

/** Longest pattern that is compiled, characters; what would take longer ones is parsed. */
const MAX_PATTERN = 10_000;

/** The pattern of a field's text where it is copied, else null. */
export function copiedPattern(
  { key, name, below }: Pick<Fetched, 'key' | 'name' | 'below'>,
  { type, places, wanted, fetched }: FetchedObjects,
  use: Use,
  client: SelectionScope,
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

/** Fields in the order of the fetch, those together that follow each other wherever the client gets them. */
export function stretchesOf(
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
