import { expect, test } from 'vitest';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { type Fields, openWorld } from './world.ts';

/** Once its ERP order is released, what an order costs and how much is ordered are no longer the CRM's alone. */
const w = await openWorld();
const known = await knownRecords(w);
const { product, released } = dealsOf(w, known);

const address = {
  line1: 'Ny vei 1',
  line2: null,
  city: 'Bergen',
  postalCode: '5003',
  region: null,
  country: 'NO',
};

/** Edits that change price, quantity or discount: directly, or because a system makes the price of them. */
const costly: readonly (readonly ['header' | 'line', Fields, readonly string[]])[] = [
  ['header', { discountPercent: '5' }, ['discountPercent']],
  ['header', { discountAmount: '5.00' }, ['discountAmount']],
  ['header', { freightAmount: '30.00' }, ['freightAmount']],
  ['line', { quantity: '8' }, ['quantity']],
  ['line', { unitPrice: '80' }, ['unitPrice']],
  ['line', { discountPercent: '10' }, ['discountPercent']],
  ['line', { discountAmount: '10.00' }, ['discountAmount']],
  ['line', { productId: product(1), description: 'as before' }, ['productId']],
  ['line', { unit: 'HUR' }, ['unit']],
  ['line', { taxCategory: 'Z' }, ['taxCategory']],
  ['line', { kind: 'TEXT', productId: null }, ['kind']],
];
const harmless: readonly (readonly ['header' | 'line', Fields])[] = [
  ['header', { customerPurchaseOrder: 'PO-late' }],
  ['header', { billToCustomerId: String(known.Customer[1].crm) }],
  ['header', { requestedDeliveryDate: '2027-01-15' }],
  ['header', { billingAddress: address }],
  ['header', { shippingAddress: address }],
  ['header', { paymentTerms: 'NET45' }],
  ['header', { deliveryTerms: 'DAP' }],
  ['header', { shippingMethod: 'POST' }],
  ['header', { warehouse: 'OSLO' }],
  ['header', { orderDate: '2026-10-01' }],
  ['header', { contactId: String(known.Contact[0].crm) }],
  ['header', { notes: 'Ring first' }],
  ['line', { description: 'Lamp, blue' }],
  ['line', { requestedDeliveryDate: '2027-01-16' }],
  ['line', { warehouse: 'BERGEN' }],
];

const edited = async (on: 'header' | 'line', fields: Fields) => {
  const deal = await released();
  const [line] = await w.lines('crm', 'Order', deal.order);
  const lineChanges = [{ kind: 'change' as const, lineId: line!.lineId, fields }];
  const before = await shown(deal.erpOrder);
  const { version } = await w.read('erp', 'Order', deal.erpOrder);
  const [result] = await w.crm.write(
    [
      {
        kind: 'update',
        entity: 'Order',
        id: deal.order,
        ...(on === 'header' ? { fields } : { fields: {}, lineChanges }),
      },
    ],
    { actor: 'anna', origin: 'import' },
  );
  expect(result).toHaveProperty('record');
  await w.settled();
  const link = await w.linkOf('order', deal.order);
  const moved = (await w.read('erp', 'Order', deal.erpOrder)).version !== version;
  return { link, moved, before, after: await shown(deal.erpOrder), conflicts: await w.conflicts(link.id) };
};
/** What an ERP order says it costs. */
const shown = async (id: string) => {
  const { amount, vatAmount, amountInclVat } = await w.fields('erp', 'Order', id);
  const lines = await w.lines('erp', 'Order', id);
  return {
    amount,
    vatAmount,
    amountInclVat,
    lines: lines.map(({ productId, quantity, unitCode, unitPrice, vatProductGroup }) => ({
      productId,
      quantity,
      unitCode,
      unitPrice,
      vatProductGroup,
    })),
  };
};

test.for(costly)('an edit of the %s that costs, %o, goes to the inbox', async ([on, fields, asked]) => {
  const { before, after, conflicts } = await edited(on, fields);
  expect(after).toEqual(before);
  expect(conflicts.map(({ field }) => field)).toEqual(expect.arrayContaining([...asked]));
});

test.for(harmless)('any other edit of the %s, %o, travels', async ([on, fields]) => {
  const { link, moved, conflicts } = await edited(on, fields);
  expect([conflicts, link.state, moved]).toEqual([[], 'synced', true]);
});
