import {
  type DirectiveNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type FragmentSpreadNode,
  type InlineFragmentNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';
import { TYPENAME } from './selections.ts';

type Variables = Readonly<Record<string, unknown>>;

/** The variables that decide over `@skip` and `@include` in an operation. */
export function conditionVariables(
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): readonly string[] {
  const names = new Set<string>();
  const scan = (set: SelectionSetNode) => {
    for (const selection of set.selections) {
      for (const directive of selection.directives ?? []) {
        const condition = conditionOf(directive);
        if (condition?.kind === Kind.VARIABLE) names.add(condition.name.value);
      }
      if (selection.kind !== Kind.FRAGMENT_SPREAD && selection.selectionSet) scan(selection.selectionSet);
    }
  };
  scan(operation.selectionSet);
  for (const fragment of fragments.values()) scan(fragment.selectionSet);
  return [...names];
}

/** The values of those variables in a request, as a key. */
export function conditionKey(names: readonly string[], variables: Variables): string {
  let key = '';
  for (const name of names) key += variables[name] === true ? '1' : '0';
  return key;
}

/** Whether a selection with these directives is asked for. */
export function isIncluded(directives: readonly DirectiveNode[] | undefined, variables: Variables): boolean {
  for (const directive of directives ?? []) {
    const condition = conditionOf(directive);
    if (!condition) continue;
    const value =
      condition.kind === Kind.VARIABLE
        ? variables[condition.name.value] === true
        : condition.kind === Kind.BOOLEAN && condition.value;
    if (value === (directive.name.value === 'skip')) return false;
  }
  return true;
}

/**
 * What is asked for under one set of values, without conditions. Planners lose some of them: where a field is
 * skipped both inside and beside a part that is skipped by the same variable, version 0.0.38 fetches it anyway.
 */
export function withoutConditions<T extends OperationDefinitionNode | FragmentDefinitionNode>(
  definition: T,
  variables: Variables,
): T {
  const keep = (selection: FieldNode | FragmentSpreadNode | InlineFragmentNode) => {
    if (!isIncluded(selection.directives, variables)) return null;
    if (!selection.directives?.some(conditionOf)) return undefined;
    return { ...selection, directives: selection.directives.filter((directive) => !conditionOf(directive)) };
  };
  return visit(definition, {
    Field: keep,
    FragmentSpread: keep,
    InlineFragment: keep,
    SelectionSet: {
      // All may be left out; an empty selection is none.
      leave: (set) => (set.selections.length > 0 ? undefined : { ...set, selections: [TYPENAME] }),
    },
  }) as T;
}

function conditionOf(directive: DirectiveNode) {
  const name = directive.name.value;
  return name === 'skip' || name === 'include' ? directive.arguments?.[0]?.value : undefined;
}
