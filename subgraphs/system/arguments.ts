import { GraphQLError, type GraphQLScalarType } from 'graphql';

/** A value that a scalar refused, on its way to the resolver. */
interface Refused {
  readonly [refused]: GraphQLError;
}

const refused = Symbol('refused');

/** What a schema needs of a scalar. */
export interface ScalarFunctions {
  readonly serialize: GraphQLScalarType['serialize'];
  readonly parseValue: GraphQLScalarType['parseValue'];
  readonly parseLiteral: GraphQLScalarType['parseLiteral'];
}

/**
 * The scalar as a schema uses it: what it refuses reaches the resolver, which says where it stood. Thrown at once,
 * a bad literal would end as `Argument "input" has invalid value {…}` without code or path, because requests from
 * a gateway in the same process are not validated a second time.
 */
export function deferring(scalar: GraphQLScalarType): ScalarFunctions {
  return {
    serialize: scalar.serialize,
    parseValue: (value) => kept(() => scalar.parseValue(value)),
    parseLiteral: (node, variables) => kept(() => scalar.parseLiteral(node, variables)),
  };
}

/** The same, and of the first id that no record can have. What else is given is judged where its property is known. */
export function checkNamed(args: Readonly<Record<string, unknown>>): void {
  checkArguments(args);
  for (const name of ['id', 'ifVersion']) checkTexts(args[name], [name]);
}

/** Throws BAD_USER_INPUT with the path of the first argument value that a scalar refused. */
export function checkArguments(args: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(args)) checkValue(value, [name]);
}

/** An error about one argument: `argumentPath` leads to it, `input.lines.0.quantity` as a list. */
export function badInput(
  message: string,
  argumentPath: readonly (string | number)[],
  more: Readonly<Record<string, unknown>> = {},
): GraphQLError {
  return new GraphQLError(`${message} (${argumentPath.join('.')})`, {
    extensions: { code: 'BAD_USER_INPUT', argumentPath, ...more },
  });
}

/** Throws BAD_USER_INPUT with the path of the first text that the database cannot hold. */
export function checkTexts(value: unknown, path: readonly (string | number)[]): void {
  if (typeof value === 'string') {
    if (value.includes('\0')) throw badInput('A text cannot hold the character NUL', path);
    if (!value.isWellFormed()) throw badInput('A text cannot hold half of a surrogate pair', path);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value))
    checkTexts(inner, [...path, Array.isArray(value) ? Number(name) : name]);
}

function kept(parse: () => unknown): unknown {
  try {
    return parse();
  } catch (error) {
    if (error instanceof GraphQLError) return { [refused]: error } satisfies Refused;
    throw error;
  }
}

function checkValue(value: unknown, path: readonly (string | number)[]): void {
  if (typeof value !== 'object' || value === null) return;
  if (refused in value) throw badInput((value as Refused)[refused].message, path);
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkValue(item, [...path, index]);
    return;
  }
  for (const [name, item] of Object.entries(value)) checkValue(item, [...path, name]);
}
