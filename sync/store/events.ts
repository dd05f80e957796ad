import { SyncError } from '../core/errors.ts';
import type { FieldChange, Json, MappingName } from '../core/types.ts';
import type { Cause } from './lanes.ts';
import { rows, type Sql, type Statement, type Tx } from './sql.ts';

/** One line of the event log. */
export interface SyncEvent {
  readonly id: string;
  /** Position in the log; null until sequenced. */
  readonly cursor: string | null;
  readonly at: string;
  readonly mapping: MappingName;
  readonly linkId: string | null;
  readonly outcome: string;
  readonly cause: Cause;
  readonly fields: readonly FieldChange[];
  readonly detail: Readonly<Record<string, Json>> | null;
  readonly attempt: number;
  readonly correlationId: string;
}

/** An event as it is written: time and position come from the database. */
export type NewEvent = Omit<SyncEvent, 'cursor' | 'at'>;

/** Appends events; they get their position after the transaction committed. */
export function appendEvents(tx: Sql | Tx, events: readonly NewEvent[]): Statement | null {
  if (events.length === 0) return null;
  return tx`
    insert into sync.event (id, mapping, link_id, outcome, cause, fields, detail, attempt, correlation_id)
    select id, mapping, "linkId", outcome, cause, fields, detail, attempt, "correlationId"
    from jsonb_to_recordset(${rows(events)}::text::jsonb)
      as r(id text, mapping text, "linkId" text, outcome text, cause jsonb, fields jsonb, detail jsonb, attempt int, "correlationId" text)`;
}

/**
 * The statement that appends events at the end of a transaction: they are there at once, in their places. It answers the
 * `cursor` and `at` of each, in their order.
 */
export function tellEvents(tx: Sql | Tx, events: readonly NewEvent[]): Statement | null {
  if (events.length === 0) return null;
  return tx`select cursor, at from sync.tell_events(${rows(events)}::text::jsonb)`;
}

/** Last position given, and the oldest still kept. */
export async function eventBounds(sql: Sql): Promise<{ readonly last: number; readonly oldest: number }> {
  const [row] = await sql<
    { last: number; oldest: number }[]
  >`select pos as last, oldest from sync.event_head`;
  return row!;
}

/** Gives all events committed before the call their positions, and answers the last one given. */
export async function sequenceEvents(sql: Sql): Promise<number> {
  for (;;) {
    const [row] = await sql<{ given: number }[]>`select sync.sequence_events(${sequencedAtOnce}) as given`;
    // Somebody else is at it: what he has seen may be older than this call.
    if (row!.given < 0) await sql`select 1 from sync.event_head for update`;
    else if (row!.given < sequencedAtOnce) return (await eventBounds(sql)).last;
  }
}

const sequencedAtOnce = 5_000;

/** Gives committed events their positions, and answers the next ones after a position, at most `most`. */
export async function nextEvents(sql: Sql, after: number, most: number): Promise<readonly SyncEvent[]> {
  return sql<SyncEvent[]>`select ${eventColumns(sql)} from sync.next_events(${after}, ${most})`;
}

const eventColumns = (sql: Sql) => sql`
  id, pos::text as cursor, at, mapping, link_id as "linkId", outcome, cause, fields, detail, attempt,
  correlation_id as "correlationId"`;

/** Events after a position, in order, at most `most`. Throws CURSOR_EXPIRED below the oldest kept. */
export async function readEvents(sql: Sql, after: number, most: number): Promise<readonly SyncEvent[]> {
  const found = await sql<SyncEvent[]>`
    select ${eventColumns(sql)} from sync.event where pos > ${after} order by pos limit ${most}`;
  if (Number(found[0]?.cursor ?? after + 1) !== after + 1) {
    const { oldest } = await eventBounds(sql);
    if (after + 1 < oldest) throw cursorExpired(after, oldest);
  }
  return found;
}

/** The error for a cursor older than the retention: it names the oldest one that still works. */
export function cursorExpired(after: number, oldest: number): SyncError {
  return new SyncError(
    'CURSOR_EXPIRED',
    `Cursor ${after} is older than the events kept; the oldest cursor that works is ${oldest - 1}.`,
    { detail: { oldest: String(oldest - 1) } },
  );
}
