import type { FeedChange } from '../core/connector.ts';
import { fewest, type IsMostOfFlow } from './most-of-flow.ts';

/**
 * Tells whose changes come in bulk: an import, a script, a mass update. What they ring is worked on like what runs ring,
 * behind everybody else's edits, which would otherwise wait for all of it.
 */
export interface Floods {
  /** Takes in changes as they are read. */
  of(changes: readonly FeedChange[]): Promise<Incoming>;
}

/** Authors of what was just read. */
export interface Incoming {
  /** Whose changes come in bulk. */
  readonly bulk: ReadonlySet<string | null>;
  /**
   * Those of them who change so much at once that one reading is full of it, or has most of a flow, or was and had a moment
   * ago: it is looked at whether that is a mass change. Who edits one record after the other, however fast, makes none.
   */
  readonly flooding: ReadonlySet<string | null>;
}

/** More changes of one author than this within the time below come in bulk, if live work does not keep up; so many in one reading do in any case. */
const floodOver = 500;
const withinMs = 10_000;

/** What one author has changed lately. */
interface Tally {
  changes: number;
  /** Whether a reading was full of it, or had most of a flow. */
  flood: boolean;
}

/**
 * Watches the feed of one system.
 * @param isBehind whether more live work waits than a step takes: who writes much and is kept up with is live work
 * @param now in ms
 */
export function createFloods(
  isBehind: () => boolean,
  isMostOfFlow: IsMostOfFlow,
  now: () => number = () => performance.now(),
): Floods {
  let since = now();
  let tallies = new Map<string | null, Tally>();
  let before: ReadonlyMap<string | null, Tally> = tallies;

  return {
    async of(changes) {
      const elapsed = now() - since;
      if (elapsed >= withinMs) {
        before = elapsed < 2 * withinMs ? tallies : new Map();
        tallies = new Map();
        since += elapsed;
      }
      const read = Map.groupBy(changes, ({ actor }) => actor);
      for (const [actor, own] of read) {
        const tally = tallies.get(actor) ?? { changes: 0, flood: false };
        tallies.set(actor, tally);
        tally.changes += own.length;
        tally.flood ||= own.length >= floodOver || (await isMuch(own, isMostOfFlow));
      }
      const behind = isBehind();
      const authors = (is: (tally: Tally) => boolean) =>
        new Set(
          [...read.keys()].filter((actor) =>
            [tallies.get(actor), before.get(actor)].some((tally) => tally !== undefined && is(tally)),
          ),
        );
      return {
        bulk: authors(({ changes, flood }) => flood || (behind && changes > floodOver)),
        flooding: authors(({ flood }) => flood),
      };
    },
  };
}

/** Whether this changes most of a flow. */
async function isMuch(changes: readonly FeedChange[], isMostOfFlow: IsMostOfFlow): Promise<boolean> {
  if (changes.length < fewest) return false;
  for (const [entity, own] of Map.groupBy(changes, (change) => change.entity))
    if (await isMostOfFlow(entity, new Set(own.map(({ id }) => id)).size)) return true;
  return false;
}
