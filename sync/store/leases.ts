import { leaseSeconds } from './lanes.ts';
import { livingTokens } from './living.ts';
import { type Sql, unflushed } from './sql.ts';

/** Registers a worker and returns its token. Its leases are void once its heartbeat stops. */
export async function enrolWorker(sql: Sql): Promise<number> {
  const [row] = await sql<{ token: number }[]>`${enrolling(sql)}`;
  return row!.token;
}

/** The statement that registers a worker. */
export const enrolling = (sql: Sql) => sql`
  insert into sync.worker (alive_until) values (now() + ${heartbeatSeconds} * interval '1 second') returning token`;

/** Lanes that this worker leased long enough ago and does not work on: giving them back may have failed. */
export async function seemForgotten(
  sql: Sql,
  token: number,
  inHand: readonly string[],
): Promise<readonly string[]> {
  const found = await sql<{ key: string }[]>`
    select key from sync.lane
    where token = ${token} and locked_until < now() + ${leaseSeconds - graceSeconds} * interval '1 second'
      and key <> all(${[...inHand]}::text[])`;
  return found.map(({ key }) => key);
}

/** Frees those of these lanes that this worker leased long enough ago, and returns how many. */
export async function freeForgotten(sql: Sql, token: number, keys: readonly string[]): Promise<number> {
  const freed = await sql`
    with mine as (
      select ctid from sync.lane
      where token = ${token} and locked_until < now() + ${leaseSeconds - graceSeconds} * interval '1 second'
        and key = any(${[...keys]}::text[])
      order by key for update
    )
    ${freeing(sql)} from mine where l.ctid = mine.ctid`;
  return freed.count;
}

/** Renews the leases of lanes that are still being worked on: a step may have to wait for a system's rate budget. */
export async function renewLeases(sql: Sql, token: number, inHand: readonly string[]): Promise<void> {
  if (inHand.length === 0) return;
  await sql`
    with mine as (
      select ctid from sync.lane
      where token = ${token} and locked_until < now() + ${leaseSeconds / 2} * interval '1 second' and key = any(${[...inHand]}::text[])
      order by key for update
    )
    update sync.lane l set locked_until = now() + ${leaseSeconds} * interval '1 second' from mine where l.ctid = mine.ctid`;
}

/** A lease this young may be one whose holder has not heard of it yet, in seconds. */
const graceSeconds = 3;

/**
 * Says that the worker lives, and frees the lanes of those that don't: whose lease has run out, or who have been silent
 * for a moment and hold no lock on their token. A worker whose row is locked is giving a sign of life this moment, or
 * somebody else takes care of it; to wait for it could be to wait for each other. Nor is a lane waited for that somebody
 * has locked: the next sign of life frees it.
 */
export async function heartbeat(sql: Sql, token: number): Promise<Freed> {
  const ofDead = sql`l.locked_until is not null and l.token <> me.token
        and (l.locked_until < now() or l.token in (select token from dead)
          or not exists (select 1 from sync.worker w where w.token = l.token))`;
  const [row] = await sql<Freed[]>`
    with quick as materialized (${unflushed(sql)}), me as (
      insert into sync.worker (token, alive_until) overriding system value
      select ${token}, now() + ${heartbeatSeconds} * interval '1 second' from quick
      on conflict (token) do update set alive_until = excluded.alive_until returning token
    ), silent as (
      select w.token from sync.worker w, me where w.token <> me.token and (w.alive_until < now()
        or (w.alive_until < now() + ${heartbeatSeconds - silenceSeconds} * interval '1 second' and w.token not in (${livingTokens(sql)})))
      for update of w skip locked
    ), dead as (
      delete from sync.worker w using silent where w.token = silent.token returning w.token
    ), held as (
      select 1 from sync.lane l, me where ${ofDead}
    ), theirs as (
      select l.ctid from sync.lane l, me where ${ofDead}
      for update of l skip locked
    ), freed as (
      ${freeing(sql)} from theirs where l.ctid = theirs.ctid returning 1
    )
    select freed, held - freed as left
    from (select (select count(*) from held)::int as held, (select count(*) from freed)::int as freed) as n`;
  return row!;
}

/** What became of the lanes of those that live no more: how many were freed, and how many somebody has locked at this moment. */
export interface Freed {
  readonly freed: number;
  readonly left: number;
}

/** Leaves in order: the worker's lanes are free at once. */
export async function dismissWorker(sql: Sql, token: number): Promise<void> {
  await sql`
    with mine as (select ctid from sync.lane where token = ${token} order by key for update)
    ${freeing(sql)} from mine where l.ctid = mine.ctid`;
  await sql`delete from sync.worker where token = ${token}`;
}

/**
 * Frees lanes that the statement has locked before. Whoever locks several lanes and waits for them takes them in the order
 * of their keys, as rings and records do: in the order of the table, two of them would wait for each other.
 */
const freeing = (sql: Sql) => sql`update sync.lane l set locked_until = null, token = null, run_at = now()`;

/** How long after its last sign of life a worker counts as dead, in seconds; signs come ten times a second. */
const heartbeatSeconds = 2;
/** The same for one without a lock, in seconds: longer than the pause between two signs of one that has lost its connection. */
const silenceSeconds = 0.15;
