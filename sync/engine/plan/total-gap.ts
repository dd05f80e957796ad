import Big from 'big.js';
import type { Held, Json, Values } from '../../core/types.ts';
import { type Folding, partOf } from '../fold.ts';
import { refOfLink } from '../work.ts';
import type { Planning } from './planning.ts';

/** Where a quote's link keeps, beside what is agreed field by field, the total that was accepted. */
const accepted = 'acceptedTotal';

/** Two totals within this of each other are the same: each side rounds by itself. */
const tolerance = '0.01';

/** What a link's totals come to: the base with the accepted total kept in it, and the gap between the two, if there is one. */
export interface Totals {
  readonly base: Folding['link']['base'];
  readonly held: readonly Held[];
}

/**
 * The totals check of an accepted quote (quoteOrder, row 21). What was accepted is the order's total as both systems
 * first came to rest with it after acceptance; an order that has come to cost something else is an issue until it costs
 * that again, or is cancelled: nobody at the customer has agreed to it.
 */
export function totalsOf({ work, context, stage }: Planning, each: Folding): Totals {
  const { link, mapping } = each;
  const untouched = { base: link.base, held: [] };
  if (mapping.name !== 'quoteOrder' || stage === 'quote' || !link.base || each.creates) return untouched;
  const order = context.records.get(refOfLink(mapping, link, 'erp')!);
  if (!order) return untouched;
  const now = order.fields.amountInclVat ?? null;
  const before = work.links.find(({ id }) => id === link.id)?.base?.crm[accepted];
  const resting = partOf(each, 'crm') === null && partOf(each, 'erp') === null;
  const agreed = before ?? (resting ? now : null);
  if (agreed === null) return untouched;
  const gap = order.fields.status !== 'CANCELLED' && isGap(agreed, now);
  return { base: kept(link.base, agreed), held: gap ? [gapOf(agreed, now)] : [] };
}

const kept = (base: Readonly<Record<'crm' | 'erp', Values>>, total: Json) => ({
  crm: { ...base.crm, [accepted]: total },
  erp: { ...base.erp, [accepted]: total },
});

const isGap = (agreed: Json, now: Json): boolean =>
  now !== null && new Big(String(agreed)).minus(String(now)).abs().gt(tolerance);

const gapOf = (agreed: Json, now: Json): Held => ({
  field: 'totalAmount',
  side: 'erp',
  kind: 'gap',
  value: now,
  message: `The quote was accepted at ${String(agreed)}; its order comes to ${String(now)}. Put the order right, or agree on it with the customer by a new revision.`,
});
