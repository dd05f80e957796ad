import type PostgresJs from 'postgres';
import { statementMs as usualMs } from './deadline.ts';
import { postgres } from './driver.ts';
import { renewed } from './renewed.ts';
import { likeOf, openSingles } from './single.ts';
import type { ServerSettings } from './tuning.ts';
import { passWatchOn, type WatchStatement, watchStatements } from './watch.ts';
import { clientOptions } from './wire.ts';

/** The raw client: bigint is a number, everything exact is a string. */
export type Sql = Driver & {
  /**
   * A transaction. One that the server gives up so that another can go on (a deadlock) is begun anew, `work` and all: it
   * begins with nothing that an earlier call has left behind.
   */
  begin<T>(work: (tx: Driver) => Promise<T>): Promise<T>;
  /**
   * A transaction in one flight: `begin`, the statements in their order and `commit` travel together, so it costs one
   * round trip however many statements it has. All of it is there afterwards or nothing; throws the first error. A
   * statement that must stop the others has to fail. `after`: a statement that travels behind the commit, and is carried
   * out however that ends; it is awaited by itself, and what it comes to is nothing to the transaction. Begun anew as with
   * `begin`.
   */
  atOnce(
    work: (tx: Driver) => readonly (Statement | null)[],
    after?: (one: Driver) => Statement | null,
  ): Promise<void>;
  /**
   * Statements that need not be one transaction, in one flight over one connection: one process of the server is woken
   * for all of them, where each would wake one of its own. On a busy machine that takes longer than what they do.
   */
  together<T>(work: (one: Driver) => Promise<T>): Promise<T>;
  /** How long one of its statements may take, in ms. */
  readonly statementMs?: number;
  /**
   * A client of one connection that nobody else uses, for what lasts as long as a connection: a lock of a session.
   * `mostMs`: how long its statements may take, where that is less than usual.
   */
  alone(mostMs?: number): Driver;
};

/** A statement that is sent when it is awaited, or with others in one flight. */
export type Statement = PostgresJs.PendingQuery<PostgresJs.Row[]>;

type Driver = PostgresJs.Sql<{ bigint: number }>;

/** How a client is to be, where it is not as usual. */
export interface ClientSettings {
  /** Connections; default 10. */
  readonly max?: number;
  /** How long a statement may take before it is ended, in ms; default a minute. */
  readonly statementMs?: number;
  readonly watch?: WatchStatement | undefined;
  /** Settings of its sessions, besides those that all of ours have. */
  readonly session?: ServerSettings | undefined;
}

/**
 * A client of ours for a database that is known to be there. Its `begin` is our own, because the driver's ends the
 * process when the server goes away in the middle of a transaction; here such a transaction fails, and nothing else.
 */
export function openClient(
  url: string,
  socketFolder: string | undefined,
  { watch, statementMs = usualMs, session, ...overrides }: ClientSettings = {},
): Sql {
  const options = { ...clientOptions(url, socketFolder, statementMs, session), ...overrides };
  const client: Driver = renewed((onclose) => postgres(url, { ...options, onclose }), statementMs);
  const sql = watch ? watchStatements(client, watch) : client;
  const singles = openSingles(sql, statementMs);
  const own = {
    begin: <T>(work: (tx: Driver) => Promise<T>): Promise<T> =>
      singles.use((one) => unlessGivenUp(() => transaction(one, work))),
    atOnce: (...given: Parameters<Sql['atOnce']>) =>
      singles.use((one) => unlessGivenUp(() => flight(one, ...given))),
    together: <T>(work: (one: Driver) => Promise<T>): Promise<T> => singles.use(work),
    statementMs,
    alone: (mostMs = statementMs) =>
      renewed((onclose) => likeOf(client, onclose), Math.min(mostMs, statementMs)),
    end: async (ask: { timeout?: number } = {}) => {
      await Promise.all([sql.end(ask), singles.close(ask.timeout ?? closeSeconds)]);
    },
  };
  const outer = new Proxy(sql, {
    get: (_, name) => (name in own ? own[name as keyof typeof own] : Reflect.get(sql, name)),
  }) as Sql;
  return passWatchOn(sql, outer);
}

/** How long transactions under way may take when the client ends, in seconds. */
const closeSeconds = 5;

/**
 * The server ends one of several transactions that wait for each other, and leaves it to the client to begin anew
 * (PostgreSQL, "Deadlocks": applications should be able to retry). Nothing of it is left by then.
 */
async function unlessGivenUp<T>(work: () => Promise<T>): Promise<T> {
  for (let left = tries - 1; ; left--)
    try {
      return await work();
    } catch (error) {
      if (left === 0 || !isGivenUp(error)) throw error;
    }
}

/** Each of them waits for `deadlock_timeout`, a second, before the server looks. */
const tries = 4;

/** Whether the server gave a transaction up so that another one could go on: deadlock_detected, serialization_failure. */
export const isGivenUp = (error: unknown): boolean =>
  ['40P01', '40001'].includes((error as { code?: string } | null)?.code ?? '');

async function transaction<T>(one: Driver, work: (tx: Driver) => Promise<T>): Promise<T> {
  // Not waited for: the first statement goes with it. It fails only with its connection, and then all that follows does.
  const begun = one`begin`.execute();
  begun.catch(() => {});
  let result: T;
  try {
    result = await work(one);
  } catch (error) {
    // It fails only where the connection is lost, and then the server rolls back by itself.
    await one`rollback`.catch(() => {});
    throw error;
  }
  await commit(one);
  return result;
}

async function flight(one: Driver, ...[work, after]: Parameters<Sql['atOnce']>): Promise<void> {
  const statements = work(one).filter((statement) => statement !== null);
  const sent = [one`begin`, ...statements].map((statement) => statement.execute());
  const committed = commit(one);
  after?.(one)
    ?.execute()
    .catch(() => {
      // Whoever sent it awaits it, and hears of it there.
    });
  // What comes after the first failure fails only because of it.
  for (const each of await Promise.allSettled([...sent, committed]))
    if (each.status === 'rejected') throw each.reason;
}

async function commit(one: Driver): Promise<void> {
  const { command } = await one`commit`.execute();
  if (command !== 'COMMIT')
    throw new Error('A statement of the transaction failed unheard; it was rolled back.');
}
