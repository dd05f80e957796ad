import type { Json, MappingName } from '../core/types.ts';
import { closeLetters } from './dead-letters.ts';
import { type Cause, holdAll, leaseSeconds } from './lanes.ts';
import type { Sql, Tx } from './sql.ts';

/**
 * The lane of an act on a link that goes on by itself. It is there from the moment the act is noted until nothing is left
 * to do: whoever takes it up goes on.
 */
export const laneOfAct = (linkId: string): string => `${prefix}${linkId}`;

/** Whether an act that goes on by itself is what a lane is for. */
export const isOfAct = (lane: string): boolean => lane.startsWith(prefix);

/** The link that such an act is about. */
export const linkOfAct = (lane: string): string => lane.slice(prefix.length);

const prefix = 'act:';

/** An act as it begins. */
export interface NewAct {
  readonly lane: string;
  readonly mapping: MappingName;
  readonly cause: Cause;
  /** Enough to go on with it. */
  readonly note: object;
  /** Kinds of acts that it may not take the place of where one has given up with the link still alive. */
  readonly behind: readonly string[];
}

/**
 * Notes an act, by who holds its lane from here on. One that gave up is begun anew. Answers whether no other is under way
 * on the link.
 */
export async function noteAct(
  sql: Sql | Tx,
  token: number,
  { lane, mapping, cause, note, behind }: NewAct,
): Promise<boolean> {
  const noted = await sql`
    with taken as (
      insert into sync.lane (key, mapping, cause, priority, locked_until, token)
      select ${lane}, ${mapping}, ${JSON.stringify(cause)}::text::jsonb, 0,
        now() + ${leaseSeconds} * interval '1 second', ${token}
      where not exists (
        select 1 from sync.unfinished u join sync.link l on l.id = ${linkOfAct(lane)} and l.state <> 'ended'
        where u.lane = ${lane} and u.note ->> 'kind' = any(${[...behind]}::text[]))
      on conflict (key) do nothing returning key
    ), before as (
      delete from sync.unfinished u using taken where u.lane = taken.key
    )
    insert into sync.unfinished (lane, note) select key, ${JSON.stringify(note)}::text::jsonb from taken`;
  return noted.count === 1;
}

/**
 * Notes what an act is about to change. On the disk when this resolves: then it may be changed. Fails with what
 * `isLeaseLost` knows where somebody else goes on with the act by now.
 */
export async function noteNext(sql: Sql, token: number, lane: string, next: object): Promise<void> {
  await sql`
    with held as materialized (select sync.hold_lanes(${token}, array[${lane}]::text[], true))
    insert into sync.unfinished (lane, note) select ${lane}, ${JSON.stringify(next)}::text::jsonb from held`;
}

/** What was noted of an act: itself first. */
export async function notesOf(sql: Sql, lane: string): Promise<readonly Json[]> {
  const notes = await sql<{ note: Json }[]>`select note from sync.unfinished where lane = ${lane} order by n`;
  return notes.map(({ note }) => note);
}

/** Nothing is left to do. Fails with what `isLeaseLost` knows where somebody else goes on with it by now. */
export async function forgetAct(tx: Tx, token: number, lane: string): Promise<void> {
  await holdAll(tx, token, [lane], true);
  await tx`
    with gone as (delete from sync.unfinished where lane = ${lane}) delete from sync.lane where key = ${lane}`;
  await closeLetters(tx, [lane]);
}

/** The event of this act that tells of a link what `having` is in; null where it has told none yet. */
export async function eventOfAct(
  sql: Sql,
  {
    correlationId,
    linkId,
    having,
  }: { readonly correlationId: string; readonly linkId: string; readonly having: string },
): Promise<{ readonly id: string; readonly detail: Readonly<Record<string, Json>> } | null> {
  const [event] = await sql<{ id: string; detail: Readonly<Record<string, Json>> }[]>`
    select id, detail from sync.event
    where correlation_id = ${correlationId} and link_id = ${linkId} and detail ? ${having} order by seq desc limit 1`;
  return event ?? null;
}
