import type { FetchNode } from '@graphql-hive/router-query-planner';
import {
  type FieldNode,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  Kind,
  print,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import type { EntryPoints } from './entry-points.ts';
import { compileOperation, type PlanStep } from './fetch.ts';
import type { Entity } from './merge.ts';
import { OWN_NAMES } from './own-names.ts';
import { aliased, inlineFragment, TYPENAME } from './selections.ts';

/** Asks for the key of objects of a type; undefined where there is one of them without a key. */
export function askForKeys(
  type: GraphQLNamedType,
  points: EntryPoints,
  schema: GraphQLSchema,
): readonly SelectionNode[] | undefined {
  if (isObjectType(type)) return askForKey(type, points.keyOf(type.name));
  if (!isAbstractType(type)) return undefined;
  if (isInterfaceType(type)) {
    const shared = askForSharedKey(type, points, schema);
    if (shared) return shared;
  }
  const selections: SelectionNode[] = [TYPENAME];
  for (const member of schema.getPossibleTypes(type)) {
    const asked = askForKey(member, points.keyOf(member.name));
    if (!asked) return undefined;
    selections.push(inlineFragment(member.name, { kind: Kind.SELECTION_SET, selections: asked }));
  }
  return selections;
}

/**
 * Asks an interface for the key that all its members share; undefined where they do not share one. Asked of each
 * member by itself, version 0.0.38 of the planner forgets all members but one where they come from an
 * `@interfaceObject`.
 */
export function askForSharedKey(
  type: GraphQLInterfaceType,
  points: EntryPoints,
  schema: GraphQLSchema,
): readonly SelectionNode[] | undefined {
  const [first, ...others] = schema.getPossibleTypes(type).map(({ name }) => points.keyOf(name));
  const shared = first && others.every((key) => key && print(key) === print(first));
  return shared ? askForKey(type, first) : undefined;
}

/** The entity with its key, from what was answered to `askForKeys`; without one where the key is not known. */
export function takeKey(raw: Entity, type: GraphQLObjectType, points: EntryPoints): Entity {
  const entity: Entity = { __typename: type.name };
  for (const [name, field] of keyFields(points.keyOf(type.name))) {
    const value = raw[keyName(type, field)];
    if (value === null || value === undefined) return { __typename: type.name };
    entity[name] = value;
  }
  return entity;
}

function askForKey(
  type: GraphQLObjectType | GraphQLInterfaceType,
  key: SelectionSetNode | undefined,
): readonly SelectionNode[] | undefined {
  const fields = keyFields(key);
  if (fields.length === 0 || !fields.every(([name]) => name in type.getFields())) return undefined;
  return [
    TYPENAME,
    ...fields.map(([name, field]) =>
      aliased(keyName(type, field), name, field.selectionSet && withTypenames(field.selectionSet)),
    ),
  ];
}

function keyFields(key: SelectionSetNode | undefined): readonly (readonly [string, FieldNode])[] {
  return (key?.selections ?? []).flatMap((selection) =>
    selection.kind === Kind.FIELD ? [[selection.name.value, selection] as const] : [],
  );
}

/** A name that no client gives; with the type in it, as members of a union may have fields of one name and other types. */
function keyName(type: GraphQLObjectType | GraphQLInterfaceType, { name }: FieldNode): string {
  const kind = String(type.getFields()[name.value]?.type).replaceAll('!', '_n').replaceAll(/\W/g, '_l');
  return `${OWN_NAMES.key}${name.value}_${kind}`;
}

/** Compiles the fetch a plan begins with that begins at entities: they are with the run already. */
export function compileEntry(node: FetchNode): PlanStep {
  const { document, rootKeys } = compileOperation(node);
  const [operation] = document.definitions;
  const root =
    operation?.kind === Kind.OPERATION_DEFINITION ? operation.selectionSet.selections[0] : undefined;
  const [key] = rootKeys;
  return (run) => {
    if (key !== undefined && root?.kind === Kind.FIELD && root.selectionSet)
      run.data = { [key]: run.entries?.map((entity) => copy(root.selectionSet!, entity)) };
    return undefined;
  };
}

function copy(set: SelectionSetNode, from: unknown): unknown {
  if (Array.isArray(from)) return from.map((item) => copy(set, item));
  if (from === null || typeof from !== 'object') return from;
  const result: Entity = {};
  for (const selection of set.selections) {
    if (selection.kind === Kind.INLINE_FRAGMENT) Object.assign(result, copy(selection.selectionSet, from));
    if (selection.kind !== Kind.FIELD) continue;
    const value = (from as Entity)[selection.name.value];
    if (value === undefined) continue;
    result[selection.alias?.value ?? selection.name.value] = selection.selectionSet
      ? copy(selection.selectionSet, value)
      : value;
  }
  return result;
}

function withTypenames(set: SelectionSetNode): SelectionSetNode {
  return {
    ...set,
    selections: [
      TYPENAME,
      ...set.selections.map((selection) =>
        selection.kind === Kind.FIELD && selection.selectionSet
          ? { ...selection, selectionSet: withTypenames(selection.selectionSet) }
          : selection,
      ),
    ],
  };
}
