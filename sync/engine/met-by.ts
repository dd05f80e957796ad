import type { Write } from '../core/connector.ts';
import type { Side } from '../core/types.ts';

/** What a system was being asked for when it failed as a whole. */
export interface Met {
  readonly side: Side;
  readonly writes: readonly Write[];
}

/** Kept beside the errors, which stay what they are: whoever judges one looks at its own code. */
const met = new WeakMap<object, Met>();

/** Notes which writes an error met, for the letter of a lane that gives up by it. */
export function noteMet(error: unknown, by: Met): void {
  if (typeof error === 'object' && error !== null && !met.has(error)) met.set(error, by);
}

/** The writes that an error met; null where it was none of a write's. */
export const metBy = (error: unknown): Met | null =>
  (typeof error === 'object' && error !== null && met.get(error)) || null;
