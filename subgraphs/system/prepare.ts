import type { LineChange, Write } from '../../sync/core/connector.ts';
import type { Json } from '../../sync/core/types.ts';
import { badInput } from './failures.ts';
import { newId } from './ids.ts';
import type { EntityModel, Fields, PartModel } from './model.ts';
import type { Origin } from './rules.ts';

/** A line as a write gives it. */
export interface GivenLine {
  readonly lineId: string;
  readonly isNew: boolean | null;
  readonly fields: Fields;
}

/** A write with its values parsed. */
export interface Item {
  /** Its place among the results. */
  readonly at: number;
  readonly kind: Write['kind'];
  readonly model: EntityModel;
  readonly id: string;
  /** The caller chose the id, so another record may have it. */
  readonly ownId: boolean;
  readonly key: string | null;
  readonly ifVersion: string | null;
  readonly actor: string;
  readonly origin: Origin;
  readonly given: Fields;
  /** The whole list, where given. */
  readonly lines: readonly GivenLine[] | null;
  readonly lineChanges: readonly (GivenLine & { readonly kind: LineChange['kind'] })[];
}

const nothing: Fields = Object.freeze({});

/** Parses a write; throws a Refusal for what the entity cannot take. */
export function prepare(
  at: number,
  write: Write,
  model: EntityModel,
  author: { readonly actor: string; readonly origin: Origin },
): Item {
  const base = { at, kind: write.kind, model, actor: author.actor, origin: author.origin };
  if (write.kind === 'create') {
    const lines = parseLines(model, write.fields, author.origin);
    return {
      ...base,
      id: write.id === undefined ? newId() : idOf('id', write.id),
      ownId: write.id !== undefined,
      key: write.key === undefined ? null : keyOf(write.key),
      ifVersion: null,
      given: parseFields(model.header, model.name, write.fields, author.origin, ''),
      lines,
      lineChanges: [],
    };
  }
  const id = typeof write.id === 'string' ? write.id : '';
  const known = { ...base, id, ownId: false, key: null, ifVersion: write.ifVersion ?? null };
  if (write.kind !== 'update') return { ...known, given: nothing, lines: null, lineChanges: [] };
  const changes = write.lineChanges ?? [];
  if (write.fields.lines !== undefined && changes.length > 0)
    throw badInput(
      'lineChanges',
      undefined,
      'cannot be given together with lines: give the whole list, or change single ones.',
    );
  return {
    ...known,
    given: parseFields(model.header, model.name, write.fields, author.origin, ''),
    lines: parseLines(model, write.fields, author.origin),
    lineChanges: parseLineChanges(model, changes, author.origin),
  };
}

function parseFields(
  part: PartModel,
  owner: string,
  fields: Readonly<Record<string, Json>>,
  origin: Origin,
  path: string,
): Fields {
  const parsed: Fields = {};
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (value === undefined || (name === 'lines' && path === '') || (name === 'lineId' && path !== ''))
      continue;
    const property = part.properties.get(name);
    if (!property) throw badInput(path + name, undefined, `${owner} has no property ${name}.`);
    const { access } = property.property;
    if (access === 'read' || (access === 'sync' && origin === 'person')) {
      throw badInput(path + name, undefined, 'is given by the system and cannot be written; leave it out.');
    }
    parsed[name] = property.parse(path + name, value);
  }
  return parsed;
}

function parseLines(
  model: EntityModel,
  fields: Readonly<Record<string, Json>>,
  origin: Origin,
): readonly GivenLine[] | null {
  if (fields.lines === undefined) return null;
  if (!model.line) throw badInput('lines', undefined, `${model.name} has no lines.`);
  const lines = fields.lines ?? [];
  if (!Array.isArray(lines) || lines.length > 1000)
    throw badInput('lines', undefined, 'is not a list of at most 1000 lines.');
  const seen = new Set<string>();
  return lines.map((line: Json, n) => {
    const path = `lines[${n}].`;
    if (typeof line !== 'object' || line === null || Array.isArray(line))
      throw badInput(`lines[${n}]`, line, 'is not a line.');
    const given = line as Readonly<Record<string, Json>>;
    const own =
      given.lineId === undefined || given.lineId === null ? null : idOf(`${path}lineId`, given.lineId);
    if (own !== null && seen.has(own)) throw badInput(`${path}lineId`, own, 'occurs twice in the list.');
    if (own !== null) seen.add(own);
    return {
      lineId: own ?? newId(),
      isNew: own === null ? true : null,
      fields: parseFields(model.line!, `${model.name} line`, given, origin, path),
    };
  });
}

/** Of two changes of one line only one could be carried out, so both are refused. */
function parseLineChanges(
  model: EntityModel,
  changes: readonly LineChange[],
  origin: Origin,
): Item['lineChanges'] {
  const parsed = changes.map((change, n) => parseLineChange(model, change, n, origin));
  const seen = new Set<string>();
  for (const [n, { lineId }] of parsed.entries()) {
    if (seen.has(lineId))
      throw badInput(
        `lineChanges[${n}].lineId`,
        lineId,
        'is changed twice in one write; say all of it in one change.',
      );
    seen.add(lineId);
  }
  return parsed;
}

function parseLineChange(
  model: EntityModel,
  change: LineChange,
  n: number,
  origin: Origin,
): Item['lineChanges'][number] {
  if (!model.line) throw badInput('lineChanges', undefined, `${model.name} has no lines.`);
  const path = `lineChanges[${n}].`;
  const lineId = change.lineId === undefined ? newId() : idOf(`${path}lineId`, change.lineId);
  if (change.kind === 'remove') return { kind: 'remove', lineId, isNew: false, fields: nothing };
  const fields = parseFields(model.line, `${model.name} line`, change.fields, origin, path);
  return { kind: change.kind, lineId, isNew: change.kind === 'add', fields };
}

function idOf(field: string, value: Json): string {
  if (typeof value !== 'string' || !/^[\x21-\x7e]{1,36}$/.test(value)) {
    throw badInput(field, value, 'is not an id of 1 to 36 printable ASCII characters.');
  }
  return value;
}

function keyOf(value: string): string {
  if (value.length === 0 || value.length > 200 || value.includes('\0') || !value.isWellFormed()) {
    throw badInput('key', value, 'is not an idempotency key of 1 to 200 characters.');
  }
  return value;
}
