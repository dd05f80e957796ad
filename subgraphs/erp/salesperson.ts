import { same } from '../system/draft.ts';
import { badInput, Refusal } from '../system/failures.ts';
import type { Fields } from '../system/model.ts';
import type { Draft, World } from '../system/rules.ts';
import { orderRank } from './states.ts';

/** The block on an order and where its values stand on the salesperson's card. */
const block: Readonly<Record<string, string>> = {
  salespersonExternalReference: 'externalReference',
  salespersonName: 'name',
  salespersonEmail: 'email',
  salespersonPhone: 'phone',
  salespersonTitle: 'title',
  salespersonEmployeeNo: 'employeeNo',
  salesTeamCode: 'salesTeamCode',
  dimensionDepartment: 'dimensionDepartment',
  territoryCode: 'territoryCode',
  commissionPercent: 'commissionPercent',
  salespersonBlocked: 'blocked',
  approverId: 'approverId',
  approverCode: 'approverCode',
  languageCode: 'languageCode',
};

/**
 * Fills the order's salesperson block from the card when the salesperson changes; what the write gives itself stays.
 * A person may edit the block while the order is open. A blocked salesperson is given no order by a person, and no open
 * one by the sync.
 */
export function settleSalesperson({ fields, before, given, origin }: Draft, { find }: World): void {
  const changed = (before?.fields.salespersonId ?? null) !== fields.salespersonId;
  if (changed) {
    const card = find('Salesperson', fields.salespersonId);
    if (card?.blocked === true) refuseBlocked(card, origin, orderRank(fields) < 4);
    for (const [own, onCard] of Object.entries(block))
      if (!given.has(own)) fields[own] = card?.[onCard] ?? null;
  }
  // Closed orders keep what they showed.
  if (origin === 'person' && before && orderRank(before.fields) >= 4) {
    const edited = Object.keys(block).find((name) => !same(before.fields[name], fields[name]));
    if (edited)
      throw new Refusal('STATE', `${edited} is frozen once the order is ${before.fields.status}.`, {
        field: edited,
      });
  }
  fields.salespersonBlocked ??= false;
}

function refuseBlocked({ id, code }: Readonly<Fields>, origin: Draft['origin'], isOpen: boolean): void {
  if (origin === 'person')
    throw new Refusal('STATE', `salespersonCode: ${code} takes no new orders.`, {
      field: 'salespersonCode',
      value: code!,
    });
  // Of the reference alone, so that the sync leaves it out and brings the order.
  if (origin === 'sync' && isOpen)
    throw badInput(
      'salespersonId',
      id,
      `is ${code}, who is blocked and takes no new orders; give it to another.`,
    );
}
