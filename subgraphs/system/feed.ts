import { randomUUID } from 'node:crypto';
import { createFlush } from '../../drizzle/postgres/flush.ts';
import type { Sql } from '../../drizzle/postgres/open.ts';
import type { FeedChange } from '../../sync/core/connector.ts';
import { CursorExpired, Refusal } from './failures.ts';
import type { Row } from './model.ts';
import { type Run, runOn } from './sql-text.ts';

/** Changes of one batch to a reader. */
const batchSize = 500;

/** Newest changes kept in memory for the readers at the head; who is further behind reads the table. */
const windowSize = 5000;

/** Safety net, in milliseconds: how long a change can go unnoticed when every signal is lost. */
const pollMs = 500;

/** Other processes are told at most this often, in milliseconds. */
const notifyMs = 50;

/** How long the sync's own writes may gather, in milliseconds: it is the one who waits for most changes, and knows these. */
const gatherMs = 25;

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
  prune(age: string): Promise<string>;
  close(): Promise<void>;
}

/** Opens the feed of a schema. Nothing runs until somebody reads. */
export function createFeed(sql: Sql, schema: string): Feed {
  const run = runOn(sql);
  const flush = createFlush(sql);
  const self = randomUUID();
  const channel = `tandem_${schema}`;
  const waiting = new Set<() => void>();
  let window: readonly FeedChange[] = [];
  let head = -1;
  let readers = 0;
  /** Counts the times that a reader came after none: what a turn still finds out for those before him is too old. */
  let generation = 0;
  let closed = false;
  let turning: Promise<void> | null = null;
  let again = false;
  let poll: NodeJS.Timeout | undefined;
  let notify: NodeJS.Timeout | undefined;
  let gathering: NodeJS.Timeout | undefined;
  let notifying: Promise<unknown> = Promise.resolve();
  let listening: Promise<{ unlisten(): Promise<void> }> | undefined;

  /** Sequences and reads what is new, once more if the bell rang meanwhile. */
  function turn(): Promise<void> {
    if (turning) {
      again = true;
      return turning;
    }
    turning = (async () => {
      do {
        again = false;
        await advance();
      } while (again && !closed);
    })().finally(() => {
      turning = null;
    });
    return turning;
  }

  async function advance(): Promise<void> {
    const began = generation;
    if (head < 0) {
      const now = await bounds();
      if (generation !== began) return;
      if (head < 0) head = now.head;
      wake();
      return;
    }
    const read = await readAfter(head);
    if (generation === began) takeIn(read);
    if (read.length === batchSize) again = true;
  }

  /** Takes in what follows the head; some of it may have been read meanwhile. Positions are dense, so nothing lies between. */
  function takeIn(read: readonly FeedChange[]): void {
    const fresh = read.filter(({ cursor }) => Number(cursor) > head);
    if (fresh.length === 0) return;
    window = [...window, ...fresh].slice(-windowSize);
    head = Number(fresh.at(-1)!.cursor);
    wake();
  }

  function readBehind(writer: Run): boolean {
    if (readers === 0 || closed || head < 0) return false;
    const began = generation;
    readAfter(head, writer).then((read) => {
      if (generation === began) takeIn(read);
      if (read.length === batchSize) turnQuietly();
    }, turnQuietly);
    return true;
  }

  function wake(): void {
    for (const resume of waiting) resume();
    waiting.clear();
  }

  async function readAfter(position: number, runner = run): Promise<readonly FeedChange[]> {
    const rows = await runner(`select * from ${schema}.read_changes($1::text::bigint, ${batchSize})`, [
      String(position),
    ]);
    return rows.map(changeOf);
  }

  // A database that is away is tried again by the poll; its health is told by `check`, not here.
  function turnQuietly(): void {
    turn().catch(() => {});
  }

  function start(): void {
    readers++;
    if (readers > 1) return;
    // Nobody has moved the window since the last reader left.
    generation++;
    head = -1;
    window = [];
    poll = setInterval(turnQuietly, pollMs);
    poll.unref();
    listening ??= sql.listen(
      channel,
      (sender) => {
        if (sender !== self && readers > 0) turnQuietly();
      },
      turnQuietly,
    );
    listening.catch(() => {
      listening = undefined;
    });
  }

  function stop(): void {
    readers--;
    if (readers > 0) return;
    clearInterval(poll);
    window = [];
  }

  /** The feed's ends, once all that is committed has its position: while nobody reads, changes pile up without one. */
  async function bounds(): Promise<{ head: number; pruned: number }> {
    for (;;) {
      // `was` is of the statement's snapshot, before the function gave positions.
      const [row] = await run(
        `select pos::float8 as was, ${schema}.sequence_changes(5000)::float8 as head, pruned::float8 as pruned from ${schema}.feed_head`,
      );
      const { was, head: now, pruned } = row as { was: number; head: number; pruned: number };
      if (now - was < 5000) return { head: now, pruned };
    }
  }

  async function positionOf(after: string | null): Promise<number> {
    const now = await bounds();
    if (after === null) return now.pruned;
    if (after === 'now') return now.head;
    if (!/^\d{1,15}$/.test(after)) {
      throw new Refusal('BAD_USER_INPUT', `${JSON.stringify(after)} is no cursor of this feed.`, {
        field: 'after',
      });
    }
    const position = Number(after);
    if (position < now.pruned) throw new CursorExpired(after, String(now.pruned));
    if (position > now.head) {
      throw new Refusal(
        'BAD_USER_INPUT',
        `Cursor ${after} lies beyond the feed, whose newest is ${now.head}.`,
        { field: 'after' },
      );
    }
    return position;
  }

  /** Up to a batch after the position: from the window where it reaches back far enough, else from the table. */
  async function next(position: number): Promise<readonly FeedChange[]> {
    const oldest = window[0] ? Number(window[0].cursor) : Number.POSITIVE_INFINITY;
    if (position + 1 >= oldest) return window.slice(position + 1 - oldest, position + 1 - oldest + batchSize);
    if (position === head) return [];
    const read = await readAfter(position);
    if (read[0] && Number(read[0].cursor) !== position + 1) {
      throw new CursorExpired(String(position), String((await bounds()).pruned));
    }
    return read;
  }

  async function* changes(
    after: string | null,
    signal: AbortSignal,
    inside: boolean,
  ): AsyncGenerator<readonly FeedChange[]> {
    if (signal.aborted || closed) return;
    start();
    const abort = () => wake();
    signal.addEventListener('abort', abort, { once: true });
    try {
      let position = await positionOf(after);
      while (!signal.aborted && !closed) {
        const woken = new Promise<void>((resume) => waiting.add(resume));
        if (head < 0) turnQuietly();
        const batch = await next(position);
        if (batch.length === 0) {
          if (signal.aborted || closed) return;
          await woken;
          continue;
        }
        position = Number(batch.at(-1)!.cursor);
        if (!inside) await flush();
        yield batch;
      }
    } finally {
      signal.removeEventListener('abort', abort);
      stop();
    }
  }

  function ring(): void {
    turnNow();
    tellOthers();
  }

  function ringSoon(): void {
    if (readers > 0 && !closed) gathering ??= setTimeout(turnNow, gatherMs);
    tellOthers();
  }

  function turnNow(): void {
    clearTimeout(gathering);
    gathering = undefined;
    if (readers > 0) turnQuietly();
  }

  function tellOthers(): void {
    if (notify || closed) return;
    notify = setTimeout(() => {
      notify = undefined;
      // Outside of every transaction: NOTIFY takes a lock of the whole server over the commit.
      notifying = run(`select set_config('synchronous_commit', 'off', true), pg_notify($1::text, $2::text)`, [
        channel,
        self,
      ]).catch(() => {});
    }, notifyMs);
  }

  return {
    ring,
    readBehind,
    tellOthers,
    ringSoon,
    changes,
    async head() {
      // Who asks for the head is about to wait for the readers to reach it.
      turnNow();
      const { head: newest } = await bounds();
      await flush();
      return newest === 0 ? null : String(newest);
    },
    async prune(age) {
      const [row] = await run(`select ${schema}.prune_changes($1::text::interval)::float8 as pruned`, [age]);
      return String(row!.pruned);
    },
    async close() {
      closed = true;
      clearInterval(poll);
      clearTimeout(notify);
      clearTimeout(gathering);
      wake();
      await notifying;
      await turning?.catch(() => {});
      await listening?.then(({ unlisten }) => unlisten()).catch(() => {});
    },
  };
}

function changeOf(row: Row): FeedChange {
  return {
    cursor: String(row.pos),
    entity: row.entity as string,
    id: row.id as string,
    kind: row.kind as FeedChange['kind'],
    at: row.at as string,
    actor: row.actor as string | null,
    version: row.version === null ? null : String(row.version),
  };
}
