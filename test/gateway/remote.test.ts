import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient } from 'graphql-ws';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type Caller, signCaller, verifyCaller } from '../../gateway/caller.ts';
import type { LocalSubgraph, RemoteSubgraph } from '../../gateway/options.ts';
import { serveSubgraph } from '../../gateway/subgraph-server.ts';
import { createFeed } from './feed.ts';
import { startGateway } from './run.ts';
import { shop, testSubgraph } from './shop.ts';

const SECRET = 'a secret between gateway and subgraphs';

/** Serves local subgraphs each on a port of its own. */
async function serveAll(subgraphs: readonly LocalSubgraph[], secret: string | undefined = SECRET) {
  const servers = await Promise.all(
    subgraphs.map((source) =>
      serveSubgraph({ ...source, port: 0, ...(secret === undefined ? {} : { secret }) }),
    ),
  );
  const sources = servers.map(
    ({ url }, i): RemoteSubgraph => ({
      kind: 'remote',
      name: subgraphs[i]!.name,
      url,
      ...(secret === undefined ? {} : { secret }),
    }),
  );
  return {
    servers,
    sources,
    [Symbol.asyncDispose]: async () => void (await Promise.all(servers.map((server) => server.stop()))),
  };
}

/** A server that answers as a test wants. */
async function serveRaw(listener: RequestListener) {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The shop with its reviews at another address, their SDL known beforehand. */
function shopWithReviewsAt(url: string): (LocalSubgraph | RemoteSubgraph)[] {
  const [catalogue, reviews] = shop();
  return [catalogue!, { kind: 'remote', name: 'reviews', url, sdl: reviews!.sdl }];
}

const QUERY = '{ products(first: 2) { id reviews { stars } } }';
const MISSING = [
  {
    message: 'reviews cannot be reached.',
    path: ['products', 0],
    extensions: { code: 'SYSTEM_UNAVAILABLE', serviceName: 'reviews' },
  },
  {
    message: 'reviews cannot be reached.',
    path: ['products', 1],
    extensions: { code: 'SYSTEM_UNAVAILABLE', serviceName: 'reviews' },
  },
];

test('subgraphs tell their SDL, are composed, queried, and streamed from', async () => {
  const feed = createFeed();
  await using served = await serveAll(feed.subgraphs);
  await using gateway = await startGateway({ subgraphs: served.sources });
  const client = createClient({ url: gateway.socketUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
  const events = client.iterate({ query: 'subscription { feed { id text } }' });
  const first = events.next();
  await feed.whenBegun(1);
  feed.emit({ id: '1' });
  expect((await first).value).toEqual({ data: { feed: { id: '1', text: 'text of 1' } } });
  await events.return?.();
  await feed.whenEnded(1);
  expect((await client.iterate({ query: 'subscription { refused }' }).next()).value).toMatchObject({
    errors: [{ extensions: { code: 'CURSOR_EXPIRED' } }],
  });
  await client.dispose();
});

test('a subgraph may stream over SSE, and one that is lost in mid-stream says so', async () => {
  const feed = createFeed();
  await using inner = await startGateway({ subgraphs: [feed.subgraphs[0]!] });
  const sse: RemoteSubgraph = {
    kind: 'remote',
    name: 'feed',
    url: inner.endpoint,
    subscriptionUrl: inner.endpoint,
    sdl: feed.subgraphs[0]!.sdl,
  };
  await using gateway = await startGateway({ subgraphs: [sse, feed.subgraphs[1]!] });
  const client = createClient({ url: gateway.socketUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
  const events = client.iterate({ query: 'subscription { feed { id text } }' });
  const first = events.next();
  await feed.whenBegun(1);
  feed.emit({ id: '1' });
  expect((await first).value).toEqual({ data: { feed: { id: '1', text: 'text of 1' } } });
  await client.dispose();
  await feed.whenEnded(1);

  await using served = await serveAll([feed.subgraphs[0]!]);
  await using second = await startGateway({ subgraphs: [served.sources[0]!, feed.subgraphs[1]!] });
  const other = createClient({ url: second.socketUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
  const lost = other.iterate({ query: 'subscription { feed { id } }' });
  const next = lost.next();
  await feed.whenBegun(2);
  await served.servers[0]!.stop();
  expect((await next).value).toMatchObject({ errors: [{ extensions: { code: 'SYSTEM_UNAVAILABLE' } }] });
  expect((await lost.next()).done).toBe(true);
  await other.dispose();
});

describe('a subgraph that is down', () => {
  test('gives partial data, with SYSTEM_UNAVAILABLE at every entity, and readiness tells of it', async () => {
    const nobody = await serveRaw(() => {});
    await nobody[Symbol.asyncDispose]();
    await using gateway = await startGateway({ subgraphs: shopWithReviewsAt(nobody.url) });
    const result = await gateway.ask(QUERY);
    expect(result).toEqual({
      status: 200,
      errors: MISSING,
      data: {
        products: [
          { id: '1', reviews: null },
          { id: '2', reviews: null },
        ],
      },
    });
    const ready = await gateway.send({}, '/health/ready');
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      ready: false,
      partly: true,
      parts: expect.arrayContaining([
        { name: 'subgraph reviews', ready: false, detail: 'cannot be reached' },
      ]),
    });
    expect((await gateway.send({}, '/health/ready?partly')).status).toBe(200);
  });

  test('is enough for who asks for a part, unless there is no other', async () => {
    const nobody = await serveRaw(() => {});
    await nobody[Symbol.asyncDispose]();
    const [catalogue] = shop();
    await using gateway = await startGateway({
      subgraphs: [{ kind: 'remote', name: 'catalogue', url: nobody.url, sdl: catalogue!.sdl }],
    });
    const ready = await gateway.send({}, '/health/ready?partly');
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ ready: false, partly: false });
  });

  test.each<[string, RequestListener]>([
    ['does not answer in time', () => {}],
    ['answers HTML', (_request, response) => response.writeHead(502).end('<html>Bad Gateway')],
    ['answers junk', (_request, response) => response.end('{"data":')],
    ['answers a number', (_request, response) => response.end('1')],
    ['hangs up', (request) => request.socket.destroy()],
  ])('%s', async (_name, listener) => {
    await using raw = await serveRaw(listener);
    await using gateway = await startGateway({
      subgraphs: shopWithReviewsAt(raw.url),
      limits: { subgraphMs: 200 },
    });
    const { errors, status } = await gateway.ask(QUERY);
    expect(status).toBe(200);
    expect(errors).toEqual(MISSING);
  });

  test('is left alone after failing again and again', async () => {
    let asked = 0;
    await using raw = await serveRaw((_request, response) => {
      asked++;
      response.writeHead(503).end('down');
    });
    await using gateway = await startGateway({ subgraphs: shopWithReviewsAt(raw.url) });
    for (let i = 0; i < 20; i++) expect((await gateway.ask(QUERY)).errors).toEqual(MISSING);
    // Ten failures, each of a query that was tried once more.
    expect(asked).toBe(20);
    const metrics = await (await gateway.send({}, '/metrics')).text();
    expect(metrics).toContain('graphql_subgraph_breaker_open{subgraph="reviews"} 1');
  });
});

describe('trying again', () => {
  const counting = async (failures: number) => {
    let asked = 0;
    const raw = await serveRaw((request, response) => {
      request.resume();
      asked++;
      if (asked <= failures) {
        request.socket.destroy();
        return;
      }
      response.setHeader('content-type', 'application/json');
      response.end('{"data":{"pay":1,"paid":2}}');
    });
    return { ...raw, asked: () => asked };
  };
  const bank = (url: string): RemoteSubgraph[] => [
    {
      kind: 'remote',
      name: 'bank',
      url,
      sdl: testSubgraph('bank', 'type Query { paid: Int } type Mutation { pay: Int }', {}).sdl,
    },
  ];

  test('a query whose connection broke is sent once more', async () => {
    await using raw = await counting(1);
    await using gateway = await startGateway({ subgraphs: bank(raw.url) });
    expect((await gateway.ask('{ paid }')).data).toEqual({ paid: 2 });
    expect(raw.asked()).toBe(2);
  });

  test('a mutation never is', async () => {
    await using raw = await counting(1);
    await using gateway = await startGateway({ subgraphs: bank(raw.url) });
    const { errors, data } = await gateway.ask('mutation { pay }');
    expect(data).toEqual({ pay: null });
    expect(errors?.[0]).toMatchObject({ path: ['pay'], extensions: { code: 'SYSTEM_UNAVAILABLE' } });
    expect(raw.asked()).toBe(1);
  });
});

describe('time', () => {
  test('an operation ends at its deadline with what there is', async () => {
    await using raw = await serveRaw(() => {});
    await using gateway = await startGateway({
      subgraphs: shopWithReviewsAt(raw.url),
      limits: { operationMs: 150 },
    });
    const { data, errors } = await gateway.ask(QUERY);
    expect(data).toEqual({
      products: [
        { id: '1', reviews: null },
        { id: '2', reviews: null },
      ],
    });
    expect(errors).toEqual(MISSING);
  });

  test('a local subgraph that does not answer is unavailable too', async () => {
    const never = testSubgraph('never', 'type Query { never: Int always: Int }', {
      Query: { never: () => new Promise(() => {}) },
    });
    await using gateway = await startGateway({ subgraphs: [never], limits: { subgraphMs: 50 } });
    expect((await gateway.ask('{ never }')).errors?.[0]?.extensions.code).toBe('SYSTEM_UNAVAILABLE');
    expect((await gateway.ask('{ always }')).data).toEqual({ always: null });
  });

  test('when the client goes, the request to the subgraph is given up', async () => {
    const closed = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    await using raw = await serveRaw((_request, response) => {
      response.once('close', () => closed.resolve());
      arrived.resolve();
    });
    await using gateway = await startGateway({ subgraphs: shopWithReviewsAt(raw.url) });
    const leave = new AbortController();
    const asked = gateway.send({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: QUERY }),
      signal: leave.signal,
    });
    await arrived.promise;
    leave.abort();
    await expect(asked).rejects.toThrow();
    await closed.promise;
  });

  test('when a socket goes, the request to the subgraph is given up', async () => {
    const closed = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    await using raw = await serveRaw((_request, response) => {
      response.once('close', () => closed.resolve());
      arrived.resolve();
    });
    await using gateway = await startGateway({ subgraphs: shopWithReviewsAt(raw.url) });
    const client = createClient({ url: gateway.socketUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
    client.subscribe({ query: QUERY }, { next: () => {}, error: () => {}, complete: () => {} });
    await arrived.promise;
    client.terminate();
    await closed.promise;
  });
});

describe('signed requests', () => {
  const caller: Caller = {
    subject: 'ann',
    scopes: ['read'],
    headers: { 'x-sync-token': 't' },
    requestId: 'r',
  };

  test('carry the caller, and hold for one body, one secret and one minute', () => {
    const signed = signCaller(caller, 'body', SECRET);
    expect(verifyCaller(signed, 'body', SECRET)).toEqual(caller);
    expect(verifyCaller(signed, 'other', SECRET)).toBeNull();
    expect(verifyCaller(signed, 'body', 'other')).toBeNull();
    expect(verifyCaller(undefined, 'body', SECRET)).toBeNull();
    expect(verifyCaller('junk', 'body', SECRET)).toBeNull();
    expect(verifyCaller(`${signed.split('.')[0]}.`, 'body', SECRET)).toBeNull();
    expect(verifyCaller(signed, 'body', SECRET, Date.now() + 61_000)).toBeNull();
    const [payload, signature] = signed.split('.') as [string, string];
    const raised = Buffer.from(payload, 'base64url').toString().replace('["read"]', '["admin"]');
    expect(
      verifyCaller(`${Buffer.from(raised).toString('base64url')}.${signature}`, 'body', SECRET),
    ).toBeNull();
  });

  test('a subgraph asked directly refuses, over HTTP and WebSocket, and needs a secret off loopback', async () => {
    await using served = await serveAll([shop()[0]!]);
    const { url } = served.servers[0]!;
    const ask = (headers: Record<string, string>) =>
      fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: '{"query":"{__typename}"}',
      });
    expect((await ask({})).status).toBe(401);
    expect((await ask({ 'x-tandem-caller': signCaller(caller, 'another body', SECRET) })).status).toBe(401);
    expect(
      (await ask({ 'x-tandem-caller': signCaller(caller, '{"query":"{__typename}"}', SECRET) })).status,
    ).toBe(200);
    const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws');
    await once(socket, 'open');
    socket.send('{"type":"connection_init"}');
    expect((await once(socket, 'close')).map(String)).toEqual(['4403', 'Only signed requests are answered.']);
    await expect(serveSubgraph({ ...shop()[0]!, port: 0, host: '0.0.0.0' })).rejects.toThrow(
      'needs a secret',
    );
    // On this machine too: whoever reaches the port could say who he is.
    await expect(serveSubgraph({ ...shop()[0]!, port: 0, production: true })).rejects.toThrow(
      'Set TANDEM_SUBGRAPH_SECRET',
    );
  });

  test('the subgraph learns who asks, and tracing goes on', async () => {
    const seen: Caller[] = [];
    const spy = testSubgraph('spy', 'type Query { me: String }', {
      Query: { me: (_: unknown, __: unknown, context: { caller: Caller }) => void seen.push(context.caller) },
    });
    await using served = await serveAll([spy]);
    await using gateway = await startGateway({ subgraphs: served.sources });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await gateway.ask(
      '{ me }',
      {},
      { traceparent, 'x-sync-token': 'abc', 'x-request-id': 'my-request', 'x-other': 'no' },
    );
    expect(seen).toEqual([
      {
        subject: null,
        scopes: ['*'],
        headers: expect.objectContaining({ traceparent, 'x-sync-token': 'abc' }),
        requestId: 'my-request',
      },
    ]);
    expect(seen[0]?.headers).not.toHaveProperty('x-other');
  });

  test('what a WebSocket says of itself cannot become a header of its own', async () => {
    const seen: Caller[] = [];
    const spy = testSubgraph('spy', 'type Query { me: String }', {
      Query: { me: (_: unknown, __: unknown, context: { caller: Caller }) => void seen.push(context.caller) },
    });
    await using served = await serveAll([spy]);
    await using gateway = await startGateway({ subgraphs: served.sources });
    const client = createClient({
      url: gateway.socketUrl,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      connectionParams: { 'x-sync-token': 'a\r\nx-request-id: forged', 'accept-language': 'nb' },
    });
    expect((await client.iterate({ query: '{ me }' }).next()).value).toEqual({ data: { me: null } });
    await client.dispose();
    expect(seen[0]?.headers).toEqual({ 'accept-language': 'nb' });
    expect(seen[0]?.requestId).not.toBe('forged');
  });
});
