import { maskedText } from '../core/secrets.ts';
import type { Taker } from '../store/changes.ts';
import {
  dismissWorker,
  freeForgotten,
  giveLanesBack,
  heartbeat,
  type Lane,
  type Priority,
  renewLeases,
} from '../store/lanes.ts';
import { openLiveness } from '../store/liveness.ts';
import { buryLane } from '../store/poison.ts';
import { rest } from './capture.ts';
import { type Claims, createClaims, pollMs } from './claims.ts';
import { type Bells, createBells, createDoorbell, type Doorbell } from './doorbell.ts';
import { type Guard, isSystemAway } from './guard.ts';
import { seekOrphans } from './orphans.ts';
import { releaseMissed } from './release.ts';
import { nextAttempt } from './retry.ts';
import { step } from './step.ts';
import type { EngineParts } from './step-context.ts';

/** The workers of one process. */
export interface Workers {
  /** Live lanes may be due: look now. */
  wake(): void;
  /** For whoever rings live lanes: a loop that waits, if there is one, takes them from his hand. */
  taker(): Taker | undefined;
  /** These live lanes were leased to this process as they were rung; others may be due besides. */
  hand(lanes: readonly Lane[], others: boolean): void;
  /** Lanes of runs may be due. */
  wakeRuns(): void;
  /** The lease token of this process. */
  readonly token: number;
  /** Rings whenever a batch was settled or the queue was found empty. */
  readonly settled: Bells;
  /** Lanes this process works on at this moment; what it leased besides was forgotten and is freed. */
  readonly inHand: Set<string>;
  /** Finishes what is in flight and gives its leases back. */
  stop(): Promise<void>;
}

/** What workers tell the rest of the engine. */
export interface WorkerHooks {
  /** Every two seconds: settings that another process changed are read again. */
  readonly onBeat: () => Promise<void>;
  /** Both systems' breakers: while one is open, nobody takes work. */
  readonly guards: readonly Guard[];
  readonly onError: (error: unknown, lanes: readonly Lane[]) => void;
}

/** Steps at once of each priority: while one waits for the database, the other computes, and live edits wait for no run. */
const loops = 2;
/** How often a worker says that it lives and looks who does not any more, in ms. */
const beatMs = 200;

/** Starts the worker loops. */
export async function startWorkers(parts: EngineParts, hooks: WorkerHooks): Promise<Workers> {
  const liveness = openLiveness(parts.sql);
  const token = await liveness.enrol();
  const stopping = new AbortController();
  const bells = { 0: createDoorbell(), 1: createDoorbell() };
  const settled = createBells();
  const inHand = new Set<string>();
  let seeking = false;
  const claimsOf = (priority: Priority): Claims =>
    createClaims({
      parts,
      token,
      priority,
      bell: bells[priority],
      guards: hooks.guards,
      signal: stopping.signal,
      onEmpty: () => settled.ring(),
      onError: (error) => hooks.onError(error, []),
    });
  const claims = { 0: claimsOf(0), 1: claimsOf(1) };
  const running = ([0, 1] as const).flatMap((priority) =>
    Array.from({ length: loops }, () => loop(claims[priority], bells[priority])),
  );
  const beating = beat();
  return {
    wake: () => bells[0].ring(),
    taker: () => claims[0].taker(),
    hand(lanes, others) {
      for (const lane of lanes) inHand.add(lane.key);
      if (lanes.length > 0) claims[0].hand(lanes, others);
      else bells[0].ring();
    },
    wakeRuns: () => bells[1].ring(),
    token,
    settled,
    inHand,
    async stop() {
      stopping.abort();
      for (const bell of Object.values(bells)) bell.ring();
      await Promise.all([...running, beating]);
      await dismissWorker(parts.sql, token).catch(() => {
        // The database may be gone already; the leases then end with the heartbeat.
      });
      await liveness.close();
    },
  };

  async function loop(claims: Claims, bell: Doorbell): Promise<void> {
    while (!stopping.signal.aborted) {
      const lanes = await claims.next();
      if (lanes.length === 0) continue;
      for (const lane of lanes) inHand.add(lane.key);
      await attempt(lanes).finally(() => {
        for (const lane of lanes) inHand.delete(lane.key);
      });
      settled.ring();
      // What rang while it was worked on is due again.
      bell.ring();
    }
  }

  /** A batch that fails as a whole is halved until the guilty lane stands alone: one poison record holds up nobody. */
  async function attempt(lanes: readonly Lane[]): Promise<void> {
    try {
      await step(parts, token, lanes);
    } catch (error) {
      if (isSystemAway(error)) return hand(lanes, error);
      if (lanes.length === 1) return giveBack(lanes[0]!, error);
      if (!isRace(error)) hooks.onError(error, lanes);
      const middle = Math.ceil(lanes.length / 2);
      await attempt(lanes.slice(0, middle));
      await attempt(lanes.slice(middle));
    }
  }

  /** A system is away: its lanes wait for it as they are, and no attempt is counted. */
  async function hand(lanes: readonly Lane[], error: unknown): Promise<void> {
    hooks.onError(error, lanes);
    const back = lanes.map(({ key, n, attempts }) => ({ key, n, againMs: pollMs, attempts }));
    await giveLanesBack(parts.sql, token, back).catch((second) => hooks.onError(second, lanes));
  }

  async function giveBack(lane: Lane, error: unknown): Promise<void> {
    if (!isRace(error)) hooks.onError(error, [lane]);
    const retry = isRace(error) ? 'replan' : 'later';
    const failure = { code: 'INTERNAL', message: maskedText(String(error)), field: null, retry } as const;
    const attempts = lane.attempts + 1;
    const againMs = nextAttempt(failure, attempts, Math.random());
    const done =
      againMs === null
        ? buryLane(parts.sql, token, {
            lane,
            code: failure.code,
            message: failure.message,
            detail: { error: error instanceof Error ? (error.stack ?? error.message) : String(error) },
            attempts,
            newId: parts.newId,
          })
        : giveLanesBack(parts.sql, token, [{ key: lane.key, n: lane.n, againMs, attempts }]);
    await done.catch((second) => hooks.onError(second, [lane]));
  }

  /** Beside the heartbeat, which no system may hold up. */
  function seek(): void {
    if (seeking) return;
    seeking = true;
    seekOrphans(parts)
      .then((rung) => {
        if (rung > 0) for (const bell of Object.values(bells)) bell.ring();
      })
      .catch((error) => {
        if (!isSystemAway(error)) hooks.onError(error, []);
      })
      .finally(() => {
        seeking = false;
      });
  }

  async function beat(): Promise<void> {
    for (let n = 0; !stopping.signal.aborted; n++) {
      // The first one at once: lanes of a process that died before this one came are taken over without delay.
      if (n > 0) await rest(beatMs, stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        await liveness.hold(token);
        const forgotten = n % 5 === 0 ? await freeForgotten(parts.sql, token, [...inHand]) : 0;
        if (n % 25 === 0) await renewLeases(parts.sql, token, [...inHand]);
        const freed = forgotten + (await heartbeat(parts.sql, token));
        const missed = n % 25 === 0 ? await releaseMissed(parts, 60) : 0;
        if (n % 5 === 0) seek();
        if (n % 10 === 0) await hooks.onBeat();
        if (freed + missed > 0) for (const bell of Object.values(bells)) bell.ring();
      } catch (error) {
        hooks.onError(error, []);
      }
    }
  }
}

/** Two workers linked the same record, or locked the same rows: the one that lost plans again on what the other did. */
function isRace(error: unknown): boolean {
  const { code, constraint_name: constraint } = error as { code?: string; constraint_name?: string };
  return (
    (code === '23505' && constraint?.startsWith('link_') === true) || code === '40P01' || code === '40001'
  );
}
