import type { Lookup } from '../../sync/core/connector.ts';
import type { Json, SystemRecord } from '../../sync/core/types.ts';
import type { Company } from './company.ts';
import { badInput, Refusal } from './failures.ts';
import {
  currencyOf,
  type EntityModel,
  type Fields,
  lineOf,
  lineSql,
  linesSql,
  type Row,
  recordOf,
} from './model.ts';
import { type Names, narrowed, narrowedLines } from './narrow.ts';
import { arrayLiteral, listed, type Run } from './sql-text.ts';

/** What every read needs. */
export interface Reading {
  readonly models: Readonly<Record<string, EntityModel>>;
  readonly company: Company;
}

/** A line that was asked for by its id. */
export interface FoundLine {
  readonly documentId: string;
  readonly line: Readonly<Record<string, Json>>;
}

/** The model of an entity, or a Refusal that names those there are. */
export function modelNamed({ models }: Pick<Reading, 'models'>, entity: string): EntityModel {
  const model = Object.hasOwn(models, entity) ? models[entity] : undefined;
  if (model) return model;
  throw new Refusal(
    'BAD_USER_INPUT',
    `There is no entity ${entity}; there are ${Object.keys(models).join(', ')}.`,
  );
}

/** Records by id, lines included. @param only the fields that are needed of them; default all */
export async function readRecords(
  run: Run,
  { models, company }: Reading,
  entity: string,
  ids: readonly string[],
  only?: Names,
): Promise<ReadonlyMap<string, SystemRecord>> {
  const model = narrowed(modelNamed({ models }, entity), only);
  if (ids.length === 0) return new Map();
  const rows = await run(`${selectRecords(model)} where t.id = any(${listed('$1')})`, [arrayLiteral(ids)]);
  return new Map(rows.map((row) => [row.id as string, withLines(model, company, row, row.lines)]));
}

/** Lines by their `lineId`, each with the id of its document, which most who ask for lines know already. */
export async function readLines(
  run: Run,
  { models, company }: Reading,
  entity: string,
  lineIds: readonly string[],
  only?: Names,
): Promise<ReadonlyMap<string, FoundLine>> {
  const model = narrowedLines(modelNamed({ models }, entity), only);
  if (!model.line || lineIds.length === 0) return new Map();
  const currency = model.header.columns.find(({ name }) => name === model.currency);
  const rows = await run(
    `select l.document_id, ${currency ? `t."${currency.column}"` : 'null'} as currency, ${lineSql(model)} as line
     from ${model.line.table} l join ${model.header.table} t on t.id = l.document_id
     where l.line_id = any(${listed('$1')})`,
    [arrayLiteral(lineIds)],
  );
  return new Map(
    rows.map((row) => {
      const money = (row.currency as string | null) ?? company.currency;
      const line = lineOf(model, row.line as unknown[], money, company);
      return [line.lineId as string, { documentId: row.document_id as string, line }];
    }),
  );
}

/** `select … from …`, header and lines in one statement, so that both are of one moment. */
export function selectRecords(model: EntityModel): string {
  if (!model.line) return `select ${model.header.selection} from ${model.header.table} t`;
  const lines = `(select ${linesSql(model)} from ${model.line.table} l where l.document_id = t.id) as lines`;
  return `select ${model.header.selection}, ${lines} from ${model.header.table} t`;
}

/** The record of a header's row and of its lines. */
export function withLines(model: EntityModel, company: Company, row: Row, lines: unknown): SystemRecord {
  const record = recordOf(model, row, company);
  if (!model.line) return record;
  const currency = currencyOf(model, record.fields, company);
  record.fields.lines = ((lines ?? []) as unknown[][]).map((line) => lineOf(model, line, currency, company));
  return record;
}

/** Live records that equal each look-up, at most three each: one query per entity and set of properties. */
export async function findRecords(
  run: Run,
  reading: Reading,
  lookups: readonly Lookup[],
): Promise<readonly (readonly SystemRecord[])[]> {
  const groups = new Map<
    string,
    { model: EntityModel; properties: string[]; members: { at: number; values: Fields }[] }
  >();
  lookups.forEach(({ entity, where }, at) => {
    const model = modelNamed(reading, entity);
    const values: Fields = {};
    for (const [name, value] of Object.entries(where)) {
      const property = model.header.properties.get(name);
      if (!property || property.property.derived)
        throw badInput(name, undefined, `is no property of ${entity} to look up by.`);
      values[name] = property.parse(name, value);
    }
    const properties = Object.keys(values)
      .filter((name) => values[name] !== null)
      .sort();
    // A look-up by nothing would match everything.
    if (properties.length === 0) return;
    const key = `${entity} ${properties.join(' ')}`;
    const group = groups.get(key) ?? { model, properties, members: [] };
    group.members.push({ at, values });
    groups.set(key, group);
  });
  const found: SystemRecord[][] = lookups.map(() => []);
  await Promise.all([...groups.values()].map((group) => findGroup(run, reading, group, found)));
  return found;
}

async function findGroup(
  run: Run,
  { company }: Reading,
  {
    model,
    properties,
    members,
  }: { model: EntityModel; properties: string[]; members: { at: number; values: Fields }[] },
  found: SystemRecord[][],
): Promise<void> {
  const columns = properties.map((name) => model.header.columns.find((column) => column.name === name)!);
  const shape = columns.map(({ column, sqlType }) => `"${column}" ${sqlType}`).join(', ');
  const equal = columns.map(({ column }) => `t."${column}" = wanted."${column}"`).join(' and ');
  const wanted = members.map(({ at, values }) => ({
    at,
    ...Object.fromEntries(columns.map(({ name, column }) => [column, values[name] as Json])),
  }));
  const rows = await run(
    `select wanted.at, hit.* from json_to_recordset($1::text::json) as wanted(at int, ${shape})
     cross join lateral (${selectRecords(model)} where ${equal} and not t.archived order by t.id limit 3) hit`,
    [JSON.stringify(wanted)],
  );
  for (const row of rows) found[row.at as number]!.push(withLines(model, company, row, row.lines));
}

/** Records in id order, archived ones too. */
export async function listRecords(
  run: Run,
  reading: Reading,
  entity: string,
  after: string | null,
  limit: number,
): Promise<readonly SystemRecord[]> {
  const model = modelNamed(reading, entity);
  const rows = await run(`${selectRecords(model)} where t.id > $1::text order by t.id limit $2::int`, [
    after ?? '',
    limit,
  ]);
  return rows.map((row) => withLines(model, reading.company, row, row.lines));
}

/** How many records there are, archived ones too. */
export async function countRecords(run: Run, reading: Reading, entity: string): Promise<number> {
  const { header } = modelNamed(reading, entity);
  const [row] = await run(`select count(*)::float8 as n from ${header.table}`);
  return Number(row!.n);
}
