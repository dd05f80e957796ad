import { once } from 'node:events';
import { createClient } from 'graphql-ws';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { LocalSubgraph } from '../../gateway/options.ts';
import { assemble, type Piece } from './defer.ts';
import { startGateway, type TestGateway } from './run.ts';
import { shop, testSubgraph } from './shop.ts';

const QUERY = '{ product(id: 2) { name ... @defer(label: "reviews") { reviews { stars } } } }';
const FIRST = { data: { product: { name: 'Chair' } }, hasNext: true };
const SECOND = {
  incremental: [{ data: { reviews: [{ stars: 1 }, { stars: 4 }] }, path: ['product'], label: 'reviews' }],
  hasNext: false,
};

/** As Apollo Client 3 asks for an operation with `@defer`. */
const APOLLO_CLIENT =
  'multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json;q=0.9';

const post = (gateway: TestGateway, query: string, accept: string, headers: Record<string, string> = {}) =>
  gateway.send({
    method: 'POST',
    headers: { 'content-type': 'application/json', accept, ...headers },
    body: JSON.stringify({ query }),
  });

/** The parts of a multipart body, each as soon as its closing boundary has come. */
async function* partsOf(response: Response): AsyncGenerator<Piece, void> {
  const boundary = /boundary="?([^";]+)/.exec(response.headers.get('content-type') ?? '')?.[1];
  const delimiter = `\r\n--${boundary}`;
  let text = '';
  let begun = false;
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (;;) {
      const end = text.indexOf(delimiter);
      if (end < 0) break;
      const part = text.slice(0, end);
      text = text.slice(end + delimiter.length);
      if (begun) yield JSON.parse(part.slice(part.indexOf('\r\n\r\n') + 4)) as Piece;
      begun = true;
    }
  }
  expect(text).toBe('--\r\n');
}

/** Products whose reviews come when a test lets them. */
function gatedShop() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const subgraphs: LocalSubgraph[] = [
    testSubgraph(
      'catalogue',
      'type Query { product: Product } type Product @key(fields: "id") { id: ID! name: String }',
      {
        Query: { product: () => ({ id: '1', name: 'Table' }) },
      },
    ),
    testSubgraph('reviews', 'type Product @key(fields: "id") { id: ID! slow: String }', {
      Product: {
        __resolveReference: (ref: unknown) => ref,
        slow: async () => {
          await opened;
          return 'at last';
        },
      },
    }),
  ];
  return { subgraphs, open };
}

describe('over HTTP', () => {
  test('as Apollo Client asks for it, the first part before the deferred one is there', async () => {
    const { subgraphs, open } = gatedShop();
    await using gateway = await startGateway({ subgraphs });
    const response = await post(gateway, '{ product { name ... @defer { slow } } }', APOLLO_CLIENT);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('multipart/mixed; boundary="-"; deferSpec=20220824');
    const parts = partsOf(response);
    expect((await parts.next()).value).toEqual({ data: { product: { name: 'Table' } }, hasNext: true });
    open();
    expect((await parts.next()).value).toEqual({
      incremental: [{ data: { slow: 'at last' }, path: ['product'] }],
      hasNext: false,
    });
    expect((await parts.next()).done).toBe(true);
  });

  test('in the format of the incremental delivery specification, nested parts announced when their parent comes', async () => {
    await using gateway = await startGateway({ subgraphs: shop() });
    const query = `{ product(id: 1) { name ... @defer(label: "a") {
      reviews { stars ... @defer(label: "b") { product { price } } } } } }`;
    const response = await post(gateway, query, 'multipart/mixed;incrementalSpec=v0.2,application/json');
    expect(response.headers.get('content-type')).toBe('multipart/mixed; boundary="-"; incrementalSpec=v0.2');
    const parts: Piece[] = [];
    for await (const part of partsOf(response)) parts.push(part);
    expect(parts).toEqual([
      {
        data: { product: { name: 'Table' } },
        pending: [{ id: '0', path: ['product'], label: 'a' }],
        hasNext: true,
      },
      {
        pending: [{ id: '1', path: ['product', 'reviews', 0], label: 'b' }],
        incremental: [{ id: '0', data: { reviews: [{ stars: 3 }] } }],
        completed: [{ id: '0' }],
        hasNext: true,
      },
      {
        incremental: [{ id: '1', data: { product: { price: 120 } } }],
        completed: [{ id: '1' }],
        hasNext: false,
      },
    ]);
  });

  test('an operation that defers nothing is one JSON answer, and so is one for a client that reads no parts', async () => {
    await using gateway = await startGateway({ subgraphs: shop() });
    const plain = await post(gateway, '{ product(id: 2) { name } }', APOLLO_CLIENT);
    expect(plain.headers.get('content-type')).toBe('application/graphql-response+json; charset=utf-8');
    expect(await plain.json()).toEqual({ data: { product: { name: 'Chair' } } });
    const whole = await post(gateway, QUERY, 'application/json');
    expect(await whole.json()).toEqual({
      data: { product: { name: 'Chair', reviews: [{ stars: 1 }, { stars: 4 }] } },
    });
  });

  test('errors of later parts are masked, and plugins of Apollo Server see the first', async () => {
    const seen: unknown[] = [];
    await using gateway = await startGateway({
      subgraphs: shop(),
      plugins: [
        {
          requestDidStart: async () => ({
            willSendResponse: async ({ response }) => void seen.push(response.body.kind),
          }),
        },
      ],
    });
    const response = await post(gateway, '{ product(id: 1) { name } ... @defer { broken } }', APOLLO_CLIENT);
    const parts: Piece[] = [];
    for await (const part of partsOf(response)) parts.push(part);
    expect(parts[1]?.incremental?.[0]).toMatchObject({
      data: { broken: null },
      path: [],
      errors: [{ path: ['broken'], message: expect.stringMatching(/^Something went wrong on our side/) }],
    });
    expect(JSON.stringify(parts)).not.toContain('secret');
    expect(seen).toEqual(['incremental']);
  });

  test('a client that goes ends the subgraph requests of the parts still to come', async () => {
    let asked: (signal: AbortSignal) => void = () => {};
    const begun = new Promise<AbortSignal>((resolve) => {
      asked = resolve;
    });
    const { subgraphs } = gatedShop();
    const [catalogue, reviews] = subgraphs as [LocalSubgraph, LocalSubgraph];
    const watched: LocalSubgraph = { ...reviews, context: (_caller, signal) => asked(signal) };
    await using gateway = await startGateway({ subgraphs: [catalogue, watched] });
    const leaving = new AbortController();
    const response = await fetch(gateway.endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: APOLLO_CLIENT },
      body: JSON.stringify({ query: '{ product { name ... @defer { slow } } }' }),
      signal: leaving.signal,
    });
    expect((await partsOf(response).next()).value).toMatchObject({ hasNext: true });
    const signal = await begun;
    leaving.abort();
    if (!signal.aborted) await once(signal, 'abort');
  });

  test('too many waiting is a 503 here too', async () => {
    const { subgraphs, open } = gatedShop();
    await using gateway = await startGateway({ subgraphs, limits: { running: 1, waiting: 0 } });
    const query = '{ product { name ... @defer { slow } } }';
    const first = await post(gateway, query, APOLLO_CLIENT);
    const refused = await post(gateway, query, APOLLO_CLIENT);
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'OVERLOADED' } }] });
    open();
    await first.text();
  });
});

describe('limits and rights see through @defer', () => {
  const secured = () => [
    testSubgraph(
      'hr',
      `type Query { person: Person }
       type Person @key(fields: "id") { id: ID! name: String salary: Int @requiresScopes(scopes: [["pay"]]) friends(first: Int): [Person!] }`,
      { Query: { person: () => ({ id: '1', name: 'Ann', salary: 1 }) } },
    ),
  ];

  test.each([
    ['a scope', '{ person { ... @defer { salary } } }', 'FORBIDDEN'],
    ['a page', '{ person { ... @defer { friends(first: 101) { id } } } }', 'BAD_USER_INPUT'],
    [
      'the cost',
      `{ person { ... @defer { ${'friends(first: 100) { '.repeat(4)}id${' }'.repeat(4)} } } }`,
      'LIMIT_EXCEEDED',
    ],
    [
      'the depth',
      `{ person { ... @defer { ${'friends { '.repeat(12)}id${' }'.repeat(12)} } } }`,
      'LIMIT_EXCEEDED',
    ],
    ['a kind the graph lacks', 'mutation { ... @defer { x } }', 'OPERATION_RESOLUTION_FAILURE'],
  ])('%s', async (_name, query, code) => {
    const key = 'key-of-a-machine';
    const { createHash } = await import('node:crypto');
    await using gateway = await startGateway({
      subgraphs: secured(),
      auth: {
        kind: 'tokens',
        apiKeys: [
          { name: 'machine', sha256: createHash('sha256').update(key).digest('hex'), scopes: ['read'] },
        ],
      },
    });
    const response = await post(gateway, query, APOLLO_CLIENT, { 'x-api-key': key });
    expect(response.headers.get('content-type')).toContain('json');
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code } }] });
  });
});

describe('over streaming transports', () => {
  test('WebSocket: each piece is a message', async () => {
    await using gateway = await startGateway({ subgraphs: shop() });
    const client = createClient({ url: gateway.socketUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
    const pieces: unknown[] = [];
    for await (const piece of client.iterate({ query: QUERY })) pieces.push(piece);
    await client.dispose();
    expect(pieces).toEqual([FIRST, SECOND]);
    expect(assemble(pieces as Piece[])).toEqual({
      product: { name: 'Chair', reviews: [{ stars: 1 }, { stars: 4 }] },
    });
  });

  test('Server-Sent Events: each piece is an event', async () => {
    await using gateway = await startGateway({ subgraphs: shop() });
    const response = await post(gateway, QUERY, 'text/event-stream');
    const events = (await response.text()).split('\n\n').filter((event) => event.startsWith('event: next'));
    expect(events.map((event) => JSON.parse(event.split('\ndata: ')[1]!))).toEqual([FIRST, SECOND]);
  });
});
