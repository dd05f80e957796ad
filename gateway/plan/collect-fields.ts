import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { isIncluded } from './conditions.ts';

/** What selections are read with. */
export type SelectionScope = {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Values of the variables that decide over `@skip` and `@include`. */
  readonly variables: Readonly<Record<string, unknown>>;
};

/** The fields that selections ask of one type: by the key they have in the answer, with every node that names it. */
export type CollectedFields = ReadonlyMap<string, readonly [FieldNode, ...FieldNode[]]>;

/** A type whose fields can be selected. */
export type SelectableType = GraphQLObjectType | GraphQLInterfaceType;

/** Collects the fields of a type, fragments that apply to it included, in the order of the answer. */
export function collectFields(
  sets: readonly SelectionSetNode[],
  type: SelectableType,
  scope: SelectionScope,
): CollectedFields {
  const collected = new Map<string, [FieldNode, ...FieldNode[]]>();
  const spread = new Set<string>();
  for (const set of sets) collect(set, type, scope, collected, spread);
  return collected;
}

/** What is selected below nodes that stand for one field. */
export function selectionSetsOf(nodes: readonly FieldNode[]): readonly SelectionSetNode[] {
  return nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
}

/** Whether a fragment with a type condition applies to objects of a type. */
export function applies(condition: string | undefined, type: SelectableType, schema: GraphQLSchema): boolean {
  if (condition === undefined || condition === type.name) return true;
  const conditionType = schema.getType(condition);
  return isAbstractType(conditionType) && schema.isSubType(conditionType, type);
}

function collect(
  set: SelectionSetNode,
  type: SelectableType,
  scope: SelectionScope,
  into: Map<string, [FieldNode, ...FieldNode[]]>,
  spread: Set<string>,
): void {
  for (const selection of set.selections) {
    if (!isIncluded(selection.directives, scope.variables)) continue;
    if (selection.kind === Kind.FIELD) {
      const key = selection.alias?.value ?? selection.name.value;
      const known = into.get(key);
      if (known) known.push(selection);
      else into.set(key, [selection]);
      continue;
    }
    const fragment =
      selection.kind === Kind.FRAGMENT_SPREAD ? scope.fragments.get(selection.name.value) : selection;
    if (!fragment) continue;
    if (selection.kind === Kind.FRAGMENT_SPREAD) {
      if (spread.has(selection.name.value)) continue;
      spread.add(selection.name.value);
    }
    if (applies(fragment.typeCondition?.name.value, type, scope.schema))
      collect(fragment.selectionSet, type, scope, into, spread);
  }
}
