import {
  GraphQLError,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
  type SelectionSetNode,
} from 'graphql';
import { collectFields, type SelectionScope, selectionSetsOf } from './collect-fields.ts';
import { type Entity, isObject } from './merge.ts';
import type { Place } from './paths.ts';
import type { Run } from './run.ts';

/** Objects of one type at places of an answer, and what is asked of them. */
export type Asked = {
  readonly set: SelectionSetNode;
  readonly type: GraphQLObjectType;
  readonly at: readonly (readonly [value: unknown, place: Place])[];
};

/**
 * Adds an error for each field that was asked and never fetched, as a plan did not fetch what it requires: it must not
 * look as if it were null. Where something failed, that is told already.
 */
export function tellUnmet(
  run: Run,
  { set, type, at }: Asked,
  scope: Pick<SelectionScope, 'schema' | 'fragments'>,
): void {
  if (run.unmet.size === 0 || run.errors.length > 0) return;
  const whole = { ...scope, variables: run.variables };
  for (const [value, place] of at) tell(run, [set], type, value, place, whole);
}

function tell(
  run: Run,
  sets: readonly SelectionSetNode[],
  type: GraphQLObjectType,
  value: unknown,
  place: Place,
  scope: SelectionScope,
): void {
  if (!isObject(value)) return;
  for (const [key, nodes] of collectFields(sets, type, scope)) {
    const path = [...place, key];
    if (value[key] === undefined && run.unmet.get(value)?.has(key)) run.errors.push(unmet(path));
    const named = getNamedType(type.getFields()[nodes[0].name.value]?.type);
    const below = selectionSetsOf(nodes);
    if (named && below.length > 0) tellBelow(run, below, named.name, value[key], path, scope);
  }
}

function tellBelow(
  run: Run,
  sets: readonly SelectionSetNode[],
  typeName: string,
  value: unknown,
  place: Place,
  scope: SelectionScope,
): void {
  if (Array.isArray(value)) {
    value.forEach((item, i) => {
      tellBelow(run, sets, typeName, item, [...place, i], scope);
    });
    return;
  }
  const type = isObject(value) ? typeOf(value, typeName, scope.schema) : undefined;
  if (type) tell(run, sets, type, value, place, scope);
}

function typeOf(value: Entity, typeName: string, schema: GraphQLSchema): GraphQLObjectType | undefined {
  const declared = schema.getType(typeName);
  const type = isAbstractType(declared) ? schema.getType(String(value.__typename)) : declared;
  return isObjectType(type) ? type : undefined;
}

function unmet(path: Place): GraphQLError {
  return new GraphQLError('This field cannot be planned over the subgraphs where it stands.', {
    path,
    extensions: { code: 'PLANNING_FAILED' },
  });
}
