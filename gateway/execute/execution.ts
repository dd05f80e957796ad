import { inspect as inspectByNode } from 'node:util';
import type { GraphQLError, GraphQLResolveInfo, GraphQLSchema, OperationDefinitionNode } from 'graphql';

/** A path in the answer, from its end; what graphql-js calls one. */
export type Path = GraphQLResolveInfo['path'];

/** The state of one execution. */
export type Execution = {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: GraphQLResolveInfo['fragments'];
  readonly variables: GraphQLResolveInfo['variableValues'];
  readonly context: unknown;
  readonly errors: GraphQLError[];
  /** Where an error made a null; nothing below such a place is told of any more. Undefined is the top. */
  readonly nulled: Set<Path | undefined>;
  /** Arguments that depend on variables, by what made them. */
  readonly args: Map<object, Readonly<Record<string, unknown>>>;
};

/** Opens an execution. */
export function openExecution({
  schema,
  operation,
  fragments,
  variables,
  context,
}: Omit<Execution, 'errors' | 'nulled' | 'args'>): Execution {
  return {
    schema,
    operation,
    fragments,
    variables,
    context,
    errors: [],
    nulled: new Set(),
    args: new Map(),
  };
}

/** Takes an error for the null at a place, unless the place is gone already. */
export function nullAt({ errors, nulled }: Execution, place: Path | undefined, error: GraphQLError): void {
  if (nulled.has(undefined)) return;
  for (let path = place; path; path = path.prev) if (nulled.has(path)) return;
  nulled.add(place);
  errors.push(error);
}

/** Whether a resolver's value comes later. */
export function isThenable(value: unknown): value is Promise<unknown> {
  return (
    value !== null &&
    typeof value === 'object' &&
    typeof (value as Partial<Promise<unknown>>).then === 'function'
  );
}

/** A value in the words of an error message. */
export function inspect(value: unknown): string {
  return inspectByNode(value, { depth: 1, maxArrayLength: 10, maxStringLength: 200 });
}
