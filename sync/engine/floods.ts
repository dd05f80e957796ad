import type { FeedChange } from '../core/connector.ts';

/**
 * Tells whose changes come in bulk: an import, a script, a mass update. What they ring is worked on like what runs ring,
 * behind everybody else's edits, which would otherwise wait for all of it.
 */
export interface Floods {
  /** Takes in changes as they are read; answers the authors who are flooding now. */
  of(changes: readonly FeedChange[]): ReadonlySet<string | null>;
}

/** More changes of one author than this within the time below are a flood, if live work does not keep up. */
const most = 500;
const withinMs = 10_000;

/**
 * Watches the feed of one system.
 * @param isBehind whether more live work waits than a step takes: who writes much and is kept up with, floods nobody
 * @param now in ms
 */
export function createFloods(isBehind: () => boolean, now: () => number = () => performance.now()): Floods {
  let since = now();
  let counts = new Map<string | null, number>();
  let before: ReadonlyMap<string | null, number> = counts;

  return {
    of(changes) {
      const elapsed = now() - since;
      if (elapsed >= withinMs) {
        before = elapsed < 2 * withinMs ? counts : new Map();
        counts = new Map();
        since += elapsed;
      }
      for (const { actor } of changes) counts.set(actor, (counts.get(actor) ?? 0) + 1);
      if (!isBehind()) return nobody;
      const much = (actor: string | null): boolean =>
        Math.max(counts.get(actor) ?? 0, before.get(actor) ?? 0) > most;
      return new Set(changes.map(({ actor }) => actor).filter(much));
    },
  };
}

const nobody: ReadonlySet<string | null> = new Set();
