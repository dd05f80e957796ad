import { type DocumentNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql';
import type { Limits } from '../options.ts';
import { exceeded } from './limits.ts';

/** Selections looked at in all, per token allowed: that of several operations, each with its fragments expanded. */
const SELECTIONS_PER_TOKEN = 10;

/**
 * Refuses documents whose fields repeat each other so often that validation, which compares each with each, takes long:
 * 480 times `reviews { id }` within 2,000 tokens took it 50 to 250 ms. Fields of the schema's description count too.
 * Throws a GraphQLError with code LIMIT_EXCEEDED. No fragment may contain itself.
 */
export function checkRepeats({ definitions }: DocumentNode, limits: Limits): void {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const reached = new Set<string>();
  const most = limits.tokens * SELECTIONS_PER_TOKEN;
  let looked = 0;
  let compared = 0;
  const collect = (set: SelectionSetNode, into: Map<string, SelectionSetNode[]>) => {
    for (const selection of set.selections) {
      if (++looked > most) throw exceeded(`The document selects more than ${most} fields`, most);
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value;
        const found = into.get(key) ?? [];
        if (found.length === 0) into.set(key, found);
        found.push(selection.selectionSet ?? NOTHING);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet, into);
      else {
        const fragment = fragments.get(selection.name.value);
        reached.add(selection.name.value);
        if (fragment) collect(fragment.selectionSet, into);
      }
    }
  };
  const count = (sets: readonly SelectionSetNode[]) => {
    const places = new Map<string, SelectionSetNode[]>();
    for (const set of sets) collect(set, places);
    for (const below of places.values()) {
      compared += (below.length * (below.length - 1)) / 2;
      if (compared > limits.comparisons)
        throw exceeded(
          'The document asks for the same fields so often that too many pairs of them are to be compared',
          limits.comparisons,
        );
      count(below);
    }
  };
  for (const definition of definitions)
    if (definition.kind === Kind.OPERATION_DEFINITION) count([definition.selectionSet]);
  // What an operation uses is compared where it is used; validation compares within the others as well.
  for (const [name, { selectionSet }] of fragments) if (!reached.has(name)) count([selectionSet]);
}

const NOTHING: SelectionSetNode = { kind: Kind.SELECTION_SET, selections: [] };
