import { sides } from '../core/sides.ts';
import type { Side } from '../core/types.ts';
import type { Taker } from '../store/changes.ts';
import { claimLanes, type Lane, nextDue, type Priority } from '../store/lanes.ts';
import { createBells, createDoorbell } from './doorbell.ts';
import type { Guard } from './guard.ts';
import { rest } from './rest.ts';
import type { EngineParts } from './step-context.ts';

/** What taking lanes needs of the workers. */
export interface ClaimParts {
  readonly parts: Pick<EngineParts, 'sql' | 'mappings'> & {
    readonly settings: Pick<EngineParts['settings'], 'isPaused'>;
  };
  readonly token: number;
  readonly priority: Priority;
  /** Both systems' breakers: while one is open, nobody takes work; nor that of flows whose records one holds up. */
  readonly guards: Readonly<Record<Side, Pick<Guard, 'state' | 'ready'>>>;
  readonly signal: AbortSignal;
  /** Called when nothing was due. */
  readonly onEmpty: () => void;
  readonly onError: (error: unknown) => void;
}

/** Lanes per step: enough for set-based work. */
const batch = 250;
/** The safety net where no doorbell rings, in ms. */
export const pollMs = 250;
/**
 * How long rings gather at most while another step is under way, in ms: its round trips are then shared by more lanes. Once
 * that one is about to record what it did it computes no more, and the next begins beside it.
 */
export const gatherMs = 8;

/** How long all loops may be at work before what is rung meanwhile piles up, in ms. */
const stuckMs = 500;

/** Where the loops of one process get their lanes. */
export interface Claims {
  /** The next lanes to work on; none once the signal aborts. */
  next(): Promise<readonly Lane[]>;
  /** Lanes may be due: look into the queue. */
  look(): void;
  /** The step over the lanes of a `next` writes to the systems no more: call once for each. */
  passed(): void;
  /** How to lease what is rung now: a loop takes it at once, or when it has gathered. Undefined while all are at work. */
  taker(): Taker | undefined;
  /** Whether more lanes waited than one step takes when it was looked last, or nobody comes to look. */
  isBehind(): boolean;
  /** Lanes that were leased for `taker`; others may be due besides. */
  hand(lanes: readonly Lane[], others: boolean): void;
}

/**
 * Hands lanes to the loops of one process, one loop after the other: a ring wakes one of them, and while one waits for
 * the bell the others ask nothing.
 */
export function createClaims(claims: ClaimParts): Claims {
  const { parts, signal, priority } = claims;
  const bell = createDoorbell();
  let turn: Promise<unknown> = Promise.resolve();
  /** The last batch was full: there is more, and nobody needs to ring for it. */
  let full = true;
  let taken = 0;
  /** When to look into the queue although nobody rang. */
  let lookAt = 0;
  /** Whether a loop waits, gathers or looks: what is rung now it takes at once, or soon. */
  let free = false;
  let handed: readonly Lane[] = [];
  /** Whether lanes may be due that nobody has handed over. */
  let unseen = false;
  let atWork = 0;
  const passes = createBells();
  /** How long what is rung has still to gather, in ms. */
  const gathersMs = (): number => (atWork === 0 ? 0 : taken + gatherMs - performance.now());

  const isHeld = (): boolean => sides.some((side) => claims.guards[side].state().open);
  const look = (): void => {
    unseen = true;
    bell.ring();
  };

  return {
    look,
    passed() {
      atWork--;
      passes.ring();
    },
    taker() {
      if (!free || isHeld()) return undefined;
      return { token: claims.token, most: batch - handed.length, priority, paused: resting(claims) };
    },
    isBehind: () => taken > 0 && (full || (!free && performance.now() > taken + stuckMs)),
    hand(lanes, others) {
      handed = [...handed, ...lanes];
      unseen ||= others;
      bell.ring();
    },
    next() {
      const mine = turn.then(take);
      turn = mine;
      return mine;
    },
  };

  async function take(): Promise<readonly Lane[]> {
    while (!signal.aborted) {
      if (!full) {
        free = true;
        await wanted();
        await others();
      }
      if (handed.length === 0) await Promise.all(sides.map((side) => claims.guards[side].ready(signal)));
      if (handed.length === 0 && signal.aborted) break;
      // What is handed over all the time keeps nobody from looking for what is due.
      const also = handed.length < batch && !isHeld() && (full || unseen || performance.now() >= lookAt);
      const found = also || handed.length === 0 ? await search(batch - handed.length) : [];
      const lanes = [...handed, ...found];
      handed = [];
      free = false;
      if (lanes.length === 0) {
        claims.onEmpty();
        continue;
      }
      taken = performance.now();
      atWork++;
      return lanes;
    }
    return [];
  }

  /** Looks into the queue; and once more soon, until there is nothing. */
  async function search(most: number): Promise<readonly Lane[]> {
    unseen = false;
    const found = await claim(most);
    full = found.length === most;
    unseen ||= found.length > 0;
    const due =
      found.length > 0
        ? null
        : await nextDue(parts.sql, { priority, paused: resting(claims) }).catch(() => null);
    lookAt = performance.now() + Math.max(1, Math.min(due ?? pollMs, pollMs));
    return found;
  }

  /** Until there may be something to do. A bell that rang for what another loop has taken by now is no reason. */
  async function wanted(): Promise<void> {
    while (handed.length === 0 && !unseen && !signal.aborted) {
      const ms = lookAt - performance.now();
      if (ms <= 0) return;
      await bell.wait(ms, signal);
    }
  }

  /** Lets rings gather while others are at work. */
  async function others(): Promise<void> {
    using pass = passes.join();
    for (let ms = gathersMs(); ms > 0 && !signal.aborted; ms = gathersMs()) await pass.wait(ms, signal);
  }

  async function claim(most: number): Promise<readonly Lane[]> {
    try {
      return await claimLanes(parts.sql, claims.token, { most, priority, paused: resting(claims) });
    } catch (error) {
      claims.onError(error);
      await rest(pollMs, signal);
      return [];
    }
  }
}

/** Flows of which nothing is taken now: those that people paused, and those of entities that a system holds up. */
function resting({ parts: { mappings, settings }, guards }: ClaimParts): string[] {
  const held = { crm: heldUp(guards.crm), erp: heldUp(guards.erp) };
  return Object.values(mappings)
    .filter(
      (mapping) => settings.isPaused(mapping.name) || sides.some((side) => held[side].has(mapping[side])),
    )
    .map(({ name }) => name);
}

const heldUp = (guard: Pick<Guard, 'state'>): ReadonlySet<string> =>
  new Set(guard.state().heldUp.map(({ entity }) => entity));
