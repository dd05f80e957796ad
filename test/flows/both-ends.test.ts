import { expect, test } from 'vitest';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { openWorld } from './world.ts';

/** A deal that is ended in both systems at once, each in its own way: one end stands on all its documents, and the other is told. */
const w = await openWorld();
const { quoted } = dealsOf(w, await knownRecords(w));
const flows = ['quote', 'quoteOrder', 'order', 'userOrder'] as const;

const atOnce = async (...acts: readonly (() => Promise<unknown>)[]): Promise<void> => {
  for (const flow of flows) await w.sync.pause(flow, true, 'two at once', 'test');
  for (const act of acts) await act();
  for (const flow of flows) await w.sync.pause(flow, false, null, 'test');
  await w.settled();
};
type Deal = Awaited<ReturnType<typeof quoted>>;
const statuses = async (deal: Deal) => [
  (await w.fields('crm', 'Quote', deal.quote)).status,
  (await w.fields('erp', 'Quote', deal.erpQuote)).status,
  (await w.fields('erp', 'Order', deal.erpOrder)).status,
];
const decline = (deal: Deal) => () => w.edit('crm', 'Quote', deal.quote, { status: 'DECLINED' });
const confirm = (deal: Deal) => () => w.edit('erp', 'Order', deal.erpOrder, { status: 'OPEN' });
const lost = async (deal: Deal) => {
  const events = await Promise.all((await w.links({ id: deal.quote })).map(({ id }) => w.events(id)));
  return events
    .flat()
    .flatMap(({ fields }) =>
      fields.flatMap((each) => (each.field === 'status' && each.lost ? [each.lost] : [])),
    );
};

test('declined, and then confirmed', async () => {
  const deal = await quoted();
  await atOnce(decline(deal), confirm(deal));
  expect(await statuses(deal)).toEqual(['ACCEPTED', 'ACCEPTED', 'OPEN']);
  expect(await lost(deal)).toEqual(['DECLINED']);
});

test('confirmed, and then declined', async () => {
  const deal = await quoted();
  await atOnce(confirm(deal), decline(deal));
  expect(await statuses(deal)).toEqual(['DECLINED', 'REJECTED', 'CANCELLED']);
  expect(await lost(deal)).toEqual(['ACCEPTED']);
});

const ship = (deal: Deal) => async () => {
  const [line] = await w.lines('erp', 'Order', deal.erpOrder);
  await w.editLines('erp', 'Order', deal.erpOrder, [
    { kind: 'change', lineId: line!.lineId, fields: { quantityShipped: '1' } },
  ]);
};
const release = (deal: Deal) => () => w.edit('erp', 'Order', deal.erpOrder, { status: 'RELEASED' });

test('goods that have left are not called back by a quote: it is accepted', async () => {
  const deal = await quoted();
  await atOnce(confirm(deal), release(deal), ship(deal), decline(deal));
  expect(await statuses(deal)).toEqual(['ACCEPTED', 'ACCEPTED', 'PARTIALLY_SHIPPED']);
  expect(await lost(deal)).toEqual(['DECLINED']);
});

/** Whom an import lets end a quote in the ERP as it was there. */
const imported = { actor: 'anna', origin: 'import' } as const;
const endQuote = (deal: Deal, status: string) => () =>
  w.edit('erp', 'Quote', deal.erpQuote, { status }, imported);
const endOrder = (deal: Deal, status: string) => () =>
  w.edit('erp', 'Order', deal.erpOrder, { status }, imported);

test.for([true, false])('nor by an ERP quote that is cancelled, later: %s', async (later) => {
  const deal = await quoted();
  const cancel = endQuote(deal, 'CANCELLED');
  const acts = [confirm(deal), release(deal), ship(deal)];
  await atOnce(...(later ? [...acts, cancel] : [cancel, ...acts]));
  expect(await statuses(deal)).toEqual(['ACCEPTED', 'ACCEPTED', 'PARTIALLY_SHIPPED']);
  expect(await lost(deal)).toContain('CANCELLED');
});

test.for([
  ['quote CANCELLED', 'order OPEN', ['ACCEPTED', 'ACCEPTED', 'OPEN'], 'CANCELLED'],
  ['order OPEN', 'quote CANCELLED', ['CANCELLED', 'CANCELLED', 'CANCELLED'], 'ACCEPTED'],
  ['quote EXPIRED', 'order OPEN', ['ACCEPTED', 'ACCEPTED', 'OPEN'], 'EXPIRED'],
  ['order OPEN', 'quote EXPIRED', ['EXPIRED', 'EXPIRED', 'CANCELLED'], 'ACCEPTED'],
  ['quote ACCEPTED', 'order CANCELLED', ['CANCELLED', 'CANCELLED', 'CANCELLED'], 'ACCEPTED'],
  ['order CANCELLED', 'quote ACCEPTED', ['ACCEPTED', 'ACCEPTED', 'OPEN'], 'CANCELLED'],
  ['quote RELEASED', 'order OPEN', ['ACCEPTED', 'ACCEPTED', 'OPEN'], null],
  ['order OPEN', 'quote RELEASED', ['ACCEPTED', 'ACCEPTED', 'OPEN'], 'APPROVED'],
] as const)('both in the ERP, %s and then %s: the later end stands', async ([first, then, ends, gone]) => {
  const deal = await quoted();
  const act = (what: string) => {
    const [doc, status] = what.split(' ') as [string, string];
    return doc === 'quote' ? endQuote(deal, status) : endOrder(deal, status);
  };
  const before = await Promise.all([
    w.read('crm', 'Quote', deal.quote),
    w.read('erp', 'Order', deal.erpOrder),
  ]);
  await atOnce(act(first), act(then));
  expect(await statuses(deal)).toEqual(ends);
  const links = await w.links({ id: deal.quote });
  expect(links.map(({ state }) => state)).toEqual(['synced', 'synced']);
  if (gone) expect(await lost(deal)).toContain(gone);
  const after = await Promise.all([
    w.read('crm', 'Quote', deal.quote),
    w.read('erp', 'Order', deal.erpOrder),
  ]);
  for (const [n, { version }] of after.entries())
    expect(Number(version) - Number(before[n]!.version)).toBeLessThan(4);
  // And it is at rest with it.
  for (const { id } of links) await w.sync.syncLink(id, { mode: 'apply', actor: 'test' });
  await w.settled();
  expect(await statuses(deal)).toEqual(ends);
});

const quantity = async (side: 'crm' | 'erp', entity: string, id: string): Promise<number> =>
  Number((await w.lines(side, entity, id))[0]!.quantity);
const changed = async (side: 'crm' | 'erp', entity: string, id: string, to: string, fields = {}) => {
  const [line] = await w.lines(side, entity, id);
  const lineChanges = [{ kind: 'change' as const, lineId: line!.lineId, fields: { quantity: to } }];
  return w.written(side, { kind: 'update', entity, id, fields, lineChanges });
};
const totals = async (deal: Deal) => [
  (await w.fields('crm', 'Quote', deal.quote)).totalAmount,
  (await w.fields('erp', 'Quote', deal.erpQuote)).amountInclVat,
  (await w.fields('erp', 'Order', deal.erpOrder)).amountInclVat,
];
const quantities = async (deal: Deal) => [
  await quantity('crm', 'Quote', deal.quote),
  await quantity('erp', 'Quote', deal.erpQuote),
  await quantity('erp', 'Order', deal.erpOrder),
];
const accept = (deal: Deal) => () => w.edit('crm', 'Quote', deal.quote, { status: 'ACCEPTED' });

test('an edit of the ERP quote that comes before the acceptance is part of what is accepted', async () => {
  const deal = await quoted();
  await atOnce(() => changed('erp', 'Quote', deal.erpQuote, '9'), accept(deal));
  expect(await statuses(deal)).toEqual(['ACCEPTED', 'ACCEPTED', 'OPEN']);
  expect(await quantities(deal)).toEqual([9, 9, 9]);
  expect(await totals(deal)).toEqual(['1125.00', '1125.00', '1125.00']);
});

test('what is edited in the very act of accepting, and in the PROPOSAL meanwhile, is in the ERP quote as well', async () => {
  const deal = await quoted();
  await atOnce(
    () => w.edit('erp', 'Order', deal.erpOrder, { shipmentMethodCode: 'DAP' }),
    () => changed('crm', 'Quote', deal.quote, '7', { status: 'ACCEPTED' }),
  );
  expect(await quantities(deal)).toEqual([7, 7, 7]);
  expect(await totals(deal)).toEqual(['875.00', '875.00', '875.00']);
  expect((await w.fields('erp', 'Quote', deal.erpQuote)).shipmentMethodCode).toBe('DAP');
});
