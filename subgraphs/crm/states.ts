import { Refusal } from '../system/failures.ts';
import type { Draft } from '../system/rules.ts';

/** How far each quote status is; the last ones are ends. */
export const quoteRanks: Readonly<Record<string, number>> = {
  DRAFT: 0,
  IN_REVIEW: 1,
  APPROVED: 2,
  SENT: 3,
  ACCEPTED: 4,
  DECLINED: 4,
  EXPIRED: 4,
  REVISED: 4,
  CANCELLED: 4,
};

/** How far each order status is; a hold keeps the rank of the status it holds. */
const orderRanks: Readonly<Record<string, number>> = {
  DRAFT: 0,
  SUBMITTED: 1,
  CONFIRMED: 2,
  PARTIALLY_FULFILLED: 3,
  FULFILLED: 4,
  INVOICED: 5,
  CLOSED: 6,
  CANCELLED: 6,
};

/** Statuses that shipping, invoicing and closing give; the ERP tells them. */
const toldByErp = ['PARTIALLY_FULFILLED', 'FULFILLED', 'INVOICED', 'CLOSED'];

/** A person moves a quote forward, skipping ranks if need be, or back to DRAFT; ends are final. */
export function guardQuoteMove({ before, fields, origin }: Draft): void {
  const from = (before?.fields.status ?? 'DRAFT') as string;
  const to = fields.status as string;
  if (from === to || origin !== 'person') return;
  if (from === 'ACCEPTED') throw refused('Quote', from, to, 'An accepted quote goes on as an order.');
  if (rankIn(quoteRanks, from) === 4)
    throw refused('Quote', from, to, 'It has ended; make a new revision with revisionOfId.');
  if (rankIn(quoteRanks, to) < rankIn(quoteRanks, from) && to !== 'DRAFT') {
    throw refused('Quote', from, to, 'Reopen it as DRAFT.');
  }
}

/** Keeps the held status, asks for the reason of a hold, and lets a person move an order as map B says. */
export function guardOrderMove({ before, fields, given, origin }: Draft): void {
  const from = (before?.fields.status ?? 'DRAFT') as string;
  const to = fields.status as string;
  const held = (before?.fields.heldStatus ?? null) as string | null;
  if (to === 'ON_HOLD') {
    if (from !== 'ON_HOLD') fields.heldStatus = before ? from : 'DRAFT';
    if (fields.holdReason === null) {
      if (origin === 'person')
        throw new Refusal('BAD_USER_INPUT', 'holdReason: a hold needs its reason, such as CREDIT.', {
          field: 'holdReason',
        });
      fields.holdReason = 'OTHER';
    }
  } else {
    fields.heldStatus = null;
    if (from === 'ON_HOLD' && !given.has('holdReason')) fields.holdReason = null;
  }
  if (from === to || origin !== 'person') return;
  const rank = rankIn(orderRanks, from === 'ON_HOLD' ? (held ?? 'DRAFT') : from);
  if (rank === 6) throw refused('Order', from, to, 'It has ended.');
  if (to === 'ON_HOLD') return;
  if (from === 'ON_HOLD' && to === held) return;
  if (toldByErp.includes(to))
    throw refused('Order', from, to, 'Shipping and invoicing in the ERP move it there.');
  if (to === 'CANCELLED') {
    if (rank >= 3) throw refused('Order', from, to, 'Goods have left; only the ERP cancels it now.');
    return;
  }
  const reopens = to === 'DRAFT' && rank <= 2;
  if (rankIn(orderRanks, to) < rank && !reopens)
    throw refused('Order', from, to, 'Reopen it as DRAFT while nothing is shipped.');
}

/** The rank of an order, holds seen through. */
export function orderRank(fields: Readonly<Record<string, unknown>>): number {
  const status = fields.status === 'ON_HOLD' ? (fields.heldStatus ?? 'DRAFT') : fields.status;
  return rankIn(orderRanks, status as string);
}

function rankIn(ranks: Readonly<Record<string, number>>, status: string): number {
  return ranks[status] ?? 0;
}

function refused(entity: string, from: string, to: string, why: string): Refusal {
  return new Refusal('STATE', `${entity}: a person cannot move it from ${from} to ${to}. ${why}`, {
    field: 'status',
    value: to,
  });
}
