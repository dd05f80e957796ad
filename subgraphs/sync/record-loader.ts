import DataLoader from 'dataloader';
import type { Side } from '../../sync/index.ts';
import { type LinkRow, linkColumns, type Sql } from './rows.ts';

/** One record of one system within one mapping. */
export interface MappedRecord {
  readonly mapping: string;
  readonly side: Side;
  readonly id: string;
}

/** An id that a unified record of a mapping has or had, or that of a link. */
export interface RecordId {
  readonly mapping: string;
  readonly called: string;
}

/** What a unified record is asked for by: an id, or a record of its own. */
export type RecordName = RecordId | MappedRecord;

/** Finds the live links of records, and those records that no live link holds. */
export type RecordLoader = DataLoader<RecordName, LinkRow | null, string>;

/**
 * However they are asked for, the records of one level are one statement. An id answers with what has it now, or else
 * with what holds the CRM record that had it last, or else the ERP record that had it last.
 */
export function createRecordLoader(sql: Sql, onRead: (row: LinkRow) => LinkRow): RecordLoader {
  return new DataLoader<RecordName, LinkRow | null, string>(
    async (names) => {
      const asked = names.map((name, n) => ({ n, ...name }));
      const rows = await sql<(LinkRow & { n: number })[]>`
        with asked as (
          select * from jsonb_to_recordset(${JSON.stringify(asked)}::text::jsonb)
            as a(n int, mapping text, called text, side text, id text)
        ), had as (
          select a.n, a.called, l.id, l.mapping, l.crm_id, l.erp_id, case when l.state <> 'ended' then l.id end as live,
            coalesce(l.record, l.id) = a.called and (l.state <> 'ended' or (l.lone and l.record is not null)) as now
          from asked a join sync.link l on l.id = a.called and l.mapping = a.mapping
          union all
          select a.n, a.called, l.id, l.mapping, l.crm_id, l.erp_id, case when l.state <> 'ended' then l.id end, l.state <> 'ended' or l.lone
          from asked a join sync.link l on l.mapping = a.mapping and coalesce(l.record, l.id) = a.called
          where (l.state <> 'ended' or l.record is not null) and l.id <> a.called
        ), sought as (
          (select distinct on (n) n, 0 as place, called, mapping, crm_id, null as erp_id, live from had
          where crm_id is not null order by n, now desc, id desc)
          union all
          (select distinct on (n) n, 1, called, mapping, null, erp_id, live from had
          where erp_id is not null order by n, now desc, id desc)
          union all
          select n, 0, null, mapping, case side when 'crm' then id end, case side when 'erp' then id end, null
          from asked where called is null
        ), found as (
          select distinct on (s.n) s.n, now.id from sought s cross join lateral (
            select s.live as id, s.called as record, false as lone where s.live is not null
            union all
            select l.id, coalesce(l.record, l.id), l.lone from sync.link l
            where l.crm_id = s.crm_id and l.mapping = s.mapping and s.live is null and (l.state <> 'ended' or (l.lone and l.record is not null
              and not exists (select 1 from sync.link t where t.crm_id = l.crm_id and t.mapping = l.mapping and t.state <> 'ended')))
            union all
            select l.id, coalesce(l.record, l.id), l.lone from sync.link l
            where l.erp_id = s.erp_id and l.mapping = s.mapping and s.live is null and (l.state <> 'ended' or (l.lone and l.record is not null
              and not exists (select 1 from sync.link t where t.erp_id = l.erp_id and t.mapping = l.mapping and t.state <> 'ended')))
          ) now
          order by s.n, now.record is distinct from s.called, s.place, now.lone, now.id
        )
        select f.n, l.* from found f cross join lateral (select ${sql.unsafe(linkColumns)} from sync.link l where l.id = f.id) l`;
      const found = new Map(rows.map((row) => [row.n, onRead(row)]));
      return names.map((_, n) => found.get(n) ?? null);
    },
    { cacheKeyFn: keyOf },
  );
}

const keyOf = (name: RecordName): string =>
  'called' in name ? `${name.mapping}:${name.called}` : `${name.mapping}:${name.side}:${name.id}`;
