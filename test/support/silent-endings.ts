import type { Sql } from '../../drizzle/postgres/client.ts';

/**
 * Links of which the last event about life and death says otherwise than the link: those that ended without a word, and
 * those that live again without one. There may be none, whoever or whatever ended them.
 */
export function silentEndings(
  sql: Sql,
): Promise<readonly { readonly id: string; readonly mapping: string; readonly endedBy: string | null }[]> {
  return sql<{ id: string; mapping: string; endedBy: string | null }[]>`
    select l.id, l.mapping, l.ended_by as "endedBy" from sync.link l
    left join lateral (
      select e.outcome in ('unlinked', 'deleted', 'erased') as over from sync.event e
      where e.link_id = l.id and e.outcome in ('unlinked', 'deleted', 'erased', 'linked') order by e.seq desc limit 1
    ) last on true
    where not l.lone and (l.state = 'ended') <> coalesce(last.over, false)`;
}
