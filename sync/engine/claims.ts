import { claimLanes, type Lane, nextDue, type Priority } from '../store/lanes.ts';
import { rest } from './capture.ts';
import type { Doorbell } from './doorbell.ts';
import type { Guard } from './guard.ts';
import type { EngineParts } from './step-context.ts';

/** What taking lanes needs of the workers. */
export interface ClaimParts {
  readonly parts: EngineParts;
  readonly token: number;
  readonly priority: Priority;
  /** Rings when lanes may be due. */
  readonly bell: Doorbell;
  /** Both systems' breakers: while one is open, nobody takes work. */
  readonly guards: readonly Guard[];
  readonly signal: AbortSignal;
  /** Called when nothing was due. */
  readonly onEmpty: () => void;
  readonly onError: (error: unknown) => void;
}

/** Lanes per step: enough for set-based work. */
const batch = 250;
/** The safety net where no doorbell rings, in ms. */
export const pollMs = 250;
/** How long rings gather while another step is under way, in ms: its round trips are then shared by more lanes. */
const gatherMs = 8;

/**
 * Hands lanes to the loops of one process, one loop after the other: a ring wakes one of them, and while one waits for
 * the bell the others ask nothing. Resolves with no lanes once `signal` aborts.
 */
export function createClaims(claims: ClaimParts): { next(): Promise<readonly Lane[]> } {
  const { parts, bell, signal } = claims;
  let turn: Promise<unknown> = Promise.resolve();
  /** The last batch was full: there is more, and nobody needs to ring for it. */
  let full = true;
  let taken = 0;
  let waitMs = pollMs;

  return {
    next() {
      const mine = turn.then(take);
      turn = mine;
      return mine;
    },
  };

  async function take(): Promise<readonly Lane[]> {
    while (!signal.aborted) {
      if (!full) {
        await bell.wait(waitMs, signal);
        const early = taken + gatherMs - performance.now();
        if (early > 0) await rest(early, signal);
      }
      await Promise.all(claims.guards.map((guard) => guard.ready(signal)));
      if (signal.aborted) break;
      const lanes = await claim();
      full = lanes.length === batch;
      waitMs = pollMs;
      if (lanes.length > 0) {
        taken = performance.now();
        return lanes;
      }
      claims.onEmpty();
      const due = await nextDue(parts.sql, {
        priority: claims.priority,
        paused: pausedMappings(parts),
      }).catch(() => null);
      if (due !== null) waitMs = Math.max(1, Math.min(due, pollMs));
    }
    return [];
  }

  async function claim(): Promise<readonly Lane[]> {
    try {
      return await claimLanes(parts.sql, claims.token, {
        most: batch,
        priority: claims.priority,
        paused: pausedMappings(parts),
      });
    } catch (error) {
      claims.onError(error);
      await rest(pollMs, signal);
      return [];
    }
  }
}

const pausedMappings = ({ mappings, settings }: EngineParts): string[] =>
  Object.values(mappings)
    .map((mapping) => mapping.name)
    .filter((name) => settings.isPaused(name));
