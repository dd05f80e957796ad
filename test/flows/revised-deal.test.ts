import { expect, test } from 'vitest';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { type Fields, openWorld } from './world.ts';

/** A deal whose quote is revised while something else becomes of it: one ERP order, in step with the last revision. */
const w = await openWorld();
const known = await knownRecords(w);
const { product, customerId, ownerId, quoted, quantities } = dealsOf(w, known);
const flows = ['quote', 'quoteOrder', 'order', 'userOrder'] as const;
const imported = { actor: 'anna', origin: 'import' } as const;

const atOnce = async (act: () => Promise<unknown>): Promise<void> => {
  for (const flow of flows) await w.sync.pause(flow, true, 'one window', 'test');
  await act();
  for (const flow of flows) await w.sync.pause(flow, false, null, 'test');
  await w.settled();
};
const lineOf = (quantity: string) => ({ productId: product(0), quantity, unitPrice: '100' });
const revise = async (quote: string, quantity: string, fields: Fields = {}, author?: typeof imported) =>
  (
    await w.create(
      'crm',
      'Quote',
      { revisionOfId: quote, paymentTerms: 'NET30', lines: [lineOf(quantity)], ...fields },
      author,
    )
  ).id;
const orderOf = async (quote: string): Promise<string> => {
  const [line] = await w.lines('crm', 'Quote', quote);
  const made = await w.create('crm', 'Order', {
    customerId,
    ownerId,
    quoteId: quote,
    lines: [{ ...lineOf('3'), quoteLineId: line!.lineId }],
  });
  return made.id;
};

/** ERP orders of these quotes that are in use. */
const erpOrders = async (erpQuote: string, ...quotes: string[]): Promise<readonly string[]> => {
  const found = await w.erp.find([
    { entity: 'Order', where: { quoteId: erpQuote } },
    ...quotes.map((id) => ({ entity: 'Order', where: { sourceQuoteReference: id } })),
  ]);
  const live = found.flat().filter(({ archived, fields }) => !archived && fields.status !== 'CANCELLED');
  return [...new Set(live.map(({ id }) => id))];
};

/** The deal of a revision: its links, and what its documents show. */
const dealOf = async (revision: string) => ({
  erpQuote: await w.twin('quote', 'crm', revision),
  erpOrder: await w.twin('quoteOrder', 'crm', revision),
});
const inStep = async (revision: string, wanted: number): Promise<void> => {
  const { erpQuote, erpOrder } = await dealOf(revision);
  expect(await quantities('crm', 'Quote', revision)).toEqual([wanted]);
  expect(await quantities('erp', 'Quote', erpQuote)).toEqual([wanted]);
  expect(await quantities('erp', 'Order', erpOrder)).toEqual([wanted]);
};

test('a CRM order of it: it comes to the deal, and to the quote that is valid now', async () => {
  const deal = await quoted();
  const made = { order: '', revision: '' };
  await atOnce(async () => {
    made.order = await orderOf(deal.quote);
    made.revision = await revise(deal.quote, '6');
  });
  expect(await erpOrders(deal.erpQuote, deal.quote, made.revision)).toEqual([deal.erpOrder]);
  const link = await w.linkOf('order', made.order);
  expect(link).toMatchObject({ erpId: deal.erpOrder, state: 'synced' });
  const { fields } = (await w.sync.drift([link.id])).get(link.id)!;
  expect(fields.find(({ field }) => field === 'quoteId')).toMatchObject({ verdict: 'equal' });
});

const byHand = async ({ erpQuote }: { readonly erpQuote: string }) =>
  (
    await w.create('erp', 'Order', {
      customerId: known.Customer[0].erp!,
      quoteId: erpQuote,
      lines: [{ productId: known.Product[0].erp!, quantity: '4', unitPrice: '100' }],
    })
  ).id;

test('an order that a clerk makes of it by hand takes the place of the PROPOSAL', async () => {
  const deal = await quoted();
  const made = { order: '', revision: '' };
  await atOnce(async () => {
    made.order = await byHand(deal);
    made.revision = await revise(deal.quote, '6');
  });
  expect(await erpOrders(deal.erpQuote, deal.quote, made.revision)).toEqual([made.order]);
  expect(await dealOf(made.revision)).toEqual({ erpQuote: deal.erpQuote, erpOrder: made.order });
});

test('so it does where the deal has not put the PROPOSAL away before it is revised', async () => {
  const deal = await quoted();
  for (const flow of ['quote', 'quoteOrder'] as const) await w.sync.pause(flow, true, 'a test', 'test');
  const order = await byHand(deal);
  await w.settled();
  const revision = await revise(deal.quote, '6');
  for (const flow of ['quote', 'quoteOrder'] as const) {
    await w.sync.pause(flow, false, null, 'test');
    await w.settled();
  }
  expect(await erpOrders(deal.erpQuote, deal.quote, revision)).toEqual([order]);
  expect(await dealOf(revision)).toEqual({ erpQuote: deal.erpQuote, erpOrder: order });
});

test('the same twice over, by an import: the later one takes over', async () => {
  const deal = await quoted();
  const first = await revise(deal.quote, '6');
  await w.settled();
  const second = await revise(deal.quote, '7', { revision: 3 }, imported);
  await w.settled();
  expect(await erpOrders(deal.erpQuote, deal.quote, first, second)).toEqual([deal.erpOrder]);
  await inStep(second, 7);
});

test('a revision of the revision, and an edit in the ERP between the two', async () => {
  const deal = await quoted();
  const made = { first: '', second: '' };
  await atOnce(async () => {
    made.first = await revise(deal.quote, '6', { notes: 'first' });
    await w.edit('erp', 'Quote', deal.erpQuote, { workDescription: 'of the ERP' });
    made.second = await revise(made.first, '7', { notes: 'second' });
  });
  expect(await erpOrders(deal.erpQuote, deal.quote, made.first, made.second)).toEqual([deal.erpOrder]);
  await inStep(made.second, 7);
  expect((await w.fields('erp', 'Quote', deal.erpQuote)).workDescription).toBe('second');
  const events = await w.events((await w.linkOf('quote', made.second)).id);
  const told = events.flatMap(({ fields }) => fields).filter(({ field }) => field === 'notes');
  expect(told).toMatchObject([{ before: 'of the ERP', after: 'second', winner: 'crm', lost: 'of the ERP' }]);
});

test('accepted as soon as it is made: the ERP quote shows what was accepted, with what was edited there before', async () => {
  const deal = await quoted();
  const made = { revision: '' };
  await atOnce(async () => {
    await w.edit('erp', 'Quote', deal.erpQuote, { shipmentMethodCode: 'EXW' });
    made.revision = await revise(deal.quote, '6');
    await w.edit('crm', 'Quote', made.revision, { status: 'ACCEPTED' });
  });
  await inStep(made.revision, 6);
  const quote = await w.fields('crm', 'Quote', made.revision);
  const erpQuote = await w.fields('erp', 'Quote', deal.erpQuote);
  expect(erpQuote).toMatchObject({ status: 'ACCEPTED', amountInclVat: quote.totalAmount });
  expect(erpQuote.shipmentMethodCode).toBe(quote.deliveryTerms);
  const links = await w.links({ id: made.revision });
  expect(await Promise.all(links.map(({ id }) => w.issues(id)))).toEqual([[], []]);
});

test('a quote that waits: its revision waits in its place, and goes on once what it lacks is there', async () => {
  const text = { productText: 'Tent', quantity: '2', unitPrice: '50' };
  const quote = await w.create('crm', 'Quote', { customerId, ownerId, lines: [text] });
  await w.settled();
  const revision = await revise(quote.id, '2', { lines: [{ ...text, quantity: '5' }] });
  await w.settled();
  expect(await w.linkOf('quote', revision)).toMatchObject({ state: 'waiting', erpId: null });
  await w.create('crm', 'Product', { sku: 'TENT', name: 'Tent', listPrice: '50', baseUnit: 'C62' });
  await w.settled();
  await inStep(revision, 5);
  const { erpQuote, erpOrder } = await dealOf(revision);
  expect(await erpOrders(erpQuote, quote.id, revision)).toEqual([erpOrder]);
});

test('what the ERP alone authors reaches the revision, and is told as nothing that anybody had edited', async () => {
  const deal = await quoted();
  const revision = await revise(deal.quote, '4');
  await w.settled();
  const links = await Promise.all((['quote', 'quoteOrder'] as const).map((flow) => w.linkOf(flow, revision)));
  const told = (await Promise.all(links.map(({ id }) => w.events(id))))
    .flat()
    .flatMap(({ fields }) => fields);
  expect(told.filter(({ why }) => why.startsWith('reverted'))).toEqual([]);
  const erpQuote = await w.fields('erp', 'Quote', deal.erpQuote);
  const erpOrder = await w.fields('erp', 'Order', deal.erpOrder);
  expect(await w.fields('crm', 'Quote', revision)).toMatchObject({
    erpQuoteNumber: erpQuote.quoteNo,
    erpOrderNumber: erpOrder.orderNo,
    totalAmount: '500.00',
  });
  expect(told.find(({ field }) => field === 'erpOrderNumber')).toMatchObject({
    side: 'crm',
    before: null,
    winner: 'erp',
    why: 'one-way field',
  });
  await inStep(revision, 4);
});
