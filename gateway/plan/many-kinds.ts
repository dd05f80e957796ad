import {
  type DocumentNode,
  type FragmentDefinitionNode,
  isObjectType,
  Kind,
  type SelectionSetNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { PlanSchema } from './schema.ts';

/**
 * Whether an operation asks for fields of several kinds of an interface that some subgraph has as an
 * `@interfaceObject`: version 0.0.38 of the planner fetches them for one kind alone.
 */
export function asksForManyKinds(document: DocumentNode, { api, vague }: PlanSchema): boolean {
  if (vague.size === 0) return false;
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const kindsIn = (set: SelectionSetNode, kinds: Set<string>): Set<string> => {
    for (const selection of set.selections) {
      const fragment =
        selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
      if (!fragment || fragment.kind === Kind.FIELD) continue;
      const condition = api.getType(fragment.typeCondition?.name.value ?? '');
      if (isObjectType(condition)) kinds.add(condition.name);
      else kindsIn(fragment.selectionSet, kinds);
    }
    return kinds;
  };
  const types = new TypeInfo(api);
  let many = false;
  visit(
    document,
    visitWithTypeInfo(types, {
      SelectionSet: (set) => {
        if (vague.has(types.getParentType()?.name)) many ||= kindsIn(set, new Set()).size > 1;
      },
    }),
  );
  return many;
}
