import { betterReading, type ClockReading, clockOffsets, clockReading } from '../core/clock.ts';
import type { Connector } from '../core/connector.ts';
import { sides } from '../core/sides.ts';
import type { Side } from '../core/types.ts';
import type { BreakerState } from './guard.ts';
import { rest } from './rest.ts';

/** How far both systems' clocks are ahead of ours, as last measured. */
export interface Clocks {
  /** Milliseconds to take off a system's instants: always the latest. */
  readonly offsets: Readonly<Record<Side, number>>;
  /** What was measured; null for a system that does not tell its time, or was never reached. */
  readings(): Readonly<Record<Side, ClockReading | null>>;
  /** Measures now and from now on, until `signal` aborts. Resolves when both were measured, or took too long. */
  start(signal: AbortSignal): Promise<void>;
  readonly done: () => Promise<void>;
}

/** How often a clock is looked at; one that was set is wrong for at most so long, in ms. */
const everyMs = 10_000;
/** What a narrow reading of long ago says less and less: clocks drift by up to so many ms per measurement. */
const driftMs = 0.5;
/** The first call opens connections and takes its time: the best of so many counts. */
const atFirst = 3;
/** A system that hangs must not hold up the start, in ms. */
const patienceMs = 500;

/** Watches the clocks of both systems by their health checks; one whose breaker is open is left alone. */
export function createClocks(
  connectors: Readonly<Record<Side, Connector>>,
  breaker: (side: Side) => BreakerState,
): Clocks {
  const known: Record<Side, ClockReading | null> = { crm: null, erp: null };
  let offsets = clockOffsets(known);
  const watching: Promise<void>[] = [];

  async function measure(side: Side): Promise<void> {
    if (breaker(side).open) return;
    const [began, asked] = [Date.now(), performance.now()];
    const { at } = await connectors[side].check();
    if (at === undefined) return;
    const latest = clockReading(began, Date.parse(at), began + performance.now() - asked);
    const before = known[side];
    known[side] = betterReading(before && { ...before, boundMs: before.boundMs + driftMs }, latest);
    offsets = clockOffsets(known);
  }

  async function watch(side: Side, signal: AbortSignal, onFirst: () => void): Promise<void> {
    for (let n = 1; !signal.aborted; n++) {
      // What is wrong with a system is told by whoever has work for it.
      await measure(side).catch(() => {});
      if (n < atFirst) continue;
      onFirst();
      await rest(everyMs, signal);
    }
    onFirst();
  }

  return {
    offsets: Object.defineProperties({} as Record<Side, number>, {
      crm: { enumerable: true, get: () => offsets.crm },
      erp: { enumerable: true, get: () => offsets.erp },
    }),
    readings: () => ({ ...known }),
    async start(signal) {
      const enough = new AbortController();
      const measured = sides.map(
        (side) => new Promise<void>((resolve) => watching.push(watch(side, signal, resolve))),
      );
      await Promise.race([Promise.all(measured), rest(patienceMs, AbortSignal.any([signal, enough.signal]))]);
      enough.abort();
    },
    done: async () => void (await Promise.all(watching)),
  };
}
