import { masked, maskedText } from '../core/secrets.ts';
import type { Json, MappingName, Side } from '../core/types.ts';
import { firstDue, lockedDue, type Wanted } from './due-lanes.ts';
import { livingTokens } from './living.ts';
import { mergedRung, rows, type Sql, type Statement, type Tx, unflushed } from './sql.ts';

/** Why a lane runs: what rang it, and who. */
export interface Cause {
  readonly kind: 'change' | 'mutation' | 'run' | 'retry' | 'rule' | 'release';
  /** Feed cursor, mutation correlation id, run id … */
  readonly id?: string;
  readonly side?: Side;
  readonly actor?: string;
  /** ISO instant of the edit, where known: lag is measured from it. */
  readonly at?: string;
}

/** A lane as a worker holds it. */
export interface Lane {
  readonly key: string;
  readonly mapping: MappingName;
  /** Rings it answers for; settling subtracts exactly these. */
  readonly n: number;
  /** Records that rang, with their version then (null: deleted): `{ "crm:Customer:42": "7" }`. */
  readonly rung: Readonly<Record<string, string | null>>;
  /** When somebody else than the sync last edited these records, as the news of it told, by the system's own clock. */
  readonly edits: EditTimes;
  readonly cause: Cause;
  readonly attempts: number;
  readonly priority: number;
  /** Pairs as they stood when the lane was rung, for who wants to read ahead; the truth is read with the lane in hand. */
  readonly pairs?: readonly (Pair | null)[];
}

/** The two records that a link joins. */
export interface Pair {
  readonly mapping: MappingName;
  readonly crmId: string | null;
  readonly erpId: string | null;
}

/** ISO instants by record: `{ "crm:Customer:42": "2026-11-26T08:00:00.000Z" }`. */
export type EditTimes = Readonly<Record<string, string>>;

/** One ring at a lane's door. */
export interface Ring {
  readonly key: string;
  readonly mapping: MappingName;
  readonly rung?: Readonly<Record<string, string | null>>;
  readonly edits?: EditTimes;
  readonly cause: Cause;
  /** Live where left out. */
  readonly priority?: number;
  readonly delayMs?: number;
}

/**
 * Puts lanes into the queue. A lane that waits already stays one row; one being worked on will run again. What rings
 * behind live work does not take a live lane over: that keeps its cause.
 */
export async function ring(sql: Sql | Tx, rings: readonly Ring[]): Promise<void> {
  if (rings.length === 0) return;
  const unique = new Map<string, Ring>();
  for (const each of rings) {
    const before = unique.get(each.key);
    unique.set(
      each.key,
      before
        ? { ...each, rung: { ...before.rung, ...each.rung }, edits: { ...before.edits, ...each.edits } }
        : each,
    );
  }
  const list = [...unique.values()].map((r) => ({
    key: r.key,
    mapping: r.mapping,
    rung: r.rung ?? {},
    edits: r.edits ?? {},
    cause: r.cause,
    priority: r.priority ?? 0,
    delay: r.delayMs ?? 0,
  }));
  await sql`
    insert into sync.lane (key, mapping, rung, edits, cause, priority, run_at)
    select key, mapping, rung, edits, cause, priority, now() + delay * interval '1 millisecond'
    from jsonb_to_recordset(${rows(list)}::text::jsonb)
      as r(key text, mapping text, rung jsonb, edits jsonb, cause jsonb, priority int, delay float) order by key
    on conflict (key) do update set
      n = lane.n + 1,
      rung = ${mergedRung(sql)},
      edits = lane.edits || excluded.edits,
      cause = case when excluded.priority > lane.priority then lane.cause else excluded.cause end,
      priority = least(lane.priority, excluded.priority),
      run_at = least(lane.run_at, excluded.run_at)`;
}

/** 0: live work; 1: what a run has rung. Never both in one step. */
export type Priority = Wanted['priority'];

/** Which lanes a worker takes. */
export interface Taking extends Wanted {
  /** Lanes at most. */
  readonly most: number;
}

/**
 * Takes lanes of one priority that are due, and leases them: live work never waits for a step over what a run has rung.
 * The counter stands on the lane's own row, so a ring that arrives meanwhile is never lost: settling subtracts only
 * what was seen here.
 *
 * What was locked is found again by its place in the table, here and below. The queue is empty at one moment and long at
 * the next, so the planner's statistics of it are wrong most of the time, and a join by key then compares all of it with
 * all that was locked. A lane that has moved in between is missed and stays as it was: it is taken the next time.
 */
export function claimLanes(sql: Sql, token: number, taking: Taking): Promise<Lane[]> {
  return sql<Lane[]>`
    with quick as materialized (${unflushed(sql)}), due as (
      ${lockedDue(sql, taking, taking.most)}
    )
    update sync.lane l set locked_until = now() + ${leaseSeconds} * interval '1 second', token = ${token},
      held_for = l.cause ->> 'id'
    from due, quick where l.ctid = due.ctid
    returning l.key, l.mapping, l.n, l.rung, l.edits, l.cause, l.attempts, l.priority`;
}

/** How long a lease lasts, in seconds: longer than most steps, since a dead worker is found sooner by its heartbeat. */
export const leaseSeconds = 60;

/** How one lane leaves the worker's hands. */
export interface Settlement {
  readonly key: string;
  readonly n: number;
  /** Run again after so many ms although nothing rang: a retry, a postponed twin. Null: done. */
  readonly againMs: number | null;
  readonly attempts: number;
}

/** Of these lanes, the ones this worker still holds, locked for the rest of the transaction. */
export async function holdLanes(
  tx: Tx,
  token: number,
  keys: readonly string[],
): Promise<ReadonlySet<string>> {
  const held = await tx<{ key: string }[]>`
    select key from sync.lane where key = any(${[...keys]}::text[]) and token = ${token} order by key for update`;
  return new Set(held.map((row) => row.key));
}

/**
 * Locks these lanes for the rest of the transaction, or fails with what `isLeaseLost` knows if this worker no longer
 * holds all of them: everything behind it in the transaction then fails too. One that `tells` waits for the disk.
 */
export function holdAll(tx: Tx | Sql, token: number, keys: readonly string[], tells: boolean): Statement {
  return tx`select sync.hold_lanes(${token}, ${[...keys]}::text[], ${tells})`;
}

/** Whether a transaction failed because some of its lanes are another worker's by now. */
export const isLeaseLost = (error: unknown): boolean => (error as { code?: string }).code === 'TL001';

/**
 * Gives lanes back: gone when nothing rang meanwhile, else due again. Call in a transaction that has locked the lanes
 * (`holdLanes`), or with `giveLanesBack`.
 */
export function settleLanes(tx: Tx | Sql, token: number, settled: readonly Settlement[]): Statement {
  return tx`
    with s as (
      select * from jsonb_to_recordset(${rows(settled)}::text::jsonb)
        as r(key text, n bigint, "againMs" float, attempts int)
    ), mine as (
      select l.ctid, l.n as rings, s.n as seen, s."againMs" as again, s.attempts
      from sync.lane l join s on s.key = l.key
      where l.token = ${token} and l.key = any(${settled.map(({ key }) => key)}::text[])
      order by l.key for update of l
    ), gone as (
      delete from sync.lane l using mine m where l.ctid = m.ctid and m.rings <= m.seen and m.again is null
    )
    update sync.lane l set
      locked_until = null, token = null, attempts = m.attempts,
      n = greatest(m.rings - m.seen, 1),
      run_at = case when m.rings > m.seen then now() else now() + m.again * interval '1 millisecond' end
    from mine m where l.ctid = m.ctid and (m.rings > m.seen or m.again is not null)`;
}

/** The same in a transaction of its own. */
export async function giveLanesBack(sql: Sql, token: number, settled: readonly Settlement[]): Promise<void> {
  await sql.begin(async (tx) => {
    await holdLanes(
      tx,
      token,
      settled.map(({ key }) => key),
    );
    await settleLanes(tx, token, settled);
  });
}

/**
 * Milliseconds until the next lane that may be taken is due, or null when none waits. Zero or less: one is due now.
 * Lanes of flows that rest do not count, or whoever waits for them would ask without pause.
 */
export async function nextDue(sql: Sql, wanted: Wanted): Promise<number | null> {
  const [row] = await sql<{ ms: number | null }[]>`
    select extract(epoch from (${firstDue(sql, wanted)}) - now())::float * 1000 as ms`;
  return row?.ms ?? null;
}

/** Registers a worker and returns its token. Its leases are void once its heartbeat stops. */
export async function enrolWorker(sql: Sql): Promise<number> {
  const [row] = await sql<{ token: number }[]>`${enrolling(sql)}`;
  return row!.token;
}

/** The statement that registers a worker. */
export const enrolling = (sql: Sql) => sql`
  insert into sync.worker (alive_until) values (now() + ${heartbeatSeconds} * interval '1 second') returning token`;

/** Frees lanes that this worker leased long enough ago and does not work on: giving them back had failed. */
export async function freeForgotten(sql: Sql, token: number, inHand: readonly string[]): Promise<number> {
  const freed = await sql`
    with mine as (
      select ctid from sync.lane
      where token = ${token} and locked_until < now() + ${leaseSeconds - graceSeconds} * interval '1 second'
        and key <> all(${[...inHand]}::text[])
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
 * somebody else takes care of it; to wait for it could be to wait for each other. Returns how many lanes were freed.
 */
export async function heartbeat(sql: Sql, token: number): Promise<number> {
  const freed = await sql`
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
    ), theirs as (
      select l.ctid from sync.lane l, me
      where l.locked_until is not null and l.token <> me.token
        and (l.locked_until < now() or l.token in (select token from dead)
          or not exists (select 1 from sync.worker w where w.token = l.token))
      order by l.key for update of l
    )
    ${freeing(sql)} from theirs where l.ctid = theirs.ctid`;
  return freed.count;
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

/** How long after its last sign of life a worker counts as dead, in seconds; signs come every fifth of a second. */
const heartbeatSeconds = 2;
/** The same for one without a lock, in seconds: longer than the pause between two signs of one that has lost its connection. */
const silenceSeconds = 0.25;

/** A lane that gave up, kept with what it tried and what the system answered. */
export interface DeadLetter {
  readonly id: string;
  readonly lane: string;
  readonly mapping: MappingName;
  readonly linkId: string | null;
  readonly code: string;
  readonly message: string;
  readonly request: Json;
  readonly answer: Json;
  readonly attempts: number;
  readonly cause: Cause;
}

/**
 * Keeps the letters, without the secrets in them; an open one of the same lane is replaced, so that a lane has at most
 * one.
 */
export function bury(tx: Tx | Sql, letters: readonly DeadLetter[]): Statement | null {
  if (letters.length === 0) return null;
  const shown = letters.map(({ message, request, answer, ...letter }) => ({
    ...letter,
    message: maskedText(message),
    request: masked(request),
    answer: masked(answer),
  }));
  return tx`
    with d as (
      select * from jsonb_to_recordset(${rows(shown)}::text::jsonb)
        as r(id text, lane text, mapping text, "linkId" text, code text, message text, request jsonb, answer jsonb, attempts int, cause jsonb)
    ), old as (
      delete from sync.dead_letter x using d where x.lane = d.lane and x.closed_at is null
    )
    insert into sync.dead_letter (id, lane, mapping, link_id, code, message, request, answer, attempts, cause)
    select id, lane, mapping, "linkId", code, message, request, answer, attempts, cause from d`;
}

/** Closes letters and failures of lanes that have come through since. */
export function closeLetters(tx: Tx | Sql, lanes: readonly string[]): Statement | null {
  if (lanes.length === 0) return null;
  return tx`
    with letters as (
      update sync.dead_letter set closed_at = now() where closed_at is null and lane = any(${[...lanes]}::text[])
    )
    update sync.issue set closed_at = now()
    where closed_at is null and key = any(${lanes.map((lane) => `failed:${lane}`)}::text[])`;
}

/** Takes these lanes, as far as nobody else holds them. */
export function claimNamed(sql: Sql, token: number, keys: readonly string[]): Promise<Lane[]> {
  return sql<Lane[]>`
    with due as (
      select ctid from sync.lane where key = any(${[...keys]}::text[]) and locked_until is null
      order by key for update skip locked
    )
    update sync.lane l set locked_until = now() + ${leaseSeconds} * interval '1 second', token = ${token},
      held_for = l.cause ->> 'id'
    from due where l.ctid = due.ctid
    returning l.key, l.mapping, l.n, l.rung, l.edits, l.cause, l.attempts, l.priority`;
}

/** Whether a lane waits or is being worked on. */
export async function isQueued(sql: Sql, key: string): Promise<boolean> {
  const [row] = await sql`select 1 from sync.lane where key = ${key}`;
  return row !== undefined;
}
