import { Unavailable } from '../plan/subgraph-error.ts';

/** Runs calls to one subgraph, or refuses them while it is known to be down. */
export type Breaker = {
  run<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T>;
  readonly isOpen: () => boolean;
};

/** Failures in a row after which a subgraph counts as down. */
const FAILURES = 10;

/** How long it is then left alone before one call may try it again, milliseconds. */
const PAUSE_MS = 2_000;

/** Keeps requests from waiting out a timeout each while a subgraph is down. */
export function createBreaker(name: string, now: () => number = Date.now): Breaker {
  let failures = 0;
  let openUntil = 0;
  const run: Breaker['run'] = async (call, signal) => {
    if (failures >= FAILURES) {
      if (now() < openUntil)
        throw new Unavailable(`${name} failed ${failures} times in a row and is left alone`);
      // This call is the probe; others keep being refused until it has ended.
      openUntil = now() + PAUSE_MS;
    }
    try {
      const result = await call();
      failures = 0;
      return result;
    } catch (error) {
      // A client that went away says nothing about the subgraph.
      if (!signal.aborted) {
        failures++;
        if (failures >= FAILURES) openUntil = now() + PAUSE_MS;
      }
      throw error;
    }
  };
  return { run, isOpen: () => failures >= FAILURES };
}
