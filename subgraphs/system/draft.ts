import { minorUnitsOf } from '../../sync/core/currencies.ts';
import type { Json, SystemRecord } from '../../sync/core/types.ts';
import { type Company, localDate } from './company.ts';
import { badInput, Refusal } from './failures.ts';
import { currencyOf, type EntityModel, type Fields, moneyCurrency, type PartModel } from './model.ts';
import type { GivenLine, Item } from './prepare.ts';
import type { Draft, LineDraft, World } from './rules.ts';
import { moneyOf } from './values.ts';

/** What defaults are made of. */
type Defaults = Pick<World, 'company' | 'today'>;

/** The draft of a write over the record as it is (null: a creation). Static defaults are filled in. */
export function draftOf(item: Item, before: SystemRecord | null, world: Defaults): Draft {
  const { model } = item;
  const fields: Fields = {};
  const old = before?.fields;
  for (const name of model.header.properties.keys()) {
    fields[name] = Object.hasOwn(item.given, name)
      ? item.given[name]!
      : ((old?.[name] as Json | undefined) ?? null);
  }
  fillDefaults(model.header, fields, world);
  const { lines, removed } = model.line ? lineDrafts(item, before, world) : { lines: [], removed: [] };
  return {
    entity: model.name,
    id: item.id,
    origin: item.origin,
    before,
    fields,
    given: new Set([...Object.keys(item.given), ...(item.lines ? ['lines'] : [])]),
    lines,
    removed,
  };
}

/** The value of a declared default. */
function fillDefaults(part: PartModel, fields: Fields, world: Defaults): void {
  for (const [name, { property }] of part.properties) {
    if (property.required && fields[name] === null && property.default !== undefined) {
      fields[name] = defaultOf(property.default, world);
    }
  }
}

function defaultOf(value: string | number | boolean, world: Defaults): Json {
  // Asked for only here: who knows no date can do without where none is wanted.
  if (value === 'today') return world.today;
  const { company } = world;
  if (value === 'setting:address') return countryOnly(company.country);
  if (typeof value === 'string' && value.startsWith('setting:')) {
    return company[value.slice('setting:'.length) as keyof Company] as Json;
  }
  return value;
}

function countryOnly(countryCode: string): Json {
  return { street: null, street2: null, city: null, postCode: null, county: null, countryCode };
}

function lineDrafts(
  item: Item,
  before: SystemRecord | null,
  world: Defaults,
): { lines: LineDraft[]; removed: Readonly<Fields>[] } {
  const old = (before?.fields.lines ?? []) as readonly Readonly<Fields>[];
  const byId = new Map(old.map((line) => [line.lineId as string, line]));
  const make = (given: GivenLine | null, known: Readonly<Fields> | null, lineId: string): LineDraft => {
    const fields: Fields = { lineId };
    for (const name of item.model.line!.properties.keys()) {
      fields[name] =
        given && Object.hasOwn(given.fields, name)
          ? given.fields[name]!
          : ((known?.[name] as Json | undefined) ?? null);
    }
    fillDefaults(item.model.line!, fields, world);
    return { lineId, before: known, fields, given: new Set(given ? Object.keys(given.fields) : []) };
  };
  const order = item.model.lineOrder!;
  if (item.lines) {
    const lines = item.lines.map((given) => make(given, byId.get(given.lineId) ?? null, given.lineId));
    const kept = new Set(item.lines.map(({ lineId }) => lineId));
    numberInTurn(lines, order);
    return {
      lines: inOrder(lines, order, item.origin),
      removed: old.filter((line) => !kept.has(line.lineId as string)),
    };
  }
  const changes = new Map(item.lineChanges.map((change) => [change.lineId, change]));
  for (const { kind, lineId } of item.lineChanges) {
    if (kind !== 'add' && !byId.has(lineId))
      throw new Refusal('NOT_FOUND', `The document has no line ${lineId}.`, {
        field: 'lineChanges',
        value: lineId,
      });
    if (kind === 'add' && byId.has(lineId))
      throw new Refusal('DUPLICATE', `The document has a line ${lineId} already.`, {
        field: 'lineChanges',
        value: lineId,
      });
  }
  const kept = old.filter((line) => changes.get(line.lineId as string)?.kind !== 'remove');
  const lines = kept.map((line) =>
    make(changes.get(line.lineId as string) ?? null, line, line.lineId as string),
  );
  const added = item.lineChanges
    .filter(({ kind }) => kind === 'add')
    .map((change) => make(change, null, change.lineId));
  lines.push(...added);
  for (const { fields } of added) fields[order.name] ??= lastNumber(lines, order) + order.step;
  return {
    lines: inOrder(lines, order, item.origin),
    removed: old.filter((line) => changes.get(line.lineId as string)?.kind === 'remove'),
  };
}

type LineOrder = NonNullable<EntityModel['lineOrder']>;

/** The list's order becomes the display order; numbers that fit it are kept. */
function numberInTurn(lines: readonly LineDraft[], { name, step }: LineOrder): void {
  let last = 0;
  for (const { fields, given } of lines) {
    const number = fields[name] as number | null;
    if (!given.has(name) || number === null)
      fields[name] = number !== null && number > last ? number : last + step;
    last = Math.max(last, fields[name] as number);
  }
}

function lastNumber(lines: readonly LineDraft[], { name }: LineOrder): number {
  return lines.reduce((last, { fields }) => Math.max(last, (fields[name] as number | null) ?? 0), 0);
}

function inOrder(lines: LineDraft[], order: LineOrder, origin: Draft['origin']): LineDraft[] {
  const { name } = order;
  const sort = () =>
    lines.sort(
      (a, b) => (a.fields[name] as number) - (b.fields[name] as number) || (a.lineId < b.lineId ? -1 : 1),
    );
  sort();
  if (!order.unique) return lines;
  numberApart(lines, order, origin);
  return sort();
}

/**
 * No two lines get one number. A person who asks for one that is taken is told so; a program, which cannot know of every
 * line, gets the next that is free. Lines that shared one before are left alone.
 */
function numberApart(lines: readonly LineDraft[], { name }: LineOrder, origin: Draft['origin']): void {
  const asks = ({ fields, before }: LineDraft) => fields[name] !== before?.[name];
  const taken = new Set(lines.filter((line) => !asks(line)).map(({ fields }) => fields[name] as number));
  for (const [n, line] of lines.entries()) {
    if (!asks(line) || line.fields[name] === null) continue;
    let number = line.fields[name] as number;
    if (taken.has(number) && origin === 'person')
      throw badInput(
        `lines[${n}].${name}`,
        number,
        `is taken by another line of this document; give another number${line.before ? '' : ', or none to get the next'}.`,
      );
    while (taken.has(number)) number++;
    line.fields[name] = number;
    taken.add(number);
  }
}

/** Brings amounts to their currency's decimals and refuses a required property that is still empty. */
export function completeDraft(model: EntityModel, draft: Draft, company: Company): void {
  const currency = currencyOf(model, draft.fields, company);
  completePart(model.header, draft.fields, '', currency, company);
  if (!model.line) return;
  for (const [n, { fields }] of draft.lines.entries()) {
    completePart(model.line, fields, `lines[${n}].`, currency, company);
  }
}

function completePart(
  part: PartModel,
  fields: Fields,
  path: string,
  currency: string,
  company: Company,
): void {
  for (const { name, property } of part.money) {
    const value = fields[name];
    if (typeof value !== 'string') continue;
    const code = moneyCurrency(property.type, currency, company);
    fields[name] = moneyOf(path + name, value, code, minorUnitsOf(code));
  }
  for (const [name, { property }] of part.properties) {
    if (property.required && fields[name] === null) throw badInput(path + name, undefined, 'is missing.');
  }
}

/** The record that a draft becomes. */
export function recordFrom(model: EntityModel, draft: Draft, now: string, actor: string): SystemRecord {
  const { before } = draft;
  const fields = model.line
    ? { ...draft.fields, lines: draft.lines.map((line) => line.fields) }
    : draft.fields;
  return {
    id: draft.id,
    version: before ? String(Number(before.version) + 1) : '1',
    archived: before?.archived ?? false,
    createdAt: before?.createdAt ?? now,
    updatedAt: now,
    updatedBy: actor,
    fields,
  };
}

/** Whether two values are the same stored form. Objects have their keys in a fixed order. */
export function same(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return (a ?? null) === (b ?? null);
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Whether any stored property differs. */
export function differs(
  part: PartModel,
  a: Readonly<Record<string, Json>>,
  b: Readonly<Record<string, Json>>,
): boolean {
  return part.columns.some(({ name }) => !same(a[name], b[name]));
}

/** The company's date at an instant of the database. */
export function todayAt(company: Company, now: string): string {
  return localDate(company, new Date(now));
}
