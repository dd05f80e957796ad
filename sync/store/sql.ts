import type postgres from 'postgres';
import type { Sql as Client, Statement as Sendable } from '../../drizzle/postgres/client.ts';

/** The raw client the store speaks through: bigint is a number, exact values and instants are strings. */
export type Sql = Client;

/** A statement that is sent when it is awaited, or with others in one flight. */
export type Statement = Sendable;

/** The same inside a transaction, or wherever a statement may go. */
export type Tx = postgres.TransactionSql<{ bigint: number }> | postgres.Sql<{ bigint: number }>;

/**
 * Rows as one JSON text parameter, for `jsonb_to_recordset(${rows(x)}::text::jsonb)`: one statement and one plan
 * however many rows. Cast through text, or the driver would encode the text a second time.
 */
export function rows(values: readonly object[]): string {
  return JSON.stringify(values);
}

/**
 * Among what rang a lane: it has work whatever the versions of its records are, since something else than a change rang
 * it, or its step has to be repeated.
 */
export const anyway = '*';

/** What rang a lane that has work to do in any case. */
export const rungAnyway = (sql: Sql | Tx, rung: Statement) =>
  sql`${rung} || jsonb_build_object(${anyway}::text, null)`;

/**
 * What rang a lane before and what rings it now, in an upsert of a lane. A record that rang with two versions is noted
 * with none: which of them is the newer one can't be told here, and a record without version is always looked at. Where
 * one of the two is no change, the lane has work that the other's versions must not talk it out of.
 */
export const mergedRung = (sql: Sql | Tx) => sql`
  lane.rung || excluded.rung || coalesce((
    select jsonb_object_agg(a.key, null) from jsonb_each(lane.rung) a join jsonb_each(excluded.rung) b on b.key = a.key
    where a.value <> b.value), '{}')
    || case when lane.cause ->> 'kind' = 'change' and excluded.cause ->> 'kind' = 'change' then '{}' else ${rungAnyway(sql, sql`'{}'::jsonb`)} end`;

/**
 * Lets this statement's transaction commit without waiting for the disk. For bookkeeping that a crash may take back,
 * because it is made again from what is durable: a lease, a heartbeat, a ring that the feed's cursor repeats. The
 * common table expression has to be referenced, or it is not run.
 */
export const unflushed = (sql: Sql) => sql`select set_config('synchronous_commit', 'off', true)`;

/**
 * A link that has not ended, in words that no index knows. Before a backfill most rows of the table are lone, in it they
 * turn into links by the thousand, and statistics from before it say that hardly a link lives: a partial index of those then
 * looks as if all of it were read at once, and it is, once per record. Found by the record's id instead, whatever the
 * statistics. `test/engine/lone-size.test.ts` counts what is read.
 */
export const lives = (sql: Sql | Tx, of: 'l' | 't') => sql`(${sql.unsafe(of)}.state = 'ended') is not true`;

/**
 * A list of texts for `= any(…)` and `unnest(…)`. Through a subquery, so that the planner, which can't look into it,
 * expects as many items of a plan made for these as of one made for any: it then keeps the plan, where planning anew
 * takes longer than running.
 */
export const listed = (sql: Sql | Tx, texts: readonly string[]) =>
  sql`(select ${[...texts]}::text[])::text[]`;
