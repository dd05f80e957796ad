import postgres from 'postgres';
import { type Run, runOn, type Sql } from './sql-text.ts';

/** Transactions that run at once; more wait for their turn. A machine writes no faster with more. */
const mostAtOnce = 6;

/** Connections for transactions, one client each. */
export interface Connections {
  /**
   * Runs work on one connection that nobody else uses meanwhile. When the connection is lost, all that is under way is
   * answered with that error, nothing is sent any more, and the client is thrown away.
   */
  use<T>(work: (run: Run) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * Opens connections like those of `sql`. The driver's own `begin` and `reserve` are not used: when the server goes
 * away they write to the socket that is gone, which ends the process, or forget who waits.
 */
export function openConnections(sql: Sql): Connections {
  const idle: postgres.Sql[] = [];
  const waiting: (() => void)[] = [];
  let busy = 0;
  let closed = false;

  async function use<T>(work: (run: Run) => Promise<T>): Promise<T> {
    if (closed) throw new Error('The system is closed; open it again to write.');
    if (busy >= mostAtOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else busy++;
    const client = idle.pop() ?? connectLike(sql);
    const scope = scopeOf(client);
    try {
      return await work(scope.run);
    } finally {
      if (scope.lost() || closed) client.end({ timeout: 0 }).catch(() => {});
      else idle.push(client);
      const next = waiting.shift();
      if (next) next();
      else busy--;
    }
  }

  return {
    use,
    async close() {
      closed = true;
      await Promise.all(idle.splice(0).map((client) => client.end({ timeout: 1 })));
    },
  };
}

function connectLike({ options }: Sql): postgres.Sql {
  // Array types need not be known here, and asking for them is what fails unseen when a connection dies young.
  const single = { ...options, max: 1, fetch_types: false };
  return postgres(single as unknown as postgres.Options<Record<string, never>>);
}

function scopeOf(client: postgres.Sql): { readonly run: Run; lost(): boolean } {
  const send = runOn(client as unknown as Sql);
  let lost: Error | null = null;
  let lose: (error: Error) => void = () => {};
  const gone = new Promise<never>((_, reject) => {
    lose = reject;
  });
  // Nobody may be waiting when it comes.
  gone.catch(() => {});
  const run: Run = (statement, parameters) => {
    if (lost) return Promise.reject(lost);
    const sent = send(statement, parameters);
    sent.catch((error: Error) => {
      if (lost || !meansLost(error)) return;
      lost = error;
      lose(error);
    });
    return Promise.race([sent, gone]);
  };
  return { run, lost: () => lost !== null };
}

/** Whether an error means that the connection, or the server, is gone: nothing is known of what was under way. */
function meansLost(error: unknown): boolean {
  const { name, code = '' } = error as Error & { readonly code?: string };
  return name !== 'PostgresError' || /^(08|57P)/.test(code);
}
