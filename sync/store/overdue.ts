import type { Sql } from './sql.ts';

/** Code of the issue that a wait which takes too long raises. */
const overdueCode = 'WAITS_TOO_LONG';

/**
 * Raises one issue per flow and cause for what has been waiting longer than so many hours, however many records it
 * holds, and closes those whose cause is gone. How long a record waits is read from the event log: since it last began
 * to. A field may wait although its record is in step; codes that nobody mapped have an issue of their own.
 */
export async function raiseOverdue(sql: Sql, hours: number, newId: () => string): Promise<void> {
  const late = await sql<{ mapping: string; on: string; reason: string; records: number; since: string }[]>`
    with waiting as (
      select l.mapping, l.waits_for -> 0 ->> 'on' as "on", l.waits_for -> 0 ->> 'reason' as reason,
        coalesce((
          select min(e.at) from sync.event e
          where e.link_id = l.id and e.outcome = 'waiting' and e.seq > coalesce(
            (select max(b.seq) from sync.event b where b.link_id = l.id and b.outcome <> 'waiting'), 0)
        ), l.updated_at) as since
      from sync.link l where l.state = 'waiting' and jsonb_array_length(l.waits_for) > 0
      union all
      select l.mapping, w.on, (select h ->> 'message' from jsonb_array_elements(l.held) h where h ->> 'kind' = 'waits' limit 1), w.since
      from sync.wait w join sync.link l on l.id = w.link_id
      where l.state not in ('waiting', 'ended') and w.on ~ '^(crm|erp|link):' and l.held @> '[{"kind":"waits"}]'
    )
    select mapping, "on", min(reason) as reason, count(*) as records, min(since) as since
    from waiting where since < now() - ${hours} * interval '1 hour' group by mapping, "on"`;
  const issues = late.map(({ mapping, on, reason, records, since }) => ({
    id: newId(),
    key: `overdue:${mapping}:${on}`,
    mapping,
    times: Number(records),
    message: `${records} ${mapping} ${Number(records) === 1 ? 'record waits' : 'records wait'} for longer than ${hours} h, the first since ${since}: ${reason}`,
  }));
  await sql`
    with n as (
      select * from jsonb_to_recordset(${JSON.stringify(issues)}::text::jsonb)
        as r(id text, key text, mapping text, times int, message text)
    ), cured as (
      update sync.issue i set closed_at = now()
      where i.code = ${overdueCode} and i.closed_at is null and i.key not in (select key from n)
    )
    insert into sync.issue as i (id, key, code, mapping, times, message)
    select id, key, ${overdueCode}, mapping, times, message from n
    on conflict (key) where closed_at is null do update set
      times = excluded.times, last_at = now(), message = excluded.message`;
}
