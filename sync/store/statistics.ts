import type { Sql } from './sql.ts';

/** Tables that a run fills. */
const filled = 'sync.link, sync.line_link, sync.match_key, sync.wait, sync.event, sync.lane';
/** Records before the first look, and by how much more the next one comes. */
const first = 500;
const growth = 1.5;

/**
 * Has the database look at the tables that a run fills whenever that may have made them half as large again. It plans by
 * how many rows it saw last; its own look comes late, behind the clean-up of the same tables, and a plan that was right for
 * a hundred rows can take a thousand times as long for a hundred thousand. `seen`: records the run has put into the queue.
 *
 * A look is no part of the work: nobody waits for a table that is being cleaned up, and one that fails is reported.
 */
export function freshStatistics(
  sql: Sql,
  report: (error: unknown, what: string) => void,
): (seen: number) => Promise<void> {
  let total = 0;
  let due = first;
  return async (seen) => {
    total += seen;
    if (total < due) return;
    due = total * growth;
    await sql
      .unsafe(`analyze (skip_locked) ${filled}`)
      .catch((error: unknown) => report(error, 'statistics of what a run fills'));
  };
}
