import {
  counted,
  type Decimal,
  decimal,
  rounded,
  settleDiscount,
  shortest,
  type Typed,
  zero,
} from '../system/amounts.ts';
import { refuseBeyondWhole } from '../system/discount-limit.ts';
import { badInput, Refusal } from '../system/failures.ts';
import type { Fields } from '../system/model.ts';
import type { Draft, LineDraft, World } from '../system/rules.ts';
import { type Meant, normalText } from './product-texts.ts';

/** What of a line its product decides or judges. */
export const judgedByProduct: ReadonlySet<string> = new Set(['unit', 'unitPrice', 'quantity']);

/** Fills a document's lines: product by text, text, unit, price and tax from the product, and the discount's other form. */
export function settleLines(draft: Draft, world: World, meant: Meant): void {
  const decimals = world.decimalsOf(draft.fields.currency as string);
  for (const [n, line] of draft.lines.entries()) {
    settleProduct(line, meant, `lines[${n}].`);
    fillFromProduct(draft, line, world, n);
    settleQuantity(draft, line, world, n);
    const { fields, before } = line;
    const discount = settleDiscount(
      {
        percent: fields.discountPercent as string | null,
        amount: fields.discountAmount as string | null,
        typed: null,
      },
      before && {
        percent: before.discountPercent as string | null,
        amount: before.discountAmount as string | null,
        typed: before.discountTyped as Typed,
      },
      grossOf(fields, decimals),
      decimals,
    );
    refuseBeyondWhole(`lines[${n}].discountPercent`, discount, before?.discountPercent, draft.origin);
    fields.discountPercent = discount.percent;
    fields.discountAmount = discount.amount;
    fields.discountTyped = discount.typed;
  }
}

/** The CRM's own sum: lines that the customer takes, less the document's discount, with freight. */
export function settleTotals(draft: Draft, world: World): void {
  const { fields, before } = draft;
  const decimals = world.decimalsOf(fields.currency as string);
  const base = draft.lines.reduce((sum, line) => sum.plus(netOf(line.fields, decimals)), zero);
  const old = before?.fields;
  const discount = settleDiscount(
    {
      percent: fields.discountPercent as string | null,
      amount: fields.discountAmount as string | null,
      typed: null,
    },
    old
      ? {
          percent: old.discountPercent as string | null,
          amount: old.discountAmount as string | null,
          typed: old.discountTyped as Typed,
        }
      : null,
    base,
    decimals,
  );
  refuseBeyondWhole('discountPercent', discount, old?.discountPercent, draft.origin);
  fields.discountPercent = discount.percent;
  fields.discountAmount = discount.amount;
  fields.discountTyped = discount.typed;
  const less = counted(rounded(decimal(discount.amount), decimals), base);
  const sum = base.minus(less).plus(decimal(fields.freightAmount));
  fields.computedAmount = rounded(sum, decimals).toFixed();
}

function grossOf({ kind, quantity, unitPrice }: Readonly<Fields>, decimals: number): Decimal {
  return kind === 'TEXT' ? zero : rounded(decimal(quantity).times(decimal(unitPrice)), decimals);
}

function netOf(fields: Readonly<Fields>, decimals: number): Decimal {
  if (fields.selection === 'OPTIONAL' || fields.selection === 'REJECTED') return zero;
  return grossOf(fields, decimals).minus(decimal(fields.discountAmount));
}

function settleProduct({ fields, before }: LineDraft, meant: Meant, path: string): void {
  if (fields.kind !== 'PRODUCT') return;
  if (fields.productId === null && fields.productText !== null) {
    const ids = meant.get(normalText(fields.productText as string));
    if (ids?.size === 1) fields.productId = [...ids][0]!;
  }
  if (fields.productId === null && fields.productText === null && !before) {
    throw badInput(
      `${path}productId`,
      undefined,
      'is missing: a PRODUCT line needs productId or productText.',
    );
  }
}

function fillFromProduct({ origin, fields: header }: Draft, line: LineDraft, world: World, n: number): void {
  const { fields, before, given } = line;
  const chosen = fields.productId !== null && fields.productId !== (before?.productId ?? null);
  const product =
    chosen || given.has('unitPrice') || given.has('unit')
      ? world.find('Product', fields.productId)
      : undefined;
  if (product && chosen) {
    if (origin === 'person' && (product.status === 'RETIRED' || product.archived)) {
      throw new Refusal(
        'STATE',
        `lines[${n}].productId: ${product.sku} is retired and refused on new lines.`,
        { field: `lines[${n}].productId`, value: product.id! },
      );
    }
    const replaced = before?.productId !== null && before !== null;
    const fill = (name: string, value: Fields[string] | undefined) => {
      if (fields[name] === null || (replaced && !given.has(name))) fields[name] = value ?? null;
    };
    // A text that only repeats what was typed for the product gives way to its name.
    if (!given.has('description') && fields.description === fields.productText) fields.description = null;
    fill('description', product.name);
    fill('unit', product.baseUnit);
    fill('taxCategory', product.taxCategory);
    fill('taxRate', product.taxRate);
  }
  fields.unit ??=
    fields.kind === 'TEXT' ? world.company.crmUnit : (product?.baseUnit ?? world.company.crmUnit);
  fields.taxCategory ??= world.company.crmTaxCategory;
  // A unit that the line had before may have left its product since.
  const anew = chosen || fields.unit !== before?.unit;
  const typed =
    given.has('unitPrice') && fields.unitPrice !== null && (anew || fields.unitPrice !== before?.unitPrice);
  if (product) {
    const own = priceOf(product, fields, header);
    const kept = typed || (before?.priceOverridden === true && fields.unitPrice !== null);
    if (!kept && (anew || fields.unitPrice === null)) fields.unitPrice = own ?? fields.unitPrice!;
    if (typed || anew || !kept) fields.priceOverridden = kept && fields.unitPrice !== own;
  } else if (typed) {
    fields.priceOverridden = fields.kind !== 'TEXT';
  }
  fields.unitPrice ??= '0';
  fields.description ??=
    fields.kind === 'PRODUCT' || fields.kind === 'WRITE_IN' ? (fields.productText ?? null) : null;
  if (origin === 'person' && product && anew) refuseForeignUnit(product, fields, n);
}

/** The product's price for the line's unit on the document's tax basis; null where it is in another currency. */
function priceOf(
  product: Readonly<Fields>,
  fields: Readonly<Fields>,
  header: Readonly<Fields>,
): string | null {
  if (product.listPrice === null || product.priceCurrency !== header.currency) return null;
  const units = (product.salesUnits ?? []) as readonly { readonly unit: string; readonly factor: string }[];
  const factor =
    fields.unit === product.baseUnit ? '1' : units.find(({ unit }) => unit === fields.unit)?.factor;
  const net = decimal(product.listPrice).times(factor ?? '1');
  if (header.pricesIncludeTax !== true) return shortest(net, 5);
  return shortest(net.times(decimal(fields.taxRate).plus(100)).div(100), 5);
}

function refuseForeignUnit(product: Readonly<Fields>, fields: Readonly<Fields>, n: number): void {
  const units = ((product.salesUnits ?? []) as readonly { readonly unit: string }[]).map(({ unit }) => unit);
  const known = [product.baseUnit as string, ...units];
  if (!known.includes(fields.unit as string)) {
    throw badInput(
      `lines[${n}].unit`,
      fields.unit,
      `is no unit of ${product.sku}; it is sold in ${known.join(', ')}.`,
    );
  }
}

function settleQuantity(
  { origin }: Draft,
  { fields, before, given }: LineDraft,
  world: World,
  n: number,
): void {
  const path = `lines[${n}].quantity`;
  if (!before && !given.has('quantity')) {
    if (fields.kind === 'PRODUCT') throw badInput(path, undefined, 'is missing.');
    if (fields.kind !== 'TEXT') fields.quantity = '1';
  }
  if (origin !== 'person' || !given.has('quantity')) return;
  const quantity = decimal(fields.quantity);
  if (before && quantity.eq(decimal(before.quantity))) return;
  if (quantity.lt(0)) throw badInput(path, fields.quantity, 'is negative.');
  const places = world.find('Product', fields.productId)?.quantityDecimals;
  if (typeof places === 'number' && !quantity.round(places).eq(quantity)) {
    throw badInput(path, fields.quantity, `has more decimals than the product's ${places}.`);
  }
}
