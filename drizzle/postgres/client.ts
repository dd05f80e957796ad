import postgres from 'postgres';
import { openSingles } from './single.ts';
import { clientOptions } from './wire.ts';

/** The raw client: bigint is a number, everything exact is a string. */
export type Sql = postgres.Sql<{ bigint: number }>;

/**
 * A client of ours for a database that is known to be there. Its `begin` is our own, because the driver's ends the
 * process when the server goes away in the middle of a transaction; here such a transaction fails, and nothing else.
 */
export function openClient(
  url: string,
  socketFolder: string | undefined,
  overrides: { readonly max?: number } = {},
): Sql {
  const sql: Sql = postgres(url, { ...clientOptions(url, socketFolder), ...overrides });
  const singles = openSingles(sql);
  const end = sql.end;
  const begin = <T>(work: (tx: Sql) => Promise<T>): Promise<T> =>
    singles.use((one) => transaction(one, work));
  return Object.assign(sql, {
    begin,
    end: async (options: { timeout?: number } = {}) => {
      await Promise.all([end(options), singles.close(options.timeout ?? closeSeconds)]);
    },
  });
}

/** How long transactions under way may take when the client ends, in seconds. */
const closeSeconds = 5;

async function transaction<T>(one: Sql, work: (tx: Sql) => Promise<T>): Promise<T> {
  await one`begin`;
  let result: T;
  try {
    result = await work(one);
  } catch (error) {
    // It fails only where the connection is lost, and then the server rolls back by itself.
    await one`rollback`.catch(() => {});
    throw error;
  }
  const { command } = await one`commit`;
  if (command !== 'COMMIT')
    throw new Error('A statement of the transaction failed unheard; it was rolled back.');
  return result;
}
