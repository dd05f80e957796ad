import type { FeedChange } from '../core/connector.ts';
import type { MappingName, Side } from '../core/types.ts';
import { type Lane, leaseSeconds, rungAgain, type Taking } from './lanes.ts';
import { groupedBy, liesBefore, newsOf, toldRows } from './news.ts';
import { type Sql, type Statement, unflushed } from './sql.ts';

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
  /** Whether a record without a link is among what was passed over, since its flow rests. */
  readonly strange: boolean;
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
  readonly bulk?: ReadonlySet<string | null>;
  /** Those of them whose changes come in a flood: the cause of what they ring says so. */
  readonly flooding?: ReadonlySet<string | null>;
  /** How long what these ring gathers before it is taken, in ms; default 0. */
  readonly floodMs?: number;
}

/**
 * Turns a batch of changes into rings, and moves the feed's cursor, in one statement.
 *
 * What comes in bulk is rung behind live work, like what runs ring.
 *
 * A lane that was not in the queue is leased to `taker` at once, where it is live: nobody has to look for it. One that was, by ringing
 * again or by being worked on, is taken as all others are.
 *
 * The cursor moves only from `after`, where the batch begins, or from beyond it: a database that went down may have
 * forgotten the last moves, and what they rang, without any statement having failed.
 *
 * News of flows that rest is passed over: they read it themselves once they go on. Which rest is read with the feed
 * locked, and a flow goes on only with the feed locked, so that each change is rung here or read there. It is counted for
 * them, and where all of it is of records that have links, nobody has to look through it for others.
 */
export async function captureChanges(sql: Sql, batch: Batch): Promise<Captured> {
  if (batch.news.length === 0) return moveOn(sql, batch);
  const {
    side,
    changes,
    news,
    mappingsOf,
    taker = nobody,
    bulk = none,
    flooding = none,
    floodMs = 0,
  } = batch;
  const isBulk = ({ actor }: FeedChange): boolean => bulk.has(actor);
  const told = toldRows({ side, changes: news, mappingsOf, isBulk, flooding });
  const records = new Set(news.map(({ entity, id }) => `${entity}:${id}`)).size;
  const echoes = sql`${records + changes.length - news.length} - (select count(distinct (entity, id)) from news)`;
  const [row] = await sql<Captured[]>`
    with ${placeOf(sql, side)}, resting as materialized (
      select b.mapping from place, sync.backlog b where b.side = ${side} and b.up_to is null for no key update of b
    ), ${newsOf(sql, side, told)}, kept as (
      select * from news where flow not in (select mapping from resting)
    ), ${groupedBy(sql, side)}, put as (
      insert into sync.lane (key, mapping, rung, edits, cause, priority, run_at, locked_until, token, held_for)
      select key, mapping, rung, edits, cause, priority, now() + case when cause ->> 'flood' = 'true' then ${floodMs}::float else 0 end * interval '1 millisecond', g.until, case when g.until is not null then ${taker.token}::bigint end,
        case when g.until is not null then cause ->> 'id' end
      from grouped, lateral (select case
        when priority = 0 and mapping <> all(${[...taker.paused]}::text[]) and (select count(*) from grouped) <= ${taker.most}
        then now() + ${leaseSeconds} * interval '1 second' end as until) g
      ${rungAgain(sql, sql`lane.edits || excluded.edits`)}
      returning key, mapping, n, rung, edits, cause, attempts, put_off as "putOff", priority, token
    ), ${moving(sql, batch, echoes)}, passed as (
      select flow, bool_or(strange) as strange, sum(times) filter (where ${liesBefore(sql, sql`cursor`, sql`last`)}) as changes
      from (
        select flow, times, cause ->> 'id' as last, bool_or(key like 'rec:%') as strange
        from news where flow in (select mapping from resting) group by flow, entity, id, times, cause
      ) record, place group by flow
    ), noted as (
      update sync.backlog b set changes = b.changes + coalesce(p.changes, 0),
        looked = case when b.looked = place.cursor and p.strange is not true then moved.cursor else b.looked end
      from moved, place, resting r left join passed p on p.flow = r.mapping
      where b.mapping = r.mapping and b.side = ${side} and (p.flow is not null or b.looked = place.cursor)
    )
    select exists (select 1 from moved) as joined, (select count(*) from put) + 0 * (select count(*) from quick) as rung, ${records} - (select count(distinct (entity, id)) from news) as echoes,
      (select count(*) from put where priority = 1) as bulk,
      coalesce((select bool_or(strange) from passed), false) as strange,
      coalesce((select jsonb_agg(to_jsonb(p) - 'token' || jsonb_build_object('pairs', g.pairs))
        from put p join grouped g on g.key = p.key where n = 1 and token = ${taker.token}), '[]') as taken`;
  return row!;
}

/** The same where all of it is our own writing that comes back: the cursor moves, and that of flows that rest there. */
async function moveOn(sql: Sql, batch: Batch): Promise<Captured> {
  const { side, changes } = batch;
  const moved = await sql`
    with ${placeOf(sql, side)}, ${moving(sql, batch, sql`${changes.length}::bigint`)}, noted as (
      update sync.backlog b set looked = moved.cursor from moved, place
      where b.side = ${side} and b.up_to is null and b.looked = place.cursor
    )
    select from moved, quick`;
  return { joined: moved.count > 0, rung: 0, echoes: 0, bulk: 0, taken: [], strange: false };
}

/** Common table expressions: `quick`, and the `place` up to which the feed was captured, locked. */
const placeOf = (sql: Sql, side: Side) => sql`
  quick as materialized (${unflushed(sql)}), place as materialized (
    select cursor from sync.feed where side = ${side} for no key update
  )`;

/** The next expression: the cursor is moved to the end of the batch, unless this begins beyond it. `echoes`: changes that bring no news. */
const moving = (sql: Sql, { side, after, changes }: Batch, echoes: Statement) => {
  const { cursor } = changes.at(-1)!;
  return sql`
    moved as (
      update sync.feed f set at = now(),
        cursor = case when ${liesBefore(sql, sql`f.cursor`, sql`${cursor}::text`)} or f.cursor !~ '^[0-9]+$' then ${cursor} else f.cursor end, seen = seen + ${changes.length},
        echoes = echoes + ${echoes}
      from place
      where f.side = ${side} and case
        when f.cursor ~ '^[0-9]+$' and ${after}::text ~ '^[0-9]+$' then f.cursor::numeric >= ${after}::text::numeric
        else f.cursor is not distinct from ${after}::text
      end
      returning f.cursor
    )`;
};

const none: ReadonlySet<string | null> = new Set();

const nobody: Taker = { token: 0, most: 0, paused: [], priority: 0 };

/** Moves a feed's cursor without capturing: where it resumes after its old place is gone. */
export async function setFeedCursor(sql: Sql, side: Side, cursor: string): Promise<void> {
  await sql`update sync.feed set cursor = ${cursor}, at = now() where side = ${side}`;
}
