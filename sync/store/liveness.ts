import { enrolling } from './leases.ts';
import { lockClass } from './living.ts';
import type { Sql } from './sql.ts';

/**
 * A worker's sign of life: a lock on its token, held by a connection of its own. A process that is killed loses it at
 * once, so that others need not wait for its lease to run out. Only a shortcut: the truth is the lease in `worker`.
 */
export interface Liveness {
  /** Registers a worker with its lock held, and returns its token: nobody sees it without. */
  enrol(): Promise<number>;
  /** Takes the lock, again where the connection was lost meanwhile. */
  hold(token: number): Promise<void>;
  close(): Promise<void>;
}

/** A sign of life that is not answered for longer holds up the next ones, in ms: its connection is given up. */
const answerMs = 4_000;

/** Opens a connection like those of `sql`; nothing is held yet. */
export function openLiveness(sql: Sql): Liveness {
  const own = sql.alone(answerMs);
  return {
    async enrol() {
      const [row] = await own<{ token: number }[]>`
        with me as (${enrolling(own as unknown as Sql)})
        select token::int, pg_advisory_lock(${lockClass}::int, token::int) from me`;
      return row!.token;
    },
    async hold(token) {
      await own`
        select pg_advisory_lock(${lockClass}::int, ${token}::int) where not exists (
          select 1 from pg_locks where locktype = 'advisory' and classid = ${lockClass} and objid = ${token} and pid = pg_backend_pid())`;
    },
    close: () => own.end({ timeout: 1 }),
  };
}
