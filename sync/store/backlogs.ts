import type { FeedChange } from '../core/connector.ts';
import type { MappingName, RecordRef, Side } from '../core/types.ts';
import { rungAgain } from './lanes.ts';
import { groupedBy, liesBefore, newsOf, toldRows } from './news.ts';
import { type Sql, type Statement, type Tx, unflushed } from './sql.ts';

/** What a flow has not read of one system's feed. */
export interface Backlog {
  readonly mapping: MappingName;
  readonly side: Side;
  /** Behind which it begins; null: with the oldest change. */
  readonly cursor: string | null;
  /** Its last change, once the flow goes on. */
  readonly upTo: string;
}

/** Pauses a flow: from here on it reads nothing. One that still catches up stays where it is. */
export async function pauseFlow(
  sql: Sql,
  mapping: MappingName,
  reason: string | null,
  actor: string,
): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`
      insert into sync.flow (mapping, paused, reason, by, at) values (${mapping}, true, ${reason}, ${actor}, now())
      on conflict (mapping) do update set paused = true, reason = excluded.reason, by = excluded.by, at = now()`;
    // What is being captured at this moment is rung and, should it lie behind the cursor seen here, read once more.
    await tx`
      insert into sync.backlog (mapping, side, cursor) select ${mapping}, side, cursor from sync.feed
      on conflict (mapping, side) do update set up_to = null, looked = case when backlog.up_to is null then backlog.looked end`;
  });
}

/** Lets a flow go on. */
export async function resumeFlow(sql: Sql, mapping: MappingName, actor: string): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`
      insert into sync.flow (mapping, paused, by, at) values (${mapping}, false, ${actor}, now())
      on conflict (mapping) do update set paused = false, reason = null, by = excluded.by, at = now()`;
    await goOn(tx, mapping);
  });
}

/** Flows that a program of before has resumed, which knows of no backlogs, go on as well. */
export async function goOnElsewhere(sql: Sql): Promise<void> {
  await sql.begin(async (tx) => {
    const left = await tx<{ mapping: MappingName }[]>`
      select f.mapping from sync.flow f
      where not f.paused and exists (select 1 from sync.backlog b where b.mapping = f.mapping and b.up_to is null)
      order by 1 for update`;
    for (const { mapping } of left) await goOn(tx, mapping);
  });
}

/**
 * What was captured up to now the flow has to read itself, and what comes is captured for it again. Both feeds stay locked
 * from here to the commit, so that no change falls between.
 */
async function goOn(tx: Tx, mapping: MappingName): Promise<void> {
  // A program of before put lanes of paused flows by for a hundred years.
  await tx`update sync.lane set run_at = now() where mapping = ${mapping} and run_at > now() + interval '50 years'`;
  await tx`select 1 from sync.feed order by side for no key update`;
  await tx`
    update sync.backlog b set up_to = f.cursor from sync.feed f
    where b.mapping = ${mapping} and f.side = b.side and b.up_to is null`;
  await tx`
    delete from sync.backlog where mapping = ${mapping} and (up_to is null or cursor is not distinct from up_to)`;
}

/** What flows that go on have still to read of a system's feed. */
export function openBacklogs(sql: Sql, side: Side): Promise<Backlog[]> {
  return sql<Backlog[]>`
    select mapping, side, cursor, up_to as "upTo" from sync.backlog
    where side = ${side} and up_to is not null order by mapping`;
}

/** Where a flow's part of a system's feed begins; undefined where it has read all of it. */
export async function backlogOf(
  sql: Sql,
  mapping: MappingName,
  side: Side,
): Promise<Pick<Backlog, 'cursor'> | undefined> {
  const [found] = await sql<Pick<Backlog, 'cursor'>[]>`
    select cursor from sync.backlog where mapping = ${mapping} and side = ${side}`;
  return found;
}

/** A part of a backlog, as it was read. */
export interface ReadPart {
  /** Of its entities; others are of no concern. */
  readonly changes: readonly FeedChange[];
  readonly mappingsOf: (entity: string) => readonly MappingName[];
  /** The cursor up to which the feed was read for it. */
  readonly cursor: string;
  /** Whether nothing is left. */
  readonly isLast: boolean;
}

/**
 * Turns a part of a backlog into rings, behind live work, and moves on, in one statement. False, and nothing is done: it
 * no longer begins where it was read from, since another process was there before, or it no longer ends where it did, since
 * its flow rests again, or has done so meanwhile.
 *
 * A flow that still rests and shares a record has this news in its own backlog, unless it was paused only after it.
 */
export async function ringBacklog(
  sql: Sql,
  { mapping, side, cursor, upTo }: Backlog,
  part: ReadPart,
): Promise<boolean> {
  const { changes, mappingsOf, isLast } = part;
  const told = toldRows({ side, changes, mappingsOf, isBulk: () => true });
  const end = isLast
    ? sql`delete from sync.backlog b using place where b.mapping = ${mapping} and b.side = ${side}`
    : sql`update sync.backlog b set cursor = ${part.cursor}, changes = greatest(0, b.changes - (select coalesce(sum(times), 0) from (select distinct entity, id, times from news) record))
        from place where b.mapping = ${mapping} and b.side = ${side}`;
  const [row] = await sql<{ moved: boolean }[]>`
    with quick as materialized (${unflushed(sql)}), place as materialized (
      select cursor from sync.backlog
      where mapping = ${mapping} and side = ${side} and cursor is not distinct from ${cursor}::text and up_to = ${upTo}
      for no key update
    ), ${newsOf(sql, side, told)}, kept as (
      select news.* from news, place where not exists (
        select 1 from sync.backlog r where r.mapping = news.flow and r.side = ${side} and r.up_to is null
          and ${liesBefore(sql, sql`r.cursor`, sql`(news.cause ->> 'id')`)})
    ), ${groupedBy(sql, side)}, put as (
      insert into sync.lane (key, mapping, rung, edits, cause, priority)
      select key, mapping, rung, edits, cause, priority from grouped
      ${rungAgain(sql, laterEdits(sql))}
    ), moved as (${end} returning 1)
    select exists (select 1 from moved) as moved, (select count(*) from quick) as quick`;
  return row!.moved;
}

/** A backlog is read late: what is captured live may have told of a later edit by then. */
const laterEdits = (sql: Sql): Statement => sql`
  lane.edits || coalesce((
    select jsonb_object_agg(e.key, e.value) from jsonb_each_text(excluded.edits) e
    where coalesce((lane.edits ->> e.key)::timestamptz < e.value::timestamptz, true)), '{}')`;

/** Gives a backlog up, which the feed no longer has: its flow is reconciled instead. */
export async function dropBacklog(sql: Sql, { mapping, side, cursor, upTo }: Backlog): Promise<void> {
  await sql`
    delete from sync.backlog
    where mapping = ${mapping} and side = ${side} and cursor is not distinct from ${cursor}::text and up_to = ${upTo}`;
}

/** How far a resting flow's part of a feed was looked through for records without a link. */
export interface Look {
  readonly mapping: MappingName;
  readonly side: Side;
  /** Null: nothing was looked at yet, not even the queue. */
  readonly looked: string | null;
  /** Where the flow was paused. */
  readonly cursor: string | null;
  /** How far the feed has been captured. */
  readonly head: string | null;
}

/** What has to be looked through. */
export function openLooks(sql: Sql): Promise<Look[]> {
  return sql<Look[]>`
    select b.mapping, b.side, b.looked, b.cursor, f.cursor as head from sync.backlog b join sync.feed f on f.side = b.side
    where b.up_to is null and b.looked is distinct from f.cursor order by b.mapping, b.side`;
}

/** Notes how far it was looked. False: somebody else has looked, or the flow goes on. */
export async function noteLook(
  sql: Sql,
  { mapping, side, looked }: Look,
  upTo: string | null,
): Promise<boolean> {
  const noted = await sql`
    update sync.backlog set looked = ${upTo}
    where mapping = ${mapping} and side = ${side} and up_to is null and looked is not distinct from ${looked}::text`;
  return noted.count > 0;
}

/** Records without a link, of one system, whose lanes were in the queue of a flow. */
export async function strangersQueued(
  sql: Sql,
  { mapping, side }: Pick<Look, 'mapping' | 'side'>,
  after: string,
  most: number,
): Promise<readonly string[]> {
  const found = await sql<{ key: string }[]>`
    select key from sync.lane where mapping = ${mapping} and key > ${after} and key like ${`rec:${side}:%`}
    order by key limit ${most}`;
  return found.map(({ key }) => key);
}

/** A record's links in one lane: the flow that stands for its news there, and the version that it knows. */
export interface KnownVersion {
  readonly flow: MappingName;
  readonly version: string | null;
}

/** Per lane of a record's links, which version is known there. */
export function knownVersions(
  sql: Sql,
  { side, id }: RecordRef,
  mappings: readonly MappingName[],
): Promise<KnownVersion[]> {
  const [idOf, versionOf] =
    side === 'crm' ? [sql`crm_id`, sql`crm_version`] : [sql`erp_id`, sql`erp_version`];
  return sql<KnownVersion[]>`
    select distinct on (lane) mapping as flow, ${versionOf} as version from sync.link
    where ${idOf} = ${id} and mapping = any(${[...mappings]}::text[]) and state <> 'ended' and not closed
    order by lane, mapping`;
}
