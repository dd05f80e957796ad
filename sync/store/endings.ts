import type { MappingName } from '../core/types.ts';
import { hideLone } from './lone.ts';
import type { Sql, Tx } from './sql.ts';

/** A link that has just ended. */
export interface Ended {
  readonly id: string;
  readonly mapping: MappingName;
}

/**
 * Ends those of these links that live, and all that was open about them: waits, conflicts, issues, proposals. Answers
 * which. `actor`: who decided all that; `alone`: only where a link has one record so far.
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
      returning id, mapping
    ), waits as (
      delete from sync.wait w using over where w.link_id = over.id
    ), conflicts as (
      update sync.conflict c set resolved_at = now(), resolved_by = coalesce(c.resolved_by, ${actor})
      from over where c.link_id = over.id and c.resolved_at is null
    ), issues as (
      update sync.issue i set closed_at = now() from over where i.link_id = over.id and i.closed_at is null
    ), proposals as (
      update sync.proposal p set resolved_at = now(), resolved_by = coalesce(p.resolved_by, ${actor})
      from over where p.link_id = over.id and p.resolved_at is null
    )
    select id, mapping from over order by id`;
}

/** An ended link lives again, with the base it had. What either side is by now is read afresh. */
export async function revive(tx: Sql | Tx, id: string): Promise<void> {
  const back = await tx<Parameters<typeof hideLone>[1][number][]>`
    update sync.link set state = 'synced', ended_by = null, updated_at = now(), crm_archived = false, erp_archived = false
    where id = ${id} returning mapping, crm_id as "crmId", erp_id as "erpId"`;
  await hideLone(tx, back);
}
