import type { FeedChange } from '../core/connector.ts';

/**
 * Tells whose changes come in bulk: an import, a script, a mass update. What they ring is worked on like what runs ring,
 * behind everybody else's edits, which would otherwise wait for all of it; and it is looked at whether it is a mass change.
 */
export interface Floods {
  /** Takes in changes as they are read; answers the authors who are flooding now. */
  of(changes: readonly FeedChange[]): ReadonlySet<string | null>;
}

/** More changes of one author than this within the time below are a flood, if live work does not keep up. */
export const floodOver = 500;
const withinMs = 10_000;

/** What one author has changed lately. */
interface Tally {
  changes: number;
  /** Which records, as far as they are no more than makes a flood. */
  readonly records: Set<string>;
}

/**
 * Watches the feed of one system.
 * @param isBehind whether more live work waits than a step takes: who edits the same records again and again and is kept
 * up with, floods nobody. Who changes many, or so much that one reading is full of it, comes in bulk in any case.
 * @param now in ms
 */
export function createFloods(isBehind: () => boolean, now: () => number = () => performance.now()): Floods {
  let since = now();
  let tallies = new Map<string | null, Tally>();
  let before: ReadonlyMap<string | null, Tally> = tallies;

  return {
    of(changes) {
      const elapsed = now() - since;
      if (elapsed >= withinMs) {
        before = elapsed < 2 * withinMs ? tallies : new Map();
        tallies = new Map();
        since += elapsed;
      }
      const read = new Map<string | null, number>();
      for (const { actor, entity, id } of changes) {
        const tally = tallies.get(actor) ?? { changes: 0, records: new Set() };
        tallies.set(actor, tally);
        tally.changes++;
        if (tally.records.size <= floodOver) tally.records.add(`${entity}:${id}`);
        read.set(actor, (read.get(actor) ?? 0) + 1);
      }
      const behind = isBehind();
      const isMuch = (tally: Tally | undefined): boolean =>
        tally !== undefined && (tally.records.size > floodOver || (behind && tally.changes > floodOver));
      return new Set(
        [...read].flatMap(([actor, n]) =>
          n >= floodOver || isMuch(tallies.get(actor)) || isMuch(before.get(actor)) ? [actor] : [],
        ),
      );
    },
  };
}
