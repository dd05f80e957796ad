import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { createGateway } from '../../gateway/gateway.ts';
import { createCrmSubgraph } from '../../subgraphs/crm/schema.ts';
import { createErpSubgraph } from '../../subgraphs/erp/schema.ts';
import { at, data, type Tree } from './fixture.ts';
import { post as ask, gatewayOver, startLive } from './live.ts';

const live = await startLive();
const gateway = await gatewayOver(live);
const post = (query: string, headers?: Readonly<Record<string, string>>): Promise<Tree> =>
  ask(gateway, query, headers);

it('answers agreed values, both live sides and links in one query, in both directions', async () => {
  const record = await live.create('crm', 'Customer', { name: 'Gjennom AS', email: 'post@gjennom.no' });
  await live.sync.quiet();
  const result = await post(
    `{ customer(crmId: "${record.id}") { id name crm { name email version } erp { name customerNo unified { id } } link { state drift { verdict } }
         contacts { totalCount } owner { fullName crm { email } } }
       crmCustomer(id: "${record.id}") { name unified { id accountNumber erp { customerNo } } erp { customerNo balance } } }`,
  );
  expect(result.customer).toMatchObject({
    name: 'Gjennom AS',
    crm: { name: 'Gjennom AS', email: 'post@gjennom.no' },
    erp: { name: 'Gjennom AS', unified: { id: String(at(result, 'customer.id')) } },
    link: { state: 'SYNCED' },
    contacts: { totalCount: 0 },
  });
  expect(at(result, 'crmCustomer')).toMatchObject({
    unified: {
      id: String(at(result, 'customer.id')),
      erp: { customerNo: String(at(result, 'customer.erp.customerNo')) },
    },
    erp: { customerNo: String(at(result, 'customer.erp.customerNo')) },
  });
});

it('reads what was written when the token of a mutation is sent along', async () => {
  const record = await live.create('crm', 'Customer', { name: 'Token AS' });
  await live.sync.quiet();
  await live.update('crm', 'Customer', record.id, { name: 'Token ASA' });
  await live.sync.quiet();
  const written = await post(
    `mutation { syncCustomer(crmId: "${record.id}") { outcome syncToken link { id } } }`,
  );
  const read = await post(`{ customer(crmId: "${record.id}") { name erp { name } } }`, {
    'x-sync-token': String(at(written, 'syncCustomer.syncToken')),
  });
  expect(read.customer).toEqual({ name: 'Token ASA', erp: { name: 'Token ASA' } });
});

it('tells a changed customer with both sides, over SSE', async () => {
  const record = await live.create('crm', 'Customer', { name: 'Hendelse AS' });
  await live.sync.quiet();
  const { customer } = await data(live.subgraph, `{ customer(crmId: "${record.id}") { id erpId } }`);
  const stop = new AbortController();
  const answer = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({
      query: `subscription { customerChanged(id: "${at(customer, 'id')}") { name crm { name } erp { name } } }`,
    }),
    signal: stop.signal,
  });
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  await live.update('erp', 'Customer', String(at(customer, 'erpId')), { name: 'Hendelse ASA' });
  let text = '';
  while (!text.includes('"data":{"customerChanged"')) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
  }
  expect(text).toContain(
    '{"customerChanged":{"name":"Hendelse ASA","crm":{"name":"Hendelse ASA"},"erp":{"name":"Hendelse ASA"}}}',
  );
  stop.abort();
});

it('keeps what the others say when a query also asks a system that is down for its own lists', async () => {
  const record = await live.create('crm', 'Customer', { name: 'Alene AS' });
  await live.sync.quiet();
  const gone = createServer().listen(0, '127.0.0.1');
  await once(gone, 'listening');
  const { port } = gone.address() as AddressInfo;
  gone.close();
  await once(gone, 'close');
  const { name, sdl } = createCrmSubgraph({ system: live.systems.crm });
  const without = await createGateway({
    port: 0,
    subgraphs: [
      { kind: 'remote', name, sdl, url: `http://127.0.0.1:${port}/graphql` },
      createErpSubgraph({ system: live.systems.erp }),
      live.subgraph,
    ],
  });
  const answer = await fetch(`${without.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query: `{ crmCustomers { nodes { name } } crmProduct(id: "1") { sku }
        customer(crmId: "${record.id}") { name crm { name } erp { name } }
        erpCustomers(filter: { name: { eq: "Alene AS" } }) { nodes { name } } }`,
    }),
  });
  await without.stop();
  expect(await answer.json()).toMatchObject({
    data: {
      crmCustomers: null,
      crmProduct: null,
      customer: { name: 'Alene AS', crm: null, erp: { name: 'Alene AS' } },
      erpCustomers: { nodes: [{ name: 'Alene AS' }] },
    },
    errors: expect.arrayContaining([
      expect.objectContaining({
        path: ['crmCustomers'],
        extensions: expect.objectContaining({ code: 'SYSTEM_UNAVAILABLE' }),
      }),
    ]),
  });
});
