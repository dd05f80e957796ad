import type { Json, Side } from './types.ts';

/**
 * What the merge decided for one field. `rest`: nothing to write, what each side shows is agreed. `hold`: nothing is
 * agreed, the old base stays. `open`: nothing was there when the two met, whatever a side shows. `put`: write on one
 * side. `stand`: this value on both. `restore`: each side its base.
 */
export type Verdict =
  | { readonly kind: 'rest' }
  | { readonly kind: 'hold' }
  | { readonly kind: 'open' }
  | { readonly kind: 'conflict'; readonly why: string }
  | {
      readonly kind: 'put';
      readonly side: Side;
      readonly value: Json;
      readonly winner: Side | null;
      readonly why: string;
      readonly lost?: Json;
    }
  | { readonly kind: 'stand'; readonly value: Json; readonly why: string }
  | { readonly kind: 'restore'; readonly why: string };

/** Nothing to write. */
export const rest: Verdict = { kind: 'rest' };

/** Not now. */
export const hold: Verdict = { kind: 'hold' };

/** Not agreed: it counts as an edit as soon as the other side can have a say. */
export const open: Verdict = { kind: 'open' };
