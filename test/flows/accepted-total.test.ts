import { expect, test } from 'vitest';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { openWorld } from './world.ts';

const w = await openWorld();
const { quoted, ordered, product } = dealsOf(w, await knownRecords(w));

const open = () => w.sql`
  select code, field, message from sync.issue where mapping = 'quoteOrder' and closed_at is null`;

const onlyLine = async (id: string): Promise<string> =>
  (await w.lines('erp', 'Order', id)).find(({ type }) => type === 'ITEM')!.lineId;

const change = async (id: string, quantity: string): Promise<void> => {
  const lineId = await onlyLine(id);
  await w.editLines('erp', 'Order', id, [{ kind: 'change', lineId, fields: { quantity } }]);
  await w.settled();
};

test('an order that comes to another total than was accepted is an issue until it costs that again', async () => {
  const { quote, erpOrder } = await quoted();
  await w.edit('crm', 'Quote', quote, { status: 'ACCEPTED' });
  await w.settled();
  expect(await open()).toEqual([]);

  await change(erpOrder, '5');
  expect((await w.fields('crm', 'Quote', quote)).totalAmount).toBe('625.00');
  const said = { code: 'TOTAL_GAP', field: 'totalAmount' };
  expect(await open()).toEqual([{ ...said, message: expect.stringMatching(/accepted at 375\.00.*625\.00/) }]);

  await change(erpOrder, '4');
  expect(await open()).toEqual([{ ...said, message: expect.stringMatching(/accepted at 375\.00.*500\.00/) }]);
  await change(erpOrder, '3');
  expect(await open()).toEqual([]);
});

test('it is looked at as well where the order of the CRM carries the content, until the order is cancelled', async () => {
  const { erpOrder } = await ordered();
  await change(erpOrder, '1');
  expect(await open()).toMatchObject([{ code: 'TOTAL_GAP' }]);
  await w.edit('erp', 'Order', erpOrder, { status: 'CANCELLED' });
  await w.settled();
  expect(await open()).toEqual([]);
});

test('what is changed in the very edit that accepts is accepted, and what the customer has not taken is not', async () => {
  const lines = [
    { productId: product(0), quantity: '3', unitPrice: '100' },
    { productId: product(1), quantity: '1', unitPrice: '70', selection: 'OPTIONAL' },
  ];
  const { quote, erpOrder } = await quoted({}, lines);
  const [first] = await w.lines('crm', 'Quote', quote);
  await w.written('crm', {
    kind: 'update',
    entity: 'Quote',
    id: quote,
    fields: { status: 'ACCEPTED' },
    lineChanges: [{ kind: 'change', lineId: first!.lineId, fields: { quantity: '2' } }],
  });
  await w.settled();
  expect((await w.fields('erp', 'Order', erpOrder)).amountInclVat).toBe('250.00');
  expect(await open()).toEqual([]);
  await change(erpOrder, '3');
  expect(await open()).toMatchObject([{ message: expect.stringMatching(/accepted at 250\.00/) }]);
});
