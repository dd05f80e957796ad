import { expect, test } from 'vitest';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { openWorld } from './world.ts';

const w = await openWorld();
const { quoted, quantities, customerId, ownerId } = dealsOf(w, await knownRecords(w));

// An accepted quote of which nobody has made a CRM order: whatever the ERP does with its order, the quote is all that the
// CRM has of it.
test('a quote without CRM order follows its ERP order through release, delivery and invoice', async () => {
  const { quote, erpOrder } = await quoted();
  await w.edit('crm', 'Quote', quote, { status: 'ACCEPTED' });
  await w.settled();
  await w.edit('erp', 'Order', erpOrder, { status: 'RELEASED' });
  await w.settled();
  const [line] = await w.lines('erp', 'Order', erpOrder);
  const change = async (fields: Record<string, string>) => {
    await w.editLines('erp', 'Order', erpOrder, [{ kind: 'change', lineId: line!.lineId, fields }]);
    await w.settled();
    return (await w.lines('crm', 'Quote', quote))[0];
  };

  expect(await change({ quantity: '5' })).toMatchObject({ quantity: '5', netAmount: '500.00' });
  await w.edit('erp', 'Order', erpOrder, { customerOrderReference: 'PO-9' });
  await w.settled();
  expect(await w.fields('crm', 'Quote', quote)).toMatchObject({
    customerPurchaseOrder: 'PO-9',
    netAmount: '500.00',
    computedAmount: '500.00',
  });
  expect(await change({ quantityShipped: '2' })).toMatchObject({
    quantityShipped: '2',
    lineStatus: 'PARTIAL',
  });
  expect(await change({ quantityShipped: '5' })).toMatchObject({ quantityShipped: '5' });
  expect(await change({ quantityInvoiced: '5' })).toMatchObject({
    quantityInvoiced: '5',
    lineStatus: 'INVOICED',
  });
});

test('a CRM order that comes after the release takes over what the quote has carried', async () => {
  const { quote, erpOrder } = await quoted();
  await w.edit('crm', 'Quote', quote, { status: 'ACCEPTED' });
  await w.settled();
  await w.edit('erp', 'Order', erpOrder, { status: 'RELEASED' });
  const [line] = await w.lines('erp', 'Order', erpOrder);
  await w.editLines('erp', 'Order', erpOrder, [
    { kind: 'change', lineId: line!.lineId, fields: { quantity: '4' } },
  ]);
  await w.settled();
  const taken = await w.lines('crm', 'Quote', quote);
  const lines = taken.map(({ lineId, productId, quantity, unitPrice }) => ({
    productId: productId!,
    quantity: quantity!,
    unitPrice: unitPrice!,
    quoteLineId: lineId,
  }));
  const order = await w.create('crm', 'Order', { customerId, ownerId, quoteId: quote, lines });
  await w.settled();
  expect(await w.linkOf('order', order.id)).toMatchObject({ erpId: erpOrder, state: 'synced' });
  expect(await quantities('crm', 'Order', order.id)).toEqual([4]);
  expect(await quantities('erp', 'Order', erpOrder)).toEqual([4]);
});
