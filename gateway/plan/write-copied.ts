import {
  type GraphQLError,
  type GraphQLObjectType,
  type GraphQLOutputType,
  isListType,
  isNonNullType,
  isObjectType,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { collectFields, selectionSetsOf } from './collect-fields.ts';
import { type Stretches, stretchKey } from './copied.ts';
import { type AnswerScope, faultsIn } from './faults.ts';
import { type Faults, noValue } from './leaf.ts';
import { type Entity, isObject } from './merge.ts';
import { BUBBLE, type Completer, compileValue } from './project.ts';

/**
 * Writes gathered data, parts of which are text already, as the JSON of what was asked; null when a null bubbled up.
 * Adds an error for each value that cannot be what the schema promises.
 */
export type Writer = (data: Entity, errors: GraphQLError[]) => string | null;

/** What operations are written with: how selections are read, and what the plan copies. */
export type WritingScope = AnswerScope & { readonly stretches: Stretches };

type Written = string | typeof BUBBLE;
type WriteValue = (value: unknown, faults: Faults) => Written;

type WrittenField =
  | { readonly kind: 'typename'; readonly start: string; readonly text: string }
  | { readonly kind: 'value'; readonly key: string; readonly start: string; readonly write: WriteValue }
  /** Fields that are there as text; one by one where an answer had to be parsed. */
  | { readonly kind: 'stretch'; readonly key: string; readonly fields: readonly WrittenField[] };

/** Compiles how an operation's answer is written where a plan copies parts of it; the rest is projected. */
export function compileWriter(
  operation: OperationDefinitionNode,
  root: GraphQLObjectType,
  scope: WritingScope,
): Writer {
  const write = writeObject([operation.selectionSet], root, '', scope);
  return (data, errors) => {
    const faults: Faults = { seen: false };
    const text = write(data, faults);
    if (faults.seen) errors.push(...faultsIn(data, [operation.selectionSet], root, scope));
    return text === BUBBLE ? null : text;
  };
}

function writeObject(
  sets: readonly SelectionSetNode[],
  type: GraphQLObjectType,
  place: string,
  scope: WritingScope,
): (data: Entity, faults: Faults) => Written {
  const fields = compileFields(sets, type, place, scope);
  return (data, faults) => {
    const text = writeFields(data, fields, '{', faults);
    return text === BUBBLE ? BUBBLE : `${text}}`;
  };
}

function writeFields(data: Entity, fields: readonly WrittenField[], begun: string, faults: Faults): Written {
  let text = begun;
  for (const field of fields) {
    const comma = text.length > 1 ? ',' : '';
    if (field.kind === 'typename') text += comma + field.start + field.text;
    else if (field.kind === 'value') {
      const value = field.write(data[field.key], faults);
      if (value === BUBBLE) return BUBBLE;
      text += comma + field.start + value;
    } else if (data[field.key] !== undefined) text += comma + data[field.key];
    else {
      const more = writeFields(data, field.fields, text, faults);
      if (more === BUBBLE) return BUBBLE;
      text = more;
    }
  }
  return text;
}

function compileFields(
  sets: readonly SelectionSetNode[],
  type: GraphQLObjectType,
  place: string,
  scope: WritingScope,
): readonly WrittenField[] {
  const fields = new Map<string, WrittenField>();
  for (const [key, nodes] of collectFields(sets, type, scope)) {
    const name = nodes[0].name.value;
    const start = `"${key}":`;
    const definition = type.getFields()[name];
    if (name === '__typename') fields.set(key, { kind: 'typename', start, text: `"${type.name}"` });
    else if (definition) {
      const write = compileWrite(key, definition.type, selectionSetsOf(nodes), `${place}.${key}`, scope);
      fields.set(key, { kind: 'value', key, start, write });
    }
  }
  for (const stretch of scope.stretches.get(place) ?? []) {
    const parts = stretch.flatMap((key) => fields.get(key) ?? []);
    const [first, ...others] = stretch;
    // Not asked for at this of several places that one fetch brings it to.
    if (first === undefined || parts.length < stretch.length) continue;
    fields.set(first, { kind: 'stretch', key: stretchKey(stretch), fields: parts });
    for (const other of others) fields.delete(other);
  }
  return [...fields.values()];
}

function compileWrite(
  key: string,
  type: GraphQLOutputType,
  sets: readonly SelectionSetNode[],
  place: string,
  scope: WritingScope,
): WriteValue {
  const below = `${place}.`;
  if (![...scope.stretches.keys()].some((at) => at === place || at.startsWith(below)))
    return writeProjected(compileValue(key, type, sets, scope));
  return writeNested(type, sets, place, scope) ?? writeProjected(compileValue(key, type, sets, scope));
}

function writeProjected(complete: Completer): WriteValue {
  return (value, faults) => {
    const completed = complete(value, faults);
    // What a scalar of a subgraph says may have no JSON.
    return completed === BUBBLE ? BUBBLE : (JSON.stringify(completed) ?? 'null');
  };
}

function writeNested(
  type: GraphQLOutputType,
  sets: readonly SelectionSetNode[],
  place: string,
  scope: WritingScope,
): WriteValue | null {
  if (isNonNullType(type)) {
    const inner = writeNested(type.ofType, sets, place, scope);
    return (
      inner &&
      ((value, faults) => {
        const text = inner(value, faults);
        return text === 'null' ? BUBBLE : text;
      })
    );
  }
  if (isListType(type)) {
    const inner = writeNested(type.ofType, sets, place, scope);
    return inner && writeList(inner);
  }
  if (!isObjectType(type)) return null;
  const write = writeObject(sets, type, place, scope);
  return (value, faults) => {
    if (!isObject(value) || Array.isArray(value)) return String(noValue(value, faults));
    const text = write(value, faults);
    return text === BUBBLE ? 'null' : text;
  };
}

function writeList(write: WriteValue): WriteValue {
  return (value, faults) => {
    if (!Array.isArray(value)) return String(noValue(value, faults));
    let text = '[';
    for (let i = 0; i < value.length; i++) {
      const item = write(value[i], faults);
      if (item === BUBBLE) return 'null';
      text += i === 0 ? item : `,${item}`;
    }
    return `${text}]`;
  };
}
