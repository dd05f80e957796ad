import { GraphQLError, type GraphQLSchema, getVariableValues, type OperationDefinitionNode } from 'graphql';
import { argumentPlaces } from './argument-places.ts';

/** A request's variables as their types want them, or what is wrong with them, with code BAD_USER_INPUT and the argument. */
export function coerceVariables(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>> | null | undefined,
) {
  const definitions = operation.variableDefinitions ?? [];
  if (definitions.length === 0) return { coerced: {}, errors: undefined };
  const given = variables ?? {};
  const result = getVariableValues(schema, definitions, given, { maxErrors: 5 });
  // Bare, so that a variable called `constructor` is there only where it was given.
  if (!result.errors) return { coerced: { __proto__: null, ...result.coerced }, errors: undefined };
  const places = argumentPlaces(schema, operation, given);
  // One without a node says that there are more.
  const errors = result.errors.map((error, n) => badInput(error, (error.nodes && places[n]) ?? null));
  return { coerced: undefined, errors };
}

function badInput(error: GraphQLError, argumentPath: readonly (string | number)[] | null): GraphQLError {
  return new GraphQLError(error.message, {
    nodes: error.nodes ?? null,
    extensions: { ...error.extensions, code: 'BAD_USER_INPUT', ...(argumentPath && { argumentPath }) },
  });
}
