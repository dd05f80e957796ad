import { expect, test } from 'vitest';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { openWorld } from './world.ts';

/** What one system alone authors is not typed in the other: it is put back, and told, from the first moment on. */
const w = await openWorld();
const { customerId, product } = dealsOf(w, await knownRecords(w));

const told = async (id: string, field: string) => {
  const events = await Promise.all((await w.links({ id })).map((link) => w.events(link.id)));
  return events
    .flat()
    .flatMap(({ fields }) =>
      fields.flatMap((each) => (each.field === field ? [[each.side, each.after, each.why, each.lost]] : [])),
    );
};

test('a credit limit that a new customer brings along', async () => {
  const { id } = await w.create('crm', 'Customer', { name: 'Typed in the CRM AS', creditLimit: '1000' });
  await w.settled();
  expect((await w.fields('crm', 'Customer', id)).creditLimit).toBeNull();
  expect(await told(id, 'creditLimit')).toEqual([['crm', null, 'reverted: one-way field', '1000']]);
  await w.edit('erp', 'Customer', await w.twin('customer', 'crm', id), { creditLimit: '500' });
  await w.settled();
  expect((await w.fields('crm', 'Customer', id)).creditLimit).toBe('500.00');
});

test('a cost that a new product brings along, and one that the ERP knows', async () => {
  const { id } = await w.create('crm', 'Product', { sku: 'COSTLY', name: 'Costly', unitCost: '77' });
  await w.settled();
  expect((await w.fields('crm', 'Product', id)).unitCost).toBeNull();
  expect(await told(id, 'unitCost')).toEqual([['crm', null, 'reverted: one-way field', '77']]);
});

test('a promised date on a new quote and on its line', async () => {
  const { id } = await w.create('crm', 'Quote', {
    customerId,
    promisedDeliveryDate: '2026-12-01',
    lines: [{ productId: product(0), quantity: '1', promisedDeliveryDate: '2026-12-02' }],
  });
  await w.settled();
  expect((await w.fields('crm', 'Quote', id)).promisedDeliveryDate).toBeNull();
  expect((await w.lines('crm', 'Quote', id))[0]!.promisedDeliveryDate).toBeNull();
  expect((await told(id, 'promisedDeliveryDate')).map(([side, after]) => [side, after])).toEqual([
    ['crm', null],
    ['crm', null],
  ]);
});

test('what both had before they were linked stays: nobody typed it into a pair', async () => {
  await w.sync.pause('customer', true, 'take-over', 'test');
  const { id } = await w.create('crm', 'Customer', {
    name: 'Both AS',
    orgNumber: '974760673',
    creditLimit: '9',
  });
  const there = await w.create('erp', 'Customer', { name: 'Both AS', registrationNo: '974760673' });
  await w.sync.pause('customer', false, null, 'test');
  await w.settled();
  expect(await w.twin('customer', 'crm', id)).toBe(there.id);
  expect((await w.fields('crm', 'Customer', id)).creditLimit).toBe('9.00');
});
