import type { Side } from '../core/types.ts';
import type { Taker } from '../store/changes.ts';
import type { Lane, Priority } from '../store/lanes.ts';
import { dismissWorker } from '../store/leases.ts';
import { openLiveness } from '../store/liveness.ts';
import { attempt } from './attempt.ts';
import { beat } from './beat.ts';
import { type Claims, createClaims } from './claims.ts';
import { type Bells, createBells, createDoorbell, type Doorbell } from './doorbell.ts';
import type { Guard } from './guard.ts';
import type { EngineParts } from './step-context.ts';

/** The workers of one process. */
export interface Workers {
  /** Live lanes may be due: look now. */
  wake(): void;
  /** For whoever rings live lanes: a loop that waits, if there is one, takes them from his hand. */
  taker(): Taker | undefined;
  /** These live lanes were leased to this process as they were rung; others may be due besides. */
  hand(lanes: readonly Lane[], others: boolean): void;
  /** Whether live lanes pile up. */
  isBehind(): boolean;
  /** Lanes of runs, or of what came in bulk, may be due. */
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
  /** A sign of life is written: the database takes writes. */
  readonly onSign: () => void;
  /** Both systems' breakers: while one is open, nobody takes work; nor that of flows whose records one holds up. */
  readonly guards: Readonly<Record<Side, Guard>>;
  readonly onError: (error: unknown, lanes: readonly Lane[]) => void;
}

/** Steps at once of each priority: while one waits for the database, the other computes, and live edits wait for no run. */
const loops = 2;

/** Starts the worker loops. */
export async function startWorkers(parts: EngineParts, hooks: WorkerHooks): Promise<Workers> {
  const { onError, onBeat, onSign, guards } = hooks;
  const liveness = openLiveness(parts.sql);
  const token = await liveness.enrol();
  const stopping = new AbortController();
  const { signal } = stopping;
  const settled = createBells();
  const inHand = new Set<string>();
  const queueOf = (priority: Priority): Queue => {
    const bell = createDoorbell();
    const onEmpty = (): void => settled.ring();
    const failed = (error: unknown): void => onError(error, []);
    return {
      bell,
      claims: createClaims({ parts, token, priority, bell, guards, signal, onEmpty, onError: failed }),
    };
  };
  const [live, ofRuns] = [queueOf(0), queueOf(1)];
  const ringAll = (): void => {
    for (const { bell } of [live, ofRuns]) bell.ring();
  };

  async function loop({ claims, bell }: Queue): Promise<void> {
    while (!signal.aborted) {
      const lanes = await claims.next();
      if (lanes.length === 0) continue;
      for (const lane of lanes) inHand.add(lane.key);
      const passed = once(() => claims.passed());
      const news = await attempt({ parts, token, onPassed: passed, onError }, lanes).finally(() => {
        for (const lane of lanes) inHand.delete(lane.key);
      });
      passed();
      settled.ring();
      if (news) bell.ring();
    }
  }

  const running = [live, ofRuns].flatMap((queue) => Array.from({ length: loops }, () => loop(queue)));
  const beating = beat({
    parts,
    liveness,
    token,
    inHand,
    signal,
    onFreed: ringAll,
    onSign,
    onBeat,
    onError: (error) => onError(error, []),
  });
  return {
    wake: () => live.bell.ring(),
    taker: () => live.claims.taker(),
    hand(lanes, others) {
      for (const lane of lanes) inHand.add(lane.key);
      if (lanes.length > 0) live.claims.hand(lanes, others);
      else live.bell.ring();
    },
    isBehind: () => live.claims.isBehind(),
    wakeRuns: () => ofRuns.bell.ring(),
    token,
    settled,
    inHand,
    async stop() {
      stopping.abort();
      ringAll();
      await Promise.all([...running, beating]);
      await dismissWorker(parts.sql, token).catch(() => {
        // The database may be gone already; the leases then end with the heartbeat.
      });
      await liveness.close();
    },
  };
}

/** The lanes of one priority, as this process's loops get them. */
interface Queue {
  readonly bell: Doorbell;
  readonly claims: Claims;
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}
