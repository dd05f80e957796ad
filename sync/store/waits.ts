import type { Homes } from '../core/home.ts';
import { sides } from '../core/sides.ts';
import type { MappingName, Side } from '../core/types.ts';
import { type Cause, rungOnceMore } from './lanes.ts';
import { lives, rows, type Sql, type Statement, type Tx } from './sql.ts';

/** What a link waits for: the lane is rung when it comes. */
export interface NewWait {
  readonly linkId: string;
  readonly lane: string;
  readonly on: string;
}

/** Replaces the waits of these links. */
export function saveWaits(
  tx: Tx | Sql,
  linkIds: readonly string[],
  waits: readonly NewWait[],
): Statement | null {
  return tx`
    with n as (
      select distinct on ("linkId", "on") * from jsonb_to_recordset(${rows(waits)}::text::jsonb) as r("linkId" text, lane text, "on" text)
    ), gone as (
      delete from sync.wait w where w.link_id = any(${[...linkIds]}::text[])
        and not exists (select 1 from n where n."linkId" = w.link_id and n."on" = w.on)
    )
    insert into sync.wait (link_id, lane, "on") select "linkId", lane, "on" from n on conflict do nothing`;
}

/** The cause of a lane that is rung because what it waited for is there: it names that. */
const released = (sql: Sql | Tx, on: Statement) => sql`jsonb_build_object('kind', 'release', 'id', ${on})`;

/** Which of these records something waits for, by their keys. */
export async function waitedFor(sql: Sql, keys: readonly string[]): Promise<readonly string[]> {
  const found = await sql<{ on: string }[]>`
    select distinct w.on from sync.wait w where w.on = any(${[...keys]}::text[])`;
  return found.map((row) => row.on);
}

/** Rings the lanes of those of these records, unlinked in these flows, that something waits for. Returns how many. */
export async function ringWanted(
  sql: Sql,
  mappings: readonly MappingName[],
  records: readonly { readonly key: string; readonly side: Side; readonly id: string }[],
): Promise<number> {
  if (records.length === 0) return 0;
  const rung = await sql`
    insert into sync.lane (key, mapping, cause)
    select l.lane, min(l.mapping), ${released(sql, sql`min(w.on)`)}
    from (select distinct w.on from sync.wait w where w.on = any(${records.map(({ key }) => key)}::text[])) w
    join jsonb_to_recordset(${rows(records)}::text::jsonb) as r(key text, side text, id text) on r.key = w.on
    join sync.link l on l.mapping = any(${[...mappings]}::text[]) and l.state <> 'ended'
      and ((r.side = 'crm' and l.crm_id = r.id and l.erp_id is null)
        or (r.side = 'erp' and l.erp_id = r.id and l.crm_id is null))
    group by l.lane order by l.lane
    ${rungOnceMore(sql)}`;
  return rung.count;
}

/**
 * The safety net under ringWanted, for a process that died before it rang: rings unlinked records of connected flows
 * that rest although something waits for them. Waits of the last `withinSeconds` alone, null for all of them, since a
 * record that cannot be created for another reason rests again. Returns how many.
 */
export async function ringMissed(
  sql: Sql,
  flows: readonly { readonly name: MappingName; readonly crm: string; readonly erp: string }[],
  withinSeconds: number | null,
): Promise<number> {
  if (flows.length === 0) return 0;
  const rung = await sql`
    insert into sync.lane (key, mapping, cause)
    select l.lane, min(l.mapping), ${released(sql, sql`min(w.on)`)}
    from sync.wait w
    join jsonb_to_recordset(${rows(flows.map(({ name, crm, erp }) => ({ name, crm, erp })))}::text::jsonb) as f(name text, crm text, erp text)
      on w.on like any(array['crm:' || f.crm || ':%', 'erp:' || f.erp || ':%'])
    join sync.link l on l.mapping = f.name and l.state = 'pending'
      and ((l.erp_id is null and w.on like 'crm:%' and l.crm_id = substr(w.on, length('crm:' || f.crm || ':') + 1))
        or (l.crm_id is null and w.on like 'erp:%' and l.erp_id = substr(w.on, length('erp:' || f.erp || ':') + 1)))
    where ${withinSeconds}::float8 is null
      or w.since between now() - ${withinSeconds}::float8 * interval '1 second' and now() - interval '2 seconds'
    group by l.lane order by l.lane
    on conflict (key) do nothing`;
  return rung.count;
}

/** Rings every lane that waits for one of these things, which its cause then names. Returns how many. */
export async function releaseWaiting(tx: Tx | Sql, on: readonly string[], cause: Cause): Promise<number> {
  return (await releasing(tx, on, cause))?.count ?? 0;
}

/** The same as a statement, which counts them; null where there is nothing to wait for. */
export function releasing(tx: Tx | Sql, on: readonly string[], cause: Cause): Statement | null {
  if (on.length === 0) return null;
  return tx`
    insert into sync.lane (key, mapping, cause)
    select w.lane, min(l.mapping), jsonb_build_object('id', min(w.on)) || ${JSON.stringify(cause)}::text::jsonb
    from sync.wait w join sync.link l on l.id = w.link_id where w.on = any(${[...on]}::text[])
    group by w.lane order by w.lane
    ${rungOnceMore(tx)}`;
}

/**
 * Rings the lanes of these links whose wait is over by now: a link and a wait for it that commit at the same moment do
 * not see each other, so each looks once more after its commit. Null: all that wait for longer than two seconds, the
 * safety net for a process that died in between.
 */
export async function releaseReady(
  sql: Sql,
  homes: Homes,
  linkIds: readonly string[] | null,
  olderThanSeconds = 2,
): Promise<number> {
  if (linkIds?.length === 0) return 0;
  const which = linkIds
    ? sql`link_id = any(${[...linkIds]}::text[])`
    : sql`since <= now() - ${olderThanSeconds} * interval '1 second'`;
  const rung = await sql`
    with w as materialized (
      select lane, link_id, "on", side, entity, substr("on", length(side) + length(entity) + 3) as id, mapping
      from (select lane, link_id, "on", split_part("on", ':', 1) as side, split_part("on", ':', 2) as entity
        from sync.wait where ${which}) as waiting
      left join jsonb_to_recordset(${rows(homesOfEntities(homes))}::text::jsonb) as home(side text, entity text, mapping text)
        using (side, entity)
    ), ready as (
      select w.lane, w.link_id, w.on from w join sync.link l on l.crm_id = w.id and l.mapping = w.mapping
      where w.side = 'crm' and ${lives(sql, 'l')} and (l.erp_id is null) is not true
      union all
      select w.lane, w.link_id, w.on from w join sync.link l on l.erp_id = w.id and l.mapping = w.mapping
      where w.side = 'erp' and ${lives(sql, 'l')} and (l.crm_id is null) is not true
      union all
      select w.lane, w.link_id, w.on from w join sync.link l on l.id = w.entity
      where w.side = 'link' and l.state <> 'ended' and l.crm_id is not null and l.erp_id is not null
    )
    insert into sync.lane (key, mapping, cause)
    select r.lane, min(l.mapping), ${released(sql, sql`min(r.on)`)} from ready r join sync.link l on l.id = r.link_id
    group by r.lane order by r.lane
    ${rungOnceMore(sql)}`;
  return rung.count;
}

const homesOfEntities = (homes: Homes): readonly object[] =>
  sides.flatMap((side) =>
    Object.entries(homes[side]).map(([entity, mapping]) => ({ side, entity, mapping })),
  );
