import type { Side } from '../core/types.ts';
import type { Taker } from '../store/changes.ts';
import type { Lane, Priority } from '../store/lanes.ts';
import { dismissWorker } from '../store/leases.ts';
import { openLiveness } from '../store/liveness.ts';
import { type Attempting, attempt } from './attempt.ts';
import { beat } from './beat.ts';
import { type Claims, createClaims } from './claims.ts';
import { type Bells, createBells } from './doorbell.ts';
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
  readonly goOn: Attempting['goOn'];
}

/** Steps at once of each priority: while one waits for the database, the other computes, and live edits wait for no run. */
const loops = 2;

/** Starts the worker loops. */
export async function startWorkers(parts: EngineParts, hooks: WorkerHooks): Promise<Workers> {
  const { onError, onBeat, onSign, guards, goOn } = hooks;
  const liveness = openLiveness(parts.sql);
  const token = await liveness.enrol();
  const stopping = new AbortController();
  const { signal } = stopping;
  const settled = createBells();
  const inHand = new Set<string>();
  const claimsOf = (priority: Priority): Claims => {
    const onEmpty = (): void => settled.ring();
    const failed = (error: unknown): void => onError(error, []);
    return createClaims({ parts, token, priority, guards, signal, onEmpty, onError: failed });
  };
  const [live, ofRuns] = [claimsOf(0), claimsOf(1)];
  const lookAll = (): void => {
    for (const claims of [live, ofRuns]) claims.look();
  };

  async function loop(claims: Claims): Promise<void> {
    while (!signal.aborted) {
      const lanes = await claims.next();
      if (lanes.length === 0) continue;
      for (const lane of lanes) inHand.add(lane.key);
      const passed = once(() => claims.passed());
      const news = await attempt({ parts, token, onPassed: passed, onError, goOn }, lanes).finally(() => {
        for (const lane of lanes) inHand.delete(lane.key);
      });
      passed();
      settled.ring();
      if (news) claims.look();
    }
  }

  const running = [live, ofRuns].flatMap((claims) => Array.from({ length: loops }, () => loop(claims)));
  const beating = beat({
    parts,
    liveness,
    token,
    inHand,
    signal,
    onFreed: lookAll,
    onSign,
    onBeat,
    onError: (error) => onError(error, []),
  });
  return {
    wake: () => live.look(),
    taker: () => live.taker(),
    hand(lanes, others) {
      for (const lane of lanes) inHand.add(lane.key);
      if (lanes.length > 0) live.hand(lanes, others);
      else live.look();
    },
    isBehind: () => live.isBehind(),
    wakeRuns: () => ofRuns.look(),
    token,
    settled,
    inHand,
    async stop() {
      stopping.abort();
      lookAll();
      await Promise.all([...running, beating]);
      await dismissWorker(parts.sql, token).catch(() => {
        // The database may be gone already; the leases then end with the heartbeat.
      });
      await liveness.close();
    },
  };
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}
