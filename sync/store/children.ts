import type { MappingName } from '../core/types.ts';
import { type Cause, ring } from './lanes.ts';
import type { Sql, Tx } from './sql.ts';

/** A live link whose agreed values, or those of its lines, name another link. */
export interface Child {
  readonly id: string;
  readonly mapping: MappingName;
  readonly lane: string;
  readonly crmId: string | null;
  readonly erpId: string | null;
}

/** Links that refer to these: by a header's property, or by a line's. */
export function childrenOf(sql: Sql | Tx, linkIds: readonly string[]): Promise<Child[]> {
  const ids = [...linkIds];
  return sql<Child[]>`
    select l.id, l.mapping, l.lane, l.crm_id as "crmId", l.erp_id as "erpId" from sync.link l
    where l.state <> 'ended' and l.id <> all(${ids}::text[]) and (
      exists (select 1 from jsonb_each_text(l.agreed) v where v.value = any(${ids}::text[]))
      or exists (select 1 from sync.line_link x, jsonb_each_text(x.agreed) v where x.link_id = l.id and v.value = any(${ids}::text[])))
    order by l.id`;
}

/** Live links that wait for one of these things. */
export function waitingFor(sql: Sql | Tx, on: readonly string[]): Promise<Child[]> {
  return sql<Child[]>`
    select distinct l.id, l.mapping, l.lane, l.crm_id as "crmId", l.erp_id as "erpId" from sync.wait w join sync.link l on l.id = w.link_id
    where w.on = any(${[...on]}::text[]) and l.state <> 'ended' order by l.id`;
}

/** Has all looked at that refers to these links: their records have other counterparts from now on, or none. */
export async function ringChildren(tx: Sql | Tx, linkIds: readonly string[], cause: Cause): Promise<void> {
  if (linkIds.length === 0) return;
  const children = await childrenOf(tx, linkIds);
  await ring(
    tx,
    children.map(({ lane: key, mapping }) => ({ key, mapping, cause })),
  );
}
