import { statementMs as usualMs } from '../../drizzle/postgres/deadline.ts';
import { openSingles } from '../../drizzle/postgres/single.ts';
import { type Run, runOn, type Sql } from './sql-text.ts';

/** Connections for transactions, one client each. */
export interface Connections {
  /**
   * Runs work on one connection that nobody else uses meanwhile. When the connection is lost, all that is under way and
   * all that comes after fails.
   */
  use<T>(work: (run: Run) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Opens connections like those of `sql`. */
export function openConnections(sql: Sql): Connections {
  const singles = openSingles(sql, sql.statementMs ?? usualMs);
  return {
    use: (work) => singles.use((one) => work(runOn(one))),
    close: () => singles.close(1),
  };
}
