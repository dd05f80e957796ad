/** The newest entries of a log table, in memory. Their positions are dense, so nothing lies between two that follow each other. */
export interface Recent<T> {
  /** Position up to which the log was followed. */
  readonly head: number;
  /** Takes in what was read behind the head, some of which may have come in meanwhile. False: nothing of it is new. */
  takeIn(read: readonly T[]): boolean;
  /** Up to so many entries after a position; null where what is kept does not reach back so far. */
  after(position: number, most: number): readonly T[] | null;
  /** Forgets what is kept, and goes on from this position. */
  moveTo(head: number): void;
}

/**
 * Follows a log from a position on and keeps up to so many entries of it. What has become too old is cut off a quarter at
 * a time: to copy all that is kept for each batch of a few entries took longer than reading them.
 */
export function createRecent<T extends { readonly cursor: string | null }>(
  size: number,
  from: number,
): Recent<T> {
  const longest = size + Math.ceil(size / 4);
  let head = from;
  let kept: T[] = [];
  return {
    get head() {
      return head;
    },
    takeIn(read) {
      const fresh = read.filter(({ cursor }) => Number(cursor) > head);
      if (fresh.length === 0) return false;
      for (const entry of fresh) kept.push(entry);
      if (kept.length > longest) kept = kept.slice(-size);
      head = Number(fresh.at(-1)!.cursor);
      return true;
    },
    after(position, most) {
      const behind = head - position;
      if (behind <= 0) return [];
      if (behind > Math.min(size, kept.length)) return null;
      const start = kept.length - behind;
      return kept.slice(start, start + most);
    },
    moveTo(position) {
      head = position;
      kept = [];
    },
  };
}
