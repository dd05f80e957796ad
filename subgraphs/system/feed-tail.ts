import { createRecent, type Recent } from '../../drizzle/postgres/recent.ts';
import type { FeedChange } from '../../sync/core/connector.ts';
import { CursorExpired } from './failures.ts';
import { batchSize, type FeedLog } from './feed-log.ts';
import type { Run } from './sql-text.ts';

/** Newest changes kept in memory for the readers at the head; who is further behind reads the table. */
const keptMost = 5000;

/** Safety net, in milliseconds: how long a change can go unnoticed when every signal is lost. */
const pollMs = 500;

/** The end of a feed, followed once in this process for all its readers, and only while there are any. */
export interface FeedTail {
  /** Something may be new: reads it, and once more if this is called meanwhile. */
  look(): void;
  /** Sends the look behind a write, on its connection and in its flight. False: nobody reads, or nothing is followed yet. */
  readBehind(writer: Run): boolean;
  isRead(): boolean;
  /** One more reader, until it is disposed of; null where it would have nothing to read any more. */
  join(signal: AbortSignal): FeedReader | null;
  close(): Promise<void>;
}

/** Somebody who reads a feed at his own pace. */
export interface FeedReader extends Disposable {
  /** What follows the position, as soon as there is any; null once his signal, or the feed, has ended. */
  next(position: number): Promise<readonly FeedChange[] | null>;
}

/** The tail of a log. */
export function createFeedTail(log: FeedLog): FeedTail {
  /** None until it is followed, nor once the last reader has left: what is still found out for him goes into the old one. */
  let recent: Recent<FeedChange> | null = null;
  let readers = 0;
  let poll: NodeJS.Timeout | undefined;
  let closed = false;
  let wanted = false;
  let turning = false;
  let turn: Promise<void> = Promise.resolve();
  const waiting = new Set<() => void>();

  function look(): void {
    if (!isRead()) return;
    wanted = true;
    if (!turning) turn = follow();
  }

  async function follow(): Promise<void> {
    turning = true;
    try {
      while (wanted && isRead()) {
        wanted = false;
        await advance();
      }
    } catch {
      // A database that is away is tried again by the poll; its health is told by `check`, not here.
    } finally {
      turning = false;
    }
  }

  async function advance(): Promise<void> {
    if (recent) return takeIn(recent, await log.after(recent.head));
    const { head } = await log.bounds();
    if (isRead()) recent ??= createRecent(keptMost, head);
    wake();
  }

  function takeIn(into: Recent<FeedChange>, read: readonly FeedChange[]): void {
    if (into.takeIn(read)) wake();
    if (read.length === batchSize) look();
  }

  function wake(): void {
    for (const resume of waiting) resume();
    waiting.clear();
  }

  async function next(position: number, signal: AbortSignal): Promise<readonly FeedChange[] | null> {
    while (!signal.aborted && !closed) {
      const woken = new Promise<void>((resume) => waiting.add(resume));
      if (!recent) look();
      const batch = recent?.after(position, batchSize) ?? (await fromTable(position));
      if (batch.length > 0) return batch;
      if (!signal.aborted && !closed) await woken;
    }
    return null;
  }

  async function fromTable(position: number): Promise<readonly FeedChange[]> {
    const read = await log.after(position);
    if (read[0] && Number(read[0].cursor) !== position + 1)
      throw new CursorExpired(String(position), String((await log.bounds()).pruned));
    return read;
  }

  const isRead = (): boolean => readers > 0 && !closed;

  return {
    look,
    isRead,
    readBehind(writer) {
      const into = recent;
      if (!isRead() || !into) return false;
      log.after(into.head, writer).then((read) => takeIn(into, read), look);
      return true;
    },
    join(signal) {
      if (signal.aborted || closed) return null;
      if (++readers === 1) poll = setInterval(look, pollMs).unref();
      signal.addEventListener('abort', wake, { once: true });
      return {
        next: (position) => next(position, signal),
        [Symbol.dispose]() {
          signal.removeEventListener('abort', wake);
          if (--readers > 0) return;
          clearInterval(poll);
          recent = null;
        },
      };
    },
    async close() {
      closed = true;
      clearInterval(poll);
      wake();
      await turn;
    },
  };
}
