import { mapB } from '../state-maps.ts';
import { codec, unreadable } from './codec.ts';

/** How far the order of a quote is, in the CRM's words; a PROPOSAL is none yet. */
export const orderState = codec('state map B', (native, { side }) => {
  if (side === 'crm') return { value: native };
  if (native === 'PROPOSAL') return { value: null };
  const value = mapB.reads[String(native)];
  return value === undefined ? unreadable('is no state of map B. Correct it.') : { value };
});

/** What became of a quote, told by its order: ordered, or cancelled after it had been ordered. */
export const closedReason = codec('reason from the order', (native, { side }) => {
  if (side === 'crm') return { value: native };
  if (native === 'PROPOSAL') return { value: null };
  return { value: native === 'CANCELLED' ? 'ORDER_CANCELLED' : 'WON_ORDERED' };
});
