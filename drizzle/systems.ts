/**
 * The tables of the built-in CRM and ERP, derived from their declarations: per entity one table, its lines in another,
 * and per system the number series, the change feed and the tombstones.
 */
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  date,
  index,
  integer,
  numeric,
  type PgSchema,
  type PgTable,
  pgSchema,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { crm as crmShape } from '../subgraphs/crm/entities.ts';
import { erp as erpShape } from '../subgraphs/erp/entities.ts';
import { type Column, tablesOf } from '../subgraphs/system/columns.ts';
import type { SystemShape } from '../subgraphs/system/entity.ts';
import { jsonb } from './postgres/jsonb.ts';

export const crm = pgSchema('crm');
export const erp = pgSchema('erp');

/** For rows inserted by raw SQL; the application makes its ids itself. */
const newId = sql`gen_random_uuid()::text`;

const crmTables = recordTables(crm, crmShape);
const erpTables = recordTables(erp, erpShape);

// drizzle-kit sees only what is exported by name.
export const {
  customer: crmCustomer,
  contact: crmContact,
  product: crmProduct,
  quote: crmQuote,
  quote_line: crmQuoteLine,
  order: crmOrder,
  order_line: crmOrderLine,
  user: crmUser,
} = crmTables;
export const {
  customer: erpCustomer,
  contact: erpContact,
  product: erpProduct,
  quote: erpQuote,
  quote_line: erpQuoteLine,
  order: erpOrder,
  order_line: erpOrderLine,
  salesperson: erpSalesperson,
} = erpTables;

export const crmSeries = seriesTable(crm);
export const erpSeries = seriesTable(erp);
export const crmChange = changeTable(crm);
export const erpChange = changeTable(erp);
export const crmFeedHead = feedHeadTable(crm);
export const erpFeedHead = feedHeadTable(erp);
export const crmTombstone = tombstoneTable(crm);
export const erpTombstone = tombstoneTable(erp);

function recordTables(schema: PgSchema, shape: SystemShape): Readonly<Record<string, PgTable>> {
  const tables: Record<string, PgTable> = {};
  for (const { table, columns, lines } of Object.values(tablesOf(shape))) {
    const own = {
      id: text().primaryKey().default(newId),
      /** Idempotency key of the create. */
      create_key: text(),
      /** Moves by one whenever the aggregate, lines included, really changes. */
      version: bigint({ mode: 'number' }).notNull().default(1),
      created_at: instant('created_at').notNull().defaultNow(),
      updated_at: instant('updated_at').notNull().defaultNow(),
      updated_by: text().notNull().default(sql`current_user`),
      archived: boolean().notNull().default(false),
    };
    tables[table] = schema.table(table, { ...own, ...columnBuilders(columns) }, (row) => [
      filled(uniqueIndex(`${table}_create_key_unique`).on(columnOf(row, 'create_key')), 'create_key'),
      ...indexes(table, columns, row),
    ]);
    if (!lines) continue;
    const ownOfLine = { line_id: text().primaryKey().default(newId), document_id: text().notNull() };
    tables[lines.table] = schema.table(
      lines.table,
      { ...ownOfLine, ...columnBuilders(lines.columns) },
      (row) => [
        index(`${lines.table}_document_id_index`).on(columnOf(row, 'document_id')),
        ...indexes(lines.table, lines.columns, row),
      ],
    );
  }
  return tables;
}

function columnBuilders(columns: readonly Column[]) {
  return Object.fromEntries(
    columns.map((column) => {
      const plain = builderOf(column);
      const { literal } = column;
      const withDefault = literal === undefined ? plain : plain.default(sql.raw(quoted(literal)));
      return [column.column, column.property.required ? withDefault.notNull() : withDefault];
    }),
  );
}

function builderOf({ sqlType }: Column) {
  switch (sqlType) {
    case 'text':
      return text();
    case 'numeric':
      return numeric();
    case 'integer':
      return integer();
    case 'boolean':
      return boolean();
    case 'date':
      return date({ mode: 'string' });
    case 'timestamptz':
      return timestamp({ withTimezone: true, mode: 'string' });
    case 'jsonb':
      return jsonb();
  }
}

function indexes(table: string, columns: readonly Column[], row: object) {
  return columns.flatMap(({ column, property }) => {
    const wanted = property.unique || property.indexed || property.type.kind === 'ref';
    if (!wanted) return [];
    const made = property.unique
      ? uniqueIndex(`${table}_${column}_unique`).on(columnOf(row, column))
      : index(`${table}_${column}_index`).on(columnOf(row, column));
    return [property.required ? made : filled(made, column)];
  });
}

/** Most optional values are empty, and an index of what is there costs a write less. */
function filled(made: ReturnType<ReturnType<typeof index>['on']>, column: string) {
  return made.where(sql.raw(`"${column}" is not null`));
}

/** drizzle cannot know the names of columns that are derived from data. */
function columnOf(row: object, name: string) {
  return (row as Record<string, Parameters<ReturnType<typeof index>['on']>[0]>)[name]!;
}

function quoted(value: string | number | boolean): string {
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value);
}

function instant(name: string) {
  return timestamp(name, { withTimezone: true, mode: 'string' });
}

/** Next number of each series. */
function seriesTable(schema: PgSchema) {
  return schema.table('series', {
    entity: text().primaryKey(),
    next: bigint({ mode: 'number' }).notNull().default(1),
  });
}

/** The change feed. `pos` is given after the commit, dense and in an order that no reader can miss. */
function changeTable(schema: PgSchema) {
  return schema.table(
    'change',
    {
      /** Order of writing; no index but that of the new ones, or every change would be written into one more. */
      seq: bigint({ mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
      pos: bigint({ mode: 'number' }),
      entity: text().notNull(),
      id: text().notNull(),
      kind: text().notNull(),
      version: bigint({ mode: 'number' }),
      actor: text(),
      at: instant('at').notNull(),
    },
    (row) => [
      uniqueIndex('change_pos_unique').on(row.pos).where(sql`pos is not null`),
      index('change_new').on(row.seq).where(sql`pos is null`),
    ],
  );
}

/** One row: the last position given, and the last one pruned. Its lock makes the sequencer single. */
function feedHeadTable(schema: PgSchema) {
  return schema.table('feed_head', {
    only: boolean().primaryKey().default(true),
    pos: bigint({ mode: 'number' }).notNull().default(0),
    pruned: bigint({ mode: 'number' }).notNull().default(0),
  });
}

/** Records that were deleted. */
function tombstoneTable(schema: PgSchema) {
  return schema.table(
    'tombstone',
    {
      id: text().primaryKey(),
      entity: text().notNull(),
      version: bigint({ mode: 'number' }).notNull(),
      deletedAt: instant('deleted_at').notNull().defaultNow(),
      deletedBy: text('deleted_by'),
      /** Idempotency key of its create: sent once more, it makes no second record. */
      createKey: text('create_key'),
    },
    (t) => [filled(index('tombstone_create_key').on(t.createKey), 'create_key')],
  );
}
