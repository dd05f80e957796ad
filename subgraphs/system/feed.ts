import { createFlush } from '../../drizzle/postgres/flush.ts';
import type { Sql } from '../../drizzle/postgres/open.ts';
import type { EditsAsked, FeedChange } from '../../sync/core/connector.ts';
import { feedLog } from './feed-log.ts';
import { openFeedSignals } from './feed-signals.ts';
import { createFeedTail } from './feed-tail.ts';
import { type Run, runOn } from './sql-text.ts';

/**
 * How long the sync's own writes may gather, in milliseconds: it is the one who waits for most changes, and knows these. A
 * subscriber sees them later by so much; whoever asks for the head has them at once.
 */
const gatherMs = 100;

/** The change feed of one system in this process: one sequencing loop for all its readers. */
export interface Feed {
  /** A commit has happened here: wakes the readers of this process, and tells other processes. */
  ring(): void;
  /**
   * Sends the reading of what is new behind a write, on its connection and in its flight: what it rings is here as soon
   * as its own answer is. False where nobody reads: then, and where the write commits later, ring.
   */
  readBehind(run: Run): boolean;
  /** What was written has been read behind it: only other processes are to be told. */
  tellOthers(): void;
  /** The same as `ring` after a write whose author knows what it says: it may wait a little for others to come along. */
  ringSoon(): void;
  /** Changes after a cursor; only what has its position on the disk, unless they are read `inside`. */
  changes(after: string | null, signal: AbortSignal, inside: boolean): AsyncIterable<readonly FeedChange[]>;
  /** Cursor of the newest change; null while there is none. */
  head(): Promise<string | null>;
  /** The last edit of each of these records in a part of the feed. */
  edits(asked: EditsAsked): Promise<readonly FeedChange[]>;
  prune(age: string): Promise<string>;
  close(): Promise<void>;
}

/** Opens the feed of a schema. Nothing runs until somebody reads. */
export function createFeed(sql: Sql, schema: string): Feed {
  const run = runOn(sql);
  const log = feedLog(run, schema);
  const flush = createFlush(sql);
  const tail = createFeedTail(log);
  const signals = openFeedSignals(sql, run, `tandem_${schema}`, tail.look);
  let gathering: NodeJS.Timeout | undefined;

  async function* changes(
    after: string | null,
    signal: AbortSignal,
    inside: boolean,
  ): AsyncGenerator<readonly FeedChange[]> {
    using reader = tail.join(signal);
    if (!reader) return;
    signals.listen();
    let position = await log.positionOf(after);
    for (;;) {
      const batch = await reader.next(position);
      if (!batch) return;
      position = Number(batch.at(-1)!.cursor);
      if (!inside) await flush();
      yield batch;
    }
  }

  function lookNow(): void {
    clearTimeout(gathering);
    gathering = undefined;
    tail.look();
  }

  return {
    ring() {
      lookNow();
      signals.send();
    },
    readBehind: tail.readBehind,
    tellOthers: signals.send,
    ringSoon() {
      if (tail.isRead()) gathering ??= setTimeout(lookNow, gatherMs);
      signals.send();
    },
    changes,
    async head() {
      // Who asks for the head is about to wait for the readers to reach it.
      lookNow();
      const { head } = await log.bounds();
      await flush();
      return head === 0 ? null : String(head);
    },
    edits: log.edits,
    prune: log.prune,
    async close() {
      clearTimeout(gathering);
      await Promise.all([tail.close(), signals.close()]);
    },
  };
}
