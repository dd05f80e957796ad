import { expect, test } from 'vitest';
import { knownRecords } from './known.ts';
import { type Line, openWorld } from './world.ts';

// What a salesperson sells that is no product: the ERP books it on one configured item, and keeps the text as typed.

const w = await openWorld();
const known = await knownRecords(w);

test('a written-in line is the configured item in the ERP, with its text, and stays written in', async () => {
  const { id } = await w.create('crm', 'Quote', {
    customerId: known.Customer[0].crm,
    lines: [
      { productId: known.Product[0].crm, quantity: '1', unitPrice: '10' },
      { kind: 'WRITE_IN', description: 'Crane, a day', quantity: '2', unitPrice: '9.99', unit: 'DAY' },
    ],
  });
  await w.settled();
  const { erpId } = await w.linkOf('quote', id);
  const { erpId: order } = await w.linkOf('quoteOrder', id);
  const lineIn = async (entity: 'Quote' | 'Order', of: string) =>
    ((await w.fields('erp', entity, of)).lines as readonly Line[])[1];
  const item = { type: 'ITEM', itemNo: 'WRITE-IN', quantity: '2', unitPrice: '9.99', unitCode: 'DAY' };
  expect(await lineIn('Quote', erpId!)).toMatchObject({ ...item, description: 'Crane, a day' });
  expect(await lineIn('Order', order!)).toMatchObject({ ...item, description: 'Crane, a day' });

  const { lineId } = (await lineIn('Quote', erpId!))!;
  await w.written('erp', {
    kind: 'update',
    entity: 'Quote',
    id: erpId!,
    fields: {},
    lineChanges: [
      { kind: 'change', lineId, fields: { description: 'Crane, two days' } },
      {
        kind: 'add',
        lineId: 'permit',
        fields: { type: 'ITEM', itemNo: 'WRITE-IN', description: 'Permit', quantity: '1' },
      },
    ],
  });
  await w.settled();
  expect((await w.fields('crm', 'Quote', id)).lines).toMatchObject([
    { kind: 'PRODUCT' },
    { kind: 'WRITE_IN', productId: null, description: 'Crane, two days', quantity: '2' },
    { kind: 'WRITE_IN', productId: null, description: 'Permit', quantity: '1' },
  ]);

  await w.editLines('erp', 'Quote', erpId!, [{ kind: 'change', lineId, fields: { unitCode: 'HOUR' } }]);
  await w.settled();
  expect(await lineIn('Order', order!)).toMatchObject({ unitCode: 'HOUR', unitPrice: '9.99' });
  expect((await w.lines('crm', 'Quote', id))[1]).toMatchObject({ unit: 'HUR', unitPrice: '9.99' });
});
