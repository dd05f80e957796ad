import type { FieldChange } from '../core/types.ts';
import { closeLetters } from './dead-letters.ts';
import { type Cause, holdAll, type Lane, takeFree } from './lanes.ts';
import type { Sql, Tx } from './sql.ts';

/**
 * The lane of an event that is being taken back. It is there from the moment its links end until nothing is left to do:
 * whoever takes it up goes on.
 */
export const laneOfTakingBack = (eventId: string): string => `${prefix}${eventId}`;

/** The event whose taking back a lane is for; null for every other lane. */
export const takenBackOn = (lane: string): string | null =>
  lane.startsWith(prefix) ? lane.slice(prefix.length) : null;

const prefix = 'back:';

/** Notes that an event is taken back from here on, by who holds the lane. Answers whether nobody else does that already. */
export function noteTakingBack(
  tx: Tx,
  token: number,
  { eventId, mapping, cause }: { readonly eventId: string; readonly cause: Cause } & Pick<Lane, 'mapping'>,
): Promise<boolean> {
  return takeFree(tx, token, { key: laneOfTakingBack(eventId), mapping, cause, priority: 0 });
}

/** Nothing is left to do. Fails with what `isLeaseLost` knows where somebody else goes on with it by now. */
export async function forgetTakingBack(tx: Tx, token: number, eventId: string): Promise<void> {
  const lane = laneOfTakingBack(eventId);
  await holdAll(tx, token, [lane], true);
  await tx`delete from sync.lane where key = ${lane}`;
  await closeLetters(tx, [lane]);
}

/** An event of an act that made or ended a link. */
export interface ActEvent {
  readonly id: string;
  readonly linkId: string;
  readonly outcome: string;
  readonly fields: readonly FieldChange[];
  /** Of a link that ended: those that took its place. */
  readonly replacedBy: readonly string[] | null;
}

/** All that the act told of links of which an event tells; none once that is pruned. */
export function eventsOfAct(sql: Sql, eventId: string): Promise<readonly ActEvent[]> {
  return sql<ActEvent[]>`
    select id, link_id as "linkId", outcome, fields, detail -> 'replacedBy' as "replacedBy" from sync.event
    where correlation_id = (select correlation_id from sync.event where id = ${eventId}) and link_id is not null
    order by seq`;
}

/** How these links ended when an event was taken back last: of each the event that tells what was to be given back. */
export function endsBy(
  sql: Sql,
  eventId: string,
  linkIds: readonly string[],
): Promise<readonly Pick<ActEvent, 'id' | 'linkId' | 'fields'>[]> {
  return sql<Pick<ActEvent, 'id' | 'linkId' | 'fields'>[]>`
    select distinct on (link_id) id, link_id as "linkId", fields from sync.event
    where link_id = any(${[...linkIds]}::text[]) and outcome = 'unlinked' and detail ->> 'reverts' = ${eventId}
    order by link_id, seq desc`;
}
