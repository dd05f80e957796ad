import type { EventRow, Sql } from './rows.ts';
import { mappingOf } from './words.ts';

/** Work that failed and is going to be tried again by itself. */
export interface RetryRow {
  readonly linkId: string | null;
  readonly mapping: string;
  readonly attempts: number;
  readonly nextTryAt: string;
  readonly since: string;
  readonly cause: EventRow['cause'];
}

/** Lanes that were tried and are not done, the next due first. */
export function retrying(sql: Sql, flow: string | null, first: number): Promise<readonly RetryRow[]> {
  const only = flow ? mappingOf(flow) : null;
  return sql<RetryRow[]>`
    select q.mapping, q.attempts, q.run_at as "nextTryAt", q.enqueued_at as since, q.cause,
      (select l.id from sync.link l where l.lane = q.key and l.state <> 'ended' order by l.mapping <> q.mapping, l.id limit 1) as "linkId"
    from sync.lane q where q.attempts > 0 and (${only}::text is null or q.mapping = ${only})
    order by q.run_at, q.key limit ${first}`;
}
