import { Refusal } from '../http/refusal.ts';

/**
 * Lets a bounded number of operations run; the others wait, callers taking turns. Where no more may wait, the newest of
 * the longest line gives way to one of a shorter line: a caller who floods fills the queue for himself alone.
 */
export type Admission = {
  /**
   * Resolves with a function that gives the place back. Throws a Refusal (503) when too many wait already, and when
   * the signal aborts first: whose time was spent waiting, or whose client has gone, takes no place from the others.
   */
  enter(callerKey: string, signal: AbortSignal): Promise<() => void>;
  readonly running: () => number;
  readonly waiting: () => number;
};

type Waiting = { proceed(): void; giveUp(): void };

/** @param running how many at once · @param waiting how many more before refusing */
export function createAdmission(limits: { readonly running: number; readonly waiting: number }): Admission {
  let running = 0;
  let waiting = 0;
  // Callers in the order of their next turn; each with its own line, so that one cannot fill the whole queue's front.
  const lines = new Map<string, Set<Waiting>>();
  const leave = () => {
    const first = lines.entries().next();
    if (first.done) {
      running--;
      return;
    }
    const [key, line] = first.value;
    lines.delete(key);
    const [next] = line;
    line.delete(next!);
    if (line.size > 0) lines.set(key, line);
    waiting--;
    next!.proceed();
  };
  const makeRoom = (key: string): boolean => {
    const own = lines.get(key) ?? new Set();
    const longest = [...lines.values()].reduce((most, line) => (line.size > most.size ? line : most), own);
    // Else one's own line would then be the longest.
    if (longest.size <= own.size + 1) return false;
    [...longest].at(-1)!.giveUp();
    return true;
  };
  const once = () => {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      leave();
    };
  };
  const wait = (key: string, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const line = lines.get(key) ?? new Set();
      const proceed = () => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = () => {
        signal.removeEventListener('abort', giveUp);
        line.delete(place);
        if (line.size === 0) lines.delete(key);
        waiting--;
        reject(overloaded());
      };
      const place: Waiting = { proceed, giveUp };
      lines.set(key, line.add(place));
      waiting++;
      signal.addEventListener('abort', giveUp, { once: true });
    });
  return {
    enter: async (callerKey, signal) => {
      if (running < limits.running) {
        running++;
        return once();
      }
      if (signal.aborted || (waiting >= limits.waiting && !makeRoom(callerKey))) throw overloaded();
      await wait(callerKey, signal);
      return once();
    },
    running: () => running,
    waiting: () => waiting,
  };
}

function overloaded(): Refusal {
  return new Refusal(503, 'OVERLOADED', 'Too many requests are waiting; try again in a moment.', {
    'retry-after': '1',
  });
}
