import {
  type GraphQLError,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNullableType,
  isEnumType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { collectFields, type SelectableType, selectionSetsOf } from './collect-fields.ts';
import { type AnswerScope, faultsIn } from './faults.ts';
import { completeLeaf, type Faults, INVALID, isOfKind, type LeafKind, leafKind, noValue } from './leaf.ts';
import type { Entity } from './merge.ts';

/**
 * Turns merged subgraph data into the answer to exactly what was asked; null when a null bubbled to the top. Adds an
 * error for each value that cannot be what the schema promises.
 */
export type Projector = (data: Entity, errors: GraphQLError[]) => Entity | null;

/** A null where the schema promises a value; the nearest nullable parent becomes null in its place. */
export const BUBBLE = Symbol('null that bubbles');

/** Makes of a field's value what the client gets of it, or BUBBLE; tells where it is nothing that it could be. */
export type Completer = (value: unknown, faults: Faults) => unknown;

type ProjectedField =
  | { readonly kind: 'typename'; readonly key: string; readonly value: string }
  | { readonly kind: 'introspection'; readonly key: string }
  /** A leaf, which most fields are and which is done without a call. */
  | {
      readonly kind: 'leaf';
      readonly key: string;
      readonly required: boolean;
      readonly is: LeafKind;
      /** For a value that is not of the kind. */
      readonly complete: Completer;
    }
  | { readonly kind: 'value'; readonly key: string; readonly complete: Completer };

/** Compiles the projection of an operation for one set of `@skip` and `@include` values. */
export function compileProjector(
  operation: OperationDefinitionNode,
  root: GraphQLObjectType,
  scope: AnswerScope,
): Projector {
  const project = compileSelections([operation.selectionSet], root, scope);
  return (data, errors) => {
    const faults: Faults = { seen: false };
    const projected = project(data, faults);
    if (faults.seen) errors.push(...faultsIn(data, [operation.selectionSet], root, scope));
    return projected === BUBBLE ? null : (projected as Entity | null);
  };
}

function compileSelections(
  sets: readonly SelectionSetNode[],
  type: GraphQLOutputType,
  scope: AnswerScope,
): Completer {
  if (isObjectType(type)) {
    // Compiled when first met: a document may select more than its data ever has.
    let fields: readonly ProjectedField[] | undefined;
    return (value, faults) => {
      fields ??= compileFields(sets, type, scope);
      return projectFields(value as Entity, fields, faults);
    };
  }
  // Where only fields of an interface are asked for, a plan may not fetch the concrete type's name.
  const fallback = isInterfaceType(type) ? type.name : undefined;
  const byType = new Map<string, readonly ProjectedField[] | null>();
  const fieldsFor = (name: string) => {
    let fields = byType.get(name);
    if (fields !== undefined) return fields;
    const concrete = scope.schema.getType(name);
    fields =
      isObjectType(concrete) || isInterfaceType(concrete) ? compileFields(sets, concrete, scope) : null;
    byType.set(name, fields);
    return fields;
  };
  return (value, faults) => {
    const data = value as Entity;
    const typename = data.__typename ?? fallback;
    // An object of a type that clients may not see is no object to them.
    const fields = typeof typename === 'string' ? fieldsFor(typename) : null;
    return fields ? projectFields(data, fields, faults) : null;
  };
}

function projectFields(data: Entity, fields: readonly ProjectedField[], faults: Faults): unknown {
  const result: Entity = {};
  for (const field of fields) {
    const { key } = field;
    switch (field.kind) {
      case 'typename':
        result[key] = field.value;
        break;
      case 'introspection':
        if (data[key] !== undefined) result[key] = data[key];
        break;
      case 'leaf': {
        let value: unknown = data[key] ?? null;
        if (value !== null && !isOfKind(field.is, value)) value = field.complete(value, faults);
        if (value === null && field.required) return BUBBLE;
        result[key] = value;
        break;
      }
      case 'value': {
        const completed = field.complete(data[key], faults);
        if (completed === BUBBLE) return BUBBLE;
        result[key] = completed;
      }
    }
  }
  return result;
}

function compileFields(
  sets: readonly SelectionSetNode[],
  type: SelectableType,
  scope: AnswerScope,
): readonly ProjectedField[] {
  const fields: ProjectedField[] = [];
  for (const [key, nodes] of collectFields(sets, type, scope)) {
    const name = nodes[0].name.value;
    if (name === '__typename') {
      fields.push({ kind: 'typename', key, value: type.name });
      continue;
    }
    const definition = type.getFields()[name];
    if (definition) fields.push(compileField(key, definition.type, selectionSetsOf(nodes), scope));
    else if (name === '__schema' || name === '__type') fields.push({ kind: 'introspection', key });
  }
  return fields;
}

function compileField(
  key: string,
  type: GraphQLOutputType,
  sets: readonly SelectionSetNode[],
  scope: AnswerScope,
): ProjectedField {
  const complete = compileValue(key, type, sets, scope);
  if (key in Object.prototype) return { kind: 'value', key, complete };
  const nullable = getNullableType(type);
  if (isLeafType(nullable) && !isEnumType(nullable))
    return {
      kind: 'leaf',
      key,
      required: isNonNullType(type),
      is: leafKind(nullable),
      complete: leafCompleter(nullable, scope),
    };
  return { kind: 'value', key, complete };
}

/** Compiles what becomes of the value under a key. */
export function compileValue(
  key: string,
  type: GraphQLOutputType,
  sets: readonly SelectionSetNode[],
  scope: AnswerScope,
): Completer {
  const complete = compileCompleter(type, sets, scope);
  if (!(key in Object.prototype)) return complete;
  // Names every object has, such as `constructor`, must not be read from its prototype.
  return (value, faults) => complete(typeof value === 'function' ? undefined : value, faults);
}

function compileCompleter(
  type: GraphQLOutputType,
  sets: readonly SelectionSetNode[],
  scope: AnswerScope,
): Completer {
  if (isNonNullType(type)) {
    const inner = compileCompleter(type.ofType, sets, scope);
    return (value, faults) => inner(value, faults) ?? BUBBLE;
  }
  if (isListType(type)) return completeList(compileCompleter(type.ofType, sets, scope));
  if (isLeafType(type)) return leafCompleter(type, scope);
  const project = compileSelections(sets, type, scope);
  return (value, faults) => {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return noValue(value, faults);
    const projected = project(value, faults);
    return projected === BUBBLE ? null : projected;
  };
}

function leafCompleter(type: GraphQLLeafType, { full }: AnswerScope): Completer {
  return (value, faults) => {
    const completed = completeLeaf(type, value, full);
    return completed === INVALID ? noValue(value, faults) : completed;
  };
}

function completeList(inner: Completer): Completer {
  return (value, faults) => {
    if (!Array.isArray(value)) return noValue(value, faults);
    const result = new Array(value.length);
    for (let i = 0; i < value.length; i++) {
      const item = inner(value[i], faults);
      if (item === BUBBLE) return null;
      result[i] = item;
    }
    return result;
  };
}
