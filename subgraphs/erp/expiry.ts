import type { Due } from '../system/rules.ts';

/** A quote that was released and not accepted expires when its last valid day is over. */
export const expiredQuotes: Due = {
  entity: 'Quote',
  where: (today) => ({ status: { eq: 'RELEASED' }, validUntilDate: { lt: today } }),
  fields: { status: 'EXPIRED' },
};
