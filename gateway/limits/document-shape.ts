import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import type { Limits } from '../options.ts';
import { exceeded } from './limits.ts';

/**
 * Selections of a document with fragments expanded, per token allowed. Repeating a field or a fragment multiplies
 * work in validation and planning without needing an alias; honest documents stay below one per token.
 */
const SELECTIONS_PER_TOKEN = 2;

type Shape = {
  readonly depth: number;
  readonly aliases: number;
  readonly selections: number;
  readonly deferred: number;
};

const NOTHING: Shape = { depth: 0, aliases: 0, selections: 0, deferred: 0 };

/**
 * Refuses documents whose shape alone is too much, before validation compares their fields with each other.
 * Fragments count once per use, but each is looked at once: doubling fragments cost nothing to refuse.
 * Throws a GraphQLError with code LIMIT_EXCEEDED.
 */
export function checkShape(document: DocumentNode, limits: Limits): void {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const measured = new Map<string, Shape | 'open'>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION)
      measureFragment(definition.name.value, fragments, measured);
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    // The name that would set the prototype of whatever holds the variables.
    if (definition.variableDefinitions?.some(({ variable }) => variable.name.value === '__proto__'))
      throw refused('No variable can be called __proto__.');
    const { depth, aliases, selections, deferred } = measure(definition.selectionSet, fragments, measured);
    if (depth > limits.depth) throw exceeded(`The operation nests ${depth} levels deep`, limits.depth);
    if (aliases > limits.aliases) throw exceeded(`The operation has ${aliases} aliases`, limits.aliases);
    if (deferred > limits.deferred)
      throw exceeded(`The operation defers ${deferred} fragments`, limits.deferred);
    const most = limits.tokens * SELECTIONS_PER_TOKEN;
    if (selections > most) throw exceeded(`The operation selects ${selections} fields`, most);
    const roots = countRoots(definition.selectionSet, fragments, new Map());
    if (roots > limits.rootFields)
      throw exceeded(`The operation has ${roots} root fields`, limits.rootFields);
  }
}

function measure(
  set: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  measured: Map<string, Shape | 'open'>,
): Shape {
  let depth = 0;
  let aliases = 0;
  let selections = 0;
  let deferred = 0;
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      if (selection.alias) {
        aliases++;
        if (selection.alias.value === '__proto__') throw refused('No field can be called __proto__.');
      }
      // graphql-js bounds introspection by its own rule, and GraphiQL's query is deeper than data should be.
      const inner =
        selection.selectionSet && !selection.name.value.startsWith('__')
          ? measure(selection.selectionSet, fragments, measured)
          : NOTHING;
      depth = Math.max(depth, inner.depth + 1);
      aliases += inner.aliases;
      selections += inner.selections + 1;
      deferred += inner.deferred;
      continue;
    }
    const inner =
      selection.kind === Kind.FRAGMENT_SPREAD
        ? measureFragment(selection.name.value, fragments, measured)
        : measure(selection.selectionSet, fragments, measured);
    depth = Math.max(depth, inner.depth);
    aliases += inner.aliases;
    selections += inner.selections;
    deferred += inner.deferred + (selection.directives?.some(({ name }) => name.value === 'defer') ? 1 : 0);
  }
  return { depth, aliases, selections, deferred };
}

function measureFragment(
  name: string,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  measured: Map<string, Shape | 'open'>,
): Shape {
  const known = measured.get(name);
  if (known === 'open') throw refused(`Fragment "${name}" contains itself.`);
  if (known) return known;
  const fragment = fragments.get(name);
  // Validation names unknown fragments better.
  if (!fragment) return NOTHING;
  measured.set(name, 'open');
  const shape = measure(fragment.selectionSet, fragments, measured);
  measured.set(name, shape);
  return shape;
}

function countRoots(
  set: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  counted: Map<string, number>,
): number {
  let count = 0;
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) count++;
    else if (selection.kind === Kind.INLINE_FRAGMENT)
      count += countRoots(selection.selectionSet, fragments, counted);
    else {
      const name = selection.name.value;
      const fragment = fragments.get(name);
      const known =
        counted.get(name) ?? (fragment ? countRoots(fragment.selectionSet, fragments, counted) : 0);
      counted.set(name, known);
      count += known;
    }
  }
  return count;
}

function refused(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } });
}
