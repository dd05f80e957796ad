import { same } from '../system/draft.ts';
import { Refusal } from '../system/failures.ts';
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
 * A person may edit the block while the order is open, and cannot give an order to a blocked salesperson.
 */
export function settleSalesperson({ fields, before, given, origin }: Draft, { find }: World): void {
  const changed = (before?.fields.salespersonId ?? null) !== fields.salespersonId;
  if (changed) {
    const card = find('Salesperson', fields.salespersonId);
    if (card?.blocked === true && origin === 'person') {
      throw new Refusal('STATE', `salespersonCode: ${card.code} takes no new orders.`, {
        field: 'salespersonCode',
        value: card.code!,
      });
    }
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
