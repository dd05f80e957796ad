import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';
import type { Names } from './narrow.ts';

/** What of an operation tells which fields it selects. */
export type Asking = Pick<GraphQLResolveInfo, 'operation' | 'fragments'>;

const byOperation = new WeakMap<object, Names>();

/** The names of all fields that an operation selects anywhere; the same set for the same operation. */
export function askedNames({ operation, fragments }: Asking): Names {
  const known = byOperation.get(operation);
  if (known) return known;
  const names = new Set<string>();
  const collect = (set: SelectionSetNode): void => {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) names.add(selection.name.value);
      if (selection.kind !== Kind.FRAGMENT_SPREAD && selection.selectionSet) collect(selection.selectionSet);
    }
  };
  for (const { selectionSet } of [operation, ...Object.values(fragments)]) collect(selectionSet);
  byOperation.set(operation, names);
  return names;
}
