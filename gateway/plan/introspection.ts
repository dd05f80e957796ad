import {
  type ExecutionResult,
  execute,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

/** An operation taken apart: what graphql-js answers from the schema, and what the subgraphs answer. */
export type SplitOperation = {
  readonly introspection: OperationDefinitionNode | null;
  readonly data: OperationDefinitionNode | null;
};

/**
 * Splits an operation at its root, since planners know nothing of `__schema` and `__type`. Throws a GraphQLError where
 * they are asked for below it, by a field that leads back to the root.
 */
export function splitIntrospection(operation: OperationDefinitionNode, fragments: Fragments): SplitOperation {
  refuseBelow(operation.selectionSet, fragments, true, new Set());
  const asks = (name: string) => name === '__schema' || name === '__type';
  const introspection = pick(operation.selectionSet, fragments, asks);
  const onlyMeta = pick(operation.selectionSet, fragments, (name) => !name.startsWith('__')) === null;
  if (onlyMeta) return { introspection: operation, data: null };
  if (!introspection) return { introspection: null, data: operation };
  const rest = pick(operation.selectionSet, fragments, (name) => !asks(name));
  return {
    introspection: { ...operation, selectionSet: introspection },
    data: rest && { ...operation, selectionSet: rest },
  };
}

function refuseBelow(
  set: SelectionSetNode,
  fragments: Fragments,
  atRoot: boolean,
  spread: Set<string>,
): void {
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      const name = selection.name.value;
      const isMeta = name === '__schema' || name === '__type';
      if (isMeta && !atRoot)
        throw new GraphQLError(`"${name}" can be asked for at the root of a query only.`, {
          nodes: selection,
          extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
        });
      if (selection.selectionSet && !isMeta) refuseBelow(selection.selectionSet, fragments, false, spread);
      continue;
    }
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      refuseBelow(selection.selectionSet, fragments, atRoot, spread);
      continue;
    }
    const key = `${atRoot} ${selection.name.value}`;
    const fragment = fragments.get(selection.name.value);
    if (!fragment || spread.has(key)) continue;
    spread.add(key);
    refuseBelow(fragment.selectionSet, fragments, atRoot, spread);
  }
}

/** Answers the introspection part of an operation. */
export async function introspect(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: Fragments,
  variableValues: Readonly<Record<string, unknown>>,
): Promise<ExecutionResult> {
  return execute({
    schema,
    document: { kind: Kind.DOCUMENT, definitions: [operation, ...fragments.values()] },
    variableValues,
  });
}

function pick(
  set: SelectionSetNode,
  fragments: Fragments,
  wanted: (fieldName: string) => boolean,
): SelectionSetNode | null {
  const selections: SelectionNode[] = [];
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      if (wanted(selection.name.value)) selections.push(selection);
      continue;
    }
    const fragment =
      selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
    const inner = fragment && pick(fragment.selectionSet, fragments, wanted);
    if (!inner || !fragment) continue;
    const { typeCondition } = fragment;
    selections.push({
      kind: Kind.INLINE_FRAGMENT,
      ...(typeCondition ? { typeCondition } : {}),
      ...(selection.directives ? { directives: selection.directives } : {}),
      selectionSet: inner,
    });
  }
  return selections.length === 0 ? null : { ...set, selections };
}
