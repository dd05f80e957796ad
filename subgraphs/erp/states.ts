import type { Json } from '../../sync/core/types.ts';
import { decimal } from '../system/amounts.ts';
import { Refusal } from '../system/failures.ts';
import type { Draft } from '../system/rules.ts';

type Values = Readonly<Record<string, Json>>;

/** How far each quote status is; the last ones are ends. */
const quoteRanks: Readonly<Record<string, number>> = {
  OPEN: 0,
  PENDING_APPROVAL: 1,
  RELEASED: 2,
  ACCEPTED: 4,
  REJECTED: 4,
  EXPIRED: 4,
  ARCHIVED: 4,
  CANCELLED: 4,
};

/** How far each order status is; a hold keeps the rank of the status it holds. */
const orderRanks: Readonly<Record<string, number>> = {
  PROPOSAL: 0,
  OPEN: 0,
  PENDING_APPROVAL: 1,
  PENDING_PREPAYMENT: 1,
  RELEASED: 2,
  PARTIALLY_SHIPPED: 3,
  SHIPPED: 4,
  PARTIALLY_INVOICED: 5,
  INVOICED: 5,
  CLOSED: 6,
  CANCELLED: 6,
};

/** A person moves a quote forward, or back to OPEN; ends are final. */
export function guardQuoteMove({ before, fields, origin }: Draft): void {
  const from = (before?.fields.status ?? 'OPEN') as string;
  const to = fields.status as string;
  if (from === to || origin !== 'person') return;
  if (quoteRank(from) === 4) throw refused('Quote', from, to, 'It has ended.');
  if (quoteRank(to) < quoteRank(from) && to !== 'OPEN')
    throw refused('Quote', from, to, 'Reopen it as OPEN.');
}

/** The rank of a quote status. */
export function quoteRank(status: string): number {
  return quoteRanks[status] ?? 0;
}

/** The rank of an order, holds seen through. */
export function orderRank(fields: Values): number {
  return orderRanks[seenStatus(fields)] ?? 0;
}

/** The status of an order, holds seen through. */
export function seenStatus({ status, heldStatus }: Values): string {
  return (status === 'ON_HOLD' ? (heldStatus ?? 'OPEN') : status) as string;
}

/** Keeps the held status, asks for the reason of a hold, and lets a person move an order as map B says. */
export function guardOrderMove({ before, fields, given, origin }: Draft): void {
  const from = (before?.fields.status ?? 'OPEN') as string;
  const to = fields.status as string;
  if (to === 'ON_HOLD') {
    if (from !== 'ON_HOLD') fields.heldStatus = before ? from : 'OPEN';
    if (fields.holdReasonCode === null) {
      if (origin === 'person')
        throw new Refusal('BAD_USER_INPUT', 'holdReasonCode: a hold needs its reason, such as CREDIT.', {
          field: 'holdReasonCode',
        });
      fields.holdReasonCode = 'OTHER';
    }
  } else {
    fields.heldStatus = null;
    if (from === 'ON_HOLD' && !given.has('holdReasonCode')) fields.holdReasonCode = null;
  }
  if (from === to || origin !== 'person' || (!before && to === 'PROPOSAL')) return;
  const rank = before ? orderRank(before.fields) : 0;
  if (rank === 6) throw refused('Order', from, to, 'It has ended.');
  if (from === 'PROPOSAL' && to !== 'OPEN' && to !== 'CANCELLED') {
    throw refused('Order', from, to, 'A proposal is accepted as OPEN first.');
  }
  if (to === 'PROPOSAL') throw refused('Order', from, to, 'Only a new order can be a proposal.');
  if (to === 'ON_HOLD' || to === 'CANCELLED' || (from === 'ON_HOLD' && to === before?.fields.heldStatus))
    return;
  if (to.startsWith('PARTIALLY'))
    throw refused(
      'Order',
      from,
      to,
      "Patch the lines' quantityShipped or quantityInvoiced; the status follows.",
    );
  const reopens = to === 'OPEN' && rank <= 2;
  if ((orderRanks[to] ?? 0) < rank && !reopens)
    throw refused('Order', from, to, 'Reopen it as OPEN while nothing is shipped.');
}

/**
 * Quantities decide: a status SHIPPED or INVOICED that comes without quantities ships and invoices everything, and
 * quantities that change move the status forward. Sets every line's own status.
 */
export function followQuantities(draft: Draft, today: string): void {
  const { fields, before, lines, given } = draft;
  const items = lines.filter(({ fields: line }) => line.type === 'ITEM' && decimal(line.quantity).gt(0));
  const touched = lines.some(
    (line) => line.given.has('quantityShipped') || line.given.has('quantityInvoiced'),
  );
  const moved = given.has('status') && fields.status !== before?.fields.status;
  if (moved && !touched && (fields.status === 'SHIPPED' || fields.status === 'INVOICED')) {
    for (const { fields: line } of items) {
      line.quantityShipped = line.quantity!;
      if (fields.status === 'INVOICED') line.quantityInvoiced = line.quantity!;
    }
  }
  const ships = lines.some((line) =>
    decimal(line.fields.quantityShipped).gt(decimal(line.before?.quantityShipped)),
  );
  const invoices = lines.some((line) =>
    decimal(line.fields.quantityInvoiced).gt(decimal(line.before?.quantityInvoiced)),
  );
  if (ships || invoices) refuseWhereStill(draft);
  const reached = items.length === 0 ? null : reachedBy(items.map((line) => line.fields));
  const quantitiesMoved =
    ships ||
    invoices ||
    lines.some((line) => line.before && line.fields.quantity !== line.before.quantity) ||
    draft.removed.length > 0;
  if (
    reached &&
    quantitiesMoved &&
    fields.status !== 'ON_HOLD' &&
    (orderRanks[reached] ?? 0) >= orderRank(fields) &&
    orderRank(fields) < 6
  ) {
    fields.status = reached;
  }
  if (ships && !given.has('lastShipmentDate')) fields.lastShipmentDate = today;
  for (const { fields: line } of lines) line.lineStatus = lineStatusOf(line, fields.status === 'CANCELLED');
}

function refuseWhereStill({ fields, origin, before }: Draft): void {
  const status = fields.status as string;
  if (origin !== 'person' || !['PROPOSAL', 'ON_HOLD', 'CLOSED', 'CANCELLED'].includes(status)) return;
  // Closing may record the last shipment in the same write.
  if (status === 'CLOSED' && before?.fields.status !== 'CLOSED') return;
  throw new Refusal('STATE', `lines: nothing is shipped or invoiced while the order is ${status}.`, {
    field: 'lines',
  });
}

function reachedBy(items: readonly Values[]): string | null {
  const all = (name: string) => items.every((line) => decimal(line[name]).gte(decimal(line.quantity)));
  const some = (name: string) => items.some((line) => decimal(line[name]).gt(0));
  if (all('quantityInvoiced')) return 'INVOICED';
  if (some('quantityInvoiced')) return 'PARTIALLY_INVOICED';
  if (all('quantityShipped')) return 'SHIPPED';
  return some('quantityShipped') ? 'PARTIALLY_SHIPPED' : null;
}

function lineStatusOf({ quantity, quantityShipped, quantityInvoiced }: Values, cancelled: boolean): string {
  const [all, shipped, invoiced] = [decimal(quantity), decimal(quantityShipped), decimal(quantityInvoiced)];
  if (all.gt(0) && invoiced.gte(all)) return 'INVOICED';
  if (all.gt(0) && shipped.gte(all)) return 'SHIPPED';
  if (cancelled) return 'CANCELLED';
  return shipped.gt(0) || invoiced.gt(0) ? 'PARTIAL' : 'OPEN';
}

function refused(entity: string, from: string, to: string, why: string): Refusal {
  return new Refusal('STATE', `${entity}: a person cannot move it from ${from} to ${to}. ${why}`, {
    field: 'status',
    value: to,
  });
}
