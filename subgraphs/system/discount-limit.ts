import { type Discount, decimal } from './amounts.ts';
import { badInput } from './failures.ts';
import type { Fields } from './model.ts';
import type { Origin } from './rules.ts';

/**
 * Refuses a percentage that is typed or imported and is of more than the whole, of a line and of a document alike. What
 * stood there before may stay, and what follows from an amount is no percentage that anybody typed.
 */
export function refuseBeyondWhole(
  field: string,
  { percent, typed }: Discount,
  before: Fields[string] | undefined,
  origin: Origin,
): void {
  if (typed !== 'PERCENT' || (origin !== 'person' && origin !== 'import')) return;
  const value = decimal(percent);
  if (value.abs().lte(100) || value.eq(decimal(before))) return;
  throw badInput(
    field,
    percent!,
    'is more than the whole: a discount is at most 100 percent, and a surcharge (a negative one) too.',
  );
}
