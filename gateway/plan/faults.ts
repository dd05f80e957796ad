import {
  GraphQLError,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNullableType,
  isAbstractType,
  isLeafType,
  isListType,
  isObjectType,
  type SelectionSetNode,
} from 'graphql';
import { collectFields, type SelectionScope, selectionSetsOf } from './collect-fields.ts';
import { completeLeaf, INVALID } from './leaf.ts';
import { isObject } from './merge.ts';
import type { Place } from './paths.ts';

/** How selections are read where answers are made: also with the types and values that clients may not see. */
export type AnswerScope = SelectionScope & { readonly full: GraphQLSchema };

/**
 * An error for each place where a subgraph said something that cannot be what the schema promises. Looked for only
 * where making the answer met one, as answers are nearly always right.
 */
export function faultsIn(
  data: unknown,
  sets: readonly SelectionSetNode[],
  type: GraphQLObjectType,
  scope: AnswerScope,
): readonly GraphQLError[] {
  const found: GraphQLError[] = [];
  inObject(data, sets, type, [], scope, found);
  return found;
}

function inObject(
  data: unknown,
  sets: readonly SelectionSetNode[],
  type: GraphQLObjectType,
  place: Place,
  scope: AnswerScope,
  found: GraphQLError[],
): void {
  if (!isObject(data)) return;
  for (const [key, nodes] of collectFields(sets, type, scope)) {
    const definition = type.getFields()[nodes[0].name.value];
    if (!definition || !Object.hasOwn(data, key)) continue;
    inValue(data[key], selectionSetsOf(nodes), definition.type, [...place, key], scope, found);
  }
}

function inValue(
  value: unknown,
  sets: readonly SelectionSetNode[],
  declared: GraphQLOutputType,
  place: Place,
  scope: AnswerScope,
  found: GraphQLError[],
): void {
  if (value === null || value === undefined) return;
  const type = getNullableType(declared);
  if (isListType(type)) {
    if (!Array.isArray(value)) found.push(fault(type, place));
    else
      for (const [i, item] of value.entries()) inValue(item, sets, type.ofType, [...place, i], scope, found);
    return;
  }
  if (isLeafType(type)) {
    if (completeLeaf(type, value, scope.full) === INVALID) found.push(fault(type, place));
    return;
  }
  if (!isObject(value) || Array.isArray(value)) {
    found.push(fault(type, place));
    return;
  }
  const concrete = isAbstractType(type) ? scope.schema.getType(String(value.__typename)) : type;
  if (isObjectType(concrete)) inObject(value, sets, concrete, place, scope, found);
}

function fault(type: GraphQLOutputType, place: Place): GraphQLError {
  return new GraphQLError(`The value is no ${type}.`, {
    path: place,
    extensions: { code: 'SUBGRAPH_ANSWER_INVALID' },
  });
}
