import { once } from 'node:events';
import { createClient as createSseClient } from 'graphql-sse';
import { type Client, createClient } from 'graphql-ws';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createFeed } from './feed.ts';
import { startGateway, type TestGateway } from './run.ts';

const FEED = 'subscription { feed { id text } }';

function socketClient(
  gateway: TestGateway,
  connectionParams: Record<string, unknown> = {},
): Client & AsyncDisposable {
  const client = createClient({
    url: gateway.socketUrl,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams,
  });
  return Object.assign(client, { [Symbol.asyncDispose]: async () => void (await client.dispose()) });
}

/** A socket that has been let in, for what no client library would send. */
async function rawSocket(gateway: TestGateway, options: object = {}): Promise<WebSocket> {
  const socket = new WebSocket(gateway.socketUrl, 'graphql-transport-ws', options);
  await once(socket, 'open');
  socket.send('{"type":"connection_init"}');
  await once(socket, 'message');
  return socket;
}

const closeCode = async (socket: WebSocket) => (await once(socket, 'close'))[0] as number;

describe('over WebSocket', () => {
  test('events are enriched from all subgraphs, and an error of one is not in the next', async () => {
    const feed = createFeed();
    await using gateway = await startGateway({ subgraphs: feed.subgraphs });
    await using client = socketClient(gateway);
    const events = client.iterate({ query: FEED });
    const first = events.next();
    await feed.whenBegun(1);
    for (const id of ['1', 'bad', '2']) feed.emit({ id });
    feed.end();
    const rest: unknown[] = [];
    for await (const event of events) rest.push(event);
    expect((await first).value).toEqual({ data: { feed: { id: '1', text: 'text of 1' } } });
    expect(rest).toEqual([
      {
        data: { feed: { id: 'bad', text: null } },
        errors: [
          {
            message: 'bad item',
            path: ['feed', 'text'],
            extensions: { code: 'BAD_ITEM', serviceName: 'details' },
          },
        ],
      },
      { data: { feed: { id: '2', text: 'text of 2' } } },
    ]);
  });

  test('a source that refuses to begin says why', async () => {
    const feed = createFeed();
    await using gateway = await startGateway({ subgraphs: feed.subgraphs });
    await using client = socketClient(gateway);
    const { value } = await client.iterate({ query: 'subscription { refused }' }).next();
    expect(value).toMatchObject({
      errors: [{ message: 'cursor too old', extensions: { code: 'CURSOR_EXPIRED', oldest: '7' } }],
    });
  });

  test('ending a quiet subscription ends its source at once, by complete and by disconnect', async () => {
    const feed = createFeed();
    await using gateway = await startGateway({ subgraphs: feed.subgraphs });
    const client = socketClient(gateway);
    const stop = client.subscribe({ query: FEED }, { next: () => {}, error: () => {}, complete: () => {} });
    await feed.whenBegun(1);
    stop();
    await feed.whenEnded(1);
    client.subscribe({ query: FEED }, { next: () => {}, error: () => {}, complete: () => {} });
    await feed.whenBegun(2);
    client.terminate();
    await feed.whenEnded(2);
    expect(feed.begun()).toBe(2);
  });

  test.each([
    ['syntax', '{ nam', 'GRAPHQL_PARSE_FAILED'],
    ['_service', '{ _service { sdl } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['aliases', `{ ${Array.from({ length: 31 }, (_, i) => `a${i}: ready`).join(' ')} }`, 'LIMIT_EXCEEDED'],
    ['tokens', `{ ${'ready '.repeat(3_000)} }`, 'GRAPHQL_PARSE_FAILED'],
  ])('limits and validation are those of HTTP, and the socket stays open: %s', async (_name, query, code) => {
    await using gateway = await startGateway({ subgraphs: createFeed().subgraphs });
    await using client = socketClient(gateway);
    const failure = await client
      .iterate({ query })
      .next()
      .catch((error: unknown) => error);
    expect(failure).toEqual([expect.objectContaining({ extensions: { code } })]);
    expect((await client.iterate({ query: '{ ready }' }).next()).value).toEqual({ data: { ready: null } });
  });

  test.each([
    ['junk', 'hello', 4400],
    ['an unknown type', '{"type":"nonsense"}', 4400],
    [
      'an abyss',
      `{"id":"1","type":"subscribe","payload":{"query":"{a}","variables":{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}}}`,
      4400,
    ],
    ['a frame of 65 kB', 'x'.repeat(65_000), 1009],
  ])('%s closes the socket with its code', async (_name, text, code) => {
    await using gateway = await startGateway({ subgraphs: createFeed().subgraphs });
    const socket = await rawSocket(gateway);
    socket.send(text);
    expect(await closeCode(socket)).toBe(code);
  });

  test('a subscription before the greeting is refused', async () => {
    await using gateway = await startGateway({ subgraphs: createFeed().subgraphs });
    const socket = new WebSocket(gateway.socketUrl, 'graphql-transport-ws');
    await once(socket, 'open');
    socket.send('{"id":"1","type":"subscribe","payload":{"query":"{ready}"}}');
    expect(await closeCode(socket)).toBe(4401);
  });

  test('pages of other origins get no socket', async () => {
    await using gateway = await startGateway({ subgraphs: createFeed().subgraphs });
    const socket = new WebSocket(gateway.socketUrl, 'graphql-transport-ws', {
      origin: 'https://evil.example',
    });
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toContain('403');
  });

  test('more subscriptions on a socket than allowed are refused, the others go on', async () => {
    const feed = createFeed();
    await using gateway = await startGateway({
      subgraphs: feed.subgraphs,
      limits: { subscriptionsPerSocket: 2 },
    });
    await using client = socketClient(gateway);
    const sink = { next: () => {}, error: () => {}, complete: () => {} };
    client.subscribe({ query: FEED }, sink);
    client.subscribe({ query: FEED }, sink);
    await feed.whenBegun(2);
    const refused = await new Promise((resolve) =>
      client.subscribe({ query: FEED }, { ...sink, error: resolve }),
    );
    expect(refused).toEqual([expect.objectContaining({ extensions: { code: 'LIMIT_EXCEEDED' } })]);
    expect(feed.ended()).toBe(0);
  });

  test('a client that does not read is closed with a named code, its source is held back and ended', async () => {
    const feed = createFeed();
    await using gateway = await startGateway({ subgraphs: feed.subgraphs, limits: { slowClientMs: 300 } });
    const socket = await rawSocket(gateway);
    socket.send('{"id":"1","type":"subscribe","payload":{"query":"subscription { flood }"}}');
    socket.pause();
    await feed.whenEnded(1);
    // Each event has 100 kB: what the kernel's buffers take, and not one more.
    expect(feed.flooded()).toBeLessThan(200);
    const closed = closeCode(socket);
    socket.resume();
    expect([4508, 1006]).toContain(await closed);
  });

  test('a dead connection is noticed by its missing heartbeat', async () => {
    const feed = createFeed();
    await using gateway = await startGateway({ subgraphs: feed.subgraphs, limits: { heartbeatMs: 50 } });
    const socket = await rawSocket(gateway, { autoPong: false });
    socket.send(`{"id":"1","type":"subscribe","payload":{"query":"${FEED}"}}`);
    await feed.whenEnded(1);
    expect(feed.begun()).toBe(1);
  });

  test('stopping says goodbye and leaves no source open', async () => {
    const feed = createFeed();
    const gateway = await startGateway({ subgraphs: feed.subgraphs });
    const socket = await rawSocket(gateway);
    socket.send(`{"id":"1","type":"subscribe","payload":{"query":"${FEED}"}}`);
    await feed.whenBegun(1);
    const closed = closeCode(socket);
    await gateway.gateway.stop();
    expect(await closed).toBe(1001);
    expect(feed.ended()).toBe(1);
  });
});

describe('over Server-Sent Events', () => {
  const post = (query: string, accept = 'text/event-stream'): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify({ query }),
  });

  test('a standard client reads events, queries and refusals', async () => {
    const feed = createFeed();
    await using gateway = await startGateway({ subgraphs: feed.subgraphs });
    const client = createSseClient({ url: gateway.endpoint, retryAttempts: 0 });
    const events = client.iterate({ query: FEED });
    const first = events.next();
    await feed.whenBegun(1);
    feed.emit({ id: '1' });
    expect((await first).value).toEqual({ data: { feed: { id: '1', text: 'text of 1' } } });
    feed.end();
    expect((await events.next()).done).toBe(true);
    expect((await client.iterate({ query: '{ ready }' }).next()).value).toEqual({ data: { ready: null } });
    expect((await client.iterate({ query: 'subscription { refused }' }).next()).value).toMatchObject({
      errors: [{ extensions: { code: 'CURSOR_EXPIRED' } }],
    });
    client.dispose();
  });

  test('limits hold before the stream begins', async () => {
    await using gateway = await startGateway({ subgraphs: createFeed().subgraphs });
    const response = await gateway.send(post(`subscription { ${'feed { id } '.repeat(21)} }`));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'LIMIT_EXCEEDED' } }] });
  });

  test('a quiet stream shows signs of life, and leaving ends the source', async () => {
    const feed = createFeed();
    await using gateway = await startGateway({ subgraphs: feed.subgraphs, limits: { heartbeatMs: 20 } });
    const leave = new AbortController();
    const response = await gateway.send({ ...post(FEED), signal: leave.signal });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const reader = response.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe(':\n\n');
    leave.abort();
    await reader.read().catch(() => {});
    await feed.whenEnded(1);
    expect(feed.begun()).toBe(1);
  });

  test('a client that does not read is cut off', async () => {
    const feed = createFeed();
    await using gateway = await startGateway({ subgraphs: feed.subgraphs, limits: { slowClientMs: 300 } });
    const response = await gateway.send(post('subscription { flood }'));
    await feed.whenEnded(1);
    expect(feed.flooded()).toBeLessThan(300);
    await expect(response.text()).rejects.toThrow();
  });

  test('multipart, as Apollo Client asks for it', async () => {
    const feed = createFeed();
    await using gateway = await startGateway({ subgraphs: feed.subgraphs });
    const response = await gateway.send(post(FEED, 'multipart/mixed;subscriptionSpec=1.0, application/json'));
    await feed.whenBegun(1);
    feed.emit({ id: '1' });
    feed.end();
    expect(await response.text()).toBe(
      '\r\n--graphql\r\ncontent-type: application/json\r\n\r\n{"payload":{"data":{"feed":{"id":"1","text":"text of 1"}}}}\r\n--graphql--\r\n',
    );
  });

  test('stopping ends the stream', async () => {
    const feed = createFeed();
    const gateway = await startGateway({ subgraphs: feed.subgraphs });
    const response = await gateway.send(post(FEED));
    await feed.whenBegun(1);
    await gateway.gateway.stop();
    expect(await response.text()).toContain('event: complete');
    expect(feed.ended()).toBe(1);
  });
});
