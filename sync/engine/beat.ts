import { freeForgotten, heartbeat, renewLeases } from '../store/leases.ts';
import type { Liveness } from '../store/liveness.ts';
import { isSystemAway } from './guard.ts';
import { seekOrphans } from './orphans.ts';
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
  /** Every two seconds: settings that another process changed are read again. */
  readonly onBeat: () => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/** How often a worker says that it lives and looks who does not any more, in ms. */
const beatMs = 200;
/** Beats between two looks at what was forgotten or left behind (a second), at settings (two) and at leases (five). */
const [second, twoSeconds, fiveSeconds] = [5, 10, 25];
/** What was linked and not told is looked for this far back, in seconds. */
const missedSeconds = 60;

/**
 * Says that a worker lives, frees the lanes of those that do not, and makes up for what they left undone, until the
 * signal aborts. The first beat is at once: lanes of a process that died before this one came are taken over without
 * delay.
 */
export async function beat(beating: Beating): Promise<void> {
  const seek = seeking(beating);
  for (let n = 0; !beating.signal.aborted; n++) {
    try {
      await beatOnce(beating, n);
      if (n % second === 0) seek();
      if (n % twoSeconds === 0) await beating.onBeat();
    } catch (error) {
      beating.onError(error);
    }
    await rest(beatMs, beating.signal);
  }
}

/** One sign of life. */
async function beatOnce({ parts, liveness, token, inHand, onFreed }: Beating, n: number): Promise<void> {
  const { sql } = parts;
  await liveness.hold(token);
  const forgotten = n % second === 0 ? await freeForgotten(sql, token, [...inHand]) : 0;
  if (n % fiveSeconds === 0) await renewLeases(sql, token, [...inHand]);
  const left = await heartbeat(sql, token);
  const missed = n % fiveSeconds === 0 ? await releaseMissed(parts, missedSeconds) : 0;
  if (forgotten + left + missed > 0) onFreed();
}

/** Seeks orphans beside the heartbeat, which no system may hold up; once at a time. */
function seeking({ parts, onFreed, onError }: Beating): () => void {
  let underWay = false;
  return () => {
    if (underWay) return;
    underWay = true;
    seekOrphans(parts)
      .then((rung) => {
        if (rung > 0) onFreed();
      })
      .catch((error) => {
        if (!isSystemAway(error)) onError(error);
      })
      .finally(() => {
        underWay = false;
      });
  };
}
