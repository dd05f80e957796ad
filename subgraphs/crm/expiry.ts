import type { Due } from '../system/rules.ts';

/** A quote that was offered and not answered expires when its last valid day is over; what is still being written does not. */
export const expiredQuotes: Due = {
  entity: 'Quote',
  where: (today) => ({ status: { in: ['APPROVED', 'SENT'] }, validUntil: { lt: today } }),
  fields: { status: 'EXPIRED' },
};
