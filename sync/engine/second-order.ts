import type { Held, Json, SystemRecord } from '../core/types.ts';

/**
 * Says of an order that it names the quote of a deal that has its order: one deal ends in one ERP order. The quote does
 * not travel with it, everything else does, until a person has decided.
 */
export const secondOrder = ({
  order,
  first,
  quoteId,
}: {
  readonly order: SystemRecord;
  readonly first: SystemRecord | null;
  readonly quoteId: Json;
}): Held => ({
  field: 'quoteId',
  side: 'erp',
  kind: 'second',
  value: quoteId,
  message: `Order ${numberOf(order)} names a quote whose deal has its order${first ? `, ${numberOf(first)}` : ''}: one deal ends in one. Take the quote out of order ${numberOf(order)}, or cancel one of the two.`,
});

/** The number under which people know an order. */
const numberOf = ({ id, fields }: SystemRecord): string => String(fields.orderNumber ?? fields.orderNo ?? id);
