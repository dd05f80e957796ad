import type { MappingName, Side } from '../core/types.ts';
import { rows, type Sql, type Statement, type Tx } from './sql.ts';

/** What a record that is about to be created is made from. */
export interface Origin {
  readonly side: Side;
  readonly entity: string;
  /** A property of the new record by which it can be told; null where it has none. */
  readonly reference: Readonly<Record<string, string>> | null;
  /** The record it is made from: `erp:Customer:42`. */
  readonly source: string;
  readonly mapping: MappingName;
  /** The lane whose step makes it. */
  readonly lane: string;
  /** The lane of the link it is made for. */
  readonly linkLane: string;
}

/** A create as it was noted before. */
export interface NotedBefore {
  /** How many ms ago it was sent. */
  readonly ms: number;
  /** Records that it made and that gave way to a twin. */
  readonly gaveWay: readonly string[];
}

/** Notes that these creates are about to be sent. Answers those that were noted before. */
export async function noteIntents(
  sql: Sql,
  intents: readonly (Origin & { readonly key: string })[],
): Promise<ReadonlyMap<string, NotedBefore>> {
  const unique = new Map(intents.map((intent) => [intent.key, intent]));
  const before = await sql<(NotedBefore & { key: string })[]>`
    with r as (
      select * from jsonb_to_recordset(${rows([...unique.values()])}::text::jsonb) as r(key text, side text, entity text,
        reference jsonb, source text, mapping text, lane text, "linkLane" text)
    ), fresh as (
      insert into sync.intent (key, side, entity, reference, source, mapping, lane, link_lane)
      select key, side, entity, nullif(reference, 'null'), source, mapping, lane, "linkLane" from r order by key
      on conflict (key) do update set lane = excluded.lane, link_lane = excluded.link_lane
    )
    select i.key, extract(epoch from now() - i.at)::float8 * 1000 as ms, i.gave_way as "gaveWay"
    from sync.intent i join r on r.key = i.key`;
  return new Map(before.map((each) => [each.key, each]));
}

/** Creates that were sent a while ago and whose lane is not in the queue any more, with their age. */
export function restingIntents(
  sql: Sql,
): Promise<readonly (Origin & { readonly key: string; readonly ageMs: number })[]> {
  return sql<(Origin & { key: string; ageMs: number })[]>`
    select i.key, i.side, i.entity, i.reference, i.source, i.mapping, i.lane, i.link_lane as "linkLane",
      extract(epoch from now() - i.at)::float8 * 1000 as "ageMs"
    from sync.intent i
    where i.side <> '' and i.at < now() - interval '1 second' and not exists (select 1 from sync.lane l where l.key = i.lane)
    order by i.at limit 200`;
}

/** A create under way, or one that was when its process died; `working` while its lane or its link's is in the queue. */
export type Underway = Origin & { readonly key: string; readonly working: boolean };

/** Creates under way of these entities, and those made from these records, of any process, dead ones too. */
export function intentsFor(
  sql: Sql,
  of: readonly { readonly side: Side; readonly entity: string }[],
  sources: readonly string[],
): Promise<readonly Underway[]> {
  return sql<Underway[]>`
    select i.key, i.side, i.entity, i.reference, i.source, i.mapping, i.lane, i.link_lane as "linkLane",
      exists (select 1 from sync.lane l where l.key in (i.lane, i.link_lane)) as working
    from sync.intent i
    where exists (select 1 from unnest(${of.map(({ side }) => side)}::text[], ${of.map(({ entity }) => entity)}::text[])
      as r(side, entity) where r.side = i.side and r.entity = i.entity) or i.source = any(${[...sources]}::text[])`;
}

/** What a create has made gives way to a twin: nobody deletes it. */
export async function noteGaveWay(sql: Sql, key: string, id: string): Promise<void> {
  await sql`update sync.intent set gave_way = gave_way || ${id}::text where key = ${key}`;
}

/** These are sent once more, now. */
export async function sentAgain(sql: Sql, keys: readonly string[]): Promise<void> {
  if (keys.length > 0) await sql`update sync.intent set at = now() where key = any(${[...keys]}::text[])`;
}

/** How long a create may be on its way before its system carries it out, where its answer was never heard, in ms. */
export const callMs = 2_000;

/** An answer has come, which leaves open what became of these: they are carried out by now, if they are at all. */
export async function heardOf(sql: Sql, keys: readonly string[]): Promise<void> {
  if (keys.length > 0)
    await sql`update sync.intent set at = now() - ${callMs} * interval '1 millisecond' where key = any(${[...keys]}::text[])`;
}

/**
 * Whether nobody may link what an intent `i` has made any more: no lane in the queue, be it its own or one of a record of
 * its entity, and no flow that has yet to read what happened in its system.
 */
export const isLeft = (sql: Sql | Tx): Statement => sql`(
  not exists (select 1 from sync.backlog b where b.side = i.side)
  and not exists (select 1 from sync.lane l
    where l.key in (i.lane, i.link_lane) or starts_with(l.key, 'rec:' || i.side || ':' || i.entity || ':')))`;

/** Forgets those of these that are left, and answers which: of two who do so at once each is told of its own. */
export async function takeLeft(tx: Tx | Sql, keys: readonly string[]): Promise<ReadonlySet<string>> {
  const taken = await tx<{ key: string }[]>`
    delete from sync.intent i where i.key = any(${[...keys]}::text[]) and ${isLeft(tx)} returning i.key`;
  return new Set(taken.map(({ key }) => key));
}

/** What became of these is known. */
export function forgetIntents(tx: Tx | Sql, keys: readonly string[]): Statement | null {
  return keys.length > 0 ? tx`delete from sync.intent where key = any(${[...keys]}::text[])` : null;
}
