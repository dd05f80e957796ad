import { expect, test } from 'vitest';
import type { MappingName } from '../../sync/core/types.ts';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { openWorld } from './world.ts';

/** The documents of a deal share a lane, and are of several flows: what a pause of one of them leaves alone, and what not. */
const w = await openWorld();
const { quoted, ordered, customerId, product } = dealsOf(w, await knownRecords(w));

async function during(flow: MappingName, act: () => Promise<void>): Promise<void> {
  await w.sync.pause(flow, true, 'a test', 'test');
  try {
    await act();
  } finally {
    await w.sync.pause(flow, false, null, 'test');
    await w.settled();
  }
}

const delivery = async (deal: { quote: string; erpQuote: string; erpOrder: string }) => [
  (await w.fields('crm', 'Quote', deal.quote)).deliveryTerms,
  (await w.fields('erp', 'Quote', deal.erpQuote)).shipmentMethodCode,
  (await w.fields('erp', 'Order', deal.erpOrder)).shipmentMethodCode,
];

test('an order that was edited while orders rest stays as it is, also when its quote is edited after it', async () => {
  const deal = await quoted();
  await during('order', async () => {
    await w.edit('erp', 'Order', deal.erpOrder, { shipmentMethodCode: 'DAP' });
    await w.settled();
    expect(await w.sql`select 1 from sync.lane`).toEqual([]);
    await w.edit('crm', 'Quote', deal.quote, { paymentTerms: 'NET14' });
    await w.settled();
    expect((await delivery(deal))[0]).not.toBe('DAP');
    expect(await w.sql`select mapping from sync.lane`).toEqual([{ mapping: 'order' }]);
  });
  expect(await delivery(deal)).toEqual(['DAP', 'DAP', 'DAP']);
});

test('a quote whose order was not touched travels while orders rest', async () => {
  const deal = await quoted();
  await during('order', async () => {
    await w.edit('crm', 'Quote', deal.quote, { deliveryTerms: 'DAP' });
    await w.settled();
    expect(await delivery(deal)).toEqual(['DAP', 'DAP', 'DAP']);
  });
});

test('an order travels while quotes rest, unless that would write to its quote or the quote was edited before', async () => {
  const [one, other] = [await quoted(), await quoted()];
  const accepted = await ordered();
  await during('quote', async () => {
    await w.edit('erp', 'Order', accepted.erpOrder, { shipmentMethodCode: 'DAP' });
    await w.edit('erp', 'Order', one.erpOrder, { shipmentMethodCode: 'DAP' });
    await w.edit('erp', 'Quote', other.erpQuote, { paymentTermsCode: 'NET60' });
    await w.edit('erp', 'Order', other.erpOrder, { shipmentMethodCode: 'DAP' });
    await w.settled();
    expect((await w.fields('crm', 'Order', accepted.order)).deliveryTerms).toBe('DAP');
    for (const deal of [one, other]) expect((await delivery(deal)).slice(0, 2)).not.toContain('DAP');
  });
  for (const deal of [one, other]) expect(await delivery(deal)).toEqual(['DAP', 'DAP', 'DAP']);
  expect((await w.fields('crm', 'Quote', other.quote)).paymentTerms).toBe('NET60');
});

test('assignments rest alone: the order travels, and who sells it is put right afterwards', async () => {
  const deal = await ordered();
  const { ownerId } = await w.fields('crm', 'Order', deal.order);
  await during('userOrder', async () => {
    await w.edit('crm', 'Order', deal.order, { notes: 'Travels' });
    await w.edit('crm', 'User', String(ownerId), { jobTitle: 'Senior seller' });
    await w.settled();
    const order = await w.fields('erp', 'Order', deal.erpOrder);
    expect(order.workDescription).toBe('Travels');
    expect(order.salespersonTitle).not.toBe('Senior seller');
    expect(await w.sql`select 1 from sync.lane`).toEqual([]);
  });
  expect((await w.fields('erp', 'Order', deal.erpOrder)).salespersonTitle).toBe('Senior seller');
});

test('an order whose quote came while quotes rest waits for it: nothing of the quote is written meanwhile', async () => {
  const lines = [{ productId: product(0), quantity: '2', unitPrice: '10' }];
  const counts = () =>
    w.sql`select (select count(*) from erp.quote) as quotes, (select count(*) from erp.order) as orders`;
  const [before] = await counts();
  let quote = '';
  await during('quote', async () => {
    quote = (await w.create('crm', 'Quote', { customerId, lines })).id;
    await w.create('crm', 'Order', { customerId, quoteId: quote, lines });
    await w.settled();
    expect(await counts()).toEqual([before]);
    expect(await w.sql`select mapping from sync.lane`).toEqual([{ mapping: 'quote' }]);
  });
  const order = await w.twin('quoteOrder', 'crm', quote);
  expect(await w.fields('erp', 'Order', order)).toMatchObject({
    sourceQuoteReference: quote,
    status: 'OPEN',
  });
  expect(await counts()).toEqual([
    { quotes: Number(before!.quotes) + 1, orders: Number(before!.orders) + 1 },
  ]);
});
