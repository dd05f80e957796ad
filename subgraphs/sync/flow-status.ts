import type { Sync } from '../../sync/index.ts';
import type { Sql } from './rows.ts';
import { flowOf, flows } from './words.ts';

/** A flow as it stands. */
export interface FlowStatus {
  readonly flow: string;
  readonly rule: string;
  readonly paused: boolean;
  readonly reason: string | null;
  readonly pausedBy: string | null;
  readonly pausedSince: string | null;
  /** Changes that it has still to read. */
  readonly behind: number;
  readonly linked: number;
  readonly pending: number;
  readonly waiting: number;
  readonly conflicts: number;
  readonly failed: number;
  readonly lagP50Ms: number | null;
  readonly lagP99Ms: number | null;
  readonly perSecond: number;
  /** Of a preview: what was to be set. */
  readonly would?: Parameters<Sync['setFlow']>[1];
}

/** How many of the latest events tell the lag and the throughput, and over how long, in seconds. */
const latestEvents = 5000;
const overSeconds = 60;

/** All flows, or one, as they stand, in one statement. */
export async function flowStatus(sql: Sql, only: string | null = null): Promise<readonly FlowStatus[]> {
  const mappings = only === null ? Object.values(flows) : [flows[only as keyof typeof flows]];
  const rows = await sql<(Omit<FlowStatus, 'flow'> & { mapping: string })[]>`
    with counted as (
      select mapping,
        count(*) filter (where crm_id is not null and erp_id is not null) as linked,
        count(*) filter (where state = 'pending') as pending,
        count(*) filter (where state = 'waiting') as waiting,
        count(*) filter (where state = 'conflict') as conflicts,
        count(*) filter (where state = 'failed') as failed
      from sync.link where mapping = any(${mappings}::text[]) and state <> 'ended' group by mapping
    ), latest as (
      select mapping, at, extract(epoch from at - (cause ->> 'at')::timestamptz) * 1000 as lag, cause ->> 'kind' as kind
      from sync.event
      where pos > (select pos from sync.event_head) - ${latestEvents} and at > now() - ${overSeconds * 10} * interval '1 second'
    ), timed as (
      select mapping,
        percentile_cont(array[0.5, 0.99]) within group (order by lag) filter (where kind = 'change' and lag >= 0) as lags,
        count(*) filter (where at > now() - ${overSeconds} * interval '1 second') as recent
      from latest group by mapping
    )
    select m.mapping, coalesce(f.rule, 'every') as rule, coalesce(f.paused, false) as paused,
      case when f.paused then f.reason end as reason, case when f.paused then f.by end as "pausedBy",
      case when f.paused then f.at end as "pausedSince",
      coalesce((select sum(b.changes) from sync.backlog b where b.mapping = m.mapping), 0)::int as behind,
      coalesce(c.linked, 0) as linked, coalesce(c.pending, 0) as pending, coalesce(c.waiting, 0) as waiting,
      coalesce(c.conflicts, 0) as conflicts, coalesce(c.failed, 0) as failed,
      t.lags[1]::float as "lagP50Ms", t.lags[2]::float as "lagP99Ms",
      coalesce(t.recent, 0)::float / ${overSeconds} as "perSecond"
    from unnest(${mappings}::text[]) with ordinality as m(mapping, n)
    left join sync.flow f on f.mapping = m.mapping
    left join counted c on c.mapping = m.mapping
    left join timed t on t.mapping = m.mapping
    order by m.n`;
  return rows.map(({ mapping, ...status }) => ({ ...status, flow: flowOf(mapping) }));
}
