import type { ApolloFront } from '../apollo.ts';
import { compareSchemas } from '../compose/schema-changes.ts';
import type { Log } from '../options.ts';
import type { Served, ServedFrom } from '../served.ts';

/** What is served from moment to moment. */
export type HotSwap = {
  /** What new requests are answered from; null before there is anything. */
  now(): Served | null;
  /** Serves something else from now on; requests under way end with what they began with. Rejects as `load` does. */
  swap(from: ServedFrom): Promise<Served>;
  /** Resolves when all that was ever served has ended. */
  stop(): Promise<void>;
};

/** Serves nothing, until the first swap. */
export function createHotSwap(
  load: (from: ServedFrom) => Promise<Served>,
  apollo: ApolloFront,
  log: Log,
): HotSwap {
  let served: Served | null = null;
  const retiring = new Set<Promise<void>>();
  const retire = (old: Served, fresh: Served) => {
    const { breaking } = compareSchemas(old.engine.schema, fresh.engine.schema);
    if (breaking.length > 0) log.warn({ breaking }, 'the new supergraph can break clients of the old one');
    // Streams may go on with the old one for hours; only stopping waits for it.
    const retired = old.retire().finally(() => retiring.delete(retired));
    retiring.add(retired);
  };
  return {
    now: () => served,
    swap: async (from) => {
      const fresh = await load(from);
      await apollo.update(fresh);
      const old = served;
      served = fresh;
      if (old) retire(old, fresh);
      return fresh;
    },
    stop: async () => {
      await Promise.all([served?.retire(), ...retiring]);
    },
  };
}
