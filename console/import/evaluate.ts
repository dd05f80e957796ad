import type { Properties, PropertyType } from '../../subgraphs/system/entity.ts';
import type { Json } from '../../sync/index.ts';
import { dateOf } from './date.ts';
import type { Lookups } from './lookups.ts';
import type { ImportMap } from './map-file.ts';
import { numberOf } from './number.ts';
import { type Condition, columnsOf, type PartSource, type Source } from './source.ts';

/** A row's values by column. */
export type Row = (column: string) => string;

/** Why a value of a row is refused. */
export interface Mistake {
  readonly column: string | null;
  readonly property: string | null;
  readonly value: string | null;
  readonly code: string;
  readonly reason: string;
}

/** What fields are made from. */
export interface Making {
  readonly tables: ImportMap['tables'];
  readonly lookups: Lookups;
}

/** The fields of a record (or of a line) of a row. Mistakes go into `mistakes`, one per property at most; `path` stands before the property's name. */
export function fieldsOf(
  making: Making,
  sources: ImportMap['fields'],
  properties: Properties,
  row: Row,
  later: boolean,
  mistakes: Mistake[],
  path = '',
): Record<string, Json> {
  const fields: Record<string, Json> = {};
  for (const [property, list] of Object.entries(sources)) {
    const source = list.find(({ when }) => !when || meets(when, row));
    if (!source || source.later !== later) continue;
    try {
      const made = madeOf(making, source, properties[property]!.type, row);
      if (made instanceof NotFound) fields[made.into] = made.text;
      else if (made !== undefined) fields[property] = made;
    } catch (error) {
      if (!(error instanceof BadValue)) throw error;
      mistakes.push({ ...error.mistake, property: path + property });
    }
  }
  return fields;
}

/** Whether a row meets a condition. */
export function meets({ column, is, not, empty }: Condition, row: Row): boolean {
  const value = row(column);
  if (is && !is.includes(value)) return false;
  if (not?.includes(value)) return false;
  return empty === undefined || (value === '') === empty;
}

/** A template with the row's values in it; empty where all of them are. */
export function filled(template: string, row: Row): string {
  let any = false;
  const text = template.replace(/\{([^{}]+)\}/g, (_, column: string) => {
    const value = row(column);
    if (value !== '') any = true;
    return value;
  });
  return any ? text.trim() : '';
}

/** The columns behind a property (`name`, `address.country`), for messages about its value. */
export function columnsBehind(
  sources: ImportMap['fields'],
  path: string,
  row: Row,
): { readonly column: string | null; readonly value: string | null } {
  const [property = '', part = ''] = path.split('.');
  const whole = sources[property]?.find(({ when }) => !when || meets(when, row));
  const source = whole?.address?.[part] ?? whole;
  const columns = source ? [...new Set(columnsOf({ ...source, when: undefined }))] : [];
  if (columns.length === 0) return { column: null, value: null };
  return { column: columns.join(', '), value: columns.map(row).join(', ') };
}

class NotFound {
  readonly into: string;
  readonly text: string;
  constructor(into: string, text: string) {
    this.into = into;
    this.text = text;
  }
}

class BadValue extends Error {
  readonly mistake: Omit<Mistake, 'property'>;
  constructor(source: Source | PartSource, row: Row, code: string, reason: string) {
    super(reason);
    const columns = [...new Set(columnsOf({ ...source, when: undefined }))];
    this.mistake = {
      column: columns.length === 0 ? null : columns.join(', '),
      value: columns.length === 0 ? null : columns.map(row).join(', '),
      code,
      reason,
    };
  }
}

function madeOf(making: Making, source: Source, type: PropertyType, row: Row): Json | NotFound | undefined {
  if (source.value !== undefined) return source.value;
  if (source.address) {
    const parts = Object.entries(source.address).map(([part, one]) => {
      const made = !one.when || meets(one.when, row) ? scalarOf(making, one, row) : undefined;
      return [part, made instanceof NotFound ? null : (made ?? null)] as const;
    });
    return parts.every(([, part]) => part === null) ? undefined : Object.fromEntries(parts);
  }
  const made = scalarOf(making, source, row);
  return typeof made === 'string' ? typed(source, made, type, row) : made;
}

/** The steps in their fixed order: split, replace, case, table, number, date, boolean, look-up; a default for nothing. */
function scalarOf(making: Making, source: PartSource, row: Row): Json | NotFound | undefined {
  if (source.value !== undefined) return source.value;
  let text = source.column === undefined ? filled(source.template!, row) : row(source.column);
  if (source.split) text = partOf(text, source.split);
  for (const [from, to] of Object.entries(source.replace ?? {})) text = text.replaceAll(from, to);
  text = text.trim();
  if (source.case) text = source.case === 'upper' ? text.toUpperCase() : text.toLowerCase();
  if (text === '') return source.default;
  if (source.table !== undefined) {
    const table = typeof source.table === 'string' ? making.tables[source.table]! : source.table;
    if (Object.hasOwn(table, text)) return table[text]!;
    if (source.otherwise === 'empty') return source.default;
    if (source.otherwise === 'refuse') {
      const remedy = `add it to ${typeof source.table === 'string' ? `the table "${source.table}"` : 'the table'} of the map file`;
      throw new BadValue(source, row, 'UNKNOWN_VALUE', `is not translated: ${remedy}.`);
    }
  }
  if (source.number) {
    const number = numberOf(text, source.number);
    if (number === undefined) throw new BadValue(source, row, 'BAD_VALUE', 'is not a number.');
    return number;
  }
  if (source.date !== undefined) {
    const date = dateOf(text, source.date);
    if (date === undefined)
      throw new BadValue(source, row, 'BAD_VALUE', `is not a date of the form ${source.date}.`);
    return date;
  }
  if (source.boolean) {
    if (source.boolean.true.includes(text)) return true;
    if (source.boolean.false.includes(text)) return false;
    const known = [...source.boolean.true, ...source.boolean.false].join(', ');
    throw new BadValue(source, row, 'BAD_VALUE', `is none of ${known}.`);
  }
  return source.lookup ? lookedUp(making, source, text, row) : text;
}

function lookedUp(
  { lookups }: Making,
  source: PartSource,
  text: string,
  row: Row,
): Json | NotFound | undefined {
  const lookup = source.lookup!;
  const found = lookups.answer(lookup, text);
  if (found.kind === 'one') return found.id;
  if (found.kind === 'unasked') return undefined;
  if (found.kind === 'many') {
    const reason = `names ${lookup.entity} by ${found.by}, and several have it: make it unique, or look up by something else.`;
    throw new BadValue(source, row, 'AMBIGUOUS_REFERENCE', reason);
  }
  if (lookup.missing === 'empty') return source.default;
  if (typeof lookup.missing === 'object') return new NotFound(lookup.missing.into, text);
  const by = [lookup.by].flat().join(', ');
  const reason = `there is no ${lookup.entity} with ${by} "${text}": import it first, or say in "missing" what to do.`;
  throw new BadValue(source, row, 'UNKNOWN_REFERENCE', reason);
}

/** What a CSV file cannot say by itself: whole numbers, truth values and instants. */
function typed(source: Source, text: string, type: PropertyType, row: Row): Json {
  switch (type.kind) {
    case 'int':
      if (!/^-?\d{1,10}$/.test(text)) throw new BadValue(source, row, 'BAD_VALUE', 'is not a whole number.');
      return Number(text);
    case 'boolean':
      if (text !== 'true' && text !== 'false')
        throw new BadValue(
          source,
          row,
          'BAD_VALUE',
          'is neither true nor false: say in "boolean" what stands for them.',
        );
      return text === 'true';
    case 'dateTime':
      return /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
    case 'texts':
      return [text];
    default:
      return text;
  }
}

function partOf(text: string, { on, take }: NonNullable<Source['split']>): string {
  const parts = on === undefined ? text.split(/\s+/) : text.split(on);
  const glue = on ?? ' ';
  switch (take) {
    case 'first':
      return parts[0] ?? '';
    case 'last':
      return parts.at(-1) ?? '';
    case 'butFirst':
      return parts.slice(1).join(glue);
    case 'butLast':
      return parts.slice(0, -1).join(glue);
    default:
      return parts[take - 1] ?? '';
  }
}
