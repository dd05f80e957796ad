import { expect, it } from 'vitest';
import { at, data } from './fixture.ts';
import { startLive } from './live.ts';

const live = await startLive();
const { subgraph, sync } = live;

it('shows a deal from the quote over the proposal to the order, under one id', async () => {
  const customer = await live.create('crm', 'Customer', { name: 'Avtale AS' });
  const product = await live.create('crm', 'Product', { sku: 'SKU-1', name: 'Bolt', listPrice: '10' });
  await sync.quiet();
  const quote = await live.create('crm', 'Quote', {
    name: 'Bolts',
    customerId: customer.id,
    lines: [{ productId: product.id, quantity: '3', unitPrice: '10' }],
  });
  await sync.quiet();
  const fields = `id quoteNumber status erpOrderNumber orderState customer { name } link { state waitsFor { reason } issues { message } }
    lines { quantity unitPrice product { sku } crm { lineId } erp { lineId } }
    order { id crmId erpId status customerId customer { name } quote { id } lines { quantity product { sku } crm { lineId } erp { lineId } } link { state issues { message } } }`;
  const offered = await data(
    subgraph,
    `{ quote(crmId: "${quote.id}") { ${fields} } orders { totalCount } proposals: orders(filter: { status: { eq: PROPOSAL } }) { nodes { id } } }`,
  );
  expect(at(offered, 'quote')).toMatchObject({
    status: 'DRAFT',
    customer: { name: 'Avtale AS' },
    link: { state: 'SYNCED', issues: [] },
    lines: [{ quantity: '3', product: { sku: 'SKU-1' }, erp: { lineId: expect.any(String) } }],
    order: {
      crmId: null,
      erpId: expect.any(String),
      status: 'PROPOSAL',
      customer: { name: 'Avtale AS' },
      lines: [{ quantity: '3', crm: null }],
      link: { issues: [] },
    },
  });
  const orderId = String(at(offered, 'quote.order.id'));
  expect(offered).toMatchObject({ orders: { totalCount: 0 }, proposals: { nodes: [{ id: orderId }] } });

  await live.update('crm', 'Quote', quote.id, { status: 'ACCEPTED' });
  await sync.quiet();
  const accepted = await data(
    subgraph,
    `{ quote(crmId: "${quote.id}") { ${fields} } orders { nodes { id status crmId } } }`,
  );
  expect(accepted).toMatchObject({
    quote: { status: 'ACCEPTED', order: { id: orderId } },
    orders: { nodes: [{ id: orderId, status: 'DRAFT', crmId: null }] },
  });

  const [line] = quote.fields.lines as unknown as readonly { lineId: string }[];
  const order = await live.create('crm', 'Order', {
    customerId: customer.id,
    quoteId: quote.id,
    lines: [{ productId: product.id, quantity: '3', unitPrice: '10', quoteLineId: line!.lineId }],
  });
  await sync.quiet();
  const ordered = await data(
    subgraph,
    `{ order(crmId: "${order.id}") { id erpId status quote { id } lines { quantity crm { lineId } erp { lineId } } link { state } }
       quote(crmId: "${quote.id}") { order { id } } user(crmId: "${order.fields.ownerId}") { fullName orders { nodes { id } } links { totalCount } salesperson { id } } }`,
  );
  expect(ordered).toMatchObject({
    order: {
      id: orderId,
      erpId: String(at(offered, 'quote.order.erpId')),
      quote: { id: String(at(offered, 'quote.id')) },
      lines: [{ quantity: '3', crm: { lineId: expect.any(String) }, erp: { lineId: expect.any(String) } }],
      link: { state: 'SYNCED' },
    },
    quote: { order: { id: orderId } },
    user: {
      orders: { nodes: [{ id: orderId }] },
      links: { totalCount: 1 },
      salesperson: { id: expect.any(String) },
    },
  });
});
