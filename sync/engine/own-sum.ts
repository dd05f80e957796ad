import Big from 'big.js';
import type { FieldDrift } from '../core/drift.ts';
import type { SystemRecord } from '../core/types.ts';

/** Two sums within this of each other are the same: each side rounds by itself. */
const tolerance = '0.01';

/** Under which name the gap is told. */
export const ownSum = 'computedAmount';

/**
 * The check of a quote's totals (quote, row 23): the ERP's sum is the one that counts, and the CRM keeps its own. A gap
 * between the two is drift that no sync can take away: the sides count different lines, or reckon differently.
 */
export function ownSumDrift(crm: SystemRecord, erp: SystemRecord): readonly FieldDrift[] {
  const [own, counts] = [
    crm.fields.computedAmount,
    crm.fields.pricesIncludeTax === true ? erp.fields.amountInclVat : erp.fields.amount,
  ];
  if (typeof own !== 'string' || typeof counts !== 'string') return [];
  if (new Big(own).minus(counts).abs().lte(tolerance)) return [];
  const why = `The CRM counts ${own}, the ERP ${counts}.${hasUntaken(crm) ? ' The ERP counts lines that the customer has not taken, too.' : ''}`;
  return [{ field: ownSum, base: null, crm: own, erp: counts, verdict: 'held', why }];
}

const hasUntaken = ({ fields }: SystemRecord): boolean =>
  (fields.lines as readonly Readonly<Record<string, unknown>>[]).some(
    ({ selection }) => selection === 'OPTIONAL' || selection === 'REJECTED',
  );
