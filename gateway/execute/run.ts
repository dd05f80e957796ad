import {
  GraphQLError,
  type GraphQLLeafType,
  type GraphQLObjectType,
  locatedError,
  responsePathAsArray,
} from 'graphql';
import type { FieldProgram, ObjectProgram, Shape } from './compile.ts';
import { type Execution, inspect, isThenable, nullAt, type Path } from './execution.ts';
import { infoOf } from './info.ts';
import { checkObjectType, objectTypeOf } from './object-type.ts';

type Result = Record<string, unknown>;

/** Resolves the fields of an object, all at once. Gives a promise where one of them comes later; throws as they do. */
export function runFields(
  execution: Execution,
  program: ObjectProgram,
  source: unknown,
  above: Path | undefined,
): unknown {
  const result: Result = {};
  let later: string[] | undefined;
  try {
    for (const field of program) {
      const value = runField(execution, field, source, above);
      result[field.key] = value;
      if (!isThenable(value)) continue;
      later ??= [];
      later.push(field.key);
    }
  } catch (error) {
    if (!later) throw error;
    // What is under way may fail as well, and is told of first.
    return fill(result, later).finally(() => {
      throw error;
    });
  }
  return later ? fill(result, later) : result;
}

/** The same one after the other, for mutations. */
export async function runFieldsInTurn(
  execution: Execution,
  program: ObjectProgram,
  source: unknown,
  above: Path | undefined,
): Promise<unknown> {
  const result: Result = {};
  for (const field of program) result[field.key] = await runField(execution, field, source, above);
  return result;
}

async function fill(result: Result, later: readonly string[]): Promise<Result> {
  const values = await Promise.all(later.map((key) => result[key]));
  for (let i = 0; i < later.length; i++) result[later[i]!] = values[i];
  return result;
}

function runField(
  execution: Execution,
  field: FieldProgram,
  source: unknown,
  above: Path | undefined,
): unknown {
  const { definition, shape } = field;
  let path: Path | undefined;
  try {
    let value: unknown;
    if (definition.resolve) {
      path = pathOf(field, above);
      const info = infoOf(execution, field, path);
      value = definition.resolve(source, field.argumentsOf(execution), execution.context, info);
    } else {
      value = propertyOf(source, field.name);
      if (typeof value === 'function') {
        path = pathOf(field, above);
        const info = infoOf(execution, field, path);
        value = (source as Result & Record<string, (...given: unknown[]) => unknown>)[field.name]!(
          field.argumentsOf(execution),
          execution.context,
          info,
        );
      }
    }
    // Most fields are leaves that are there; nothing is made for those.
    if (shape.kind === 'leaf' && (typeof value !== 'object' || value === null))
      return value === null || value === undefined ? absent(field, shape) : completeLeaf(shape.type, value);
    path ??= pathOf(field, above);
    return completeLater(execution, field, shape, value, path);
  } catch (error) {
    return failed(execution, field, shape, path ?? pathOf(field, above), error);
  }
}

/** Completes a value that may be there later. Throws, or gives a promise that fails, only where no null may stand. */
function completeLater(
  execution: Execution,
  field: FieldProgram,
  shape: Shape,
  value: unknown,
  path: Path,
): unknown {
  const fail = (error: unknown) => failed(execution, field, shape, path, error);
  const guarded = (found: unknown): unknown => {
    try {
      const completed = complete(execution, field, shape, found, path);
      return isThenable(completed) ? completed.then(undefined, fail) : completed;
    } catch (error) {
      return fail(error);
    }
  };
  return isThenable(value) ? value.then(guarded, fail) : guarded(value);
}

function complete(
  execution: Execution,
  field: FieldProgram,
  shape: Shape,
  value: unknown,
  path: Path,
): unknown {
  if (value instanceof Error) throw value;
  if (value === null || value === undefined) return absent(field, shape);
  switch (shape.kind) {
    case 'leaf':
      return completeLeaf(shape.type, value);
    case 'list':
      return completeList(execution, field, shape.item, value, path);
    case 'object':
      return completeObject(execution, field, shape.type, value, path);
    case 'abstract': {
      const type = objectTypeOf(execution, field, shape.type, value, path);
      if (isThenable(type))
        return type.then((found) =>
          completeObject(execution, field, found as GraphQLObjectType, value, path),
        );
      return completeObject(execution, field, type, value, path);
    }
  }
}

function completeLeaf(type: GraphQLLeafType, value: unknown): unknown {
  const serialized: unknown = type.serialize(value);
  if (serialized !== null && serialized !== undefined) return serialized;
  throw new Error(
    `Expected \`${type.name}.serialize(${inspect(value)})\` to return non-nullable value, returned: ${inspect(serialized)}`,
  );
}

function completeList(
  execution: Execution,
  field: FieldProgram,
  item: Shape,
  value: unknown,
  path: Path,
): unknown {
  if (typeof value !== 'object' || value === null || !(Symbol.iterator in value))
    throw new GraphQLError(
      `Expected Iterable, but did not find one for field "${field.parent.name}.${field.definition.name}".`,
    );
  const result: unknown[] = [];
  let later = false;
  try {
    for (const found of value as Iterable<unknown>) {
      const at = { prev: path, key: result.length, typename: undefined };
      const completed = completeLater(execution, field, item, found, at);
      later ||= isThenable(completed);
      result.push(completed);
    }
  } catch (error) {
    // Items under way may fail as well, and a rejection that nobody hears of ends the process.
    if (later) void Promise.allSettled(result);
    throw error;
  }
  return later ? Promise.all(result) : result;
}

function completeObject(
  execution: Execution,
  field: FieldProgram,
  type: GraphQLObjectType,
  value: unknown,
  path: Path,
): unknown {
  const program = field.below(type);
  const checked = type.isTypeOf ? checkObjectType(execution, field, type, value, path) : undefined;
  if (checked) return checked.then(() => runFields(execution, program, value, path));
  return runFields(execution, program, value, path);
}

function absent({ parent, definition }: FieldProgram, { required }: Shape): null {
  if (required)
    throw new Error(`Cannot return null for non-nullable field ${parent.name}.${definition.name}.`);
  return null;
}

/** A null in place of what failed; where no null may stand, the error goes on to what the value belongs to. */
function failed(
  execution: Execution,
  { nodes }: FieldProgram,
  { required }: Shape,
  path: Path,
  raw: unknown,
): null {
  const error = locatedError(raw, nodes, responsePathAsArray(path));
  if (required) throw error;
  nullAt(execution, path, error);
  return null;
}

function pathOf({ key, parent }: FieldProgram, above: Path | undefined): Path {
  return { prev: above, key, typename: parent.name };
}

function propertyOf(source: unknown, name: string): unknown {
  if ((typeof source === 'object' && source !== null) || typeof source === 'function')
    return (source as Result)[name];
  return undefined;
}
