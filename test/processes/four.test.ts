import { createClient } from 'graphql-ws';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { testDatabase } from '../support/database.ts';
import { type Answer, ask, startPart } from './part.ts';

const { url: DATABASE_URL } = await testDatabase();
const secret = { TANDEM_SUBGRAPH_SECRET: 'what only the gateway and its subgraphs know' };

const CUSTOMER = `query ($id: ID!) { customer(crmId: $id) {
  name phone crmId erpId crm { name phone } erp { name phoneNo } } }`;

test('crm, erp, sync and gateway each in a process of its own', async () => {
  const env = { ...secret, DATABASE_URL };
  const subgraph = (name: string, more = {}, port = '0') =>
    startPart([name, '--port', port], /^Subgraph \w+: (.*)$/, { ...env, ...more });
  const [crm, erp] = await Promise.all([subgraph('crm'), subgraph('erp')]);
  const systems = { TANDEM_CRM_URL: crm.said, TANDEM_ERP_URL: erp.said };
  const sync = await subgraph('sync', systems);
  const gateway = await startPart(['gateway', '--port', '0'], /^GraphQL: (.*)$/, {
    ...secret,
    ...systems,
    TANDEM_SYNC_URL: sync.said,
  });
  const url = gateway.said;

  // A subgraph answers its gateway and nobody else.
  for (const part of [crm, erp, sync])
    expect(await ask(part.said, '{ __typename }')).toMatchObject({
      status: 401,
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });

  const socket = createClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 });
  const events = socket.iterate<Answer>({
    query:
      'subscription { syncEvents(after: "0") { outcome link { crmId erpId } fields { field side after } } }',
  });
  const eventOf = async (met: (event: Answer) => boolean): Promise<Answer> => {
    for (;;) {
      const { value, done } = await events.next();
      if (done || value.errors) throw new Error(`No event: ${JSON.stringify(value)}`);
      if (met(value.data.syncEvents)) return value.data.syncEvents;
    }
  };

  // What is created in one system arrives in the other, and is told over WebSocket.
  const made = await ask(url, 'mutation { createCrmCustomer(input: { name: "Apart AS" }) { id } }');
  const { id } = made.data.createCrmCustomer;
  const { link } = await eventOf((event) => event.link?.crmId === id && event.link?.erpId !== null);
  const whole = await ask(url, CUSTOMER, { id });
  expect(whole).toEqual({
    status: 200,
    data: {
      customer: {
        name: 'Apart AS',
        phone: null,
        crmId: id,
        erpId: link.erpId,
        crm: { name: 'Apart AS', phone: null },
        erp: { name: 'Apart AS', phoneNo: null },
      },
    },
  });

  // Without the CRM the agreed fields and the other side still answer, and edits wait.
  await crm.kill();
  const without = await ask(url, CUSTOMER, { id });
  expect(without.data.customer).toEqual({ ...whole.data.customer, crm: null });
  expect(without.errors).toMatchObject([
    { path: ['customer', 'crm'], extensions: { code: 'SYSTEM_UNAVAILABLE', serviceName: 'crm' } },
  ]);
  const linkOf = 'customer(crmId: $id) { name link { staleSince drift { field verdict crm } } }';
  const stale = await ask(url, `query ($id: ID!) { ${linkOf} }`, { id });
  const { name, link: compared } = stale.data.customer;
  expect(name).toBe('Apart AS');
  // What cannot be compared says so, field by field.
  expect(compared.drift).toContainEqual({ field: 'phone', verdict: 'UNKNOWN', crm: null });
  expect(new Set(compared.drift.map(({ verdict }: { verdict: string }) => verdict))).toEqual(
    new Set(['UNKNOWN']),
  );
  expect(Date.parse(compared.staleSince)).toBeLessThanOrEqual(Date.now());
  expect(stale.errors).toMatchObject([
    {
      message: expect.stringMatching(/^The CRM (cannot be reached|has not answered since)/),
      path: ['customer', 'link', 'drift', 0, 'crm'],
      extensions: { code: 'SYSTEM_UNAVAILABLE' },
    },
  ]);
  const edited = await ask(
    url,
    'mutation ($id: ID!) { updateErpCustomer(id: $id, input: { phoneNo: "22 33 44 55" }) { phoneNo } }',
    { id: link.erpId },
  );
  expect(edited.data.updateErpCustomer).toEqual({ phoneNo: '22 33 44 55' });

  // Back again, it is told what it missed.
  const again = await subgraph('crm', {}, new URL(crm.said).port);
  await eventOf((event) =>
    event.fields.some((change: Answer) => change.field === 'phone' && change.side === 'CRM'),
  );
  const after = await ask(url, CUSTOMER, { id });
  expect(after.errors).toBeUndefined();
  expect(after.data.customer).toMatchObject({ phone: '+4722334455', crm: { phone: '+4722334455' } });

  await events.return?.();
  await socket.dispose();
  expect(await Promise.all([gateway, sync, erp, again].map((part) => part.stop()))).toEqual([0, 0, 0, 0]);
});
