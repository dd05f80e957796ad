import type { FeedChange } from '../core/connector.ts';
import { syncAuthor } from '../core/sync-author.ts';
import type { MappingName, Side } from '../core/types.ts';
import { type Lane, leaseSeconds, type Taking } from './lanes.ts';
import { mergedRung, rows, type Sql, unflushed } from './sql.ts';

/** The cursor up to which a system's feed has been captured; null before the first change. */
export async function feedCursor(sql: Sql, side: Side): Promise<string | null> {
  const [row] = await sql<{ cursor: string | null }[]>`select cursor from sync.feed where side = ${side}`;
  return row?.cursor ?? null;
}

/** Answers how many lanes were rung, and how many changes were our own writes coming back, repeats or stale ones. */
export interface Captured {
  /** False: the stored cursor lies before the place from which this batch was read. Read again from there. */
  readonly joined: boolean;
  readonly rung: number;
  readonly echoes: number;
  /** Lanes of what came in bulk: they are rung behind live work. */
  readonly bulk: number;
  /** Lanes that were leased as they were rung. */
  readonly taken: readonly Lane[];
}

/** A worker that has nothing to do: it takes what is rung at once, if it is no more than so many lanes. */
export interface Taker extends Taking {
  readonly token: number;
}

/** Changes of one system's feed, as they were read. */
export interface Batch {
  readonly side: Side;
  /** The cursor behind which they lie. */
  readonly after: string | null;
  readonly changes: readonly FeedChange[];
  /** Those of them that may bring something; the rest is known to be our own writing. */
  readonly news: readonly FeedChange[];
  readonly mappingsOf: (entity: string) => readonly MappingName[];
  /** Who takes what is rung at once. */
  readonly taker?: Taker | undefined;
  /** Authors whose changes come in bulk. */
  readonly flooding?: ReadonlySet<string | null>;
}

/**
 * Turns a batch of changes into rings, and moves the feed's cursor, in one statement. A change whose version the link
 * already knows brings no news. A record without a link rings a lane of its own, `rec:<side>:<entity>:<id>`.
 *
 * What authors who are flooding have changed is rung behind live work, like what runs ring.
 *
 * A lane that was not in the queue is leased to `taker` at once, where it is live: nobody has to look for it. One that was, by ringing
 * again or by being worked on, is taken as all others are.
 *
 * The cursor moves only from `after`, where the batch begins, or from beyond it: a database that went down may have
 * forgotten the last moves, and what they rang, without any statement having failed.
 */
export async function captureChanges(
  sql: Sql,
  { side, after, changes, news, mappingsOf, taker = nobody, flooding = none }: Batch,
): Promise<Captured> {
  const latest = newestOf(news);
  const edits = newestOf(news.filter(({ actor }) => actor !== syncAuthor.actor));
  const list = [...latest.values()].flatMap((change) =>
    mappingsOf(change.entity).map((mapping, i) => ({
      entity: change.entity,
      id: change.id,
      version: change.version,
      edited: edits.get(keyOf(change))?.at,
      mapping,
      own: i === 0,
      priority: flooding.has(change.actor) ? 1 : 0,
      cause: { kind: 'change', id: change.cursor, side, actor: change.actor ?? undefined, at: change.at },
    })),
  );
  const cursor = changes.at(-1)!.cursor;
  const idOf = side === 'crm' ? sql`l.crm_id` : sql`l.erp_id`;
  const versionOf = side === 'crm' ? sql`l.crm_version` : sql`l.erp_version`;
  const [row] = await sql<Captured[]>`
    with quick as materialized (${unflushed(sql)}), c as (
      select r.* from quick, jsonb_to_recordset(${rows(list)}::text::jsonb)
        as r(entity text, id text, version text, edited text, mapping text, own boolean, priority int, cause jsonb)
    ), met as (
      select c.*, l.lane, l.closed, ${versionOf} as known,
        case when l.id is not null then jsonb_build_object('mapping', l.mapping, 'crmId', l.crm_id, 'erpId', l.erp_id) end as pair
      from c left join sync.link l on l.mapping = c.mapping and ${idOf} = c.id and l.state <> 'ended'
    ), news as (
      select coalesce(lane, 'rec:' || ${side}::text || ':' || entity || ':' || id) as key, mapping, entity, id, version, edited, priority, cause, pair
      from met m
      where case
        when lane is null then own and not exists (
          select 1 from met o where o.entity = m.entity and o.id = m.id and o.lane is not null and o.mapping <> 'userOrder')
        when closed then false
        when version is null or known is null then true
        when version ~ '^[0-9]+$' and known ~ '^[0-9]+$' then version::numeric > known::numeric
        else version <> known
      end
    ), grouped as (
      select key, min(mapping) as mapping, min(priority) as priority, (array_agg(cause order by priority))[1] as cause,
        jsonb_object_agg(${side}::text || ':' || entity || ':' || id, version) as rung, jsonb_agg(pair) as pairs,
        coalesce(jsonb_object_agg(${side}::text || ':' || entity || ':' || id, edited) filter (where edited is not null), '{}') as edits
      from news group by key order by key
    ), put as (
      insert into sync.lane (key, mapping, rung, edits, cause, priority, locked_until, token, held_for)
      select key, mapping, rung, edits, cause, priority, g.until, case when g.until is not null then ${taker.token}::bigint end,
        case when g.until is not null then cause ->> 'id' end
      from grouped, lateral (select case
        when priority = 0 and mapping <> all(${[...taker.paused]}::text[]) and (select count(*) from grouped) <= ${taker.most}
        then now() + ${leaseSeconds} * interval '1 second' end as until) g
      on conflict (key) do update set
        n = lane.n + 1, rung = ${mergedRung(sql)}, edits = lane.edits || excluded.edits,
        cause = case when excluded.priority > lane.priority then lane.cause else excluded.cause end,
        priority = least(lane.priority, excluded.priority),
        run_at = least(lane.run_at, excluded.run_at)
      returning key, mapping, n, rung, edits, cause, attempts, priority, token
    ), moved as (
      update sync.feed set at = now(),
        cursor = case when cursor ~ '^[0-9]+$' and cursor::numeric > ${/^\d+$/.test(cursor) ? cursor : '-1'}::text::numeric then cursor else ${cursor} end, seen = seen + ${changes.length},
        echoes = echoes + ${latest.size + changes.length - news.length} - (select count(distinct (entity, id)) from news)
      where side = ${side} and case
        when cursor ~ '^[0-9]+$' and ${after}::text ~ '^[0-9]+$' then cursor::numeric >= ${after}::text::numeric
        else cursor is not distinct from ${after}::text
      end
      returning 1
    )
    select exists (select 1 from moved) as joined, (select count(*) from put) + 0 * (select count(*) from quick) as rung, ${latest.size} - (select count(distinct (entity, id)) from news) as echoes,
      (select count(*) from put where priority = 1) as bulk,
      coalesce((select jsonb_agg(to_jsonb(p) - 'token' || jsonb_build_object('pairs', g.pairs))
        from put p join grouped g on g.key = p.key where n = 1 and token = ${taker.token}), '[]') as taken`;
  return row!;
}

const none: ReadonlySet<string | null> = new Set();

const nobody: Taker = { token: 0, most: 0, paused: [], priority: 0 };

/** Moves a feed's cursor without capturing: where it resumes after its old place is gone. */
export async function setFeedCursor(sql: Sql, side: Side, cursor: string): Promise<void> {
  await sql`update sync.feed set cursor = ${cursor}, at = now() where side = ${side}`;
}

/**
 * The newest change of each record: by version, not by place, since a feed may repeat an old one after it. A delete
 * has no version and stands for all: what became of the record is read afresh anyway.
 */
function newestOf(news: readonly FeedChange[]): ReadonlyMap<string, FeedChange> {
  const newest = new Map<string, FeedChange>();
  for (const change of news) {
    const key = keyOf(change);
    const before = newest.get(key);
    if (!before || (before.version !== null && !isOlder(change.version, before.version)))
      newest.set(key, change);
  }
  return newest;
}

const keyOf = ({ entity, id }: FeedChange): string => `${entity}:${id}`;

const isOlder = (version: string | null, than: string): boolean =>
  version !== null && isNumber.test(version) && isNumber.test(than) && BigInt(version) < BigInt(than);

const isNumber = /^\d+$/;
