import {
  GraphQLBoolean,
  type GraphQLEnumType,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  type GraphQLLeafType,
  type GraphQLSchema,
  GraphQLString,
  isEnumType,
} from 'graphql';

/** What a leaf's value has to be, to reach the client as it came. */
export type LeafKind = 'int' | 'float' | 'text' | 'boolean' | 'any';

/** Told while an answer is made, that something in it was not what the schema promises. */
export type Faults = { seen: boolean };

/** Stands for a leaf that is none of its type. */
export const INVALID = Symbol('no value of its type');

const KINDS: Readonly<Record<string, LeafKind>> = {
  [GraphQLInt.name]: 'int',
  [GraphQLFloat.name]: 'float',
  [GraphQLString.name]: 'text',
  [GraphQLID.name]: 'text',
  [GraphQLBoolean.name]: 'boolean',
};

/** The kind of a scalar; what custom ones are is known to their subgraphs alone. */
export function leafKind({ name }: GraphQLLeafType): LeafKind {
  return KINDS[name] ?? 'any';
}

/** Whether a value other than null is of a kind. */
export function isOfKind(kind: LeafKind, value: unknown): boolean {
  switch (kind) {
    case 'text':
      return typeof value === 'string';
    case 'int':
      return typeof value === 'number' && (value | 0) === value;
    case 'float':
      return typeof value === 'number' && Number.isFinite(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'any':
      return true;
  }
}

/**
 * Completes a leaf as graphql-js does what a resolver returns: a number where a text is promised becomes one, what
 * cannot be of the type is INVALID. Null for a value of an enum that clients may not see: it is no value to them.
 */
export function completeLeaf(type: GraphQLLeafType, value: unknown, full: GraphQLSchema): unknown {
  if (value === null || value === undefined) return null;
  if (isEnumType(type)) return completeEnum(type, value, full);
  const kind = leafKind(type);
  if (isOfKind(kind, value)) return value;
  try {
    return type.serialize(value);
  } catch {
    return INVALID;
  }
}

function completeEnum(type: GraphQLEnumType, value: unknown, full: GraphQLSchema): unknown {
  if (typeof value !== 'string') return INVALID;
  if (type.getValue(value)) return value;
  const whole = full.getType(type.name);
  return isEnumType(whole) && whole.getValue(value) ? null : INVALID;
}

/** Null, for what is no object, list or leaf where there should be one. */
export function noValue(value: unknown, faults: Faults): null {
  if (value !== null && value !== undefined) faults.seen = true;
  return null;
}
