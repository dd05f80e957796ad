import type { MappingName } from '../core/types.ts';
import { rows, type Sql } from './sql.ts';

/** A lane of a flow that people paused. */
export interface RestingLane {
  readonly key: string;
  readonly mapping: MappingName;
  /** Rings seen: one that comes meanwhile is looked at again. */
  readonly n: number;
}

/** When lanes are due that were put by: after everybody's patience. Resuming their flow makes them due at once. */
const never = `interval '100 years'`;

/** Lanes of paused flows that nobody has looked at since they rang. */
export function restingDue(sql: Sql, most: number): Promise<RestingLane[]> {
  return sql<RestingLane[]>`
    select l.key, l.mapping, l.n from sync.flow f cross join unnest('{0,1}'::int[]) as p(priority) cross join lateral (
      select key, mapping, n from sync.lane
      where mapping = f.mapping and priority = p.priority and locked_until is null and run_at <= now() order by run_at limit ${most}
    ) l where f.paused limit ${most}`;
}

/** Puts lanes by until they ring again, or their flow goes on. */
export async function putBy(sql: Sql, lanes: readonly RestingLane[]): Promise<void> {
  await sql`
    update sync.lane l set run_at = now() + ${sql.unsafe(never)}
    from jsonb_to_recordset(${rows(lanes)}::text::jsonb) as g(key text, n bigint)
    where l.key = g.key and l.n = g.n and l.locked_until is null
      and exists (select 1 from sync.flow f where f.mapping = l.mapping and f.paused)`;
}

/** Lanes that were put by are due now. */
export async function takeUp(sql: Sql, mapping: MappingName): Promise<void> {
  await sql`
    update sync.lane set run_at = now() where mapping = ${mapping} and run_at > now() + ${sql.unsafe(never)} / 2`;
}
