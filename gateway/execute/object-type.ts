import {
  defaultTypeResolver,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLObjectType,
  isObjectType,
} from 'graphql';
import type { FieldProgram } from './compile.ts';
import { type Execution, inspect, isThenable, type Path } from './execution.ts';
import { infoOf } from './info.ts';

/** The concrete type of a value of an abstract type. Throws a GraphQLError where it has none. */
export function objectTypeOf(
  execution: Execution,
  field: FieldProgram,
  type: GraphQLAbstractType,
  value: unknown,
  path: Path,
): GraphQLObjectType | Promise<GraphQLObjectType> {
  const info = infoOf(execution, field, fieldPathOf(path));
  const name: unknown = (type.resolveType ?? defaultTypeResolver)(value, execution.context, info, type);
  if (isThenable(name)) return name.then((found) => named(execution, field, type, value, found));
  return named(execution, field, type, value, name);
}

/** Asks a type whether a value is of it. Throws, or gives a promise that fails, where it is not. */
export function checkObjectType(
  execution: Execution,
  field: FieldProgram,
  type: GraphQLObjectType,
  value: unknown,
  path: Path,
): Promise<void> | undefined {
  const info = infoOf(execution, field, fieldPathOf(path));
  const check = (is: unknown) => {
    if (is) return;
    throw new GraphQLError(`Expected value of type "${type.name}" but got: ${inspect(value)}.`, {
      nodes: field.nodes,
    });
  };
  const answer: unknown = type.isTypeOf?.(value, execution.context, info);
  if (isThenable(answer)) return answer.then(check);
  check(answer);
  return undefined;
}

// The words are graphql-js's: they lead people to its documentation.
function named(
  { schema }: Execution,
  { parent, definition, nodes }: FieldProgram,
  type: GraphQLAbstractType,
  value: unknown,
  name: unknown,
): GraphQLObjectType {
  const at = `for field "${parent.name}.${definition.name}"`;
  if (name === null || name === undefined)
    throw new GraphQLError(
      `Abstract type "${type.name}" must resolve to an Object type at runtime ${at}. Either the "${type.name}" type should provide a "resolveType" function or each possible type should provide an "isTypeOf" function.`,
      { nodes },
    );
  if (isObjectType(name))
    throw new GraphQLError(
      'Support for returning GraphQLObjectType from resolveType was removed in graphql-js@16.0.0 please return type name instead.',
    );
  if (typeof name !== 'string')
    throw new GraphQLError(
      `Abstract type "${type.name}" must resolve to an Object type at runtime ${at} with value ${inspect(value)}, received "${inspect(name)}".`,
    );
  const found = schema.getType(name);
  if (!found)
    throw new GraphQLError(
      `Abstract type "${type.name}" was resolved to a type "${name}" that does not exist inside the schema.`,
      { nodes },
    );
  if (!isObjectType(found))
    throw new GraphQLError(`Abstract type "${type.name}" was resolved to a non-object type "${name}".`, {
      nodes,
    });
  if (!schema.isSubType(type, found))
    throw new GraphQLError(`Runtime Object type "${found.name}" is not a possible type for "${type.name}".`, {
      nodes,
    });
  return found;
}

/** The path of the field that holds a list's item. */
function fieldPathOf(path: Path): Path {
  let at = path;
  while (at.typename === undefined && at.prev) at = at.prev;
  return at;
}
