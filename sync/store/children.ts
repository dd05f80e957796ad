import type { MappingName } from '../core/types.ts';
import type { Sql } from './sql.ts';

/** A live link whose agreed values, or those of its lines, name another link. */
export interface Child {
  readonly id: string;
  readonly mapping: MappingName;
  readonly lane: string;
  readonly crmId: string | null;
  readonly erpId: string | null;
}

/** Links that refer to this one: by a header's property, or by a line's. */
export function childrenOf(sql: Sql, linkId: string): Promise<Child[]> {
  return sql<Child[]>`
    select l.id, l.mapping, l.lane, l.crm_id as "crmId", l.erp_id as "erpId" from sync.link l
    where l.state <> 'ended' and l.id <> ${linkId} and (
      exists (select 1 from jsonb_each_text(l.agreed) v where v.value = ${linkId})
      or exists (select 1 from sync.line_link x, jsonb_each_text(x.agreed) v where x.link_id = l.id and v.value = ${linkId}))
    order by l.id`;
}
