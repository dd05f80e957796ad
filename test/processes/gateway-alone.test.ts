import { createClient } from 'graphql-ws';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { testDatabase } from '../support/database.ts';
import { type Answer, ask, newFolder, startPart } from './part.ts';

const { url: DATABASE_URL } = await testDatabase();
const env = { DATABASE_URL, TANDEM_SUBGRAPH_SECRET: 'what only the gateway and its subgraphs know' };

const system = (name: string, port = '0') => startPart([name, '--port', port], /^Subgraph \w+: (.*)$/, env);

const gatewayOf = (crm: string, erp: string, folder: string) =>
  startPart(
    ['gateway', '--port', '0', '--data', folder, '--poll', '1', '--subgraph', `crm=${crm}`, `erp=${erp}`],
    /^GraphQL: (.*)$/,
    env,
  );

const pageOf = (graphql: string) => async (path: string) => {
  const response = await fetch(new URL(path, graphql));
  return { status: response.status, text: await response.text() };
};

const ready = (graphql: string) => async (): Promise<Answer> => {
  const { status, text } = await pageOf(graphql)('/health/ready');
  return { status, ...JSON.parse(text) };
};

const stateOf = async (graphql: string) =>
  /^graphql_supergraph_state\{state="(\w+)"\} 1$/m.exec((await pageOf(graphql)('/metrics')).text)?.[1];

const NAMES = '{ crmCustomers { nodes { name } } erpCustomers { nodes { name } } }';

describe('a gateway that starts while a subgraph is away', () => {
  test('serves the last good supergraph, says so, and takes up the present one by itself', async () => {
    const folder = newFolder();
    const [crm, erp] = await Promise.all([system('crm'), system('erp')]);
    const before = await gatewayOf(crm.said, erp.said, folder);
    await expect.poll(() => stateOf(before.said)).toBe('current');

    await Promise.all([before.kill(), crm.kill()]);
    const gateway = await gatewayOf(crm.said, erp.said, folder);
    const without = await ask(gateway.said, NAMES);
    expect(without).toMatchObject({ status: 200, data: { crmCustomers: null, erpCustomers: { nodes: [] } } });
    expect(without.errors).toMatchObject([
      { extensions: { code: 'SYSTEM_UNAVAILABLE', serviceName: 'crm' } },
    ]);
    expect(await ready(gateway.said)()).toMatchObject({
      status: 503,
      ready: false,
      partly: true,
      parts: expect.arrayContaining([
        {
          name: 'supergraph',
          ready: true,
          detail: expect.stringMatching(new RegExp(`last good one.*crm cannot be reached at ${crm.said}`)),
        },
        { name: 'subgraph crm', ready: false, detail: 'cannot be reached' },
      ]),
    });
    expect(await stateOf(gateway.said)).toBe('last_good');

    const again = await system('crm', new URL(crm.said).port);
    await expect.poll(() => stateOf(gateway.said)).toBe('current');
    await expect
      .poll(() => ask(gateway.said, NAMES))
      .toMatchObject({ data: { crmCustomers: { nodes: [] } } });
    expect(await Promise.all([gateway, erp, again].map((part) => part.stop()))).toEqual([0, 0, 0]);
  });

  test('without a last good one it is there, not ready, says what to do, and becomes ready by itself', async () => {
    const folder = newFolder();
    const crm = await system('crm');
    const erp = await system('erp');
    await erp.kill();
    const gateway = await gatewayOf(crm.said, erp.said, folder);
    const why = new RegExp(
      `Subgraph erp cannot be reached at ${erp.said} .*Start it, or correct its address`,
    );
    expect((await pageOf(gateway.said)('/health/live')).status).toBe(200);
    expect(await ready(gateway.said)()).toMatchObject({
      status: 503,
      ready: false,
      parts: [{ name: 'supergraph', ready: false, detail: expect.stringMatching(why) }],
    });
    expect(await stateOf(gateway.said)).toBe('none');
    const refused = [{ message: expect.stringMatching(why), extensions: { code: 'NOT_READY' } }];
    expect(await ask(gateway.said, NAMES)).toMatchObject({ status: 503, errors: refused });
    for (const accept of ['text/event-stream', 'multipart/mixed;subscriptionSpec=1.0']) {
      const response = await fetch(gateway.said, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept },
        body: JSON.stringify({ query: 'subscription { crmChanges { cursor } }' }),
      });
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('1');
      expect(await response.json()).toMatchObject({ errors: refused });
    }
    const socket = createClient({
      url: gateway.said.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      retryAttempts: 0,
    });
    onTestFinished(async () => socket.dispose());
    await expect(socket.iterate({ query: NAMES }).next()).rejects.toMatchObject(refused);

    const again = await system('erp', new URL(erp.said).port);
    await expect.poll(ready(gateway.said)).toMatchObject({ status: 200, ready: true });
    expect((await socket.iterate({ query: '{ __typename }' }).next()).value).toEqual({
      data: { __typename: 'Query' },
    });
    await socket.dispose();
    expect(await Promise.all([gateway, crm, again].map((part) => part.stop()))).toEqual([0, 0, 0]);
  });
});
