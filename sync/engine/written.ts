import type { FeedChange } from '../core/connector.ts';
import type { RecordRef, Side } from '../core/types.ts';
import { refKey } from './records.ts';

/**
 * Versions that this process has written lately. A change that reports exactly such a version tells nothing that the
 * step which wrote it does not know; it is the identity of the write that decides, not its author. Only a shortcut:
 * what it forgets comes to a plan of kind none, and a step that dies before it has recorded runs again anyway.
 */
export interface WrittenVersions {
  add(ref: RecordRef, version: string): void;
  /** The changes that may bring news. */
  news(side: Side, changes: readonly FeedChange[]): readonly FeedChange[];
}

/** Remembered records; the oldest are forgotten first. */
const most = 20_000;
/** Versions per record: more than the rounds of a step. */
const mostOfRecord = 8;

/** An empty memory of written versions. */
export function createWrittenVersions(): WrittenVersions {
  /** Per record, what was written and may still come back, oldest first: one step may write a record several times. */
  const versions = new Map<string, readonly string[]>();

  function isOwn(side: Side, { entity, id, version }: FeedChange): boolean {
    if (version === null) return false;
    const key = refKey({ side, entity, id });
    const own = versions.get(key) ?? [];
    const at = own.indexOf(version);
    // What came before has come back by now: shown again, it is somebody else's doing, where versions tell of contents.
    if (at > 0) versions.set(key, own.slice(at));
    return at >= 0;
  }

  return {
    add(ref, version) {
      const key = refKey(ref);
      const before = versions.get(key) ?? [];
      versions.delete(key);
      versions.set(key, [...before.slice(1 - mostOfRecord), version]);
      if (versions.size > most) versions.delete(versions.keys().next().value!);
    },
    news: (side, changes) => changes.filter((change) => !isOwn(side, change)),
  };
}
