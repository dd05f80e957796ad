import { minorUnitsOf } from '../../sync/core/currencies.ts';
import type { Json, SystemRecord } from '../../sync/core/types.ts';
import { type Column, type EntityTable, tablesOf } from './columns.ts';
import type { Company } from './company.ts';
import type { AddressParts, Properties, Property, PropertyType, SystemShape } from './entity.ts';
import { moneyOf, type Parser, parserOf } from './values.ts';

/** Values by property name, while a record is being worked on. */
export type Fields = Record<string, Json>;

/** A row as the driver gives it: values by column name. */
export type Row = Readonly<Record<string, unknown>>;

/** One property, compiled. */
export interface PropertyModel {
  readonly name: string;
  readonly property: Property;
  readonly parse: Parser;
}

/** The properties of a header or of a line, compiled: SQL fragments and row conversions that are made once. */
export interface PartModel {
  readonly properties: ReadonlyMap<string, PropertyModel>;
  readonly columns: readonly Column[];
  /** Names of the properties that are kept with another record. */
  readonly derived: readonly string[];
  /** Their SQL. */
  readonly expressions: Readonly<Record<string, string>>;
  /** Schema and table, quoted. */
  readonly table: string;
  /** Columns to select, of table alias `t`. */
  readonly selection: string;
  /** Names of the columns every header or line has. */
  readonly own: readonly string[];
  /** All fields, without values: objects that begin as copies of it stay small and quick, which those that grow by so many names do not. */
  readonly blank: Readonly<Fields>;
  /** A short key per column, for rows sent as JSON. */
  readonly keys: readonly string[];
  /** `(id text, …, a text, …)`: the shape of a JSON record set of rows. */
  readonly recordset: string;
  readonly money: readonly PropertyModel[];
  readonly refs: readonly { readonly name: string; readonly to: string }[];
  readonly codes: readonly {
    readonly name: string;
    readonly to: string;
    readonly ref: string;
    readonly code: string;
  }[];
}

/** One entity of a system, compiled. */
export interface EntityModel {
  readonly name: string;
  readonly table: EntityTable;
  readonly header: PartModel;
  readonly line: PartModel | null;
  /** The property that orders lines, its step, and whether no two lines of a document have one number. */
  readonly lineOrder: { readonly name: string; readonly step: number; readonly unique: boolean } | null;
  /** The property that holds the record's currency, if it has one. */
  readonly currency: string | null;
}

/** SQL of derived properties: entity → property → expression over table alias `t`. */
export type DerivedSql = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Compiles every entity of a system. */
export function modelsOf(shape: SystemShape, derived: DerivedSql): Readonly<Record<string, EntityModel>> {
  return Object.fromEntries(
    Object.values(tablesOf(shape)).map((table) => [
      table.entity.name,
      modelOf(table, derived[table.entity.name] ?? {}),
    ]),
  );
}

function modelOf(table: EntityTable, derived: Readonly<Record<string, string>>): EntityModel {
  const { entity, lines } = table;
  const header = partModel(
    `"${table.schema}"."${table.table}"`,
    entity.properties,
    table.columns,
    headerColumns,
    derived,
  );
  const line = lines
    ? partModel(`"${table.schema}"."${lines.table}"`, entity.lines ?? {}, lines.columns, lineColumns, {})
    : null;
  const lineOrder = line
    ? line.properties.has('lineNo')
      ? { name: 'lineNo', step: 10_000, unique: true }
      : { name: 'lineNumber', step: 1, unique: false }
    : null;
  const currency = ['currency', 'currencyCode'].find((name) => header.properties.has(name)) ?? null;
  return { name: entity.name, table, header, line, lineOrder, currency };
}

/** Columns that every record has besides its properties, with their SQL types. */
export const headerColumns = {
  id: 'text',
  create_key: 'text',
  version: 'bigint',
  created_at: 'timestamptz',
  updated_at: 'timestamptz',
  updated_by: 'text',
  archived: 'boolean',
};
const lineColumns = { line_id: 'text', document_id: 'text' };

function partModel(
  table: string,
  properties: Properties,
  columns: readonly Column[],
  own: Readonly<Record<string, string>>,
  derived: Readonly<Record<string, string>>,
): PartModel {
  const compiled = Object.entries(properties).map(([name, property]) => ({
    name,
    property,
    parse: parserOf(property.type),
  }));
  const keys = columns.map((_, at) => `c${at}`);
  const named = [...columns.map(({ name }) => name), ...Object.keys(derived)];
  const blank = Object.fromEntries(named.map((name) => [name, null]));
  const shaped = [...Object.entries(own), ...columns.map(({ sqlType }, at) => [keys[at], sqlType] as const)];
  return {
    properties: new Map(compiled.map((property) => [property.name, property])),
    columns,
    derived: Object.keys(derived),
    expressions: derived,
    blank,
    own: Object.keys(own),
    keys,
    table,
    selection: selectionOf(Object.keys(own), columns, derived),
    recordset: `(${shaped.map(([column, type]) => `"${column}" ${type}`).join(', ')})`,
    money: compiled.filter(({ property }) => property.type.kind === 'money'),
    refs: compiled.flatMap(({ name, property: { type } }) =>
      type.kind === 'ref' ? [{ name, to: type.to }] : [],
    ),
    codes: compiled.flatMap(({ name, property: { type } }) =>
      type.kind === 'refCode' ? [{ name, to: type.to, ref: type.ref, code: type.code }] : [],
    ),
  };
}

/** What is selected of table alias `t`. */
export function selectionOf(
  own: readonly string[],
  columns: readonly Column[],
  derived: Readonly<Record<string, string>>,
): string {
  return [
    ...own.map((column) => `t.${column}`),
    ...columns.map(({ column }) => `t."${column}"`),
    ...Object.entries(derived).map(([name, expression]) => `${expression} as "${name}"`),
  ].join(', ');
}

/** The record of a header's row, without lines. Values written by raw SQL are brought into their one stored form. */
export function recordOf(
  model: EntityModel,
  row: Row,
  company: Company,
): SystemRecord & { readonly fields: Fields } {
  const fields: Fields = { ...model.header.blank };
  for (const { name, column, property } of model.header.columns)
    fields[name] = storedValue(property.type, row[column]);
  for (const name of model.header.derived) fields[name] = (row[name] ?? null) as Json;
  formatMoney(model.header, fields, currencyOf(model, fields, company), company);
  return {
    id: row.id as string,
    version: String(row.version),
    archived: row.archived as boolean,
    createdAt: row.created_at as string,
    updatedAt: row.updated_at as string,
    updatedBy: row.updated_by as string,
    fields,
  };
}

/** A line of what `linesSql` selects; its amounts have the decimals of the document's currency. */
export function lineOf(
  model: EntityModel,
  values: readonly unknown[],
  currency: string,
  company: Company,
): Fields {
  const part = model.line!;
  const fields: Fields = { lineId: values[0] as string, ...part.blank };
  for (let at = 0; at < part.columns.length; at++) {
    const { name, property } = part.columns[at]!;
    fields[name] = storedValue(property.type, values[at + 1]);
  }
  formatMoney(part, fields, currency, company);
  return fields;
}

/** Expression for a document's lines in display order, as one JSON list of lists, over alias `l` of the line table. */
export function linesSql(model: EntityModel): string {
  const order = model.line!.columns.find(({ name }) => name === model.lineOrder!.name)!.column;
  return `json_agg(${lineSql(model)} order by l."${order}", l.line_id collate "C")`;
}

/** Expression for one line as a JSON list, as `lineOf` reads it. */
export function lineSql({ line }: EntityModel): string {
  const columns = line!.columns.map(
    ({ column, sqlType }) => `l."${column}"${sqlType === 'numeric' ? '::text' : ''}`,
  );
  return `json_build_array(l.line_id, ${columns.join(', ')})`;
}

/** The currency a record's amounts are in. */
export function currencyOf(model: EntityModel, fields: Readonly<Fields>, company: Company): string {
  return ((model.currency && fields[model.currency]) as string | null) ?? company.currency;
}

function formatMoney({ money }: PartModel, fields: Fields, currency: string, company: Company): void {
  for (const { name, property } of money) {
    const value = fields[name];
    if (typeof value !== 'string') continue;
    const code = moneyCurrency(property.type, currency, company);
    const decimals = minorUnitsOf(code);
    const point = value.indexOf('.');
    if ((point < 0 ? 0 : value.length - point - 1) < decimals)
      fields[name] = moneyOf(name, value, code, decimals);
  }
}

/** The currency of one amount: the record's, or the company's where the property says so. */
export function moneyCurrency(type: PropertyType, currency: string, company: Company): string {
  return type.kind === 'money' && type.in === 'company' ? company.currency : currency;
}

/** A stored value of what the driver gives for its column. */
export function storedValue(type: PropertyType, value: unknown): Json {
  if (value === null || value === undefined) return null;
  switch (type.kind) {
    case 'decimal':
      return shortest(value as string);
    case 'address':
      return addressOf(type.parts, value as Readonly<Record<string, Json>>);
    case 'list':
      return (value as Fields[]).map((item) =>
        Object.fromEntries(Object.keys(type.of).map((name) => [name, item[name] ?? null])),
      );
    default:
      return value as Json;
  }
}

function shortest(value: string): string {
  if (!value.endsWith('0') || !value.includes('.')) return value;
  return value.replace(/\.?0+$/, '');
}

// PostgreSQL keeps the keys of a jsonb value in an order of its own.
function addressOf(parts: AddressParts, value: Readonly<Record<string, Json>>): Json {
  const ordered: Fields = {};
  for (const part of parts) ordered[part] = value[part] ?? null;
  return ordered;
}
