import { Big as Library } from 'big.js';
import type { Json } from '../../sync/core/types.ts';

/** Exact decimals; halves are rounded away from zero, as on paper. */
const Big = Library();
Big.DP = 20;
Big.RM = 1;

/** An exact decimal. */
export type Decimal = Library;

/** Zero. */
export const zero: Decimal = new Big(0);

const hundredth: Decimal = new Big('0.01');

/** So many percent of a value. */
export function percentOf(value: Decimal, percent: Decimal): Decimal {
  // Division is the costly operation.
  return value.times(percent).times(hundredth);
}

/** A stored decimal; null counts as zero. */
export function decimal(value: Json | undefined): Decimal {
  return value === null || value === undefined || value === '0' ? zero : new Big(value as string);
}

/** Rounded to a currency's decimals, as it is stored. */
export function amount(value: Decimal, decimals: number): string {
  return unsigned(value.toFixed(decimals, 1));
}

/** Rounded to at most so many decimals, without trailing zeros. */
export function shortest(value: Decimal, decimals: number): string {
  return unsigned(value.round(decimals, 1).toFixed());
}

// There is no negative nothing.
function unsigned(text: string): string {
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text;
}

/** Rounded to a currency's decimals. */
export function rounded(value: Decimal, decimals: number): Decimal {
  return value.round(decimals, 1);
}

/** What counts of a document's discount: no more than there is to discount, be that an invoice or a credit. */
export function counted(discount: Decimal, base: Decimal): Decimal {
  if (base.gte(0)) return discount.gt(base) ? base : discount;
  if (discount.gte(0)) return zero;
  return discount.lt(base) ? base : discount;
}

/** Which of percent and amount of a discount was typed; the other follows from it. */
export type Typed = 'PERCENT' | 'AMOUNT' | null;

/** A discount as it is stored. */
export interface Discount {
  readonly percent: string | null;
  readonly amount: string | null;
  readonly typed: Typed;
}

const none: Discount = { percent: null, amount: null, typed: null };

/**
 * Keeps what was typed last and derives the other. `now` is what the record would hold, `before` what it held (null:
 * new). A value that is sent again unchanged was not typed. The amount is of the whole `base`, never per unit.
 */
export function settleDiscount(
  now: Discount,
  before: Discount | null,
  base: Decimal,
  decimals: number,
): Discount {
  if (now.percent === null && now.amount === null) return none;
  const typed = typedLast(now, before, base, decimals);
  if (typed === null) return none;
  if (typed === 'PERCENT') {
    const percent = decimal(now.percent);
    return { percent: shortest(percent, 4), amount: amount(percentOf(base, percent), decimals), typed };
  }
  const typedAmount = decimal(now.amount);
  const percent = base.eq(0) ? zero : typedAmount.times(100).div(base);
  // What the property can hold; an amount far beyond the base is an import's affair.
  const held = percent.abs().gt(999) ? zero : percent;
  return { percent: shortest(held, 4), amount: typedAmount.toFixed(), typed };
}

function typedLast(now: Discount, before: Discount | null, base: Decimal, decimals: number): Typed {
  const percentTyped = !equal(now.percent, before?.percent ?? null);
  const amountTyped = !equal(now.amount, before?.amount ?? null);
  if (percentTyped && amountTyped) {
    if (now.percent === null || now.amount === null) {
      if (now.percent !== null) return 'PERCENT';
      return now.amount !== null ? 'AMOUNT' : null;
    }
    // Both were sent: where they agree the percent says more, else the amount is what somebody counted out.
    return amount(percentOf(base, decimal(now.percent)), decimals) === amount(decimal(now.amount), decimals)
      ? 'PERCENT'
      : 'AMOUNT';
  }
  if (percentTyped) return now.percent === null ? null : 'PERCENT';
  if (amountTyped) return now.amount === null ? null : 'AMOUNT';
  if (before?.typed) return before.typed;
  if (now.percent !== null) return 'PERCENT';
  return now.amount === null ? null : 'AMOUNT';
}

function equal(a: string | null, b: string | null): boolean {
  if (a === b) return true;
  return a !== null && b !== null && decimal(a).eq(decimal(b));
}
