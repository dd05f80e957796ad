import {
  amount,
  counted,
  type Decimal,
  decimal,
  percentOf,
  rounded,
  settleDiscount,
  type Typed,
  zero,
} from '../system/amounts.ts';
import { refuseBeyondWhole } from '../system/discount-limit.ts';
import { badInput } from '../system/failures.ts';
import type { Fields } from '../system/model.ts';
import type { Draft, LineDraft, World } from '../system/rules.ts';

/**
 * Computes a document's amounts, each rounded to the currency's decimals:
 * a line's gross is quantity × price, less its own discount; the document's discount is of all lines but freight and is
 * shared over them in proportion; VAT is reckoned per line, upon the price or out of it. The lines' amounts add up to
 * the header's.
 */
export function settleTotals(draft: Draft, world: World): void {
  const { fields, lines } = draft;
  const decimals = world.decimalsOf((fields.currencyCode ?? world.company.currency) as string);
  const bases = lines.map((line, n) => lineBase(draft, line, decimals, n));
  const discountable = bases.map((base, n) => (isFreight(lines[n]!.fields) ? zero : base));
  const base = discountable.reduce((sum, one) => sum.plus(one), zero);
  const shares = shareOut(headerDiscount(draft, base, decimals), discountable, base, decimals);
  let [net, vat] = [zero, zero];
  for (const [n, { fields: line }] of lines.entries()) {
    const rate = decimal(line.vatPercent);
    const value = bases[n]!.minus(shares[n]!);
    const lineNet =
      fields.pricesIncludeVat === true ? rounded(value.times(100).div(rate.plus(100)), decimals) : value;
    const lineVat =
      fields.pricesIncludeVat === true ? value.minus(lineNet) : rounded(percentOf(value, rate), decimals);
    line.amount = amount(lineNet, decimals);
    line.vatAmount = amount(lineVat, decimals);
    line.amountInclVat = amount(lineNet.plus(lineVat), decimals);
    net = net.plus(lineNet);
    vat = vat.plus(lineVat);
  }
  fields.amount = amount(net, decimals);
  fields.vatAmount = amount(vat, decimals);
  fields.amountInclVat = amount(net.plus(vat), decimals);
}

function isFreight({ type, lineCode }: Readonly<Fields>): boolean {
  return type === 'CHARGE' && lineCode === 'FREIGHT';
}

/** A line's value after its own discount, whose other form is filled in. */
function lineBase(
  { origin }: Draft,
  { fields, before, given }: LineDraft,
  decimals: number,
  n: number,
): Decimal {
  const gross =
    fields.type === 'COMMENT'
      ? zero
      : rounded(decimal(fields.quantity).times(decimal(fields.unitPrice)), decimals);
  const discount = settleDiscount(
    {
      percent: fields.lineDiscountPercent as string | null,
      amount: fields.lineDiscountAmount as string | null,
      typed: null,
    },
    before && {
      percent: before.lineDiscountPercent as string | null,
      amount: before.lineDiscountAmount as string | null,
      typed: before.lineDiscountTyped as Typed,
    },
    gross,
    decimals,
  );
  refuseBeyondWhole(`lines[${n}].lineDiscountPercent`, discount, before?.lineDiscountPercent, origin);
  const typedNow = given.has('lineDiscountAmount') || given.has('lineDiscountPercent');
  if (origin === 'person' && typedNow && decimal(discount.amount).abs().gt(gross.abs())) {
    throw badInput(
      `lines[${n}].lineDiscountAmount`,
      discount.amount,
      `exceeds the line's ${gross.toFixed(decimals)}.`,
    );
  }
  fields.lineDiscountPercent = discount.percent;
  fields.lineDiscountAmount = discount.amount;
  fields.lineDiscountTyped = discount.typed;
  return rounded(gross.minus(decimal(discount.amount)), decimals);
}

/** The document's discount as it counts. */
function headerDiscount({ fields, before, origin }: Draft, base: Decimal, decimals: number): Decimal {
  const old = before?.fields;
  const discount = settleDiscount(
    {
      percent: fields.headerDiscountPercent as string | null,
      amount: fields.headerDiscountAmount as string | null,
      typed: null,
    },
    old
      ? {
          percent: old.headerDiscountPercent as string | null,
          amount: old.headerDiscountAmount as string | null,
          typed: old.headerDiscountTyped as Typed,
        }
      : null,
    base,
    decimals,
  );
  refuseBeyondWhole('headerDiscountPercent', discount, old?.headerDiscountPercent, origin);
  fields.headerDiscountPercent = discount.percent;
  fields.headerDiscountAmount = discount.amount;
  fields.headerDiscountTyped = discount.typed;
  return counted(rounded(decimal(discount.amount), decimals), base);
}

/** Shares an amount over parts in proportion, to the last minor unit: each share is the growth of the rounded running share. */
function shareOut(
  total: Decimal,
  parts: readonly Decimal[],
  base: Decimal,
  decimals: number,
): readonly Decimal[] {
  if (total.eq(0) || base.eq(0)) return parts.map(() => zero);
  let [seen, given] = [zero, zero];
  return parts.map((part) => {
    seen = seen.plus(part);
    const due = rounded(total.times(seen).div(base), decimals);
    const share = due.minus(given);
    given = due;
    return share;
  });
}
