import type { Json } from '../core/types.ts';
import { bury } from './dead-letters.ts';
import { appendEvents } from './events.ts';
import { holdLanes, type Lane, settleLanes } from './lanes.ts';
import type { Sql } from './sql.ts';

/** A lane on which the step itself fails every time, for no reason of a system's. */
export interface Poison {
  readonly lane: Lane;
  readonly code: string;
  readonly message: string;
  /** What was asked when it failed, and what was said to it. */
  readonly request: Json;
  readonly answer: Json;
  readonly attempts: number;
  readonly newId: () => string;
}

/**
 * Gives a poisoned lane up: its links are failed, and a dead letter, an event and an issue say so. A ring that came
 * meanwhile is answered once more.
 */
export async function buryLane(
  sql: Sql,
  token: number,
  { lane, code, message, request, answer, attempts, newId }: Poison,
): Promise<void> {
  await sql.begin(async (tx) => {
    const mine = await holdLanes(tx, token, [lane.key]);
    if (!mine.has(lane.key)) return;
    const failed = await tx<{ id: string }[]>`
      update sync.link set state = 'failed', updated_at = now() where lane = ${lane.key} and state <> 'ended' returning id`;
    const linkIds = failed.length > 0 ? failed.map(({ id }) => id) : [null];
    await appendEvents(
      tx,
      linkIds.map((linkId) => ({
        id: newId(),
        mapping: lane.mapping === 'user' ? 'userOrder' : lane.mapping,
        linkId,
        outcome: 'failed',
        cause: lane.cause,
        fields: [],
        detail: { code, message },
        attempt: attempts,
        correlationId: lane.cause.id ?? lane.key,
      })),
    );
    await tx`
      insert into sync.issue as i (id, key, code, mapping, link_id, message)
      values (${newId()}, ${`failed:${lane.key}`}, ${code}, ${lane.mapping}, ${linkIds[0]!}, ${message})
      on conflict (key) where closed_at is null do update set times = i.times + 1, last_at = now(), message = excluded.message`;
    await bury(tx, [
      {
        id: newId(),
        lane: lane.key,
        mapping: lane.mapping,
        linkId: linkIds[0]!,
        code,
        message,
        request,
        answer,
        attempts,
        cause: lane.cause,
      },
    ]);
    await settleLanes(tx, token, [{ key: lane.key, n: lane.n, againMs: null, attempts: 0 }]);
  });
}
