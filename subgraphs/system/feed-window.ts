import type { FeedChange } from '../../sync/core/connector.ts';

/** Newest changes kept in memory for the readers at the head; who is further behind reads the table. */
const windowSize = 5000;

/** The newest changes of a feed, in memory. Positions are dense, so nothing lies between two that follow each other. */
export interface FeedWindow {
  /** Position up to which this window has followed the feed; null until it begins. */
  readonly head: number | null;
  /** Begins to follow behind this position. */
  begin(head: number): void;
  /** Takes in what was read behind the head, some of which may have come in meanwhile. False: nothing of it is new. */
  takeIn(read: readonly FeedChange[]): boolean;
  /** Up to so many changes after a position at the head or before it; null where the window does not reach back so far. */
  after(position: number, most: number): readonly FeedChange[] | null;
}

/** A window that has not begun. */
export function createFeedWindow(): FeedWindow {
  let head: number | null = null;
  let changes: readonly FeedChange[] = [];
  return {
    get head() {
      return head;
    },
    begin(position) {
      head ??= position;
    },
    takeIn(read) {
      const from = head ?? Number.POSITIVE_INFINITY;
      const fresh = read.filter(({ cursor }) => Number(cursor) > from);
      if (fresh.length === 0) return false;
      changes = [...changes, ...fresh].slice(-windowSize);
      head = Number(fresh.at(-1)!.cursor);
      return true;
    },
    after(position, most) {
      if (position === head) return [];
      const skipped = position + 1 - Number(changes[0]?.cursor ?? Number.POSITIVE_INFINITY);
      return skipped < 0 ? null : changes.slice(skipped, skipped + most);
    },
  };
}
