import { Kind, type SelectionSetNode } from 'graphql';
import { type Entity, isObject } from './merge.ts';
import type { Operation } from './operation.ts';

/** The response keys of a selection and what is selected below them, whatever the type. */
export type ShownKeys = ReadonlyMap<string, ShownKeys>;

/** Reads the response keys of a selection. */
export function shownKeys(set: SelectionSetNode, fragments: Operation['fragments']): ShownKeys {
  const keys = new Map<string, ShownKeys>();
  collect(set, fragments, keys as Collected);
  return keys;
}

/** What of an object is shown, and the names of types; without what a plan asked for on its own account. */
export function onlyShown(value: unknown, keys: ShownKeys): unknown {
  if (Array.isArray(value)) return value.map((item) => onlyShown(item, keys));
  if (!isObject(value) || keys.size === 0) return value;
  const shown: Entity = {};
  for (const key in value) {
    const below = keys.get(key);
    if (below) shown[key] = onlyShown(value[key], below);
    else if (key === '__typename') shown[key] = value[key];
  }
  return shown;
}

type Collected = Map<string, Collected>;

function collect(set: SelectionSetNode, fragments: Operation['fragments'], into: Collected): void {
  for (const selection of set.selections) {
    if (selection.kind !== Kind.FIELD) {
      const fragment =
        selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
      if (fragment) collect(fragment.selectionSet, fragments, into);
      continue;
    }
    const key = selection.alias?.value ?? selection.name.value;
    const below = into.get(key) ?? new Map();
    into.set(key, below);
    if (selection.selectionSet) collect(selection.selectionSet, fragments, below);
  }
}
