import type { SystemRecord } from '../../core/types.ts';
import type { Folding } from '../fold.ts';
import { isProposal } from '../stage.ts';
import { refOfLink } from '../work.ts';
import type { Planning } from './planning.ts';

/** A quote that is still to be answered. */
const open = new Set(['DRAFT', 'IN_REVIEW', 'APPROVED', 'SENT']);

/**
 * Who makes an order of a quote in the CRM accepts it, as a clerk does who confirms its PROPOSAL (state map C): the order
 * carries the content from then on, and nothing else would move the quote.
 */
export function acceptOrdered({ members, context: { mappings, records } }: Planning, each: Folding): void {
  const { mapping, link, content } = each;
  if (mapping.name !== 'quoteOrder' || content || each.creates) return;
  const order = members.find((member) => member.mapping === 'order');
  const ref = order && refOfLink(mappings.order, order, 'crm');
  const [quote, made, erp] = [
    records.get(refOfLink(mapping, link, 'crm')!),
    ref ? records.get(ref) : null,
    records.get(refOfLink(mapping, link, 'erp')!),
  ];
  if (!quote || !made || !erp || made.fields.quoteId !== quote.id) return;
  const before = String(quote.fields.status);
  if (!open.has(before) || !isOrdered(erp)) return;
  each.parts.crm.values.status = 'ACCEPTED';
  each.changes.push({
    field: 'status',
    side: 'crm',
    before,
    after: 'ACCEPTED',
    winner: 'erp',
    why: 'ordered',
  });
}

const isOrdered = (order: SystemRecord): boolean => !isProposal(order) && order.fields.status !== 'CANCELLED';
