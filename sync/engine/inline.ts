import { SyncError } from '../core/errors.ts';
import { mappingsOfEntity } from '../core/home.ts';
import type { MappingName, RecordRef } from '../core/types.ts';
import {
  type Cause,
  claimNamed,
  type EditTimes,
  giveLanesBack,
  isQueued,
  type Lane,
  ring,
} from '../store/lanes.ts';
import { linksOfRecords } from '../store/links.ts';
import type { Asked } from './gather.ts';
import type { LaneOutcome } from './progress.ts';
import { refKey } from './records.ts';
import { step } from './step.ts';
import type { EngineParts } from './step-context.ts';
import type { Workers } from './workers.ts';

/** What acts that answer at once need: the engine's parts, and the workers whose lanes they borrow. */
export interface InlineParts extends EngineParts {
  readonly workers: () => Workers;
}

/**
 * Runs lanes now, in the caller's time, by the same step that workers run: they are rung, claimed by name and stepped.
 * What is to be stored before the step is stored by `first`, once all of them are in hand: no worker takes it for news
 * of his own, and should we fall behind it, the workers go on with what is stored.
 */
export async function runLanes(
  parts: InlineParts,
  lanes: readonly Named[],
  cause: Cause,
  asked: Asked,
  first?: () => Promise<void>,
): Promise<readonly LaneOutcome[]> {
  const { token, inHand } = parts.workers();
  const out: LaneOutcome[] = [];
  for await (const taken of first ? [await takeAll(parts, lanes, cause)] : taking(parts, lanes, cause))
    try {
      await first?.();
      // What rang between our ring and our claim is not who asks for this step.
      const ours = taken.map((lane) => ({ ...lane, cause }));
      out.push(...(await step(parts, token, ours, { force: true, ...asked })).outcomes);
      for (const { key } of taken) inHand.delete(key);
    } catch (error) {
      await giveBack(parts, taken, 0);
      throw error;
    }
  return out;
}

/**
 * Holds lanes while `work` goes on: no step is under way on them, and none begins. Once it has succeeded they are gone,
 * but for what rang meanwhile; what is left undone is the workers' again. Throws TIMEOUT where a worker does not let go
 * of one, before anything is done.
 */
export async function holding<T>(
  parts: InlineParts,
  lanes: readonly Named[],
  cause: Cause,
  work: () => Promise<T>,
): Promise<T> {
  const held = await takeAll(parts, lanes, cause);
  try {
    const result = await work();
    await giveBack(parts, held, null);
    return result;
  } catch (error) {
    await giveBack(parts, held, 0);
    throw error;
  }
}

/** A lane by its name. */
interface Named {
  readonly key: string;
  readonly mapping: MappingName;
  /** Kept with the lane: when records were last edited. */
  readonly edits?: EditTimes;
}

/** Takes lanes into this process's hands, all of them: none is kept where one does not come free. */
async function takeAll(parts: InlineParts, lanes: readonly Named[], cause: Cause): Promise<readonly Lane[]> {
  const held: Lane[] = [];
  try {
    for await (const taken of taking(parts, lanes, cause)) held.push(...taken);
    return held;
  } catch (error) {
    await giveBack(parts, held, 0);
    throw error;
  }
}

/**
 * Takes lanes into this process's hands, in parts as they come free. One that a worker holds is waited for; one that a
 * worker has answered meanwhile is gone, and is rung anew.
 */
async function* taking(
  parts: InlineParts,
  lanes: readonly Named[],
  cause: Cause,
): AsyncGenerator<readonly Lane[]> {
  // Due only after our patience: a worker takes it up if we fall, and not before we do.
  const rings = lanes.map((lane) => ({ ...lane, cause, delayMs: patienceMs }));
  await ring(parts.sql, rings);
  const { token, settled, inHand } = parts.workers();
  using bell = settled.join();
  const open = new Set(lanes.map((lane) => lane.key));
  const deadline = Date.now() + patienceMs;
  while (open.size > 0) {
    const taken = await claimNamed(parts.sql, token, [...open]);
    for (const { key } of taken) {
      inHand.add(key);
      open.delete(key);
    }
    if (taken.length > 0) yield taken;
    if (open.size === 0) break;
    if (Date.now() > deadline)
      throw new SyncError(
        'TIMEOUT',
        `${[...open].join(', ')} is still being worked on; nothing was done here, its result will be in the event log.`,
      );
    await bell.wait(pauseMs);
    for (const each of rings)
      if (open.has(each.key) && !(await isQueued(parts.sql, each.key))) await ring(parts.sql, [each]);
  }
}

/** Lanes are the workers' again: due after so many ms, or, with null, only by what rang meanwhile. */
async function giveBack(parts: InlineParts, lanes: readonly Lane[], againMs: number | null): Promise<void> {
  const { token, wake, inHand } = parts.workers();
  const back = lanes.map(({ key, n, attempts, putOff }) => ({ key, n, againMs, attempts, putOff }));
  await giveLanesBack(parts.sql, token, back).then(wake, () => {
    // A lease that could not be given back is found by the workers.
  });
  for (const { key } of lanes) inHand.delete(key);
}

/** How long an act waits for a lane, in ms; one that it rings is the workers' after that, should it fall. */
export const patienceMs = 10_000;
const pauseMs = 20;

/** Where a record's work queues: a lane of one of its links, or its own while it has none. */
export interface Addressed {
  readonly lane: string;
  readonly mapping: MappingName;
  readonly link: { readonly id: string } | null;
}

/** Lanes of these records: those of their links, or their own while they have none. */
export async function lanesOfRecords(
  parts: InlineParts,
  refs: readonly RecordRef[],
  only: MappingName | null,
): Promise<readonly Addressed[]> {
  const mappingsOf = (ref: RecordRef): MappingName[] =>
    mappingsOfEntity(parts.mappings, ref.side, ref.entity)
      .map(({ name }) => name)
      .filter((name) => only === null || name === only);
  const found = await linksOfRecords(
    parts.sql,
    refs.flatMap((ref) => mappingsOf(ref).map((mapping) => ({ mapping, side: ref.side, id: ref.id }))),
  );
  return refs.flatMap((ref): readonly Addressed[] => {
    const own = found.filter(
      (link) =>
        link.state !== 'ended' &&
        (ref.side === 'crm' ? link.crmId : link.erpId) === ref.id &&
        mappingsOf(ref).includes(link.mapping),
    );
    if (own.length > 0) return own.map((link) => ({ lane: link.lane, mapping: link.mapping, link }));
    const mapping = parts.homes[ref.side][ref.entity];
    if (!mapping)
      throw new SyncError(
        'BAD_USER_INPUT',
        `${ref.entity} is no entity of the ${ref.side.toUpperCase()} that any flow syncs.`,
      );
    return [{ lane: `rec:${refKey(ref)}`, mapping, link: null }];
  });
}
