import type { MappingName, Side } from '../core/types.ts';
import { firstDue, lockedDue, type Wanted } from './due-lanes.ts';
import { mergedRung, rows, rungAnyway, type Sql, type Statement, type Tx, unflushed } from './sql.ts';

/** Why a lane runs: what rang it, and who. */
export interface Cause {
  readonly kind: 'change' | 'mutation' | 'run' | 'retry' | 'rule' | 'release';
  /** Feed cursor, mutation correlation id, run id … */
  readonly id?: string;
  readonly side?: Side;
  readonly actor?: string;
  /** ISO instant of the edit, where known: lag is measured from it. */
  readonly at?: string;
  /** The change came in a flood; what a flow catches up with did not, though it waits behind live work as well. */
  readonly flood?: boolean;
}

/** A lane as a worker holds it. */
export interface Lane {
  readonly key: string;
  readonly mapping: MappingName;
  /** Rings it answers for; settling subtracts exactly these. */
  readonly n: number;
  /** Records that rang, with their version then (null: deleted): `{ "crm:Customer:42": "7" }`; `anyway` where it has work besides. */
  readonly rung: Readonly<Record<string, string | null>>;
  /** When somebody else than the sync last edited these records, as the news of it told, by the system's own clock. */
  readonly edits: EditTimes;
  readonly cause: Cause;
  /** How often in a row its step has failed. */
  readonly attempts: number;
  /** How often it has come back to wait a moment for another record. */
  readonly putOff: number;
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
    ${rungAgain(sql, sql`lane.edits || excluded.edits`)}`;
}

/** What a lane that waits already takes over from what rings it now; `edits` is how it comes to the later times. */
export const rungAgain = (sql: Sql | Tx, edits: Statement) => sql`
  on conflict (key) do update set
    n = lane.n + 1, rung = ${mergedRung(sql)}, edits = ${edits},
    cause = case when excluded.priority > lane.priority then lane.cause else excluded.cause end,
    priority = least(lane.priority, excluded.priority),
    run_at = least(lane.run_at, excluded.run_at)`;

/** What a lane that waits already, for whatever, takes over from a release; it keeps its cause. */
export const rungOnceMore = (sql: Sql | Tx) => sql`
  on conflict (key) do update set
    n = lane.n + 1, rung = ${rungAnyway(sql, sql`lane.rung`)}, run_at = least(lane.run_at, now())`;

/** 0: live work; 1: what a run has rung, or came in bulk. Never both in one step. */
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
    returning l.key, l.mapping, l.n, l.rung, l.edits, l.cause, l.attempts, l.put_off as "putOff", l.priority`;
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
  /** Default: none. */
  readonly putOff?: number;
  /** The flow that it waits for: its lane from now on, taken once that has caught up. */
  readonly behind?: MappingName;
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
 * Gives lanes back: gone when nothing rang meanwhile, else due again; its count is of those. Call in a transaction that has locked the lanes
 * (`holdLanes`), or with `giveLanesBack`.
 */
export function settleLanes(tx: Tx | Sql, token: number, settled: readonly Settlement[]): Statement {
  return tx`
    with s as (
      select * from jsonb_to_recordset(${rows(settled)}::text::jsonb)
        as r(key text, n bigint, "againMs" float, attempts int, "putOff" int, behind text)
    ), mine as (
      select l.ctid, l.n as rings, s.n as seen, s."againMs" as again, s.attempts, coalesce(s."putOff", 0) as put_off, s.behind
      from sync.lane l join s on s.key = l.key
      where l.token = ${token} and l.key = any(${settled.map(({ key }) => key)}::text[])
      order by l.key for update of l
    ), gone as (
      delete from sync.lane l using mine m where l.ctid = m.ctid and m.rings <= m.seen and m.again is null
    )
    update sync.lane l set
      locked_until = null, token = null, attempts = m.attempts, put_off = m.put_off,
      rung = case when m.again is null then l.rung else ${rungAnyway(tx, tx`l.rung`)} end,
      mapping = coalesce(m.behind, l.mapping), priority = case when m.behind is null then l.priority else 1 end,
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
    returning l.key, l.mapping, l.n, l.rung, l.edits, l.cause, l.attempts, l.put_off as "putOff", l.priority`;
}

/** Whether a lane waits or is being worked on. */
export async function isQueued(sql: Sql, key: string): Promise<boolean> {
  const [row] = await sql`select 1 from sync.lane where key = ${key}`;
  return row !== undefined;
}

/**
 * Takes a lane that nobody has rung or works on, while its links are changed from outside: a step that has read them
 * would put back what it read. Answers whether it was free.
 */
export async function takeFree(
  sql: Sql | Tx,
  token: number,
  { key, mapping, cause, priority }: Pick<Lane, 'key' | 'mapping' | 'cause' | 'priority'>,
): Promise<boolean> {
  const taken = await sql`
    insert into sync.lane (key, mapping, cause, priority, locked_until, token)
    values (${key}, ${mapping}, ${JSON.stringify(cause)}::text::jsonb, ${priority},
      now() + ${leaseSeconds} * interval '1 second', ${token})
    on conflict (key) do nothing`;
  return taken.count === 1;
}

/** Lets lanes go that were taken so: they are due, for what was changed about them. Returns how many there were. */
export async function letGo(sql: Sql, token: number, keys: readonly string[]): Promise<number> {
  const freed = await sql`
    update sync.lane set locked_until = null, token = null, run_at = now()
    where key = any(${[...keys]}::text[]) and token = ${token}`;
  return freed.count;
}
