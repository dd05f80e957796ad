import type { Sql } from './sql.ts';

/** Which lanes of the queue are looked for. */
export interface Wanted {
  /** Live work, or what runs have rung, what came in bulk and what flows catch up with. */
  readonly priority: 0 | 1;
  /** Flows that rest, or are held up. */
  readonly paused: readonly string[];
}

/**
 * Places of lanes that may be taken and are due, the longest due first, locked; others have what they have locked. Live
 * ones stand at the front of one index while no flow rests.
 */
export const lockedDue = (sql: Sql, wanted: Wanted, most: number) =>
  isOfAll(wanted)
    ? sql`
      select ctid from sync.lane where ${ready(sql, wanted)} and run_at <= now()
      order by run_at limit ${most} for update skip locked`
    : sql`
      select due.ctid from ${openFlows(sql, wanted)}, lateral (
        select ctid, run_at from sync.lane where mapping = open.mapping and ${ready(sql, wanted)} and run_at <= now()
        order by run_at limit ${most} for update skip locked
      ) due order by due.run_at limit ${most}`;

/** When the first lane that may be taken is due, or was; null when none waits. */
export const firstDue = (sql: Sql, wanted: Wanted) =>
  isOfAll(wanted)
    ? sql`select min(run_at) from sync.lane where ${ready(sql, wanted)}`
    : sql`
      select min(due.run_at) from ${openFlows(sql, wanted)}, lateral (
        select run_at from sync.lane where mapping = open.mapping and ${ready(sql, wanted)} order by run_at limit 1
      ) due`;

const isOfAll = ({ priority, paused }: Wanted): boolean => priority === 0 && paused.length === 0;

const ready = (sql: Sql, { priority }: Wanted) => sql`locked_until is null and priority = ${priority}`;

/**
 * Flows that do not rest and have lanes waiting, found from one to the next: however many lanes of a flow that rests have
 * piled up, nobody walks through them.
 *
 * What is not live waits until its flow has caught up on both sides: then the news of both is in the lane, and who edited
 * later is known. Live work of a flow that catches up does not.
 */
const openFlows = (sql: Sql, { priority, paused }: Wanted) => sql`(
  with recursive flow as (
    (select mapping from sync.lane where locked_until is null order by mapping limit 1)
    union all
    select (select l.mapping from sync.lane l where l.locked_until is null and l.mapping > flow.mapping order by l.mapping limit 1)
    from flow where flow.mapping is not null
  )
  select mapping from flow where mapping <> all(${[...paused]}::text[])
    ${priority === 0 ? sql`` : sql`and not exists (select 1 from sync.backlog b where b.mapping = flow.mapping)`}) open`;
