import type { MappingName, Side } from '../core/types.ts';
import { rows, type Sql } from './sql.ts';

/** Whose edits of a flow are counted, in which system. `on`: what those of its pairs wait for that are held. */
export interface Editing {
  readonly mapping: MappingName;
  readonly side: Side;
  readonly actor: string;
  readonly on: string;
}

/** How many of a flow's pairs somebody's edits have come to. */
export interface Touched {
  readonly on: string;
  /** Pairs that live. */
  readonly pairs: number;
  /** Those of them whose edit waits behind live work, is held, or was carried out since `sinceId`. */
  readonly touched: number;
  /** Those that are held. */
  readonly held: number;
}

/** Pairs of the smallest of these flows that has any, counted up to `most`; none where none has. */
export async function countPairs(sql: Sql, flows: readonly MappingName[], most: number): Promise<number> {
  const [row] = await sql<[{ pairs: number | null }]>`
    select min(n) filter (where n > 0) as pairs from unnest(${[...flows]}::text[]) as flow
    cross join lateral (
      select count(*) as n from (
        select 1 from sync.link l
        where l.mapping = flow and l.state <> 'ended' and l.crm_id is not null and l.erp_id is not null limit ${most}
      ) as found
    ) as counted`;
  return row.pairs ?? 0;
}

/**
 * Counts what each of these authors has edited of a flow's pairs. Where a lane stands in the queue is no matter: two loops,
 * or two processes, have parts of the same flood in hand.
 *
 * What was touched is looked up for each pair, in tables made once. Joined, the two would be compared row by row: the
 * planner takes the queue for empty, as it mostly is.
 */
export function countTouched(sql: Sql, editing: readonly Editing[], sinceId: string): Promise<Touched[]> {
  const isAsked = (of: 'lane' | 'event') =>
    sql`${sql(of)}.cause ->> 'kind' = 'change' and ${sql(of)}.cause ->> 'side' = a.side
      and coalesce(${sql(of)}.cause ->> 'actor', '') = a.actor`;
  const waiting = sql`
    select a.on, lane.key from asked a join sync.lane on lane.mapping = a.mapping and lane.priority = 1
      and lane.cause ->> 'flood' = 'true' and ${isAsked('lane')}`;
  return sql<Touched[]>`
    with asked as materialized (
      select * from jsonb_to_recordset(${rows(editing)}::text::jsonb) as r(mapping text, side text, actor text, "on" text)
    )
    select a.on, count(*) as pairs, count(*) filter (where
      (a.on, l.lane) in (
        ${waiting} where lane.locked_until is null
        union all ${waiting} where lane.locked_until is not null
        union all select w.on, w.lane from asked a join sync.wait w on w.on = a.on)
      or (a.on, l.id) in (
        select a.on, event.link_id from sync.event join asked a on ${isAsked('event')}
        where event.id >= ${sinceId} and event.outcome = 'updated')) as touched,
      count(*) filter (where (a.on, l.lane) in (
        select w.on, w.lane from asked a join sync.wait w on w.on = a.on)) as held
    from asked a join sync.link l on l.mapping = a.mapping and l.state <> 'ended' and l.crm_id is not null and l.erp_id is not null
    group by a.on`;
}
