import { setTimeout } from 'node:timers/promises';
import type PostgresJs from 'postgres';
import { withDeadline } from './deadline.ts';
import { postgres } from './driver.ts';
import { watchedLike } from './watch.ts';

/** Transactions that run at once; more wait for their turn. A machine writes no faster with more. */
const mostAtOnce = 6;

/** Clients of one connection each, for whoever needs several statements on the same one. */
export interface Singles<Client extends PostgresJs.Sql> {
  /**
   * Runs work on a client of one connection that nobody else uses meanwhile. Its statements are sent in the order in
   * which they are written. When the connection is lost or ended, all of them fail, those to come included: a client has
   * this one connection in its life, so nothing of a transaction is ever sent over another one.
   */
  use<T>(work: (one: Client) => Promise<T>): Promise<T>;
  /**
   * Ends all connections when the work under way is done; after so many seconds it fails. What waits for its turn still
   * gets it until then.
   */
  close(seconds: number): Promise<void>;
}

interface Single<Client> {
  readonly client: Client;
  lost: boolean;
  /** Fails all that waits for an answer, and ends the connection. */
  lose(): void;
}

/** The error of a statement that was under way, or was to follow, when its connection was lost or ended. */
class ConnectionLost extends Error {
  readonly code = 'CONNECTION_CLOSED';

  constructor() {
    super(
      'The connection to the database was lost in the middle of a transaction; whether it was carried out is not known.',
    );
  }
}

/**
 * Opens one-connection clients like `sql`. The driver's own `begin` and `reserve` are not used: when the server goes
 * away they write to the socket that is gone, which ends the process, or forget who waits.
 */
export function openSingles<Client extends PostgresJs.Sql>(
  sql: Client,
  statementMs: number,
): Singles<Client> {
  const idle: Single<Client>[] = [];
  const all = new Set<Single<Client>>();
  const waiting: (() => void)[] = [];
  let busy = 0;
  let closed = false;
  let ended = false;
  let rested = (): void => {};

  function open(): Single<Client> {
    const bare = likeOf(sql, lose);
    const { client, giveUp } = withDeadline(bare, statementMs, lose);
    const single: Single<Client> = { lost: false, client: watchedLike(sql, client), lose };
    all.add(single);
    return single;
    function lose(): void {
      if (single.lost) return;
      single.lost = true;
      all.delete(single);
      if (idle.includes(single)) idle.splice(idle.indexOf(single), 1);
      // The driver (3.4.9) sends what it had queued over a new connection, even while it ends: the rest of a transaction
      // without its beginning. So what waits fails, and there is no socket for a second connection.
      giveUp(new ConnectionLost());
      Object.assign(bare.options, { socket: refuse });
      single.client.end({ timeout: 0 }).catch(() => {});
    }
  }

  return {
    async use(work) {
      if (closed) throw new Error(closedText);
      if (busy >= mostAtOnce) await new Promise<void>((resolve) => waiting.push(resolve));
      else busy++;
      try {
        if (ended) throw new Error(closedText);
        const single = idle.pop() ?? open();
        try {
          return await work(single.client);
        } finally {
          if (!single.lost) idle.push(single);
        }
      } finally {
        const next = waiting.shift();
        if (next) next();
        else if (--busy === 0) rested();
      }
    },
    async close(seconds) {
      closed = true;
      // The driver would end a connection between two statements of a transaction: first that has to be over.
      const rest = new Promise<void>((resolve) => {
        rested = resolve;
      });
      if (busy > 0 && seconds > 0)
        await Promise.race([rest, setTimeout(seconds * 1000, null, { ref: false })]);
      ended = true;
      for (const single of all) if (!idle.includes(single)) single.lose();
      await Promise.all([...all].map(({ client }) => client.end({ timeout: 0 })));
    },
  };
}

const closedText = 'The connections are closed; open them again to write.';

/** Stands where the driver gets its sockets from. */
function refuse(): never {
  throw new ConnectionLost();
}

/** A client of one connection like those of another. */
export function likeOf<Client extends PostgresJs.Sql>(sql: Client, onclose: () => void): Client {
  const options = {
    ...sql.options,
    max: 1,
    // Array types need not be known here, and asking for them is what fails unseen when a connection dies young.
    fetch_types: false,
    onclose,
  };
  return postgres(options as unknown as PostgresJs.Options<Record<string, never>>) as unknown as Client;
}
