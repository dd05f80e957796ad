import { GraphQLError, type GraphQLSchema, getVariableValues, type OperationDefinitionNode } from 'graphql';

/** A request's variables as their types want them, or what is wrong with them, with code BAD_USER_INPUT. */
export function coerceVariables(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>> | null | undefined,
) {
  const definitions = operation.variableDefinitions ?? [];
  if (definitions.length === 0) return { coerced: {}, errors: undefined };
  const result = getVariableValues(schema, definitions, variables ?? {}, { maxErrors: 5 });
  // Bare, so that a variable called `constructor` is there only where it was given.
  if (!result.errors) return { coerced: { __proto__: null, ...result.coerced }, errors: undefined };
  return { coerced: undefined, errors: result.errors.map(badInput) };
}

function badInput(error: GraphQLError): GraphQLError {
  return new GraphQLError(error.message, {
    nodes: error.nodes ?? null,
    extensions: { ...error.extensions, code: 'BAD_USER_INPUT' },
  });
}
