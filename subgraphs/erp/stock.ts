import { minorUnitsOf } from '../../sync/core/currencies.ts';
import type { Json, SystemRecord } from '../../sync/core/types.ts';
import { amount, type Decimal, decimal, shortest, zero } from '../system/amounts.ts';
import type { Company } from '../system/company.ts';
import type { FollowUp, Written } from '../system/rules.ts';
import { seenStatus } from './states.ts';

type Line = Readonly<Record<string, Json>>;

/** Statuses in which what is not shipped yet is reserved. */
const reserving = ['RELEASED', 'PARTIALLY_SHIPPED', 'PARTIALLY_INVOICED'];

/** What orders do to stock: released ones reserve, shipments take from the inventory. */
export function stockMoves(written: readonly Written[]): readonly FollowUp[] {
  const moves = new Map<string, { reserved: Decimal; inventory: Decimal }>();
  const add = (productId: string, reserved: Decimal, inventory: Decimal) => {
    if (reserved === zero && inventory === zero) return;
    const sum = moves.get(productId) ?? { reserved: zero, inventory: zero };
    moves.set(productId, { reserved: sum.reserved.plus(reserved), inventory: sum.inventory.plus(inventory) });
  };
  for (const { entity, before, after, origin } of written) {
    if (entity !== 'Order') continue;
    for (const line of itemsOf(before))
      add(line.productId as string, negative(reservedBy(before!, line)), inBase(line, line.quantityShipped));
    for (const line of itemsOf(after))
      add(line.productId as string, reservedBy(after!, line), negative(inBase(line, line.quantityShipped)));
    // What an import brings as shipped, and what a deleted order had shipped, left the shelf before.
    const past = !before && origin === 'import' ? after : after ? null : before;
    const sign = past === after ? 1 : -1;
    for (const line of itemsOf(past))
      add(line.productId as string, zero, inBase(line, line.quantityShipped).times(sign));
  }
  return [...moves]
    .filter(([, { reserved, inventory }]) => !reserved.eq(0) || !inventory.eq(0))
    .map(([id, { reserved, inventory }]) => ({
      entity: 'Product',
      id,
      change: ({ fields }) => {
        if (fields.type !== 'INVENTORY') return null;
        const stock =
          fields.inventory === null ? null : shortest(decimal(fields.inventory).plus(inventory), 5);
        return {
          fields: {
            inventory: stock,
            reservedQuantity: shortest(decimal(fields.reservedQuantity).plus(reserved), 5),
          },
        };
      },
    }));
}

function itemsOf(record: SystemRecord | null): readonly Line[] {
  if (!record) return [];
  return (record.fields.lines as readonly Line[]).filter(
    ({ type, productId }) => type === 'ITEM' && productId !== null,
  );
}

function reservedBy({ fields }: SystemRecord, line: Line): Decimal {
  if (!reserving.includes(seenStatus(fields))) return zero;
  const open = decimal(line.quantity).minus(decimal(line.quantityShipped));
  return open.gt(0) ? open.times(decimal(line.qtyPerBase)) : zero;
}

// Most orders move nothing, and that is told by being the same zero.
function negative(value: Decimal): Decimal {
  return value === zero ? zero : zero.minus(value);
}

function inBase(line: Line, quantity: Json | undefined): Decimal {
  if (quantity === '0') return zero;
  return decimal(quantity).times(decimal(line.qtyPerBase));
}

/** What orders do to their debtors' balances: the invoiced part of each line, in the company's currency. */
export function balanceMoves(written: readonly Written[], company: Company): readonly FollowUp[] {
  const moves = new Map<string, Decimal>();
  const add = (record: SystemRecord | null, sign: number) => {
    if (!record) return;
    const value = invoiced(record, company);
    if (value.eq(0)) return;
    const payer = (record.fields.billToCustomerId ?? record.fields.customerId) as string;
    moves.set(payer, (moves.get(payer) ?? zero).plus(value.times(sign)));
  };
  for (const { entity, before, after } of written) {
    if (entity !== 'Order') continue;
    add(before, -1);
    add(after, 1);
  }
  const decimals = minorUnitsOf(company.currency);
  return [...moves]
    .filter(([, move]) => !move.eq(0))
    .map(([id, move]) => ({
      entity: 'Customer',
      id,
      change: ({ fields }) => ({ fields: { balance: amount(decimal(fields.balance).plus(move), decimals) } }),
    }));
}

function invoiced({ fields }: SystemRecord, company: Company): Decimal {
  const currency = (fields.currencyCode ?? company.currency) as string;
  const rate = currency === company.currency ? '1' : company.exchangeRates[currency];
  if (rate === undefined) return zero;
  const decimals = minorUnitsOf(company.currency);
  return (fields.lines as readonly Line[]).reduce((sum, line) => {
    if (line.quantityInvoiced === '0') return sum;
    const all = decimal(line.quantity);
    const part = decimal(line.quantityInvoiced);
    if (all.eq(0)) return sum;
    return sum.plus(decimal(line.amountInclVat).times(part).div(all).times(rate).round(decimals, 1));
  }, zero);
}
