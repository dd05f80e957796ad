import { type DocumentNode, Kind, type SelectionSetNode } from 'graphql';
import { fragmentsOf } from './fragments.ts';
import type { Rewrite } from './rewrite.ts';
import type { PlanSchema } from './schema.ts';

/** The response keys of an `_entities` field for one type, as the client knows them. */
export function fetchedKeys(
  document: DocumentNode,
  alias: string,
  typename: string,
  output: Rewrite | null,
  schema: PlanSchema,
): ReadonlySet<string> {
  const keys = new Set<string>();
  const fragments = fragmentsOf(document);
  const collect = ({ selections }: SelectionSetNode) => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value;
        keys.add(output?.renamed.get(key) ?? key);
        continue;
      }
      const fragment =
        selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
      const condition = fragment?.typeCondition?.name.value;
      if (fragment && (condition === undefined || schema.matching([condition]).has(typename)))
        collect(fragment.selectionSet);
    }
  };
  for (const definition of document.definitions)
    if (definition.kind === Kind.OPERATION_DEFINITION)
      for (const root of definition.selectionSet.selections)
        if (root.kind === Kind.FIELD && (root.alias ?? root.name).value === alias && root.selectionSet)
          collect(root.selectionSet);
  return keys;
}
