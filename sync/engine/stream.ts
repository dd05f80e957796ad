import { createRecent } from '../../drizzle/postgres/recent.ts';
import {
  cursorExpired,
  eventBounds,
  nextEvents,
  readEvents,
  type SyncEvent,
  sequenceEvents,
} from '../store/events.ts';
import type { Sql } from '../store/sql.ts';
import { createBells, createDoorbell } from './doorbell.ts';
import { rest } from './rest.ts';

/** The event log as a stream: sequenced once per process, read by any number of subscribers at their own pace. */
export interface EventStream {
  /** These events were committed in their places: subscribers who are up to date need no look into the table. */
  told(events: readonly SyncEvent[]): void;
  /** Events after the cursor (null: from the oldest kept; 'now': only new ones), in batches, without a hole. */
  events(after: string | null, signal: AbortSignal): AsyncIterable<readonly SyncEvent[]>;
  /** Resolves once everything committed before the call has its position; answers the last one. */
  sequenced(): Promise<number>;
  stop(): Promise<void>;
}

/** Where nothing rings (another process wrote), the log is looked at this often, in ms. */
const pollMs = 250;
/** Events kept in memory for subscribers that are up to date; the others read the table. */
const keptMost = 2_000;
const readMost = 500;

/** Starts sequencing and tailing the log. */
export async function startStream(sql: Sql, onError: (error: unknown) => void): Promise<EventStream> {
  const stopping = new AbortController();
  const door = createDoorbell();
  const news = createBells();
  const recent = createRecent<SyncEvent>(keptMost, (await eventBounds(sql)).last);
  /** While nobody listens, events get their positions and are not read. */
  let readers = 0;
  let turn: Promise<void> = Promise.resolve();

  /** One at a time: two readers would take the same events in twice. */
  function advance(): Promise<void> {
    turn = turn.then(readOn, readOn);
    return turn;
  }

  async function readOn(): Promise<void> {
    if (readers === 0) {
      recent.moveTo(await sequenceEvents(sql));
      // Somebody may have come meanwhile.
      news.ring();
      return;
    }
    for (;;) {
      const fresh = await nextEvents(sql, recent.head, readMost);
      takeIn(fresh);
      if (fresh.length < readMost) return;
    }
  }

  function takeIn(events: readonly SyncEvent[]): void {
    // What is kept here of whoever was erased is gone with the rest; the table keeps what may be kept.
    if (events.some(({ outcome }) => outcome === 'erased')) recent.moveTo(recent.head);
    if (recent.takeIn(events)) news.ring();
  }

  /** What leaves a gap comes from the table: another step's events, told a moment later, or another process's. */
  function told(events: readonly SyncEvent[]): void {
    if (readers > 0 && Number(events[0]?.cursor) === recent.head + 1) takeIn(events);
    else if (readers > 0) door.ring();
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await advance();
        await door.wait(pollMs, stopping.signal);
      } catch (error) {
        if (stopping.signal.aborted) return;
        onError(error);
        await rest(pollMs, stopping.signal);
      }
    }
  }

  async function* events(from: string | null, signal: AbortSignal): AsyncGenerator<readonly SyncEvent[]> {
    using bell = news.join();
    readers++;
    try {
      const bounds = await eventBounds(sql);
      let position =
        from === 'now'
          ? Math.max(bounds.last, recent.head)
          : from === null
            ? bounds.oldest - 1
            : Number(from);
      if (position + 1 < bounds.oldest) throw cursorExpired(position, bounds.oldest);
      while (!signal.aborted && !stopping.signal.aborted) {
        const batch = recent.after(position, readMost) ?? (await readEvents(sql, position, readMost));
        if (batch.length === 0) {
          await bell.wait(60_000, signal);
          continue;
        }
        position = Number(batch.at(-1)!.cursor);
        yield batch;
      }
    } finally {
      readers--;
    }
  }

  const running = run();
  return {
    told,
    events,
    async sequenced() {
      await advance();
      return recent.head;
    },
    async stop() {
      stopping.abort();
      door.ring();
      news.ring();
      await running;
    },
  };
}
