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
  const told = { description: 'For the hall', requestedDeliveryDate: '2027-03-01' };
  const lines = [
    { productId: product(0), quantity: '2', unitPrice: '100', discountPercent: '5', ...told },
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
      line.description,
      line.requestedDeliveryDate,
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

describe('reverting what became of a line as a whole', () => {
  const remove = async (deal: Deal, side: 'crm' | 'erp', n: number) => {
    const id = side === 'crm' ? deal.order : deal.erpOrder;
    await w.editLines(side, 'Order', id, [{ kind: 'remove', lineId: await lineId(side, id, n) }]);
    await w.settled();
    return last(deal.link);
  };

  test.for(['crm', 'erp'] as const)(
    'a line removed in the %s stands again on both sides, with all its values, in its place',
    async (side) => {
      const deal = await ordered();
      const before = await shown(deal);
      const event = await remove(deal, side, 0);
      expect(await shown(deal)).not.toEqual(before);
      const planned = await w.sync.revert(event.id, null, preview);
      expect(
        planned.plan.writes.map((write) => [write.side, write.fields.map(({ field }) => field)]),
      ).toEqual([
        ['crm', ['line']],
        ['erp', ['line']],
      ]);
      expect(await w.sync.applyPlan(planned.planToken!, { actor: 'test' })).toMatchObject({
        outcome: 'updated',
      });
      await w.settled();
      expect(await shown(deal)).toEqual(before);
      await expect(w.sync.revert(event.id, ['line'], apply)).rejects.toThrow('line stands there again');
      const again = await last(deal.link);
      await w.sync.revert(again.id, ['line'], apply);
      await w.settled();
      expect(await w.lines('crm', 'Order', deal.order)).toHaveLength(1);
      expect(await w.lines('erp', 'Order', deal.erpOrder)).toHaveLength(1);
      await w.sync.revert(event.id, ['line'], apply);
      await w.settled();
      expect(await shown(deal)).toEqual(before);
      await w.editLines('crm', 'Order', deal.order, [
        { kind: 'change', lineId: await lineId('crm', deal.order, 0), fields: { quantity: '11' } },
      ]);
      await w.settled();
      expect(Number((await w.lines('erp', 'Order', deal.erpOrder))[0]!.quantity)).toBe(11);
    },
  );

  test.for(['crm', 'erp'] as const)('a line added in the %s is gone from both sides', async (side) => {
    const deal = await ordered();
    const before = await shown(deal);
    const n = known.Product[1];
    const fields = {
      productId: n[side],
      quantity: '4',
      unitPrice: '9',
      ...(side === 'erp' && { type: 'ITEM' }),
    };
    await w.editLines(side, 'Order', side === 'crm' ? deal.order : deal.erpOrder, [{ kind: 'add', fields }]);
    await w.settled();
    const added = await shown(deal);
    const event = await last(deal.link);
    expect(await w.sync.revert(event.id, ['line'], apply)).toMatchObject({ outcome: 'updated' });
    await w.settled();
    expect(await shown(deal)).toEqual(before);
    await expect(w.sync.revert(event.id, ['line'], apply)).rejects.toThrow('line is gone already');
    await w.sync.revert((await last(deal.link)).id, null, apply);
    await w.settled();
    expect(await shown(deal)).toEqual(added);
  });

  test('an edit of a line that is gone is refused by name', async () => {
    const deal = await ordered();
    await w.editLines('crm', 'Order', deal.order, [
      { kind: 'change', lineId: await lineId('crm', deal.order, 0), fields: { quantity: '7' } },
    ]);
    await w.settled();
    const event = await last(deal.link);
    await remove(deal, 'crm', 0);
    await expect(w.sync.revert(event.id, null, apply)).rejects.toThrow(
      'quantity is of a line that is gone. Revert its removal first.',
    );
  });

  test('reaches every document of a quote’s deal, and is refused on one whose order has it by now', async () => {
    const { quote, erpQuote, erpOrder } = await quoted({}, [
      { productId: product(0), quantity: '3', unitPrice: '100' },
      { productId: product(1), quantity: '2', unitPrice: '7' },
    ]);
    const quantities = () =>
      Promise.all(
        (
          [
            ['crm', 'Quote', quote],
            ['erp', 'Quote', erpQuote],
            ['erp', 'Order', erpOrder],
          ] as const
        ).map(async ([side, entity, id]) =>
          (await w.lines(side, entity, id)).map(({ quantity }) => Number(quantity)),
        ),
      );
    const { id: link } = await w.linkOf('quote', quote);
    const [line] = await w.lines('crm', 'Quote', quote);
    await w.editLines('crm', 'Quote', quote, [{ kind: 'remove', lineId: line!.lineId }]);
    await w.settled();
    expect(await quantities()).toEqual([[2], [2], [2]]);
    const event = (await w.events(link)).findLast(({ fields }) =>
      fields.some(({ field }) => field === 'line'),
    )!;
    await w.sync.revert(event.id, null, apply);
    await w.settled();
    expect(await quantities()).toEqual([
      [3, 2],
      [3, 2],
      [3, 2],
    ]);
    const restored = await w.lines('crm', 'Quote', quote);
    await w.editLines('crm', 'Quote', quote, [{ kind: 'remove', lineId: restored[1]!.lineId }]);
    await w.settled();
    const later = (await w.events(link)).findLast(({ fields }) =>
      fields.some(({ field }) => field === 'line'),
    )!;
    await w.edit('crm', 'Quote', quote, { status: 'ACCEPTED' });
    await w.settled();
    for (const mode of [preview, apply])
      await expect(w.sync.revert(later.id, ['line'], mode)).rejects.toThrow('line cannot be put back');
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
