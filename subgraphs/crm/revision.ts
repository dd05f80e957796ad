import type { Json, SystemRecord } from '../../sync/core/types.ts';
import { newId } from '../system/ids.ts';
import type { Fields } from '../system/model.ts';
import type { Draft, LineDraft, World } from '../system/rules.ts';

/** What a new revision shows as the quote did that it revises. */
const taken = ['customerPurchaseOrder', 'requestedDeliveryDate', 'validUntil', 'notes'] as const;

/** The same, unless it is for another customer. */
const ofCustomer = [
  'billToCustomerId',
  'billingAddress',
  'shippingAddress',
  'paymentTerms',
  'deliveryTerms',
  'shippingMethod',
  'priceList',
] as const;

/** What a line has of its own life, and begins anew with the line. */
const anew: Readonly<Fields> = {
  netAmount: null,
  taxAmount: null,
  grossAmount: null,
  promisedDeliveryDate: null,
  quantityShipped: '0',
  quantityInvoiced: '0',
  lineStatus: 'OPEN',
};

/**
 * A revision that a person makes begins as a copy of what it revises: whatever is not given is as it was, all lines where none
 * are given. True where the lines are copies. Amounts are left out where they would be in another currency or of another tax
 * basis, and a validity that is over.
 */
export function copyRevised(draft: Draft, original: SystemRecord, { today }: Pick<World, 'today'>): boolean {
  const { fields, given, lines } = draft;
  const old = original.fields;
  const take = (name: string): void => {
    if (!given.has(name)) fields[name] = old[name] ?? null;
  };
  for (const name of taken) take(name);
  if (!given.has('validUntil') && String(fields.validUntil ?? today) < today) fields.validUntil = null;
  if (fields.customerId === old.customerId) for (const name of ofCustomer) take(name);
  take('pricesIncludeTax');
  const discount = given.has('discountPercent') || given.has('discountAmount') ? {} : typedOf(old);
  fields.discountPercent ??= discount.discountPercent ?? null;
  if (fields.currency !== old.currency || fields.pricesIncludeTax !== old.pricesIncludeTax) return false;
  fields.discountAmount ??= discount.discountAmount ?? null;
  take('freightAmount');
  if (given.has('lines')) return false;
  lines.push(...(old.lines as readonly Readonly<Fields>[]).map(copyOf));
  return true;
}

function copyOf(line: Readonly<Fields>): LineDraft {
  const lineId = newId();
  const fields = {
    ...line,
    ...anew,
    discountPercent: null,
    discountAmount: null,
    discountTyped: null,
    ...typedOf(line),
    lineId,
  };
  return { lineId, before: null, fields, given: new Set(['quantity']) };
}

/** The half of a discount that somebody typed: the other one follows from it. */
function typedOf(old: Readonly<Record<string, Json | undefined>>): Fields {
  if (old.discountTyped === 'PERCENT') return { discountPercent: old.discountPercent ?? null };
  return old.discountTyped === 'AMOUNT' ? { discountAmount: old.discountAmount ?? null } : {};
}
