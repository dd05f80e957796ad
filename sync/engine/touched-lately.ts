import type { Sql } from '../store/sql.ts';
import { countTouched, type Editing, type Touched } from '../store/touched.ts';
import { leastIdAt } from './new-id.ts';

/** How long what a flood rings gathers before it is taken, in ms: it is judged before the first of it is written. */
export const floodMs = 1_000;

/**
 * How long a count holds, in ms. Whatever is taken by then was in the queue when it was made: it gathers for longer, and
 * the rest of the time is left to whoever captures it.
 */
const holdsMs = floodMs / 2;

/** What somebody's flood has edited so long ago, in ms, is no part of it any more. */
const carriedOutMs = 60_000;

/** How much of their flows authors have edited in floods; the steps of one flood share a count while it holds. */
export interface TouchedLately {
  of(editing: readonly Editing[]): Promise<readonly Touched[]>;
}

/** Counts for one process. @param now in ms */
export function createTouchedLately(sql: Sql, now: () => number = () => performance.now()): TouchedLately {
  const counts = new Map<string, { readonly at: number; readonly count: Promise<readonly Touched[]> }>();
  return {
    async of(editing) {
      const at = now();
      for (const [on, known] of counts) if (at - known.at >= holdsMs) counts.delete(on);
      const unknown = editing.filter(({ on }) => !counts.has(on));
      if (unknown.length > 0) {
        const count = countTouched(sql, unknown, leastIdAt(Date.now() - carriedOutMs));
        for (const { on } of unknown) counts.set(on, { at, count });
        // One that failed is no answer to whoever asks next.
        count.catch(() => {
          for (const { on } of unknown) counts.delete(on);
        });
      }
      const found = await Promise.all(
        editing.map(async (each) => {
          const own = await counts.get(each.on)!.count;
          return own.filter(({ on }) => on === each.on);
        }),
      );
      return found.flat();
    },
  };
}
