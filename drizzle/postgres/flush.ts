import type { Sql } from './client.ts';

/**
 * Resolves once everything committed before the call is on the disk, whoever committed it and however little it waited:
 * one log holds all of a database in its order. For what is carried out of the database after commits that do not wait
 * (`synchronous_commit` off). Calls that come while one is under way share the next. Rejects as any statement does.
 */
export type Flush = () => Promise<void>;

/** Makes the flush of a client. */
export function createFlush(sql: Sql): Flush {
  let current: Promise<void> | null = null;
  let next: Promise<void> | null = null;

  function begin(): Promise<void> {
    next = null;
    // A transaction waits for the disk only if it has put something of its own into the log.
    const mine = sql`select pg_logical_emit_message(true, 'tandem', '')`
      .then(() => {})
      .finally(() => {
        if (current === mine) current = null;
      });
    current = mine;
    return mine;
  }

  return () => {
    if (!current) return begin();
    // What is under way may have begun before the caller's commit.
    next ??= current.then(begin, begin);
    return next;
  };
}
