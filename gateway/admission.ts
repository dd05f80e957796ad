import { Refusal } from './http/refusal.ts';

/** Lets a bounded number of operations run; the others wait, callers taking turns. */
export type Admission = {
  /** Resolves with a function that gives the place back. Throws a Refusal (503) when too many wait already. */
  enter(callerKey: string): Promise<() => void>;
  readonly running: () => number;
  readonly waiting: () => number;
};

/** @param running how many at once · @param waiting how many more before refusing */
export function createAdmission(limits: { readonly running: number; readonly waiting: number }): Admission {
  let running = 0;
  let waiting = 0;
  // Callers in the order of their next turn; each with its own line, so that one cannot fill the whole queue's front.
  const lines = new Map<string, (() => void)[]>();
  const leave = () => {
    const first = lines.entries().next();
    if (first.done) {
      running--;
      return;
    }
    const [key, line] = first.value;
    lines.delete(key);
    const proceed = line.shift()!;
    if (line.length > 0) lines.set(key, line);
    waiting--;
    proceed();
  };
  const once = () => {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      leave();
    };
  };
  return {
    enter: async (callerKey) => {
      if (running < limits.running) {
        running++;
        return once();
      }
      if (waiting >= limits.waiting)
        throw new Refusal(503, 'OVERLOADED', 'Too many requests are waiting; try again in a moment.', {
          'retry-after': '1',
        });
      waiting++;
      await new Promise<void>((resolve) => {
        const line = lines.get(callerKey);
        if (line) line.push(resolve);
        else lines.set(callerKey, [resolve]);
      });
      return once();
    },
    running: () => running,
    waiting: () => waiting,
  };
}
