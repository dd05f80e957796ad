import { expect, test } from 'vitest';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { type Fields, openWorld } from './world.ts';

const w = await openWorld();
const { quoted, quantities, customerId, ownerId } = dealsOf(w, await knownRecords(w));

/** An accepted quote whose ERP order has just been released. */
async function released() {
  const deal = await quoted();
  await w.edit('crm', 'Quote', deal.quote, { status: 'ACCEPTED' });
  await w.settled();
  await w.edit('erp', 'Order', deal.erpOrder, { status: 'RELEASED' });
  return deal;
}

// An accepted quote of which nobody has made a CRM order: whatever the ERP does with its order, the quote is all that the
// CRM has of it.
test('a quote without CRM order follows its ERP order through release, delivery and invoice', async () => {
  const { quote, erpOrder } = await released();
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
  const { quote, erpOrder } = await released();
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

/** Edits of the quote that change what its released order costs. */
const costly: readonly (readonly ['header' | 'line', Fields, field: string])[] = [
  ['header', { discountPercent: '5' }, 'discountPercent'],
  ['header', { discountAmount: '5.00' }, 'discountAmount'],
  ['header', { freightAmount: '30.00' }, 'freightAmount'],
  ['line', { quantity: '8' }, 'quantity'],
  ['line', { unitPrice: '80' }, 'unitPrice'],
  ['line', { discountPercent: '10' }, 'discountPercent'],
  ['line', { kind: 'TEXT', productId: null }, 'kind'],
];

test.for(costly)(
  'an edit of the %s of a quote whose order is released, %o, goes to the inbox',
  async ([on, fields, field]) => {
    const { quote, erpOrder } = await released();
    await w.settled();
    const cost = async () => {
      const { amount, vatAmount, amountInclVat } = await w.fields('erp', 'Order', erpOrder);
      return [amount, vatAmount, amountInclVat, (await w.lines('erp', 'Order', erpOrder)).length];
    };
    const before = await cost();
    const [line] = await w.lines('crm', 'Quote', quote);
    const at = { kind: 'update', entity: 'Quote', id: quote } as const;
    // By an import: a person is refused to touch the lines.
    await w.written(
      'crm',
      on === 'header'
        ? { ...at, fields }
        : { ...at, fields: {}, lineChanges: [{ kind: 'change', lineId: line!.lineId, fields }] },
      { actor: 'anna', origin: 'import' },
    );
    await w.settled();
    expect(await cost()).toEqual(before);
    const link = await w.linkOf('quoteOrder', quote);
    expect((await w.conflicts(link.id)).map((each) => each.field)).toContain(field);
    const asked = (await w.conflicts(link.id)).find((each) => each.field === field)!;
    await w.sync.resolveConflict(asked.id, [{ field, take: 'crm' }], { mode: 'apply', actor: 'test' });
    await w.settled();
    expect(await cost()).not.toEqual(before);
  },
);

// A release before the sync followed such orders left quotes whose lines stand still, at versions that are known.
test('what was left behind at versions that are known is put right by a full reconciliation, and only by that', async () => {
  const { quote, erpOrder } = await released();
  await w.settled();
  const [line] = await w.lines('erp', 'Order', erpOrder);
  const [own] = await w.lines('crm', 'Quote', quote);
  const agreed = await w.sql<{ id: string; agreed: object; overlay: object | null }[]>`
    select id, agreed, overlay from sync.line_link where crm_line_id = ${own!.lineId}`;
  await w.editLines('erp', 'Order', erpOrder, [
    { kind: 'change', lineId: line!.lineId, fields: { quantity: '7' } },
  ]);
  await w.settled();
  expect(await quantities('crm', 'Quote', quote)).toEqual([7]);
  const [ofOrder, ofErpQuote] = [
    await w.read('erp', 'Order', erpOrder),
    await w.read('erp', 'Quote', (await w.linkOf('quote', quote)).erpId!),
  ];
  // At once: the table moves the version and tells of it, and whoever reads of that has to find it known.
  await w.sql.begin(async (tx) => {
    await tx`update crm.quote_line set quantity = 3 where line_id = ${own!.lineId}`;
    for (const { id, agreed: values, overlay } of agreed)
      await tx`update sync.line_link set agreed = ${JSON.stringify(values)}::text::jsonb,
        overlay = ${overlay && JSON.stringify(overlay)}::text::jsonb where id = ${id}`;
    await tx`update sync.link set crm_version = (select version::text from crm.quote where id = ${quote}),
      erp_version = case mapping when 'quote' then ${ofErpQuote.version} else ${ofOrder.version} end
      where mapping in ('quote', 'quoteOrder') and crm_id = ${quote}`;
  });

  const reconciled = async (full: boolean) => {
    const run = await w.sync.startRun('reconciliation', ['quote', 'quoteOrder'], 'apply', 'test', full);
    await expect.poll(() => w.sql`select state from sync.run where id = ${run}`).toEqual([{ state: 'done' }]);
    await w.settled();
    return quantities('crm', 'Quote', quote);
  };
  expect(await reconciled(false)).toEqual([3]);
  expect(await reconciled(true)).toEqual([7]);
});
