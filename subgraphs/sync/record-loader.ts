import DataLoader from 'dataloader';
import type { Side } from '../../sync/index.ts';
import { type LinkRow, linkColumns, type Sql } from './rows.ts';

/** One record of one system within one mapping. */
export interface MappedRecord {
  readonly mapping: string;
  readonly side: Side;
  readonly id: string;
}

/** What a unified record is asked for by: an id that it has or had, or a record of its own. */
export type RecordName = string | MappedRecord;

/** Finds the live links of records, and those records that no live link holds. */
export type RecordLoader = DataLoader<RecordName, LinkRow | null, string>;

/**
 * However they are asked for, the records of one level are one statement. An id whose link has ended answers with what
 * holds its CRM record now, or else its ERP record.
 */
export function createRecordLoader(sql: Sql, onRead: (row: LinkRow) => LinkRow): RecordLoader {
  return new DataLoader<RecordName, LinkRow | null, string>(
    async (names) => {
      const asked = names.map((name, n) => (typeof name === 'string' ? { n, link: name } : { n, ...name }));
      const rows = await sql<(LinkRow & { n: number })[]>`
        with asked as (
          select * from jsonb_to_recordset(${JSON.stringify(asked)}::text::jsonb)
            as a(n int, link text, mapping text, side text, id text)
        ), sought as (
          select a.n, l.mapping, l.crm_id, l.erp_id, case when l.state <> 'ended' then l.id end as live
          from asked a join sync.link l on l.id = a.link
          union all
          select n, mapping, case side when 'crm' then id end, case side when 'erp' then id end, null from asked where link is null
        )
        select s.n, l.* from sought s cross join lateral (
          select 0 as place, s.live as id, false as lone where s.live is not null
          union all
          select 1, l.id, l.lone from sync.link l where l.crm_id = s.crm_id and l.mapping = s.mapping and s.live is null
            and (l.state <> 'ended' or l.record is not null)
          union all
          select 2, l.id, l.lone from sync.link l where l.erp_id = s.erp_id and l.mapping = s.mapping and s.live is null
            and (l.state <> 'ended' or l.record is not null)
          order by 1, 3, 2 limit 1
        ) now cross join lateral (select ${sql.unsafe(linkColumns)} from sync.link l where l.id = now.id) l`;
      const found = new Map(rows.map((row) => [row.n, onRead(row)]));
      return names.map((_, n) => found.get(n) ?? null);
    },
    { cacheKeyFn: keyOf },
  );
}

const keyOf = (name: RecordName): string =>
  typeof name === 'string' ? name : `${name.mapping}:${name.side}:${name.id}`;
