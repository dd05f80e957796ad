import { expect, test } from 'vitest';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { openWorld } from './world.ts';

// A product that is sold by another unit from now on: lines that are there keep theirs, and stay editable.
const w = await openWorld();
const { customerId, ownerId } = dealsOf(w, await knownRecords(w));

test('a line keeps the unit that its product had, on both sides, and what is edited of it travels', async () => {
  const { id: productId } = await w.create('crm', 'Product', {
    sku: 'UNIT-MOVES',
    name: 'Sold by the hour',
    baseUnit: 'HUR',
    listPrice: '10',
  });
  const { id } = await w.create('crm', 'Order', {
    customerId,
    ownerId,
    lines: [{ productId, quantity: '2' }],
  });
  await w.settled();
  const erpId = await w.twin('order', 'crm', id);
  await w.edit('crm', 'Product', productId, { baseUnit: 'DAY' });
  await w.settled();
  const item = await w.fields('erp', 'Product', await w.twin('product', 'crm', productId));
  expect(item.baseUnitCode).toBe('DAY');
  const both = async () =>
    [(await w.lines('crm', 'Order', id))[0]!, (await w.lines('erp', 'Order', erpId))[0]!] as const;
  const edits = [
    ['crm', { quantity: '3' }],
    ['erp', { quantity: '4' }],
    ['crm', { description: 'Hours' }],
    ['erp', { unitPrice: '12' }],
  ] as const;
  for (const [side, fields] of edits) {
    const line = (await both())[side === 'crm' ? 0 : 1];
    await w.editLines(side, 'Order', side === 'crm' ? id : erpId, [
      { kind: 'change', lineId: line.lineId, fields },
    ]);
    await w.settled();
    expect(await both()).toMatchObject([
      { unit: 'HUR', ...fields },
      { unitCode: 'HOUR', qtyPerBase: '1', ...fields },
    ]);
  }
  expect(await w.deadLetters()).toEqual([]);
  expect(await w.issues((await w.linkOf('order', id)).id)).toEqual([]);
});
