import type { FeedChange } from '../core/connector.ts';
import type { RecordRef, Side } from '../core/types.ts';
import { refKey } from './records.ts';

/**
 * The newest versions that this process wrote. A change that reports exactly such a version tells nothing that the
 * step which wrote it does not know; it is the identity of the write that decides, not its author. Only a shortcut:
 * what it forgets comes to a plan of kind none, and a step that dies before it has recorded runs again anyway.
 */
export interface WrittenVersions {
  add(ref: RecordRef, version: string): void;
  /** The changes that may bring news. */
  news(side: Side, changes: readonly FeedChange[]): readonly FeedChange[];
}

/** Remembered versions; the oldest are forgotten first. */
const most = 20_000;

/** An empty memory of written versions. */
export function createWrittenVersions(): WrittenVersions {
  const versions = new Map<string, string>();
  return {
    add(ref, version) {
      const key = refKey(ref);
      versions.delete(key);
      versions.set(key, version);
      if (versions.size > most) versions.delete(versions.keys().next().value!);
    },
    news: (side, changes) =>
      changes.filter(
        ({ entity, id, version }) =>
          version === null || versions.get(refKey({ side, entity, id })) !== version,
      ),
  };
}
