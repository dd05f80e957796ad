import type { Side } from '../core/types.ts';
import type { LinkBrief, MappedRef } from './links.ts';
import { rows, type Sql, unflushed } from './sql.ts';

/** A link that a preview would make. */
export type PreviewLink = Pick<LinkBrief, 'id' | 'mapping' | 'lane' | 'crmId' | 'erpId'>;

/**
 * Remembers links that a preview would make, the latest of a record. In the database, because there are as many as the
 * systems have records, and the memory of a preview has to be the same for a thousand of them as for a million.
 */
export async function rememberPreview(sql: Sql, run: string, links: readonly PreviewLink[]): Promise<void> {
  const byRecord = new Map<string, object>();
  for (const { id, mapping, lane, crmId, erpId } of links) {
    if (crmId)
      byRecord.set(`${mapping}:crm:${crmId}`, { m: mapping, s: 'crm', r: crmId, i: id, l: lane, c: erpId });
    if (erpId)
      byRecord.set(`${mapping}:erp:${erpId}`, { m: mapping, s: 'erp', r: erpId, i: id, l: lane, c: crmId });
  }
  if (byRecord.size === 0) return;
  await sql`
    with quick as materialized (${unflushed(sql)})
    insert into sync.preview_link (run, mapping, side, record, link, lane, counterpart)
    select ${run}, r.m, r.s, r.r, r.i, r.l, r.c from quick,
      jsonb_to_recordset(${rows([...byRecord.values()])}::text::jsonb) as r(m text, s text, r text, i text, l text, c text)
    on conflict (run, mapping, side, record) do update set
      link = excluded.link, lane = excluded.lane, counterpart = excluded.counterpart`;
}

/** Links that the preview would make of these records. */
export async function previewLinksOf(
  sql: Sql,
  run: string,
  refs: readonly MappedRef[],
): Promise<readonly LinkBrief[]> {
  if (refs.length === 0) return [];
  const wanted = refs.map(({ mapping, side, id }) => ({ m: mapping, s: side, r: id }));
  const found = await sql<
    (Omit<PreviewLink, 'crmId' | 'erpId'> & { side: Side; record: string; counterpart: string | null })[]
  >`
    select p.link as id, p.mapping, p.lane, p.side, p.record, p.counterpart
    from jsonb_to_recordset(${rows(wanted)}::text::jsonb) as w(m text, s text, r text)
    join sync.preview_link p on p.run = ${run} and p.mapping = w.m and p.side = w.s and p.record = w.r`;
  return found.map(({ id, mapping, lane, side, record, counterpart }) => ({
    id,
    mapping,
    lane,
    crmId: side === 'crm' ? record : counterpart,
    erpId: side === 'erp' ? record : counterpart,
    state: 'pending',
    endedBy: null,
    heir: null,
    based: false,
    decided: false,
  }));
}

/** Which of these lanes of deals the preview would make links in. */
export async function previewDeals(
  sql: Sql,
  run: string,
  lanes: readonly string[],
): Promise<ReadonlySet<string>> {
  const deals = lanes.filter((lane) => lane.startsWith('deal:'));
  if (deals.length === 0) return new Set();
  const found = await sql<{ lane: string }[]>`
    select distinct w.lane from jsonb_to_recordset(${rows(deals.map((lane) => ({ lane })))}::text::jsonb) as w(lane text)
    join sync.preview_link p on p.run = ${run} and p.lane = w.lane and p.lane like 'deal:%'`;
  return new Set(found.map(({ lane }) => lane));
}

/** Forgets what a preview remembered. */
export async function forgetPreview(sql: Sql, run: string): Promise<void> {
  await sql`delete from sync.preview_link where run = ${run}`;
}

/** Forgets what previews remembered that ended with their process. */
export async function forgetEndedPreviews(sql: Sql): Promise<void> {
  await sql`
    delete from sync.preview_link p using (select distinct run from sync.preview_link) r
    where p.run = r.run and not exists (select 1 from sync.run where run.id = r.run and run.state = 'running')`;
}
