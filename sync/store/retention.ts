import { forgetEndedPreviews } from './preview-links.ts';
import type { Sql } from './sql.ts';

/** What was pruned. */
export interface Pruned {
  readonly events: number;
  /** Resolved conflicts, closed issues and letters, answered proposals. */
  readonly findings: number;
  readonly plannedActs: number;
  readonly claims: number;
}

/** Rows per statement: short transactions, so that nobody waits for a lock. */
const atOnce = 5_000;

/**
 * Forgets what is older than so many days: events, findings that are settled, plans nobody applied. What waits for a
 * person is never pruned, nor is the proof of an erasure. Readers of the log are told first: from then on an older
 * cursor is CURSOR_EXPIRED with the oldest that works. Null: another process is at it.
 */
export async function prune(sql: Sql, days: number): Promise<Pruned | null> {
  // A transaction that does nothing but hold the lock: what is pruned commits bit by bit, over other connections.
  return sql.begin(async (tx) => {
    const [got] = await tx<{ mine: boolean }[]>`select pg_try_advisory_xact_lock(${pruneLock}) as mine`;
    if (!got!.mine) return null;
    await forgetEndedPreviews(sql);
    return {
      events: await pruneEvents(sql, days),
      findings: await pruneFindings(sql, days),
      plannedActs: (await sql`delete from sync.planned_act where at < now() - interval '1 day'`).count,
      claims: (await sql`delete from sync.claim where until < now() - interval '1 minute'`).count,
    };
  });
}

/** One process of a database prunes at a time. */
const pruneLock = 0x7a4d_e304;

async function pruneEvents(sql: Sql, days: number): Promise<number> {
  const [first] = await sql<{ pos: number }[]>`
    select pos from sync.event where pos is not null and at >= now() - ${days} * interval '1 day' order by pos limit 1`;
  const [head] = await sql<{ oldest: number }[]>`
    update sync.event_head set oldest = greatest(oldest, ${first?.pos ?? null}::bigint, case when ${first?.pos ?? null}::bigint is null then pos + 1 end)
    returning oldest`;
  let pruned = 0;
  for (;;) {
    const gone = await sql`
      delete from sync.event where id in (
        select id from sync.event where pos < ${head!.oldest} and outcome <> 'erased' order by pos limit ${atOnce})`;
    pruned += gone.count;
    if (gone.count < atOnce) return pruned;
  }
}

async function pruneFindings(sql: Sql, days: number): Promise<number> {
  const gone = await Promise.all([
    sql`delete from sync.conflict where resolved_at < now() - ${days} * interval '1 day'`,
    sql`delete from sync.issue where closed_at < now() - ${days} * interval '1 day'`,
    sql`delete from sync.dead_letter where closed_at < now() - ${days} * interval '1 day'`,
    sql`delete from sync.proposal where resolved_at < now() - ${days} * interval '1 day'`,
  ]);
  return gone.reduce((sum, { count }) => sum + count, 0);
}
