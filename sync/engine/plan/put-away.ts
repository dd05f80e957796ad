import type { Held } from '../../core/types.ts';
import type { Folding } from '../fold.ts';
import { isOpenOrder } from '../stage.ts';
import { refOfLink } from '../work.ts';
import type { Planning } from './planning.ts';

/**
 * An order that somebody has archived in the ERP, although its quote stands and there is no CRM order to follow it: what
 * is offered or sold there is out of use, and the CRM shows nothing of it. It is listed until one of the two is put right.
 */
export function orderPutAway({ context: { records } }: Planning, each: Folding): readonly Held[] {
  const { mapping, link, content } = each;
  if (mapping.name !== 'quoteOrder' || !content || each.creates) return [];
  const [quote, order] = [
    records.get(refOfLink(mapping, link, 'crm')!),
    records.get(refOfLink(mapping, link, 'erp')!),
  ];
  if (!quote || quote.archived || !order?.archived || !isOpenOrder(order)) return [];
  const { status, orderNo } = order.fields;
  return [
    {
      field: 'archived',
      side: 'erp',
      kind: 'away',
      value: true,
      message: `Order ${String(orderNo)} (${String(status)}) is archived in the ERP while its quote stands. Restore it, or end or archive the quote.`,
    },
  ];
}
