import type { MappingName, Side } from '../core/types.ts';
import { hideLone } from './lone.ts';
import { rows, type Sql, type Statement, type Tx } from './sql.ts';

/** A link that has just ended. */
export interface Ended {
  readonly id: string;
  readonly mapping: MappingName;
  readonly lane: string;
}

/**
 * Ends those of these links that live, and all that was open about them: waits, conflicts, issues, letters, proposals.
 * Answers which. `actor`: who decided all that; `alone`: only where a link has one record so far.
 */
export async function endLiving(
  tx: Sql | Tx,
  ids: readonly string[],
  { by, actor, alone }: { readonly by: string; readonly actor: string; readonly alone: boolean },
): Promise<readonly Ended[]> {
  return tx<Ended[]>`
    with over as (
      update sync.link set state = 'ended', ended_by = ${by}, waits_for = null, held = null, updated_at = now()
      where id = any(${[...ids]}::text[]) and state <> 'ended' and (not ${alone} or crm_id is null or erp_id is null)
      returning id, mapping, lane
    ), waits as (
      delete from sync.wait w using over where w.link_id = over.id
    ), conflicts as (
      update sync.conflict c set resolved_at = now(), resolved_by = coalesce(c.resolved_by, ${actor})
      from over where c.link_id = over.id and c.resolved_at is null
    ), issues as (
      update sync.issue i set closed_at = now() from over where i.link_id = over.id and i.closed_at is null
    ), letters as (
      update sync.dead_letter d set closed_at = now() from over where d.link_id = over.id and d.closed_at is null
    ), proposals as (
      update sync.proposal p set resolved_at = now(), resolved_by = coalesce(p.resolved_by, ${actor})
      from over where p.link_id = over.id and p.resolved_at is null
    )
    select id, mapping, lane from over order by id`;
}

/** What these links proposed is decided, by a person or because its cause is gone. */
export function closeProposals(tx: Sql | Tx, linkIds: readonly string[], actor: string): Statement | null {
  if (linkIds.length === 0) return null;
  return tx`
    update sync.proposal set resolved_at = now(), resolved_by = ${actor}
    where link_id = any(${[...linkIds]}::text[]) and resolved_at is null`;
}

/** How the last link of a record within a mapping came to its end: what was deleted or unlinked is not made anew. */
export interface Tombstone {
  readonly mapping: MappingName;
  readonly id: string;
  readonly by: 'deleted' | 'unlinked';
  /** Of a quote's order, how far it was by then; null while it was a PROPOSAL. */
  readonly orderState: string | null;
}

/** The tombstones of these records of one side, where they have any. */
export function tombstonesOf(
  sql: Sql,
  side: Side,
  of: readonly Pick<Tombstone, 'mapping' | 'id'>[],
): Promise<readonly Tombstone[]> {
  const idOf = side === 'crm' ? sql`l.crm_id` : sql`l.erp_id`;
  return sql<Tombstone[]>`
    select distinct on (r.mapping, r.id) r.mapping, r.id, l.ended_by as by, l.agreed ->> 'orderState' as "orderState"
    from jsonb_to_recordset(${rows(of)}::text::jsonb) as r(mapping text, id text)
    join sync.link l on l.mapping = r.mapping and ${idOf} = r.id and not l.lone
    where l.state = 'ended' and l.ended_by in ('deleted', 'unlinked')
    order by r.mapping, r.id, l.id desc`;
}

/** What refers to the records of a link means those of its heir once it has ended. */
export const nameHeir = (sql: Sql | Tx, id: string, heir: string): Statement =>
  sql`update sync.link set heir = ${heir} where id = ${id}`;

/** Ended links live again, with the base they had. What either side is by now is read afresh. */
export async function revive(tx: Sql | Tx, ids: readonly string[]): Promise<void> {
  const back = await tx<Parameters<typeof hideLone>[1][number][]>`
    update sync.link set state = 'synced', ended_by = null, heir = null, updated_at = now(), crm_archived = false, erp_archived = false
    where id = any(${[...ids]}::text[]) returning mapping, crm_id as "crmId", erp_id as "erpId"`;
  await hideLone(tx, back);
}
