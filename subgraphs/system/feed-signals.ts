import { randomUUID } from 'node:crypto';
import type { Sql } from '../../drizzle/postgres/open.ts';
import type { Run } from './sql-text.ts';

/** Other processes are told at most this often, in milliseconds. */
const notifyMs = 50;

/** Word between the processes that have the same feed open: something was committed. Any of it may get lost. */
export interface FeedSignals {
  /** Tells the others, a moment later and once for all that happened until then. */
  send(): void;
  /** Hears the others from now on. */
  listen(): void;
  close(): Promise<void>;
}

/** Opens the channel of a feed; `heard` also runs when the connection stands, for what was said before. */
export function openFeedSignals(sql: Sql, run: Run, channel: string, heard: () => void): FeedSignals {
  const self = randomUUID();
  let due: NodeJS.Timeout | undefined;
  let sending: Promise<unknown> = Promise.resolve();
  let listening: Promise<{ unlisten(): Promise<void> }> | undefined;
  let closed = false;

  return {
    send() {
      if (due || closed) return;
      due = setTimeout(() => {
        due = undefined;
        // Outside of every transaction: NOTIFY takes a lock of the whole server over the commit.
        sending = run(`select set_config('synchronous_commit', 'off', true), pg_notify($1::text, $2::text)`, [
          channel,
          self,
        ]).catch(() => {});
      }, notifyMs);
    },
    listen() {
      if (listening || closed) return;
      listening = sql.listen(channel, (sender) => sender !== self && heard(), heard);
      listening.catch(() => {
        listening = undefined;
      });
    },
    async close() {
      closed = true;
      clearTimeout(due);
      await sending;
      await listening?.then(({ unlisten }) => unlisten()).catch(() => {});
    },
  };
}
