import {
  coerceInputValue,
  type GraphQLSchema,
  isInputType,
  Kind,
  type OperationDefinitionNode,
  typeFromAST,
  visit,
} from 'graphql';

/** Leads from an argument to a value in it: `input`, `lines`, 0, `quantity`. */
type ArgumentPath = readonly (string | number)[];

/**
 * Where in the arguments lies what is wrong with the variables, in the order in which graphql-js tells of it, which says
 * so in words only. Null where no argument of the operation itself takes the variable: a fragment may be in many places.
 */
export function argumentPlaces(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): readonly (ArgumentPath | null)[] {
  return (operation.variableDefinitions ?? []).flatMap(({ variable, type, defaultValue }) => {
    const name = variable.name.value;
    const wanted = typeFromAST(schema, type);
    const isGiven = Object.hasOwn(variables, name);
    if (!isInputType(wanted) || (!isGiven && defaultValue)) return [];
    const taker = takerOf(operation, name);
    const places: (ArgumentPath | null)[] = [];
    coerceInputValue(isGiven ? variables[name] : undefined, wanted, (path) => {
      places.push(taker && [...taker, ...path]);
    });
    return places;
  });
}

/** The first place in an operation's arguments where a variable stands. */
function takerOf(operation: OperationDefinitionNode, variable: string): ArgumentPath | null {
  let found: ArgumentPath | null = null;
  visit(operation, {
    Variable({ name }, _key, parent, path, ancestors) {
      if (found || name.value !== variable || !parent) return;
      const steps = [...ancestors, parent].flatMap((each, n): ArgumentPath => {
        if (!('kind' in each)) return path[n - 1] === 'values' ? [path[n]!] : [];
        return each.kind === Kind.ARGUMENT || each.kind === Kind.OBJECT_FIELD ? [each.name.value] : [];
      });
      if (steps.length > 0) found = steps;
    },
  });
  return found;
}
