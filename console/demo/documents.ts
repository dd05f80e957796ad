import type { Json, Write } from '../../sync/index.ts';
import { type Company, create, salespersonId, userId } from './companies.ts';
import type { Product } from './products.ts';
import type { Chance } from './random.ts';

/** What documents are made of. */
export interface Deals {
  readonly companies: readonly Company[];
  readonly products: readonly Product[];
  /** The day from which all dates count back, YYYY-MM-DD. */
  readonly today: string;
  readonly chance: Chance;
}

const quoteStatuses = [
  'DRAFT',
  'DRAFT',
  'IN_REVIEW',
  'APPROVED',
  'SENT',
  'SENT',
  'SENT',
  'ACCEPTED',
  'ACCEPTED',
  'DECLINED',
  'EXPIRED',
  'CANCELLED',
] as const;

/** Quotes of the CRM at every stage; some wait for a customer, a product or lines, one was revised. */
export function crmQuotes(deals: Deals, count: number): readonly Write[] {
  const customers = deals.companies.filter(({ crmId }) => crmId !== null);
  const { chance } = deals;
  const made = Array.from({ length: count }, (_, n) => {
    const company = chance.one(customers);
    const age = chance.below(120);
    const status = quoteStatuses[n % quoteStatuses.length]!;
    const lines = crmLines(deals, 1 + chance.below(4), `q${n}`);
    return create('Quote', quoteId(n), {
      name: chance.one([
        'Framework agreement',
        'Site equipment',
        'Winter clothing',
        'Annual refill',
        'New depot',
      ]),
      ...(n !== 5 && n !== 17 && { customerId: company.crmId, contactId: company.crmContactId }),
      ownerId: userId(company.seller),
      quoteDate: daysBefore(deals.today, age),
      validUntil: daysBefore(deals.today, status === 'EXPIRED' ? age - 20 : age - 150),
      status,
      ...(chance.percent(20) && { discountPercent: String(5 * (1 + chance.below(3))) }),
      ...(chance.percent(30) && { freightAmount: '149.00' }),
      lines:
        n === 29
          ? []
          : n === 41 || n === 53
            ? [{ ...lines[0]!, productId: null, productText: 'Knee pads Pro' }]
            : lines,
    });
  });
  return made;
}

/** Orders of the CRM: those of some accepted quotes, and others. */
export function crmOrders(deals: Deals, quotes: readonly Write[], count: number): readonly Write[] {
  const customers = deals.companies.filter(({ crmId }) => crmId !== null);
  const { chance } = deals;
  const accepted = quotes.filter((quote) => quote.kind === 'create' && quote.fields.status === 'ACCEPTED');
  return Array.from({ length: count }, (_, n) => {
    const quote = n % 5 === 0 ? accepted[n / 5] : undefined;
    if (quote?.kind === 'create') {
      const { customerId, contactId, ownerId, lines } = quote.fields;
      return create('Order', orderId(n), {
        quoteId: quote.id!,
        customerId: customerId ?? customers[0]!.crmId,
        contactId: contactId ?? null,
        ownerId: ownerId!,
        orderDate: daysBefore(deals.today, chance.below(30)),
        status: 'SUBMITTED',
        lines: (lines as readonly Readonly<Record<string, Json>>[]).map((line) => ({
          ...line,
          lineId: `${line.lineId}-o`,
          quoteLineId: line.lineId!,
        })),
      });
    }
    const company = chance.one(customers);
    return create('Order', orderId(n), {
      customerId: company.crmId,
      contactId: company.crmContactId,
      ownerId: userId(company.seller),
      orderDate: daysBefore(deals.today, chance.below(60)),
      customerPurchaseOrder: `PO-${4000 + n}`,
      requestedDeliveryDate: daysBefore(deals.today, -7 - chance.below(30)),
      status: chance.one(['DRAFT', 'DRAFT', 'SUBMITTED']),
      lines: crmLines(deals, 1 + chance.below(5), `o${n}`),
    });
  });
}

/** Quotes of the ERP that nobody entered in the CRM. */
export function erpQuotes(deals: Deals, count: number): readonly Write[] {
  const debtors = deals.companies.filter(({ erpId }) => erpId !== null);
  const { chance } = deals;
  return Array.from({ length: count }, (_, n) => {
    const company = chance.one(debtors);
    return create('Quote', `demo-offer-${number(n)}`, {
      customerId: company.erpId,
      contactId: company.erpContactId,
      salespersonId: salespersonId(company.seller),
      documentDate: daysBefore(deals.today, chance.below(60)),
      validUntilDate: daysBefore(deals.today, -30),
      status: chance.one(['OPEN', 'OPEN', 'PENDING_APPROVAL', 'RELEASED']),
      lines: erpLines(deals, 1 + chance.below(3), `q${n}`, 'none'),
    });
  });
}

const orderStages = [
  ['OPEN', 'none'],
  ['RELEASED', 'none'],
  ['RELEASED', 'none'],
  ['PARTIALLY_SHIPPED', 'half'],
  ['SHIPPED', 'shipped'],
  ['SHIPPED', 'shipped'],
  ['INVOICED', 'invoiced'],
  ['INVOICED', 'invoiced'],
  ['CLOSED', 'invoiced'],
  ['CANCELLED', 'none'],
] as const;

type Handled = (typeof orderStages)[number][1];

/** Orders of the ERP at every stage, shipped and invoiced ones among them. */
export function erpOrders(deals: Deals, count: number): readonly Write[] {
  const debtors = deals.companies.filter(({ erpId }) => erpId !== null);
  const { chance } = deals;
  return Array.from({ length: count }, (_, n) => {
    const company = chance.one(debtors);
    const [status, handled] = orderStages[n % orderStages.length]!;
    const age = handled === 'none' ? chance.below(20) : 20 + chance.below(160);
    const freight = chance.percent(40) ? [freightLine(`o${n}`, handled)] : [];
    return create('Order', `demo-sale-${number(n)}`, {
      customerId: company.erpId,
      contactId: company.erpContactId,
      salespersonId: salespersonId(company.seller),
      orderDate: daysBefore(deals.today, age),
      customerOrderReference: `REQ ${7000 + n}`,
      requestedDeliveryDate: daysBefore(deals.today, age - 14),
      ...(handled !== 'none' && { lastShipmentDate: daysBefore(deals.today, age - 9) }),
      status,
      lines: [...erpLines(deals, 1 + chance.below(5), `o${n}`, handled), ...freight],
    });
  });
}

function crmLines({ products, chance }: Deals, count: number, of: string): Record<string, Json>[] {
  const known = products.filter(({ crmId }) => crmId !== null);
  return Array.from({ length: count }, (_, n) => {
    const product = chance.one(known);
    return {
      lineId: `demo-line-${of}-${n + 1}`,
      productId: product.crmId,
      quantity: String(1 + chance.below(40)),
      ...(chance.percent(25) && { discountPercent: chance.one(['5', '10', '12.5']) }),
    };
  });
}

function erpLines(
  { products, chance }: Deals,
  count: number,
  of: string,
  handled: Handled,
): Record<string, Json>[] {
  const known = products.filter(({ erpId }) => erpId !== null);
  return Array.from({ length: count }, (_, n) => {
    const quantity = 2 * (1 + chance.below(20));
    const shipped = { none: 0, half: quantity / 2, shipped: quantity, invoiced: quantity }[handled];
    return {
      lineId: `demo-row-${of}-${n + 1}`,
      productId: chance.one(known).erpId,
      quantity: String(quantity),
      ...(chance.percent(20) && { lineDiscountPercent: '10' }),
      quantityShipped: String(shipped),
      quantityInvoiced: handled === 'invoiced' ? String(quantity) : '0',
    };
  });
}

function freightLine(of: string, handled: Handled): Record<string, Json> {
  const whole = handled === 'shipped' || handled === 'invoiced' ? '1' : '0';
  return {
    lineId: `demo-row-${of}-f`,
    type: 'CHARGE',
    lineCode: 'FREIGHT',
    description: 'Freight',
    quantity: '1',
    unitPrice: '149.00',
    quantityShipped: whole,
    quantityInvoiced: handled === 'invoiced' ? '1' : '0',
  };
}

function quoteId(n: number): string {
  return `demo-quote-${number(n)}`;
}

function orderId(n: number): string {
  return `demo-order-${number(n)}`;
}

function number(n: number): string {
  return String(n + 1).padStart(3, '0');
}

function daysBefore(today: string, days: number): string {
  return new Date(Date.parse(`${today}T00:00:00Z`) - days * 86_400_000).toISOString().slice(0, 10);
}
