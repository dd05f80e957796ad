import { afterEach, expect, test } from 'vitest';
import { createSyncSubgraph } from '../../subgraphs/sync/subgraph.ts';
import { mappings } from '../../sync/mappings/index.ts';
import { ask, at, data } from '../sync-subgraph/fixture.ts';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { openWorld } from './world.ts';

/** `createCrmOrder: ON_ACCEPTANCE`: an accepted quote gets its CRM order by itself, made from the ERP's. */
const w = await openWorld();
const known = await knownRecords(w);
const { product, quoted, quantities } = dealsOf(w, known);
const subgraph = createSyncSubgraph({ sql: w.sql, sync: w.sync, mappings });
const set = (to: string) =>
  data(subgraph, `mutation { setFlow(flow: ORDER, createCrmOrder: ${to}) { createCrmOrder } }`);

afterEach(() => set('BY_HAND'));

const orderOf = async (erpOrder: string) => (await w.linkOf('order', erpOrder)).crmId;
const twoLines = () => [
  { productId: product(0), quantity: '3', unitPrice: '100' },
  { productId: product(1), quantity: '2', unitPrice: '50', discountPercent: '10' },
];

test('is made with its lines and its quote, once, and takes the deal over', async () => {
  expect(at(await set('ON_ACCEPTANCE'), 'setFlow')).toEqual({ createCrmOrder: 'ON_ACCEPTANCE' });
  const deal = await quoted({ customerPurchaseOrder: 'PO 1' }, twoLines());
  expect(await orderOf(deal.erpOrder)).toBeNull();
  await w.edit('crm', 'Quote', deal.quote, { status: 'ACCEPTED' });
  await w.settled();
  const order = (await orderOf(deal.erpOrder))!;
  const quoteLines = await w.lines('crm', 'Quote', deal.quote);
  const [fields, lines] = [await w.fields('crm', 'Order', order), await w.lines('crm', 'Order', order)];
  expect(fields).toMatchObject({ quoteId: deal.quote, customerPurchaseOrder: 'PO 1', status: 'DRAFT' });
  expect(lines.map(({ quantity, quoteLineId }) => [Number(quantity), quoteLineId])).toEqual([
    [3, quoteLines[0]!.lineId],
    [2, quoteLines[1]!.lineId],
  ]);
  expect(fields.totalAmount).toBe((await w.fields('erp', 'Order', deal.erpOrder)).amountInclVat);
  expect(await w.count('crm', 'Order', 'quoteId', deal.quote)).toBe(1);
  const quote = await w.links({ id: deal.quote });
  expect([...quote, await w.linkOf('order', order)].map(({ mapping, state }) => [mapping, state])).toEqual([
    ['quote', 'synced'],
    ['quoteOrder', 'synced'],
    ['order', 'synced'],
  ]);
  // From here on it is an order like any other.
  await w.editLines('crm', 'Order', order, [
    { kind: 'change', lineId: lines[0]!.lineId, fields: { quantity: '7' } },
  ]);
  await w.settled();
  expect(await quantities('erp', 'Order', deal.erpOrder)).toEqual([7, 2]);
  expect((await w.fields('erp', 'Order', deal.erpOrder)).quoteId).toBe(deal.erpQuote);
});

test('is made when a clerk accepts the quote in the ERP, and not for a quote that was declined', async () => {
  await set('ON_ACCEPTANCE');
  const [accepted, declined] = [await quoted(), await quoted()];
  await w.edit('erp', 'Order', accepted.erpOrder, { status: 'OPEN' });
  await w.edit('crm', 'Quote', declined.quote, { status: 'DECLINED' });
  await w.settled();
  expect((await w.fields('crm', 'Quote', accepted.quote)).status).toBe('ACCEPTED');
  expect(await w.count('crm', 'Order', 'quoteId', accepted.quote)).toBe(1);
  expect((await w.fields('erp', 'Order', declined.erpOrder)).status).toBe('CANCELLED');
  expect(await orderOf(declined.erpOrder)).toBeNull();
});

test('is left to people where the company did not ask for it, and asked for of no other flow', async () => {
  const deal = await quoted();
  await w.edit('crm', 'Quote', deal.quote, { status: 'ACCEPTED' });
  await w.settled();
  expect(await orderOf(deal.erpOrder)).toBeNull();
  const { flows } = await data(subgraph, '{ flows { flow createCrmOrder onDeleteInCrm } }');
  expect(flows).toContainEqual({ flow: 'ORDER', createCrmOrder: 'BY_HAND', onDeleteInCrm: 'ARCHIVE' });
  expect(flows).toContainEqual({ flow: 'QUOTE', createCrmOrder: null, onDeleteInCrm: 'ARCHIVE' });
  const { errors } = await ask(
    subgraph,
    'mutation { setFlow(flow: QUOTE, createCrmOrder: ON_ACCEPTANCE) { rule } }',
  );
  expect(errors?.[0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
});
