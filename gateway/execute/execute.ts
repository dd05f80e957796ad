import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute as executeByGraphqlJs,
  type FragmentDefinitionNode,
  type GraphQLError,
  type GraphQLObjectType,
  type GraphQLSchema,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  visit,
} from 'graphql';
import { conditionKey, conditionVariables } from '../plan/conditions.ts';
import { compileObject, type ObjectProgram } from './compile.ts';
import { type Execution, isThenable, nullAt, openExecution } from './execution.ts';
import { runFields, runFieldsInTurn } from './run.ts';

/** A query or mutation on a schema with resolvers. */
export type ExecuteArgs = Pick<
  ExecutionArgs,
  'document' | 'variableValues' | 'operationName' | 'contextValue'
>;

/** Executes as graphql-js does, with the same results, errors and order of calls. */
export type Executor = (args: ExecuteArgs) => ExecutionResult | Promise<ExecutionResult>;

/** What is worked out once for an operation; programs by the values of `@skip` and `@include`. */
type Prepared = {
  readonly root: GraphQLObjectType;
  readonly operation: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** The fragments as resolvers are told of them. */
  readonly byName: Readonly<Record<string, FragmentDefinitionNode>>;
  readonly conditions: readonly string[];
  readonly programs: Map<string, ObjectProgram>;
};

/** Programs kept per operation, one for each set of `@skip` and `@include` values. */
const MAX_VARIANTS = 64;

/**
 * Makes an executor that compiles each document once: graphql-js finds out for every object again which fields are
 * asked of it, what their types are and what their arguments say.
 */
export function createExecutor(schema: GraphQLSchema): Executor {
  const known = new WeakMap<DocumentNode, Map<string, Prepared | null>>();
  const prepared = (document: DocumentNode, name: string | null | undefined): Prepared | null => {
    const byName = known.get(document) ?? new Map<string, Prepared | null>();
    known.set(document, byName);
    let found = byName.get(name ?? '');
    if (found === undefined) {
      found = prepare(schema, document, name);
      byName.set(name ?? '', found);
    }
    return found;
  };
  return (args) => {
    const found = prepared(args.document, args.operationName);
    if (!found) return executeByGraphqlJs({ schema, ...args });
    const variables = getVariableValues(
      schema,
      found.operation.variableDefinitions ?? [],
      args.variableValues ?? {},
      { maxErrors: 50 },
    );
    if (variables.errors) return { errors: variables.errors };
    const { operation, byName } = found;
    const { coerced } = variables;
    return run(
      programOf(schema, found, coerced),
      openExecution({ schema, operation, fragments: byName, variables: coerced, context: args.contextValue }),
    );
  };
}

/** Null for what is left to graphql-js: streams, documents that do not say which operation, and odd names. */
function prepare(
  schema: GraphQLSchema,
  document: DocumentNode,
  name: string | null | undefined,
): Prepared | null {
  const operations: OperationDefinitionNode[] = [];
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
    if (
      definition.kind === Kind.OPERATION_DEFINITION &&
      (name === null || name === undefined || definition.name?.value === name)
    )
      operations.push(definition);
  }
  const [operation] = operations;
  if (!operation || operations.length > 1 || operation.operation === OperationTypeNode.SUBSCRIPTION)
    return null;
  const root = schema.getRootType(operation.operation);
  if (!root || namesProto(document)) return null;
  return {
    root,
    operation,
    fragments,
    byName: Object.fromEntries(fragments),
    conditions: conditionVariables(operation, fragments),
    programs: new Map(),
  };
}

function programOf(
  schema: GraphQLSchema,
  { root, operation, fragments, conditions, programs }: Prepared,
  variables: Readonly<Record<string, unknown>>,
): ObjectProgram {
  const key = conditionKey(conditions, variables);
  let program = programs.get(key);
  if (!program) {
    if (programs.size >= MAX_VARIANTS) programs.clear();
    program = compileObject([operation.selectionSet], root, { schema, fragments, variables });
    programs.set(key, program);
  }
  return program;
}

function run(program: ObjectProgram, execution: Execution): ExecutionResult | Promise<ExecutionResult> {
  const { errors, operation } = execution;
  const answer = (data: unknown) => (errors.length === 0 ? { data } : { errors, data }) as ExecutionResult;
  const fail = (error: unknown) => {
    nullAt(execution, undefined, error as GraphQLError);
    return answer(null);
  };
  const inTurn = operation.operation === OperationTypeNode.MUTATION;
  try {
    const data = (inTurn ? runFieldsInTurn : runFields)(execution, program, undefined, undefined);
    return isThenable(data) ? data.then(answer, fail) : answer(data);
  } catch (error) {
    return fail(error);
  }
}

/** Whether a field's key in the answer would set an object's prototype. */
function namesProto(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    Field: ({ alias }) => {
      if (alias?.value === '__proto__') found = true;
    },
  });
  return found;
}
