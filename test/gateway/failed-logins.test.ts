import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createClientAddress } from '../../gateway/http/client-address.ts';
import type { AuthOptions } from '../../gateway/options.ts';
import { startGateway, type TestGateway } from './run.ts';
import { shop } from './shop.ts';

const SECRET = 'a shared secret of more than 32 bytes';
const AUTH: AuthOptions = {
  kind: 'tokens',
  jwt: { secret: SECRET, issuer: 'https://issuer.example', audience: 'tandem' },
  apiKeys: [{ name: 'machine', sha256: createHash('sha256').update('right').digest('hex'), scopes: [] }],
};

const token = () =>
  new SignJWT({ sub: 'ann' })
    .setIssuer('https://issuer.example')
    .setAudience('tandem')
    .setExpirationTime('1 minute')
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(SECRET));

const ask = async (gateway: TestGateway, headers: Record<string, string>) => {
  const response = await gateway.send({
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{"query":"{ __typename }"}',
  });
  const { errors } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
  return {
    status: response.status,
    code: errors?.[0]?.extensions.code,
    retry: response.headers.get('retry-after'),
  };
};

async function socketEnd(gateway: TestGateway, key: string): Promise<unknown> {
  const socket = new WebSocket(gateway.socketUrl, 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { 'x-api-key': key } }));
  const end = await Promise.race([
    once(socket, 'close').then(([code, reason]) => [code, String(reason)]),
    once(socket, 'message').then(() => 'let in'),
  ]);
  socket.terminate();
  return end;
}

describe('logins that fail', () => {
  test('are told to wait, whatever is wrong with them, and those that are good are let in', async () => {
    await using gateway = await startGateway({
      subgraphs: shop(),
      auth: AUTH,
      limits: { failedLoginsPerMinute: 1 },
    });
    const bad: Record<string, string>[] = [{}, { 'x-api-key': 'wrong' }, { authorization: 'Bearer a.b.c' }];
    expect(await ask(gateway, bad[0]!)).toMatchObject({ status: 401 });
    for (const headers of bad)
      expect(await ask(gateway, headers)).toEqual({
        status: 429,
        code: 'RATE_LIMITED',
        retry: expect.stringMatching(/^[1-6]\d$/),
      });
    expect(await socketEnd(gateway, 'wrong')).toEqual([
      4429,
      expect.stringMatching(/^Too many logins that failed; try again in \d\d s\.$/),
    ]);
    // From the same address: a key, and a token nobody has shown before.
    expect(await ask(gateway, { 'x-api-key': 'right' })).toMatchObject({ status: 200 });
    expect(await ask(gateway, { authorization: `Bearer ${await token()}` })).toMatchObject({ status: 200 });
    expect(await socketEnd(gateway, 'right')).toBe('let in');
    const metrics = await (await gateway.send({}, '/metrics')).text();
    expect(metrics).toContain('graphql_logins_failed_total{outcome="refused"} 1');
    expect(metrics).toContain('graphql_logins_failed_total{outcome="rate_limited"} 4');
  });

  test('count for the address a trusted proxy names, and for nobody else behind it', async () => {
    await using gateway = await startGateway({
      subgraphs: shop(),
      auth: AUTH,
      limits: { failedLoginsPerMinute: 1 },
      trustedProxies: ['127.0.0.1'],
    });
    const from = (address: string) => ask(gateway, { 'x-api-key': 'wrong', 'x-forwarded-for': address });
    expect(await from('203.0.113.1')).toMatchObject({ status: 401 });
    expect(await from('203.0.113.1')).toMatchObject({ status: 429 });
    // What a client wrote itself stands before what the proxy added.
    expect(await from('198.51.100.7, 203.0.113.1')).toMatchObject({ status: 429 });
    expect(await from('203.0.113.2')).toMatchObject({ status: 401 });
  });

  test('without a trusted proxy nobody gets another address by saying so', async () => {
    await using gateway = await startGateway({
      subgraphs: shop(),
      auth: AUTH,
      limits: { failedLoginsPerMinute: 1 },
    });
    const from = (address: string) => ask(gateway, { 'x-api-key': 'wrong', 'x-forwarded-for': address });
    expect(await from('203.0.113.1')).toMatchObject({ status: 401 });
    expect(await from('203.0.113.2')).toMatchObject({ status: 429 });
  });
});

test.each<[string, readonly string[], string, string | undefined, string]>([
  ['the socket, without proxies', [], '10.0.0.1', '203.0.113.1', '10.0.0.1'],
  ['the socket, if it is of no proxy we trust', ['10.0.0.2'], '10.0.0.1', '203.0.113.1', '10.0.0.1'],
  [
    'the last hop that is no proxy',
    ['10.0.0.0/8'],
    '10.0.0.1',
    '9.9.9.9, 203.0.113.1, 10.7.7.7',
    '203.0.113.1',
  ],
  ['the outermost proxy, where it says nothing', ['10.0.0.0/8'], '10.0.0.1', undefined, '10.0.0.1'],
  ['the outermost proxy, where it writes nonsense', ['10.0.0.0/8'], '10.0.0.1', 'unknown', '10.0.0.1'],
  ['IPv4 in IPv6 as IPv4', ['10.0.0.0/8'], '::ffff:10.0.0.1', '203.0.113.1:4711', '203.0.113.1'],
  ['of IPv6 the network', ['fd00::/8'], 'fd00::1', '[2001:DB8:1:2:3::9]:80', '2001:db8:1:2::/64'],
  ['of IPv6 the network, gaps filled', [], '2001:db8::9', undefined, '2001:db8:0:0::/64'],
])('an address is %s', (_what, trusted, socket, forwarded, expected) => {
  const request = { socket: { remoteAddress: socket }, headers: { 'x-forwarded-for': forwarded } };
  expect(createClientAddress(trusted)(request as unknown as IncomingMessage)).toBe(expected);
});
