import type { Json } from '../core/types.ts';
import {
  keepEnded,
  keepRun,
  lanesOfRun,
  nothingCounted,
  outcomesOfRun,
  type RunCounts,
  type StoredRun,
  sizesSeen,
} from '../store/runs.ts';
import type { Sql } from '../store/sql.ts';

/** What a run has come to so far, in memory between two checkpoints. */
export interface Ledger {
  readonly id: string;
  /** The id up to which this `side:Entity` was walked, `done`, or undefined. */
  walked(key: string): string | undefined;
  /** Records were read up to this id; `done` when they were the last. */
  walk(key: string, upTo: string, records: number): void;
  /** Counts records of a flow under a name, and keeps the first few as samples. */
  count(flow: string, name: string, n?: number, sample?: Json): void;
  /** Counts what a record waits for. */
  blame(flow: string, reason: string): void;
  /** Lanes of the run that wait for a worker, as last looked up. */
  readonly queued: number;
  /** Writes the checkpoint. False: cancelled, or another worker goes on with it. */
  keep(state?: 'running' | 'done' | 'failed', error?: string): Promise<boolean>;
  /** Counts what has come of a run that was cancelled. */
  close(): Promise<void>;
}

/** Samples kept of each count. */
const samplesKept = 5;
/** Reasons told apart while a run goes on, and those that are shown. */
const reasonsKept = 1_000;
const reasonsShown = 5;

/** What a ledger needs. */
export interface LedgerParts {
  readonly sql: Sql;
  readonly token: number;
  /** Flows that rest: their lanes are not waited for. */
  readonly paused: () => readonly string[];
  /** Every `side:Entity` this run walks. */
  readonly keys: readonly string[];
  /** How many records each of these has, as far as its system can tell. */
  readonly sizes: Readonly<Record<string, number>>;
}

/** Opens the ledger of a run, new or resumed. */
export async function openLedger(parts: LedgerParts, run: StoredRun): Promise<Ledger> {
  const { sql } = parts;
  const walked = { ...run.checkpoint.walked };
  let counted = run.checkpoint.counted ?? 0;
  let now: RunCounts = { ...nothingCounted, ...run.counts };
  const sizes = { ...now.sizes };
  const known = { ...(await sizesSeen(sql)), ...parts.sizes };
  const flows = structuredClone(now.flows) as Record<string, Record<string, number>>;
  const reasons = structuredClone(now.reasons ?? {}) as Record<string, Record<string, number>>;
  const samples = structuredClone(run.samples) as Record<string, Record<string, Json[]>>;
  const from = { at: performance.now(), done: now.done };

  function add(flow: string, name: string, n: number): void {
    flows[flow] ??= {};
    flows[flow][name] = (flows[flow][name] ?? 0) + n;
  }

  function total(): number | null {
    const all = parts.keys.map((key) =>
      walked[key] === 'done' ? sizes[key] : Math.max(known[key] ?? Number.NaN, sizes[key] ?? 0),
    );
    const sum = all.reduce<number>((whole, n) => whole + (n ?? 0), 0);
    return Number.isNaN(sum) ? null : sum;
  }

  async function lookAtQueue(): Promise<void> {
    if (run.mode === 'preview') {
      now = { ...now, done: now.seen };
      return;
    }
    // Lanes first: what left the queue before has its event by now.
    const { queued, retrying } = await lanesOfRun(sql, run.id, parts.paused());
    const { upTo, found } = await outcomesOfRun(sql, run.id, counted);
    counted = upTo;
    for (const { mapping, outcome, n } of found) add(mapping, outcome, n);
    now = { ...now, queued, retrying, done: Math.max(0, now.seen - queued) };
  }

  return {
    id: run.id,
    walked: (key) => walked[key],
    walk(key, upTo, records) {
      walked[key] = upTo;
      sizes[key] = (sizes[key] ?? 0) + records;
      now = { ...now, seen: now.seen + records };
    },
    count(flow, name, n = 1, sample) {
      add(flow, name, n);
      if (sample === undefined) return;
      samples[flow] ??= {};
      samples[flow][name] ??= [];
      if (samples[flow][name].length < samplesKept) samples[flow][name].push(sample);
    },
    blame(flow, reason) {
      reasons[flow] ??= {};
      const of = reasons[flow];
      if (of[reason] !== undefined || Object.keys(of).length < reasonsKept)
        of[reason] = (of[reason] ?? 0) + 1;
    },
    get queued() {
      return now.queued;
    },
    async close() {
      await lookAtQueue();
      await keepEnded(sql, run.id, { ...now, total: total(), etaSeconds: 0, sizes, flows });
    },
    async keep(state = 'running', error) {
      await lookAtQueue();
      const seconds = (performance.now() - from.at) / 1000;
      const rate = seconds > 0 ? (now.done - from.done) / seconds : 0;
      const all = total();
      const counts: RunCounts = {
        ...now,
        total: all,
        etaSeconds:
          state !== 'running' ? 0 : all === null || rate <= 0 ? null : Math.ceil((all - now.done) / rate),
        sizes,
        flows,
        ...(Object.keys(reasons).length > 0 && { reasons: topOf(reasons) }),
        ...(error !== undefined && { error }),
      };
      const checkpoint = { ...run.checkpoint, walked, counted };
      return keepRun(sql, parts.token, { id: run.id, checkpoint, counts, samples }, state);
    },
  };
}

function topOf(
  reasons: Readonly<Record<string, Readonly<Record<string, number>>>>,
): Record<string, Record<string, number>> {
  return Object.fromEntries(
    Object.entries(reasons).map(([flow, of]) => [
      flow,
      Object.fromEntries(
        Object.entries(of)
          .sort(([, a], [, b]) => b - a)
          .slice(0, reasonsShown),
      ),
    ]),
  );
}
