import type { SystemRecord } from '../../sync/core/types.ts';
import { commitSql } from './commit.ts';
import { differs, same } from './draft.ts';
import { type EntityModel, type Fields, headerColumns, type PartModel } from './model.ts';
import type { Draft, Written } from './rules.ts';
import { arrayLiteral, type Run } from './sql-text.ts';

/** Rows to write for one entity, collected over a batch. */
export interface Rows {
  readonly inserts: Fields[];
  readonly updates: Fields[];
  readonly deletes: string[];
  readonly lineInserts: Fields[];
  readonly lineUpdates: Fields[];
  readonly lineDeletes: string[];
}

/** An empty collection. */
export function noRows(): Rows {
  return { inserts: [], updates: [], deletes: [], lineInserts: [], lineUpdates: [], lineDeletes: [] };
}

/** Adds what a draft's record needs; false when the record is as it was before. */
export function collect(
  rows: Rows,
  model: EntityModel,
  draft: Draft,
  record: SystemRecord,
  key: string | null,
): boolean {
  const { before } = draft;
  const changedLines = model.line
    ? draft.lines.filter((line) => !line.before || differs(model.line!, line.before, line.fields))
    : [];
  const changed =
    !before ||
    changedLines.length > 0 ||
    draft.removed.length > 0 ||
    differs(model.header, before.fields, draft.fields);
  if (!changed) return false;
  (before ? rows.updates : rows.inserts).push(headerRow(model.header, record, draft.fields, key));
  for (const { before: old, fields } of changedLines) {
    (old ? rows.lineUpdates : rows.lineInserts).push(lineRow(model.line!, record.id, fields));
  }
  for (const line of draft.removed) rows.lineDeletes.push(line.lineId as string);
  return true;
}

/** Adds a change of the header's own columns alone: archiving and restoring. */
export function collectHeader(rows: Rows, model: EntityModel, record: SystemRecord): void {
  rows.updates.push(headerRow(model.header, record, record.fields, null));
}

// A row for json_to_recordset: keys are short and empty values left out, which halves what is sent and parsed.
function headerRow(
  part: PartModel,
  record: SystemRecord,
  fields: Readonly<Record<string, unknown>>,
  key: string | null,
): Fields {
  const row: Fields = {
    id: record.id,
    version: record.version,
    created_at: record.createdAt,
    updated_at: record.updatedAt,
    updated_by: record.updatedBy,
    archived: record.archived,
  };
  if (key !== null) row.create_key = key;
  fillRow(part, row, fields);
  return row;
}

function lineRow(part: PartModel, documentId: string, fields: Readonly<Fields>): Fields {
  const row: Fields = { line_id: fields.lineId!, document_id: documentId };
  fillRow(part, row, fields);
  return row;
}

function fillRow({ columns, keys }: PartModel, row: Fields, fields: Readonly<Record<string, unknown>>): void {
  for (let at = 0; at < columns.length; at++) {
    const value = fields[columns[at]!.name] as Fields[string];
    if (value !== null) row[keys[at]!] = value;
  }
}

/**
 * Says that this statement runs in the transaction that locked the records, and not on a connection that the driver has
 * made anew behind our back.
 */
const inTransaction = `current_setting('tandem.writer', true) = '1'`;

/** The statements that write the rows, to be sent in one flight: at most one per table and kind. */
export function persist(run: Run, model: EntityModel, rows: Rows): Promise<unknown>[] {
  const { header, line } = model;
  const sent: Promise<unknown>[] = [];
  const write = (expected: number, statement: string, parameter: string) => {
    if (expected > 0)
      sent.push(run(`${statement} and ${inTransaction}`, [parameter]).then((rows) => check(rows, expected)));
  };
  const json = (list: readonly Fields[]) => (list.length > 0 ? JSON.stringify(list) : '');
  write(
    rows.deletes.length,
    `delete from ${header.table} where id = any($1::text::text[])`,
    arrayLiteral(rows.deletes),
  );
  write(rows.inserts.length, insertSql(header), json(rows.inserts));
  write(
    rows.updates.length,
    updateSql(header, 'id', ['version', 'updated_at', 'updated_by', 'archived']),
    json(rows.updates),
  );
  if (!line) return sent;
  write(
    rows.lineDeletes.length,
    `delete from ${line.table} where line_id = any($1::text::text[])`,
    arrayLiteral(rows.lineDeletes),
  );
  write(rows.lineInserts.length, insertSql(line), json(rows.lineInserts));
  write(rows.lineUpdates.length, updateSql(line, 'line_id', []), json(rows.lineUpdates));
  return sent;
}

/** More columns than people change at once are written as all of them. */
const fewColumns = 8;
/** Texts per table: every connection keeps what it has prepared. */
const mostTexts = 100;
const textsOf = new WeakMap<PartModel, Map<string, string>>();

/**
 * Updates records that still stand as they did when these rows were made of them, in one statement that is its own
 * transaction; the others it leaves. The version alone does not say so: a server that goes down may take an edit back,
 * and the next one has its version, but not its time. Locked in the order of their ids, as everybody locks. No trigger has
 * to be told of it: those of a header go by its versions.
 *
 * Where few columns change it speaks of those alone: most of what a statement takes here is made ready per column.
 * `withSync`: whether the commit is made with the sync's.
 */
export function updateAsRead(
  run: Run,
  part: PartModel,
  { updates, written }: { readonly updates: readonly Fields[]; readonly written: readonly Written[] },
  withSync: boolean,
): ReturnType<Run> {
  const all = part.columns.map((_, at) => at);
  const changed = all.filter((at) => {
    const { name } = part.columns[at]!;
    return written.some(({ before, after }) => !same(before?.fields[name], after?.fields[name]));
  });
  const text = changed.length <= fewColumns ? asReadText(part, changed) : null;
  return text === null
    ? run(asReadText(part, all)!, [JSON.stringify(updates), withSync])
    : run(text, [JSON.stringify(updates.map((row) => narrowed(part, row, changed))), withSync]);
}

/**
 * A limit that is none, but of which the planner expects little: it takes any list of rows for a hundred of them, and would
 * rather read all of a small table than look for each.
 */
const few = 'limit (select 1000000)';

/** The header's own columns that such a statement speaks of. */
const spokenOf = ['id', 'version', 'updated_at', 'updated_by'] as const;

function narrowed({ keys }: PartModel, row: Fields, places: readonly number[]): Fields {
  const narrow: Fields = {};
  for (const name of [...spokenOf, ...places.map((at) => keys[at]!)])
    if (row[name] !== undefined) narrow[name] = row[name];
  return narrow;
}

/**
 * The statement for the columns in these places; null where there are texts enough and this one is no longer kept.
 * Parameters: the rows, and whether the commit is made with the sync's.
 */
function asReadText(part: PartModel, places: readonly number[]): string | null {
  const texts = textsOf.get(part) ?? new Map<string, string>();
  textsOf.set(part, texts);
  const { table, columns, keys } = part;
  const name = places.join();
  const known = texts.get(name);
  if (known !== undefined) return known;
  if (texts.size >= mostTexts && places.length < columns.length) return null;
  const shape = [
    ...spokenOf.map((column) => `"${column}" ${headerColumns[column]}`),
    ...places.map((at) => `"${keys[at]}" ${columns[at]!.sqlType}`),
  ];
  const sets = places.map((at) => `, "${columns[at]!.column}" = m."${keys[at]}"`).join('');
  const text = `with quick as materialized (select ${commitSql('$2')}),
    r as materialized (select r.* from quick, json_to_recordset($1::text::json) as r(${shape.join(', ')}) ${few}),
    mine as materialized (
      select here.place, r.* from (select * from r order by id) r, lateral (
        select t.ctid as place from ${table} t where t.id = r.id and t.version = r.version - 1 and t.updated_at = r.updated_at
        for no key update) here ${few})
    update ${table} t set version = m.version, updated_at = clock_timestamp(), updated_by = m.updated_by${sets}
    from mine m where t.ctid = m.place
    returning t.id, t.updated_at`;
  texts.set(name, text);
  return text;
}

function check(answer: unknown, expected: number): void {
  const { count } = answer as { readonly count: number };
  if (count !== expected)
    throw new Error(`The transaction was lost: ${count} of ${expected} rows were written.`);
}

function insertSql({ table, columns, keys, own, recordset }: PartModel): string {
  const names = [...own, ...columns.map(({ column }) => column)].map((name) => `"${name}"`).join(', ');
  const values = [...own, ...keys].map((key) => `r."${key}"`).join(', ');
  return `insert into ${table} (${names}) select ${values} from json_to_recordset($1::text::json) as r${recordset} where true`;
}

function updateSql(
  { table, columns, keys, recordset }: PartModel,
  id: string,
  own: readonly string[],
): string {
  const sets = [
    ...own.map((name) => `"${name}" = r."${name}"`),
    ...columns.map(({ column }, at) => `"${column}" = r."${keys[at]}"`),
  ];
  return `update ${table} t set ${sets.join(', ')} from json_to_recordset($1::text::json) as r${recordset} where t.${id} = r.${id}`;
}
