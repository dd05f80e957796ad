import { comesBefore } from '../core/before.ts';
import type { Connector } from '../core/connector.ts';
import { isExpired } from '../core/errors.ts';
import type { MappingName, Side } from '../core/types.ts';
import { captureChanges, feedCursor, setFeedCursor } from '../store/changes.ts';
import type { Sql } from '../store/sql.ts';
import { gatherMs } from './claims.ts';
import { createFloods, type Floods } from './floods.ts';
import { createMostOfFlow } from './most-of-flow.ts';
import { rest } from './rest.ts';
import { floodMs } from './touched-lately.ts';
import type { Workers } from './workers.ts';
import type { WrittenVersions } from './written.ts';

/** What capture needs of one system. */
export interface CaptureParts {
  readonly sql: Sql;
  readonly side: Side;
  readonly connector: Connector;
  readonly mappingsOf: (entity: string) => readonly MappingName[];
  readonly written: WrittenVersions;
  /** The share of a flow that one author may change alike and at once. */
  readonly massEditShare: number;
  /** Who works on what is rung. */
  readonly workers: () => Pick<Workers, 'taker' | 'isBehind' | 'hand' | 'wakeRuns'>;
  /** Called after every batch, rung or not. */
  readonly onRead: () => void;
  /** Records without a link were passed over, since their flow rests. */
  readonly onStrangers: () => void;
  readonly onError: (error: unknown) => void;
  /** The feed no longer reaches back to our cursor: everything has to be walked. */
  readonly onExpired: () => Promise<void>;
}

/** Reads a system's feed from the stored cursor and rings lanes, until `signal` aborts. Comes back after every error. */
export async function capture(parts: CaptureParts, signal: AbortSignal): Promise<void> {
  let pause = firstPauseMs;
  const floods = createFloods(
    () => parts.workers().isBehind(),
    createMostOfFlow({ ...parts, share: parts.massEditShare }),
  );
  while (!signal.aborted) {
    try {
      await readOn(parts, floods, signal, () => {
        pause = firstPauseMs;
      });
    } catch (error) {
      if (signal.aborted) return;
      if (isExpired(error)) await resume(parts).catch(parts.onError);
      parts.onError(error);
      await rest(pause, signal);
      pause = Math.min(pause * 2, longestPauseMs);
    }
  }
}

/** Reads from the stored cursor on until the feed ends, or has to be read from the stored cursor again. */
async function readOn(
  parts: CaptureParts,
  floods: Floods,
  stop: AbortSignal,
  onCaptured: () => void,
): Promise<void> {
  let after = await feedCursor(parts.sql, parts.side);
  using place = watchPlace(parts, () => after);
  const signal = AbortSignal.any([stop, place.forgotten]);
  for await (const changes of parts.connector.changes(after, signal)) {
    if (changes.length === 0) continue;
    const news = parts.written.news(parts.side, changes);
    const workers = parts.workers();
    const taker = workers.taker();
    const incoming = await floods.of(news);
    const { rung, bulk, joined, taken, strange } = await captureChanges(parts.sql, {
      side: parts.side,
      after,
      changes,
      news,
      mappingsOf: parts.mappingsOf,
      taker,
      ...incoming,
      floodMs: parts.massEditShare < 1 ? floodMs : 0,
    });
    onCaptured();
    if (rung > bulk) workers.hand(taken, rung - bulk > taken.length);
    if (bulk > 0) workers.wakeRuns();
    if (strange) parts.onStrangers();
    parts.onRead();
    if (!joined) return;
    after = changes.at(-1)!.cursor;
    // Where more than one comes at a time, or the workers are busy, changes gather as long as their rings do: what is captured
    // meanwhile comes no later, and a third of the captures is saved.
    if (rung > 1 || (rung > 0 && !taker)) await rest(gatherMs, signal);
  }
}

/** How long a database may have forgotten what was captured last before its reader knows, in ms. */
const placeMs = 1_000;

/**
 * Looks now and then whether the database still knows how far the feed was read. One that went down may have come back
 * without the last captures and what they rang, although no statement failed; and where no more news comes, nothing
 * else would tell the reader, who waits for it at a place that nobody else knows.
 */
function watchPlace(
  { sql, side }: CaptureParts,
  placeOf: () => string | null,
): Disposable & { readonly forgotten: AbortSignal } {
  const found = new AbortController();
  let looking = false;
  const look = async (): Promise<void> => {
    const place = placeOf();
    const stored = await feedCursor(sql, side);
    if (place === placeOf() && isBehind(stored, place)) found.abort();
  };
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    look()
      // A database that is away is asked again; what it says to everybody else is told by them.
      .catch(() => {})
      .finally(() => {
        looking = false;
      });
  }, placeMs);
  return { forgotten: found.signal, [Symbol.dispose]: () => clearInterval(timer) };
}

/** Whether a stored cursor lies before the place where a reader is. Where cursors are no numbers, any other is taken for one. */
function isBehind(stored: string | null, place: string | null): boolean {
  if (place === null) return false;
  return (stored === null ? null : comesBefore(stored, place)) ?? stored !== place;
}

/** Goes on at the feed's present end, and has everything walked that was changed before it. */
async function resume({ sql, side, connector, onExpired }: CaptureParts): Promise<void> {
  const head = await connector.head();
  await onExpired();
  if (head !== null) await setFeedCursor(sql, side, head);
}

const firstPauseMs = 100;
const longestPauseMs = 10_000;
