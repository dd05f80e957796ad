import type { Sql } from './sql.ts';

/** What a system's breaker says: whether it is open, and which entities the system holds up. */
interface Breaker {
  readonly open: boolean;
  readonly heldUp: readonly { readonly entity: string }[];
}

/** What the sync measures of itself, in Prometheus' text format. `refusal`: why the database takes no writes, if so. */
export async function syncMetrics(
  sql: Sql,
  breakers: Readonly<Record<string, Breaker>>,
  refusal: object | null,
): Promise<string> {
  const [links, queue, feeds, open, flows] = await Promise.all([
    sql<{ mapping: string; state: string; n: number }[]>`
      select mapping, state, count(*) as n from sync.link where not lone group by mapping, state order by 1, 2`,
    sql<{ ready: number; later: number; oldest: number }[]>`
      select count(*) filter (where run_at <= now()) as ready, count(*) filter (where run_at > now()) as later,
        coalesce(extract(epoch from now() - min(enqueued_at))::float8, 0) as oldest from sync.lane`,
    sql<
      { side: string; seen: number; echoes: number }[]
    >`select side, seen, echoes from sync.feed order by side`,
    sql<{ conflicts: number; issues: number; letters: number; waits: number }[]>`
      select (select count(*) from sync.conflict where resolved_at is null) as conflicts,
        (select count(*) from sync.issue where closed_at is null) as issues,
        (select count(*) from sync.dead_letter where closed_at is null) as letters,
        (select count(distinct link_id) from sync.wait) as waits`,
    sql<{ mapping: string; paused: boolean; behind: number }[]>`
      select f.mapping, f.paused, coalesce((select sum(b.changes)::float8 from sync.backlog b where b.mapping = f.mapping), 0) as behind
      from sync.flow f order by 1`,
  ]);
  const q = queue[0]!;
  const o = open[0]!;
  const lines = [
    '# HELP tandem_links Links by flow and state.',
    '# TYPE tandem_links gauge',
    ...links.map((row) => `tandem_links{flow="${row.mapping}",state="${row.state}"} ${row.n}`),
    '# HELP tandem_queue_lanes Lanes that wait for a worker: due now, or later.',
    '# TYPE tandem_queue_lanes gauge',
    `tandem_queue_lanes{due="now"} ${q.ready}`,
    `tandem_queue_lanes{due="later"} ${q.later}`,
    '# HELP tandem_queue_oldest_seconds Age of the oldest lane.',
    '# TYPE tandem_queue_oldest_seconds gauge',
    `tandem_queue_oldest_seconds ${q.oldest}`,
    '# HELP tandem_feed_changes_total Changes read from a system, and those without news.',
    '# TYPE tandem_feed_changes_total counter',
    ...feeds.flatMap((row) => [
      `tandem_feed_changes_total{side="${row.side}",kind="seen"} ${row.seen}`,
      `tandem_feed_changes_total{side="${row.side}",kind="echo"} ${row.echoes}`,
    ]),
    '# HELP tandem_flow_paused Whether a flow is paused.',
    '# TYPE tandem_flow_paused gauge',
    ...flows.map((row) => `tandem_flow_paused{flow="${row.mapping}"} ${row.paused ? 1 : 0}`),
    '# HELP tandem_flow_behind_changes Changes that came for a flow while it was paused, and that it has still to read.',
    '# TYPE tandem_flow_behind_changes gauge',
    ...flows.map((row) => `tandem_flow_behind_changes{flow="${row.mapping}"} ${row.behind}`),
    '# HELP tandem_database_writable Whether the database takes writes; else all work waits.',
    '# TYPE tandem_database_writable gauge',
    `tandem_database_writable ${refusal === null ? 1 : 0}`,
    '# HELP tandem_system_open Whether a system does not answer, so that its work waits.',
    '# TYPE tandem_system_open gauge',
    ...Object.entries(breakers).map(
      ([side, { open }]) => `tandem_system_open{side="${side}"} ${open ? 1 : 0}`,
    ),
    '# HELP tandem_system_held_up An entity of a system whose calls are not answered, while others are.',
    '# TYPE tandem_system_held_up gauge',
    ...Object.entries(breakers).flatMap(([side, { heldUp }]) =>
      heldUp.map(({ entity }) => `tandem_system_held_up{side="${side}",entity="${entity}"} 1`),
    ),
    '# HELP tandem_open Findings that wait for a person.',
    '# TYPE tandem_open gauge',
    `tandem_open{kind="conflict"} ${o.conflicts}`,
    `tandem_open{kind="issue"} ${o.issues}`,
    `tandem_open{kind="dead_letter"} ${o.letters}`,
    `tandem_open{kind="waiting"} ${o.waits}`,
  ];
  return `${lines.join('\n')}\n`;
}
