import type { FlattenNodePathSegment } from '@graphql-hive/router-query-planner';
import {
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isObjectType,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { collectFields, type SelectionScope, selectionSetsOf } from './collect-fields.ts';

/** What clients asked, under one set of `@skip` and `@include` values. */
export type Asked = {
  readonly operation: OperationDefinitionNode;
  readonly root: GraphQLObjectType;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Readonly<Record<string, unknown>>;
};

/** Where objects stand in the answer, and what the client asked of them there. */
export type Place = { readonly at: string; readonly sets: readonly SelectionSetNode[] };

/** The place a path of a plan leads to. Null where objects there need not be of the type. */
export function placeAt(
  path: readonly FlattenNodePathSegment[],
  type: GraphQLObjectType,
  asked: Asked,
  client: SelectionScope,
): Place | null {
  let around = asked.root;
  let place: Place = { at: '', sets: [asked.operation.selectionSet] };
  for (const segment of path) {
    if (segment === '@') continue;
    if (!('Field' in segment)) return null;
    const key = segment.Field;
    const nodes = collectFields(place.sets, around, client).get(key);
    const next = nodes && objectBelow(around.getFields()[nodes[0].name.value]?.type);
    if (!next) return null;
    around = next;
    place = { at: `${place.at}.${key}`, sets: selectionSetsOf(nodes) };
  }
  return around === type ? place : null;
}

/** The object type of a field, in whatever lists; null where it is another kind of type. */
export function objectBelow(type: GraphQLOutputType | undefined): GraphQLObjectType | null {
  const named = type && getNamedType(type);
  return isObjectType(named) ? named : null;
}
