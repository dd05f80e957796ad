import { expect, test } from 'vitest';
import type { Side } from '../../sync/core/types.ts';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { type Fields, openWorld } from './world.ts';

// What is told of a line that the sync makes, and where it puts it.

const w = await openWorld();
const known = await knownRecords(w);
const { product, customerId, ownerId, quoted } = dealsOf(w, known);

const added = (side: Side, entity: string, id: string, fields: Fields) =>
  w.editLines(side, entity, id, [{ kind: 'add', fields: { quantity: '2', ...fields } }]);

/** What is told of the tax rate of a quote's lines, by itself, in any flow. */
async function taxRatesTold(quote: string) {
  const events = [];
  for (const flow of ['quote', 'quoteOrder'] as const)
    events.push(...(await w.events((await w.linkOf(flow, quote)).id)));
  return events.flatMap(({ fields }) => fields).filter(({ field }) => field === 'taxRate');
}

test('of a line that is made in the ERP nothing is told that nobody has edited', async () => {
  const { quote, erpQuote } = await quoted();
  await added('crm', 'Quote', quote, { productId: product(1) });
  await w.settled();
  await added('erp', 'Quote', erpQuote, { productId: known.Product[1].erp! });
  await w.settled();
  expect(await w.lines('crm', 'Quote', quote)).toMatchObject(Array(3).fill({ taxRate: '25' }));
  expect(await taxRatesTold(quote)).toEqual([]);
});

test('a tax rate typed for a line that the ERP is yet to have gives way to that of the ERP, and is told', async () => {
  const { quote } = await quoted({}, [{ productId: product(0), quantity: '1', taxRate: '12' }]);
  expect(await w.lines('crm', 'Quote', quote)).toMatchObject([{ taxRate: '25' }]);
  expect(await taxRatesTold(quote)).toMatchObject([
    { side: 'crm', before: '12', after: '25', lost: '12', winner: 'erp', why: 'one-way field' },
  ]);
});

test('no two ERP lines get one number, though the CRM knows nothing of the freight line between them', async () => {
  const order = await w.create('crm', 'Order', {
    customerId,
    ownerId,
    freightAmount: '10',
    lines: [{ productId: product(0), quantity: '1' }],
  });
  await w.settled();
  const erpOrder = await w.twin('order', 'crm', order.id);
  const shown = async (side: Side, id: string) =>
    (await w.lines(side, 'Order', id))
      .filter(({ type }) => type !== 'CHARGE')
      .map(({ description }) => description);
  const eachHasItsOwn = async (count: number) => {
    const numbers = (await w.lines('erp', 'Order', erpOrder)).map(({ lineNo }) => lineNo);
    expect(numbers).toHaveLength(count);
    expect(new Set(numbers).size, String(numbers)).toBe(count);
    expect(await shown('erp', erpOrder)).toEqual(await shown('crm', order.id));
  };
  await eachHasItsOwn(2);
  await added('crm', 'Order', order.id, { productId: product(1) });
  await w.settled();
  await eachHasItsOwn(3);
  await w.sync.pause('order', true, 'both add', 'test');
  await added('crm', 'Order', order.id, { productId: product(0) });
  await added('erp', 'Order', erpOrder, { productId: known.Product[1].erp! });
  await w.sync.pause('order', false, null, 'test');
  await w.settled();
  await eachHasItsOwn(5);
});
