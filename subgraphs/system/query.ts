import type { SystemRecord } from '../../sync/core/types.ts';
import { badInput, Refusal } from './failures.ts';
import type { EntityModel, Row } from './model.ts';
import { type Names, narrowed } from './narrow.ts';
import { modelNamed, type Reading, selectRecords, withLines } from './read.ts';
import { arrayLiteral, type Run } from './sql-text.ts';
import type { Page, Query } from './system.ts';
import { type Comparable, comparable, type Parameters, parameters, searchSql, whereSql } from './where.ts';

/** Records of a page where a query names no size, and the most it may name. */
const defaultSize = 20;
const mostSize = 500;

/** A page of an entity's records, with the exact total. */
export async function queryRecords(
  run: Run,
  reading: Reading,
  entity: string,
  query: Query,
  only?: Names,
): Promise<Page> {
  const model = modelNamed(reading, entity);
  const shown = narrowed(model, withOrder(only, query));
  const plan = planOf(model, query);
  const { values, bind } = parameters();
  const conditions = filterSql(model, query, bind);
  const counted = query.withTotal === false ? null : [...values];
  const page = `${selectRecords(shown)} where ${conditions} and ${plan.beyond(bind)} order by ${plan.order} limit ${plan.size + 1}`;
  const [rows, count] = await Promise.all([
    plan.size === 0 ? [] : run(page, values),
    counted
      ? run(`select count(*)::float8 as total from ${model.header.table} t where ${conditions}`, counted)
      : null,
  ]);
  return pageOf(reading, shown, plan, rows, count ? (count[0]!.total as number) : -1);
}

/** Per id the page of the records that refer to it by `property`: one statement, and one for the totals. */
export async function queryWithin(
  run: Run,
  reading: Reading,
  entity: string,
  property: string,
  ids: readonly string[],
  query: Query,
  only?: Names,
): Promise<ReadonlyMap<string, Page>> {
  const model = modelNamed(reading, entity);
  const shown = narrowed(model, withOrder(only, query));
  const column = model.header.refs.some(({ name }) => name === property)
    ? comparable(model, property).sql
    : null;
  if (!column) throw badInput(property, undefined, `is no reference of ${entity}.`);
  const plan = planOf(model, query);
  const { values, bind } = parameters();
  const wanted = bind(arrayLiteral(new Set(ids)));
  const conditions = filterSql(model, query, bind);
  const counted = query.withTotal === false ? null : [...values];
  const inner = `${selectRecords(shown)} where ${column} = wanted.id and ${conditions} and ${plan.beyond(bind)} order by ${plan.order} limit ${plan.size + 1}`;
  const [rows, counts] = await Promise.all([
    plan.size === 0
      ? []
      : run(
          `select wanted.id as within, hit.* from unnest(${wanted}::text[]) as wanted(id) cross join lateral (${inner}) hit`,
          values,
        ),
    counted
      ? run(
          `select ${column} as within, count(*)::float8 as total from ${model.header.table} t where ${column} = any(${wanted}::text[]) and ${conditions} group by 1`,
          counted,
        )
      : [],
  ]);
  const byId = Map.groupBy(rows, (row) => row.within as string);
  const totals = new Map(counts.map((row) => [row.within as string, row.total as number]));
  return new Map(
    ids.map((id) => [
      id,
      pageOf(reading, shown, plan, byId.get(id) ?? [], counted ? (totals.get(id) ?? 0) : -1),
    ]),
  );
}

/** Cursors hold the value that a page is sorted by. */
function withOrder(only: Names | undefined, { orderBy }: Query): Names | undefined {
  return only && orderBy ? new Set([...only, orderBy.property]) : only;
}

function filterSql(model: EntityModel, { where, search, archived }: Query, bind: Parameters['bind']): string {
  const parts = [
    ...(where ? [whereSql(model, where, bind)] : []),
    ...(search ? [searchSql(model, search, bind)] : []),
    ...(archived === undefined ? [] : [archived ? 't.archived' : 'not t.archived']),
  ];
  return parts.length === 0 ? 'true' : parts.join(' and ');
}

interface Plan {
  readonly size: number;
  readonly backward: boolean;
  readonly bounded: boolean;
  readonly order: string;
  /** The condition that a record lies beyond the cursor. */
  beyond(bind: Parameters['bind']): string;
  cursorOf(record: SystemRecord): string;
}

function planOf(model: EntityModel, query: Query): Plan {
  const backward = query.last !== undefined && query.last !== null;
  const size = sizeOf(backward ? 'last' : 'first', (backward ? query.last : query.first) ?? defaultSize);
  const name = query.orderBy?.property === 'id' ? undefined : query.orderBy?.property;
  const sorted = name === undefined ? null : comparable(model, name);
  if (sorted?.sqlType === 'jsonb') throw badInput('orderBy', name, 'cannot be sorted by.');
  const descending = query.orderBy?.direction === 'DESC';
  const cursor = backward ? query.before : query.after;
  const at = cursor === undefined || cursor === null ? null : readCursor(cursor, name ?? 'id', sorted);
  // Walking backward is walking forward in the opposite order; nulls are last in the order asked for.
  const down = descending !== backward;
  const direction = down ? 'desc' : 'asc';
  const order = sorted
    ? `${sorted.sql} ${direction} nulls ${backward ? 'first' : 'last'}, t.id ${direction}`
    : `t.id ${direction}`;
  return {
    size,
    backward,
    bounded: at !== null,
    order,
    beyond: (bind) => (at ? beyondSql(at, sorted, down ? '<' : '>', backward, bind) : 'true'),
    cursorOf: (record) => writeCursor(name ?? 'id', sorted ? sortValue(record, name!) : null, record.id),
  };
}

function sizeOf(field: string, size: number): number {
  if (!Number.isInteger(size) || size < 0 || size > mostSize)
    throw badInput(field, size, `is not a number from 0 to ${mostSize}.`);
  return size;
}

interface Cursor {
  readonly value: string | null;
  readonly id: string;
}

function beyondSql(
  { value, id }: Cursor,
  sorted: Comparable | null,
  than: '<' | '>',
  nullsFirst: boolean,
  bind: Parameters['bind'],
): string {
  const after = `t.id ${than} ${bind(id)}`;
  if (!sorted) return after;
  const { sql, sqlType } = sorted;
  if (value === null)
    return nullsFirst ? `(${sql} is not null or ${after})` : `(${sql} is null and ${after})`;
  const bound = `${bind(value)}::${sqlType}`;
  const more = nullsFirst ? '' : ` or ${sql} is null`;
  return `(${sql} ${than} ${bound} or (${sql} = ${bound} and ${after})${more})`;
}

function sortValue(record: SystemRecord, name: string): string | null {
  const value = name in record && name !== 'fields' ? record[name as 'createdAt'] : record.fields[name];
  return value === null || value === undefined ? null : String(value);
}

function writeCursor(name: string, value: string | null, id: string): string {
  return Buffer.from(JSON.stringify([name, value, id])).toString('base64url');
}

function readCursor(cursor: string, name: string, sorted: Comparable | null): Cursor {
  const refused = new Refusal(
    'BAD_USER_INPUT',
    `${JSON.stringify(cursor.slice(0, 80))} is not a cursor of this connection in this order.`,
    {
      field: 'after',
    },
  );
  try {
    const [of, value, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [
      string,
      string | null,
      string,
    ];
    const parsed = value === null || !sorted ? null : sorted.parse('after', parsable(value, sorted));
    if (of !== name || typeof id !== 'string' || id.includes('\0') || (value !== null && parsed === null))
      throw refused;
    return { value: parsed === null ? null : String(parsed), id };
  } catch {
    throw refused;
  }
}

function parsable(value: string, { sqlType }: Comparable): string | number | boolean {
  if (sqlType === 'integer') return Number(value);
  return sqlType === 'boolean' ? value === 'true' : value;
}

function pageOf(
  { company }: Reading,
  model: EntityModel,
  plan: Plan,
  rows: readonly Row[],
  total: number,
): Page {
  const more = rows.length > plan.size;
  const kept = rows.slice(0, plan.size).map((row) => withLines(model, company, row, row.lines));
  if (plan.backward) kept.reverse();
  return {
    edges: kept.map((node) => ({ cursor: plan.cursorOf(node), node })),
    total,
    hasNextPage: plan.backward ? plan.bounded : more,
    hasPreviousPage: plan.backward ? more : plan.bounded,
  };
}
