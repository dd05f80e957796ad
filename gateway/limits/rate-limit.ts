import { Refusal } from '../http/refusal.ts';
import { createLru } from '../lru.ts';

/** Counts a request of a caller. Throws a Refusal (429) when there have been too many. */
export type RateLimit = (callerKey: string) => void;

/** Callers remembered; one who is forgotten starts with a full allowance again. */
const MAX_CALLERS = 50_000;

/**
 * An allowance per caller that fills up evenly; 0 per minute means no limit. A burst may take it all at once.
 * @param what is counted, as the refusal calls it
 */
export function createRateLimit(
  perMinute: number,
  what = 'requests',
  now: () => number = Date.now,
): RateLimit {
  if (perMinute <= 0) return () => {};
  const callers = createLru<string, { left: number; at: number }>(MAX_CALLERS);
  return (key) => {
    const time = now();
    const known = callers.get(key) ?? { left: perMinute, at: time };
    known.left = Math.min(perMinute, known.left + ((time - known.at) / 60_000) * perMinute);
    known.at = time;
    callers.set(key, known);
    if (known.left < 1) {
      const seconds = Math.ceil(((1 - known.left) * 60) / perMinute);
      throw new Refusal(429, 'RATE_LIMITED', `Too many ${what}; try again in ${seconds} s.`, {
        'retry-after': String(seconds),
      });
    }
    known.left -= 1;
  };
}
