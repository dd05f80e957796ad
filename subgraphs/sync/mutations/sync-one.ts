import type { Ask, MappingName, RecordRef, Side, Sync, SyncResult } from '../../../sync/index.ts';
import { badInput } from '../../system/arguments.ts';
import type { SyncContext } from '../context.ts';
import type { Unified } from '../unified.ts';
import { flowOf } from '../words.ts';
import { ask, existing, type Mode } from './acting.ts';

/** Arguments of `syncCustomer` and its like. */
export interface SyncArguments {
  readonly id?: string | null;
  readonly crmId?: string | null;
  readonly erpId?: string | null;
  readonly mode: Mode;
  readonly prefer?: string | null;
}

/** Brings one pair of a flow into step: that of exactly one id, the link's or the unified record's, or a record's on either side. */
export async function syncOne(
  unified: Unified,
  mapping: MappingName,
  { id, crmId, erpId, mode, prefer }: SyncArguments,
  context: SyncContext,
): Promise<SyncResult> {
  const given = Object.entries({ id, crmId, erpId }).filter(([, key]) => key);
  const [argument, key] = given[0] ?? [];
  if (given.length !== 1 || !key || !argument)
    throw badInput(
      `Give exactly one of id, crmId and erpId, not ${given.map(([name]) => name).join(' and ') || 'none'}`,
      [argument ?? 'id'],
    );
  const asked = ask(context, mode, prefer);
  const own = unified.mappings[mapping];
  if (argument !== 'id') {
    const side: Side = argument === 'crmId' ? 'crm' : 'erp';
    return one(context.sync, mapping, { side, entity: own[side], id: key }, asked, [argument]);
  }
  const link = await existing(unified, context, key, ['id']);
  const alone = link.lone && link.mapping === mapping;
  if (alone && link.crmId !== null)
    return one(context.sync, mapping, { side: 'crm', entity: own.crm, id: link.crmId }, asked, ['id']);
  if (alone && link.erpId !== null)
    return one(context.sync, mapping, { side: 'erp', entity: own.erp, id: link.erpId }, asked, ['id']);
  if (link.mapping === mapping) return context.sync.syncLink(link.id, asked);
  // The quote of a quoteOrder, the user of a userOrder: records of this flow as well.
  if (link.crmId === null || unified.mappings[link.mapping as MappingName].crm !== own.crm)
    throw badInput(`${key} is of the flow ${flowOf(link.mapping)}, not ${flowOf(mapping)}`, ['id']);
  return one(context.sync, mapping, { side: 'crm', entity: own.crm, id: link.crmId }, asked, ['id']);
}

/** Of several pairs (a user's orders) the one that tells most: what failed, else what was done. */
async function one(
  sync: Sync,
  mapping: MappingName,
  ref: RecordRef,
  asked: Ask,
  path: readonly string[],
): Promise<SyncResult> {
  const results = await sync.syncRecords(mapping, [ref], asked);
  const best =
    results.find(({ outcome }) => outcome === 'failed') ??
    results.find(({ outcome }) => outcome !== 'unchanged') ??
    results[0];
  if (best === undefined)
    throw badInput(`${ref.side.toUpperCase()} has no ${ref.entity} ${ref.id} that syncs`, path);
  return best;
}
