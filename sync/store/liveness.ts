import { NoAnswer } from '../../drizzle/postgres/deadline.ts';
import { enrolling, type Freed, heartbeat } from './leases.ts';
import { lockClass } from './living.ts';
import type { Sql } from './sql.ts';

/**
 * A worker's sign of life: a lock on its token, held by a connection of its own. A process that is killed loses it at
 * once, so that others need not wait for its lease to run out. Only a shortcut: the truth is the lease in `worker`.
 */
export interface Liveness {
  /**
   * Registers a worker with its lock held, and returns its token: nobody sees it without. As patient as any other statement:
   * on a machine under load the first answer over a new connection may take longer than a sign of life should.
   */
  enrol(): Promise<number>;
  /**
   * Says that the worker lives, with its lock taken again where the connection was lost meanwhile, and frees the lanes of
   * the dead, as `heartbeat` does. Nothing else is sent over its connection, so that no statement is in
   * its way, however busy all others are.
   */
  beat(token: number): Promise<Freed>;
  close(): Promise<void>;
}

/** A sign of life that is not answered for longer holds up the next ones, in ms: its connection is given up. */
const answerMs = 4_000;
/** How often a worker is registered anew where nothing answers; what came of the earlier ones dies with their leases. */
const enrolTries = 12;

/** Opens a connection like those of `sql`; nothing is held yet. */
export function openLiveness(sql: Sql): Liveness {
  const own = sql.alone(answerMs);
  const hold = (token: number) => own`
    select pg_advisory_lock(${lockClass}::int, ${token}::int) where not exists (
      select 1 from pg_locks where locktype = 'advisory' and classid = ${lockClass} and objid = ${token} and pid = pg_backend_pid())`;
  const register = async (): Promise<number> => {
    const [row] = await own<{ token: number }[]>`
      with me as (${enrolling(own as unknown as Sql)})
      select token::int, pg_advisory_lock(${lockClass}::int, token::int) from me`;
    return row!.token;
  };
  return {
    async enrol() {
      for (let tries = 1; ; tries++) {
        try {
          return await register();
        } catch (error) {
          if (!(error instanceof NoAnswer) || tries === enrolTries) throw error;
        }
      }
    },
    async beat(token) {
      const [, freed] = await Promise.all([hold(token), heartbeat(own as unknown as Sql, token)]);
      return freed;
    },
    close: () => own.end({ timeout: 1 }),
  };
}
