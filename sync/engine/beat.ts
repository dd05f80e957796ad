import { freeForgotten, renewLeases, seemForgotten } from '../store/leases.ts';
import type { Liveness } from '../store/liveness.ts';
import { isSystemAway } from './guard.ts';
import { orphanSeeker } from './orphans.ts';
import { releaseMissed } from './release.ts';
import { rest } from './rest.ts';
import type { EngineParts } from './step-context.ts';

/** Whose heart beats, and who hears of it. */
export interface Beating {
  readonly parts: EngineParts;
  readonly liveness: Liveness;
  readonly token: number;
  /** Lanes this process works on at this moment. */
  readonly inHand: ReadonlySet<string>;
  readonly signal: AbortSignal;
  /** Lanes have come free, or were rung. */
  readonly onFreed: () => void;
  /** A sign of life is written. */
  readonly onSign: () => void;
  /** Every two seconds: settings that another process changed are read again. */
  readonly onBeat: () => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/** How often a worker says that it lives and looks who does not any more, in ms. */
const beatMs = 100;
/**
 * How soon it looks again where lanes of the dead are left, in ms, and how often in a row: the statements that a process had
 * under way as it was killed still hold them, and are over in a moment.
 */
const soonMs = 10;
const soonMost = 50;
/** How often it looks for what was forgotten or left behind, in ms. */
const tendMs = 1_000;
/** Rounds of that between two looks at settings, and at leases and what was missed. */
const [twoSeconds, fiveSeconds] = [2, 5];
/** What was linked and not told is looked for this far back, in seconds. */
const missedSeconds = 60;

/**
 * Says that a worker lives, frees the lanes of those that do not, and makes up for what they left undone, until the
 * signal aborts. The first beat is at once: lanes of a process that died before this one came are taken over without
 * delay.
 */
export async function beat(beating: Beating): Promise<void> {
  await Promise.all([over(beating, beatMs, signing(beating)), over(beating, tendMs, tending(beating))]);
}

/** Does it again and again, with a pause, or with the one that it answers; what fails is told and tried again, after longer and longer pauses of at most a second. */
async function over(
  { signal, onError }: Beating,
  pauseMs: number,
  act: () => Promise<number | undefined>,
): Promise<void> {
  for (let failed = 0; !signal.aborted; ) {
    let pause: number | undefined;
    try {
      pause = await act();
      failed = 0;
    } catch (error) {
      failed++;
      onError(error);
    }
    await rest(pause ?? Math.min(2 ** failed * pauseMs, tendMs), signal);
  }
}

/** Signs of life, one at each call. */
function signing({ liveness, token, onFreed, onSign }: Beating): () => Promise<number | undefined> {
  let soon = 0;
  return async () => {
    const { freed, left } = await liveness.beat(token);
    onSign();
    if (freed > 0) onFreed();
    soon = left > 0 ? soon + 1 : 0;
    return soon > 0 && soon <= soonMost ? soonMs : undefined;
  };
}

/** Looks after what was forgotten, left behind or changed elsewhere, one round at each call. */
function tending(beating: Beating): () => Promise<undefined> {
  const { parts, token, inHand, onFreed, onBeat } = beating;
  const { sql } = parts;
  const seekOrphans = orphanSeeker(parts);
  const seek = beside(beating, async () => {
    if ((await seekOrphans()) > 0) onFreed();
  });
  const free = freeing(beating);
  let rounds = 0;
  return async () => {
    const n = rounds++;
    seek();
    const forgotten = await free();
    if (n % fiveSeconds === 0) await renewLeases(sql, token, [...inHand]);
    const missed = n % fiveSeconds === 0 ? await releaseMissed(parts, missedSeconds) : 0;
    if (forgotten + missed > 0) onFreed();
    if (n % twoSeconds === 0) await onBeat();
  };
}

/**
 * Frees lanes that were forgotten: found so twice in a row. A process that stood still for seconds may have leases whose
 * answer lies unread at the first look; at the next one they are in hand, and were they freed, two steps would go on at once.
 */
function freeing({ parts: { sql }, token, inHand }: Beating): () => Promise<number> {
  let before: ReadonlySet<string> = new Set();
  return async () => {
    const seen = await seemForgotten(sql, token, [...inHand]);
    const twice = seen.filter((key) => before.has(key) && !inHand.has(key));
    before = new Set(seen);
    return twice.length > 0 ? freeForgotten(sql, token, twice) : 0;
  };
}

/** Does what asks systems beside the heartbeat, which none of them may hold up; once at a time. */
function beside({ parts, onError }: Beating, chore: (parts: EngineParts) => Promise<void>): () => void {
  let underWay = false;
  return () => {
    if (underWay) return;
    underWay = true;
    chore(parts)
      .catch((error) => {
        if (!isSystemAway(error)) onError(error);
      })
      .finally(() => {
        underWay = false;
      });
  };
}
