import type { Json } from '../../sync/core/types.ts';
import { decimal } from '../system/amounts.ts';
import { same } from '../system/draft.ts';
import { Refusal } from '../system/failures.ts';
import type { Fields } from '../system/model.ts';
import type { Draft, World } from '../system/rules.ts';
import { settleLines } from './lines.ts';
import { settleSalesperson } from './salesperson.ts';
import { followQuantities, guardOrderMove, guardQuoteMove, orderRank, quoteRank } from './states.ts';
import { settleTotals } from './totals.ts';

/** Settles a quote: what its debtor decides, status, locked lines, amounts. */
export function settleQuote(draft: Draft, world: World): void {
  const { fields, before, origin, given } = draft;
  fillFromCustomer(draft, world, [
    'paymentTermsCode',
    'shipmentMethodCode',
    'shippingAgentCode',
    'priceGroupCode',
  ]);
  if (!given.has('currencyFactor') && fields.currencyFactor === null && fields.currencyCode !== null) {
    fields.currencyFactor = world.company.exchangeRates[fields.currencyCode as string] ?? null;
  }
  guardQuoteMove(draft);
  if (origin === 'person' && before) {
    const was = before.fields.status as string;
    if (was === 'ACCEPTED') freeze(draft, ownFields(draft), 'once the quote is accepted');
    // Reopened in the same write, it is open.
    if (was !== 'OPEN' && fields.status !== 'OPEN')
      lockLines(draft, `while the quote is ${was}; reopen it as OPEN`);
    if (quoteRank(was) >= 4) freeze(draft, ['customerId'], 'once the quote is accepted');
    freezeWithLines(draft);
  }
  settleLines(draft, world);
  settleTotals(draft, world);
}

/** Settles an order: debtor, salesperson, status, frozen fields, quantities, amounts. */
export function settleOrder(draft: Draft, world: World, payerBlocked: (customerId: string) => string): void {
  const { fields, before, origin } = draft;
  fillFromCustomer(draft, world, ['paymentTermsCode', 'shipmentMethodCode', 'shippingAgentCode']);
  settleSalesperson(draft, world);
  guardOrderMove(draft);
  if (origin === 'person' && before) freezeOrder(draft);
  settleLines(draft, world);
  followQuantities(draft, world.today);
  if (origin === 'person') refuseBlocked(draft, payerBlocked(fields.customerId as string));
  settleTotals(draft, world);
}

/** What a debtor decides on a new document, and again when the debtor changes: each where the write gives nothing else. */
function fillFromCustomer(
  { fields, given, before, origin }: Draft,
  { find, company }: World,
  codes: readonly string[],
): void {
  const changed = !before || before.fields.customerId !== fields.customerId;
  const payerChanged = changed || before?.fields.billToCustomerId !== fields.billToCustomerId;
  const customer = changed ? find('Customer', fields.customerId) : undefined;
  const payer = payerChanged
    ? (find('Customer', fields.billToCustomerId) ?? find('Customer', fields.customerId))
    : undefined;
  if (customer && !before && origin === 'person' && customer.blocked === 'ALL') {
    throw new Refusal('STATE', `customerNo: ${customer.customerNo} is blocked for new documents.`, {
      field: 'customerNo',
      value: customer.customerNo!,
    });
  }
  const take = (name: string, value: Json | undefined) => {
    if (fields[name] === null || (before && !given.has(name))) fields[name] = value ?? null;
  };
  if (payer) {
    take('billToAddress', payer.invoiceAddress);
    fields.vatBusinessGroup = payer.vatBusinessGroup ?? company.vatBusinessGroup;
    take('paymentTermsCode', payer.paymentTermsCode);
  }
  if (customer) {
    take('shipToAddress', customer.deliveryAddress ?? customer.invoiceAddress);
    for (const code of codes) take(code, customer[code]);
    // An explicit null is the company's currency; what is left out is the debtor's.
    if (!before && !given.has('currencyCode')) fields.currencyCode = customer.currencyCode ?? null;
    // The sync and imports say themselves who sold it.
    const unsold = !given.has('salespersonId') && !given.has('salespersonCode');
    if (!before && origin === 'person' && unsold) takeSalesperson(fields, customer, find);
  }
  fields.vatBusinessGroup ??= company.vatBusinessGroup;
  fields.paymentTermsCode ??= company.paymentTerms;
}

function takeSalesperson(fields: Fields, customer: Readonly<Fields>, find: World['find']): void {
  const salesperson = find('Salesperson', customer.salespersonId);
  if (!salesperson || salesperson.blocked === true) return;
  fields.salespersonId = salesperson.id!;
  fields.salespersonCode = salesperson.code!;
}

function freezeOrder(draft: Draft): void {
  const { before, fields } = draft;
  const rank = orderRank(before!.fields);
  const status = before!.fields.status as string;
  if (rank >= 2 && fields.status !== 'OPEN') freeze(draft, ['customerId'], 'once the order is released');
  if (rank >= 4) freeze(draft, ['shipToAddress'], 'once the order is shipped');
  const invoiced = (before!.fields.lines as readonly Fields[]).some((line) =>
    decimal(line.quantityInvoiced).gt(0),
  );
  if (invoiced || rank >= 5) freeze(draft, ['billToAddress'], 'once the order is invoiced');
  freezeWithLines(draft);
  if (status.startsWith('PENDING') && fields.status !== 'OPEN')
    lockLines(draft, `while the order is ${status}; reopen it as OPEN`);
  if (rank === 6) lockLines(draft, `once the order is ${status}`);
  else if (rank >= 4) lockLines(draft, `once the order is ${status}; only quantityInvoiced and dates change`);
}

const afterShipping = [
  'quantityShipped',
  'quantityInvoiced',
  'promisedDeliveryDate',
  'requestedDeliveryDate',
  'locationCode',
];

function lockLines(draft: Draft, when: string): void {
  const rank = draft.entity === 'Order' ? orderRank(draft.before!.fields) : 0;
  const free = rank >= 4 && rank < 6 ? afterShipping : [];
  const touched =
    draft.removed.length > 0 ||
    draft.lines.some(
      ({ before, fields, given }) =>
        !before || [...given].some((name) => !free.includes(name) && !same(before[name], fields[name])),
    );
  if (touched) throw new Refusal('STATE', `lines: the lines are locked ${when}.`, { field: 'lines' });
}

function freezeWithLines(draft: Draft): void {
  const lines = draft.before!.fields.lines as readonly unknown[];
  if (lines.length > 0) freeze(draft, ['currencyCode', 'pricesIncludeVat'], 'once a line exists');
}

/** What the write gives of the document itself; its lines have their own lock. */
const ownFields = ({ given }: Draft): readonly string[] =>
  [...given].filter((name) => name !== 'lines' && name !== 'lineChanges');

function freeze({ before, fields }: Draft, names: readonly string[], when: string): void {
  for (const name of names) {
    if (same(before!.fields[name], fields[name])) continue;
    throw new Refusal('STATE', `${name} is frozen ${when}.`, { field: name, value: fields[name]! });
  }
}

function refuseBlocked({ lines }: Draft, blocked: string): void {
  if (blocked === 'NONE') return;
  const grows = (name: string) =>
    lines.some(({ fields, before }) => decimal(fields[name]).gt(decimal(before?.[name])));
  if ((blocked === 'SHIP' || blocked === 'ALL') && grows('quantityShipped')) {
    throw new Refusal('STATE', `lines: the customer is blocked (${blocked}); nothing is shipped.`, {
      field: 'lines',
    });
  }
  if ((blocked === 'INVOICE' || blocked === 'ALL') && grows('quantityInvoiced')) {
    throw new Refusal('STATE', `lines: the customer is blocked (${blocked}); nothing is invoiced.`, {
      field: 'lines',
    });
  }
}
