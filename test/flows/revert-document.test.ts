import { describe, expect, test } from 'vitest';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { openWorld } from './world.ts';

const w = await openWorld();
const known = await knownRecords(w);
const { product, customerId, ownerId, quoted } = dealsOf(w, known);
const apply = { mode: 'apply', actor: 'test' } as const;
const preview = { mode: 'preview', actor: 'test' } as const;

/** A CRM order of its own with two lines, synced. */
async function ordered(fields = {}) {
  const lines = [
    { productId: product(0), quantity: '2', unitPrice: '100', discountPercent: '5' },
    { productId: product(1), quantity: '3', unitPrice: '50' },
  ];
  const { id } = await w.create('crm', 'Order', { customerId, ownerId, lines, ...fields });
  await w.settled();
  const { id: link } = await w.linkOf('order', id);
  return { order: id, erpOrder: await w.twin('order', 'crm', id), link };
}

type Deal = Awaited<ReturnType<typeof ordered>>;
const last = async (link: string) => (await w.events(link)).at(-1)!;

/** What both sides show of an order's lines, in the order shown, and its total. */
async function shown({ order, erpOrder }: Pick<Deal, 'order' | 'erpOrder'>) {
  const side = async (on: 'crm' | 'erp', id: string, discount: string, total: string) => [
    (await w.lines(on, 'Order', id)).map((line) => [
      Number(line.quantity),
      Number(line.unitPrice),
      Number(line[discount] ?? 0),
    ]),
    Number((await w.fields(on, 'Order', id))[total]),
  ];
  const crm = await side('crm', order, 'discountPercent', 'totalAmount');
  expect(crm).toEqual(await side('erp', erpOrder, 'lineDiscountPercent', 'amountInclVat'));
  return crm;
}

const lineId = async (side: 'crm' | 'erp', id: string, n: number) =>
  (await w.lines(side, 'Order', id))[n]!.lineId;

describe('reverting an edit that moved a total', () => {
  const edits: Readonly<Record<string, (deal: Deal) => Promise<unknown>>> = {
    'a quantity, changed in the CRM': async ({ order }) =>
      w.editLines('crm', 'Order', order, [
        { kind: 'change', lineId: await lineId('crm', order, 0), fields: { quantity: '7' } },
      ]),
    'a price, changed in the ERP': async ({ erpOrder }) =>
      w.editLines('erp', 'Order', erpOrder, [
        { kind: 'change', lineId: await lineId('erp', erpOrder, 0), fields: { unitPrice: '111' } },
      ]),
    'a discount of the whole order': ({ order }) =>
      w.edit('crm', 'Order', order, { discountPercent: '10', notes: 'Ring first' }),
  };

  test.for(Object.keys(edits))('puts back %s, and the totals follow by themselves', async (name) => {
    const deal = await ordered();
    const before = await shown(deal);
    await edits[name]!(deal);
    await w.settled();
    const event = await last(deal.link);
    expect(event.fields.map(({ field }) => field)).toContain('totalAmount');
    expect(await shown(deal)).not.toEqual(before);
    const planned = await w.sync.revert(event.id, null, preview);
    expect(planned.plan.changes.map(({ field }) => field)).not.toContain('totalAmount');
    expect(planned.plan.locked).toContainEqual({
      field: 'totalAmount',
      why: 'follows by itself: the ERP gives it',
    });
    expect(await w.sync.applyPlan(planned.planToken!, { actor: 'test' })).toMatchObject({
      outcome: 'updated',
    });
    await w.settled();
    expect(await shown(deal)).toEqual(before);
    await w.sync.revert((await last(deal.link)).id, null, apply);
    await w.settled();
    expect(await shown(deal)).not.toEqual(before);
  });

  test('is the same on every document of a quote’s deal', async () => {
    const { quote, erpQuote, erpOrder } = await quoted();
    const { id: link } = await w.linkOf('quote', quote);
    const [line] = await w.lines('crm', 'Quote', quote);
    await w.editLines('crm', 'Quote', quote, [
      { kind: 'change', lineId: line!.lineId, fields: { quantity: '5' } },
    ]);
    await w.settled();
    const event = (await w.events(link)).findLast(({ fields }) =>
      fields.some(({ field }) => field === 'quantity'),
    )!;
    expect(await w.sync.revert(event.id, null, apply)).toMatchObject({ outcome: 'updated' });
    await w.settled();
    for (const [side, entity, id] of [
      ['crm', 'Quote', quote],
      ['erp', 'Quote', erpQuote],
      ['erp', 'Order', erpOrder],
    ] as const)
      expect((await w.lines(side, entity, id)).map(({ quantity }) => Number(quantity))).toEqual([3]);
  });

  test('a discount typed as an amount is put back where a percent has taken its place', async () => {
    const deal = await ordered({ discountAmount: '20' });
    await w.edit('crm', 'Order', deal.order, { discountPercent: '10' });
    await w.settled();
    await w.sync.revert((await last(deal.link)).id, null, apply);
    await w.settled();
    expect(await w.fields('crm', 'Order', deal.order)).toMatchObject({
      discountTyped: 'AMOUNT',
      discountAmount: '20.00',
    });
    expect((await shown(deal))[0]).toHaveLength(2);
  });

  test('what the system gives is refused by name', async () => {
    const deal = await ordered();
    await w.edit('crm', 'Order', deal.order, { discountPercent: '10' });
    await w.settled();
    const { id } = await last(deal.link);
    await expect(w.sync.revert(id, ['totalAmount'], apply)).rejects.toThrow(
      'totalAmount follows by itself: the ERP gives it. Revert what it follows from',
    );
  });
});

test('an edit of what one side alone may edit is put back on both, and what was put back stays so', async () => {
  const { id } = await w.create('crm', 'Customer', { name: 'Credit AS' });
  await w.settled();
  const erp = await w.twin('customer', 'crm', id);
  const { id: link } = await w.linkOf('customer', id);
  await w.edit('erp', 'Customer', erp, { creditLimit: '1000' });
  await w.settled();
  await w.edit('erp', 'Customer', erp, { creditLimit: '2000' });
  await w.settled();
  await w.sync.revert((await last(link)).id, null, apply);
  await w.settled();
  expect((await w.fields('erp', 'Customer', erp)).creditLimit).toBe('1000.00');
  await w.edit('crm', 'Customer', id, { creditLimit: '5' });
  await w.settled();
  await expect(w.sync.revert((await last(link)).id, null, apply)).rejects.toThrow(
    'creditLimit was put back: the ERP alone edits it',
  );
});
