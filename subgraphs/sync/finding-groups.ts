import { recordsOfIssue } from './listings.ts';
import type { Sql } from './rows.ts';
import { flowOf, mappingOf } from './words.ts';

/** Open issues by code, flow, side and field; what touches most records first. */
export async function issueGroups(sql: Sql, flow: string | null): Promise<readonly object[]> {
  const rows = await sql<{ mapping: string; side: string | null }[]>`
    select i.code, i.mapping, i.side, i.field, count(*) as issues, sum(${sql.unsafe(recordsOfIssue)})::int as records, sum(i.times)::int as times,
      (array_agg(i.message order by i.last_at desc))[1] as message,
      min(i.opened_at) as "openedAt", max(i.last_at) as "lastAt"
    from sync.issue i where i.closed_at is null and ${ofFlow(sql, flow)}
    group by i.code, i.mapping, i.side, i.field order by records desc, 1, 2, 3, 4`;
  return rows.map((row) => ({
    ...row,
    flow: flowOf(row.mapping),
    side: row.side === null ? null : row.side.toUpperCase(),
  }));
}

/** Open conflicts by flow and field, the most frequent first. */
export async function conflictGroups(sql: Sql): Promise<readonly object[]> {
  const rows = await sql<{ mapping: string }[]>`
    select i.mapping, c.field, count(*) as conflicts
    from sync.conflict c join sync.link i on i.id = c.link_id where c.resolved_at is null
    group by i.mapping, c.field order by 3 desc, 1, 2`;
  return rows.map((row) => ({ ...row, flow: flowOf(row.mapping) }));
}

/** Dead letters by code and flow, the most frequent first. */
export async function deadLetterGroups(sql: Sql, flow: string | null): Promise<readonly object[]> {
  const rows = await sql<{ mapping: string }[]>`
    select i.code, i.mapping, count(*) as letters, (array_agg(i.message order by i.at desc))[1] as message,
      min(i.at) as "firstAt", max(i.at) as "lastAt"
    from sync.dead_letter i where i.closed_at is null and ${ofFlow(sql, flow)}
    group by i.code, i.mapping order by 3 desc, 1, 2`;
  return rows.map((row) => ({ ...row, flow: flowOf(row.mapping) }));
}

function ofFlow(sql: Sql, flow: string | null) {
  const mapping = flow === null ? null : mappingOf(flow);
  return sql`(${mapping}::text is null or i.mapping = ${mapping})`;
}
