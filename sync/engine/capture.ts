import type { Connector } from '../core/connector.ts';
import { SyncError } from '../core/errors.ts';
import type { MappingName, Side } from '../core/types.ts';
import { captureChanges, feedCursor, setFeedCursor, type Taker } from '../store/changes.ts';
import type { Lane } from '../store/lanes.ts';
import type { Sql } from '../store/sql.ts';
import type { WrittenVersions } from './written.ts';

/** What capture needs of one system. */
export interface CaptureParts {
  readonly sql: Sql;
  readonly side: Side;
  readonly connector: Connector;
  readonly mappingsOf: (entity: string) => readonly MappingName[];
  readonly written: WrittenVersions;
  /** Whoever has nothing to do at this moment and takes what is rung. */
  readonly taker: () => Taker | undefined;
  /** Called after lanes were rung, with those that were taken in the same moment, and whether there are others. */
  readonly onRung: (taken: readonly Lane[], others: boolean) => void;
  /** Called after every batch, rung or not. */
  readonly onRead: () => void;
  readonly onError: (error: unknown) => void;
  /** The feed no longer reaches back to our cursor: everything has to be walked. */
  readonly onExpired: () => Promise<void>;
}

/** Reads a system's feed from the stored cursor and rings lanes, until `signal` aborts. Comes back after every error. */
export async function capture(parts: CaptureParts, signal: AbortSignal): Promise<void> {
  let pause = firstPauseMs;
  while (!signal.aborted) {
    try {
      let after = await feedCursor(parts.sql, parts.side);
      for await (const changes of parts.connector.changes(after, signal)) {
        if (changes.length === 0) continue;
        const news = parts.written.news(parts.side, changes);
        const { rung, joined, taken } = await captureChanges(
          parts.sql,
          parts.side,
          after,
          changes,
          news,
          parts.mappingsOf,
          parts.taker(),
        );
        pause = firstPauseMs;
        if (rung > 0) parts.onRung(taken, rung > taken.length);
        parts.onRead();
        if (!joined) break;
        after = changes.at(-1)!.cursor;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof SyncError && error.code === 'CURSOR_EXPIRED')
        await resume(parts).catch(parts.onError);
      parts.onError(error);
      await rest(pause, signal);
      pause = Math.min(pause * 2, longestPauseMs);
    }
  }
}

/** Goes on at the feed's present end, and has everything walked that was changed before it. */
async function resume({ sql, side, connector, onExpired }: CaptureParts): Promise<void> {
  const head = await connector.head();
  await onExpired();
  if (head !== null) await setFeedCursor(sql, side, head);
}

const firstPauseMs = 100;
const longestPauseMs = 10_000;

/** Resolves after `ms`, or at once when `signal` aborts. */
export function rest(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
