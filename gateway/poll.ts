import type { Log } from './options.ts';

/** Stops polling; resolves when a look under way has ended. */
export type StopPolling = () => Promise<void>;

/**
 * Looks for a change again and again. A look that fails is logged once per reason, and what is served stays.
 * @param look reads anew and swaps where something has changed
 * @param everyMs between the end of one look and the next
 */
export function pollForChanges(look: () => Promise<void>, everyMs: number, log: Log): StopPolling {
  let stopped = false;
  let lastProblem: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  const again = async () => {
    try {
      await look();
      if (lastProblem !== undefined) log.info({}, 'the supergraph can be read again');
      lastProblem = undefined;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== lastProblem) log.error({ problem }, 'keeping the last good supergraph');
      lastProblem = problem;
    }
    if (!stopped) schedule();
  };
  const schedule = () => {
    timer = setTimeout(() => {
      looking = again();
    }, everyMs);
  };
  schedule();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await looking;
  };
}
