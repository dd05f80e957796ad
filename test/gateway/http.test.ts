import { createConnection } from 'node:net';
import { gzipSync } from 'node:zlib';
import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAnswer, startGateway, type TestGateway } from './run.ts';
import { shop } from './shop.ts';

let open: TestGateway;

beforeAll(async () => {
  open = await startGateway({
    subgraphs: shop(),
    graphiql: { html: '<p>page</p>' },
    examples: [{ name: 'a', document: '{a}' }],
  });
});

afterAll(() => open[Symbol.asyncDispose]());

const json = { 'content-type': 'application/json' };
const post = (body: string, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { ...json, ...headers },
  body,
});

describe('GraphQL over HTTP', () => {
  const audits = serverAudits({ url: () => open.endpoint });
  test.each(audits.map((audit) => [`${audit.id} ${audit.name}`, audit] as const))(
    '%s',
    async (_name, audit) => {
      const result = await audit.fn();
      if ('response' in result) await result.response.body?.cancel();
      expect('reason' in result ? result.reason : 'ok').toBe('ok');
    },
  );

  test('answers name the media type the client likes best', async () => {
    const type = async (accept: string) =>
      (await open.send(post('{"query":"{__typename}"}', { accept }))).headers.get('content-type');
    expect(await type('application/graphql-response+json, application/json;q=0.5')).toBe(
      'application/graphql-response+json; charset=utf-8',
    );
    expect(await type('text/html, */*;q=0.1')).toBe('application/json; charset=utf-8');
    expect((await open.send(post('{"query":"{__typename}"}', { accept: 'image/png' }))).status).toBe(406);
  });
});

describe('bad input is refused in kind, without a stack or a path, and the next request is answered', () => {
  const nested = (open: string, close: string, n: number) => open.repeat(n) + close.repeat(n);
  const cases: readonly (readonly [string, () => RequestInit, number, string])[] = [
    ['PUT', () => ({ method: 'PUT', headers: json, body: '{}' }), 405, 'METHOD_NOT_ALLOWED'],
    ['DELETE', () => ({ method: 'DELETE' }), 405, 'METHOD_NOT_ALLOWED'],
    [
      'text/plain',
      () => post('{"query":"{__typename}"}', { 'content-type': 'text/plain' }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'a form',
      () => ({ method: 'POST', body: new URLSearchParams({ query: '{__typename}' }) }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['junk', () => post('{"query":'), 400, 'BAD_REQUEST'],
    ['null', () => post('null'), 400, 'BAD_REQUEST'],
    [
      'a batch of 1,000',
      () => post(`[${Array(1000).fill('{"query":"{__typename}"}').join(',')}]`),
      400,
      'BAD_REQUEST',
    ],
    [
      'JSON 20,000 deep',
      () => post(`{"query":"{__typename}","variables":{"a":${nested('[', ']', 20_000)}}}`),
      400,
      'BAD_REQUEST',
    ],
    ['12 MB', () => post(`{"query":"${' '.repeat(12_000_000)}"}`), 413, 'BODY_TOO_LARGE'],
    [
      'a gzip bomb',
      () => ({
        method: 'POST',
        headers: { ...json, 'content-encoding': 'gzip' },
        body: gzipSync(Buffer.alloc(50_000_000)),
      }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['a number as query', () => post('{"query":1}'), 400, 'BAD_REQUEST'],
    ['a list as variables', () => post('{"query":"{__typename}","variables":[1]}'), 400, 'BAD_REQUEST'],
    ['no query', () => post('{"operationName":"A"}'), 400, 'BAD_REQUEST'],
    [
      'a subscription without a stream',
      () => post('{"query":"subscription{ticks(count:1)}"}'),
      400,
      'BAD_REQUEST',
    ],
  ];
  test.each(cases)('%s', async (_name, init, status, code) => {
    const response = await open.send(init());
    const text = await response.text();
    expect(response.status).toBe(status);
    expect(JSON.parse(text).errors[0].extensions.code).toBe(code);
    expect(text).not.toMatch(/node_modules|\.ts:|at .*\(/);
    expect((await open.ask('{ product(id: 1) { id } }')).data).toEqual({ product: { id: '1' } });
  });

  const aliases = (n: number) => Array.from({ length: n }, (_, i) => `a${i}: __typename`).join(' ');
  const doubling = (n: number) =>
    `{ ...F0 } ${Array.from({ length: n }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`).join(' ')} fragment F${n} on Query { product(id: 1) { id } reviews { id } }`;
  const documents: readonly (readonly [string, string, string])[] = [
    ['200,000 tokens', `{ ${'id '.repeat(200_000)}}`, 'GRAPHQL_PARSE_FAILED'],
    ['5,000 levels', nested('{a', '}', 5_000), 'GRAPHQL_PARSE_FAILED'],
    [
      '13 levels',
      `{ reviews ${'{ product { reviews '.repeat(6)}{ id }${' } }'.repeat(6)} }`,
      'LIMIT_EXCEEDED',
    ],
    ['31 aliases', `{ ${aliases(31)} }`, 'LIMIT_EXCEEDED'],
    ['31 aliases by fragments', `{ ...A ...A } fragment A on Query { ${aliases(16)} }`, 'LIMIT_EXCEEDED'],
    ['21 root fields', `{ ${'reviews { id } '.repeat(21)}}`, 'LIMIT_EXCEEDED'],
    ['doubling fragments', doubling(60), 'LIMIT_EXCEEDED'],
    [
      'a fragment cycle',
      '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['__proto__', '{ __proto__: __typename }', 'GRAPHQL_VALIDATION_FAILED'],
    ['_service', '{ _service { sdl } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['_entities', '{ _entities(representations: []) { __typename } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['a page of 101', '{ products(first: 101) { id } }', 'BAD_USER_INPUT'],
    ['repeated fields', `{ products { ${'reviews { id } '.repeat(480)} } }`, 'LIMIT_EXCEEDED'],
  ];
  test.each(documents)('document: %s', async (_name, query, code) => {
    const before = process.cpuUsage();
    const result = await open.ask(query);
    const { user, system } = process.cpuUsage(before);
    // Processor time, since a shared machine does other work, too; the point is that nothing takes seconds of it.
    expect((user + system) / 1_000).toBeLessThan(1_500);
    expect(result.status).toBeLessThan(500);
    expect(result.errors?.[0]?.extensions.code ?? '').toBe(code);
    expect(result.errors?.length ?? 0).toBeLessThanOrEqual(6);
  });

  test('a page beyond the limit by a variable or a default is seen too', async () => {
    expect(
      (await open.ask('query($n: Int) { products(first: $n) { id } }', { n: 500 })).errors?.[0]?.extensions
        .code,
    ).toBe('BAD_USER_INPUT');
    expect(
      (await open.ask('query($n: Int = 500) { products(first: $n) { id } }')).errors?.[0]?.extensions.code,
    ).toBe('BAD_USER_INPUT');
  });

  test('bytes that are no HTTP', async () => {
    const { port } = open.gateway;
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      const socket = createConnection(port, '127.0.0.1', () =>
        socket.write('\x00\xff\x13GET nothing\r\n\r\n'),
      );
      socket.on('data', (data) => {
        text += data;
      });
      socket.on('close', () => resolve(text));
      socket.on('error', () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400|^$/);
    expect((await open.ask('{ __typename }')).status).toBe(200);
  });
});

describe('pages of other origins', () => {
  const body = '{"query":"mutation { rename(id: 1, name: \\"x\\") { id } }"}';
  test.each([
    [{ origin: 'https://evil.example' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site', origin: 'https://a.evil.example' }, 403],
    [{ 'sec-fetch-site': 'same-origin' }, 200],
    [{}, 200],
  ])('%j', async (headers, status) => {
    expect((await open.send(post(body, headers as Record<string, string>))).status).toBe(status);
  });

  test('an allowed origin may call and read, by preflight too', async () => {
    await using gateway = await startGateway({ subgraphs: shop(), origins: ['https://app.example'] });
    const headers = { origin: 'https://app.example', 'sec-fetch-site': 'cross-site' };
    const response = await gateway.send(post(body, headers));
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example');
    const preflight = await gateway.send({ method: 'OPTIONS', headers });
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
    expect(
      (await gateway.send({ method: 'OPTIONS', headers: { origin: 'https://evil.example' } })).headers.get(
        'access-control-allow-origin',
      ),
    ).toBeNull();
  });

  test('GET answers queries and refuses mutations', async () => {
    const get = (query: string) =>
      open.send({ method: 'GET' }, `/graphql?query=${encodeURIComponent(query)}`);
    expect(await (await get('{ product(id: 1) { id } }')).json()).toEqual({ data: { product: { id: '1' } } });
    expect((await get('mutation { rename(id: 1, name: "x") { id } }')).status).toBe(405);
  });
});

describe('errors', () => {
  test('of our own are masked with an id that the log knows', async () => {
    const logged: object[] = [];
    const log = { debug() {}, info() {}, warn() {}, error: (fields: object) => void logged.push(fields) };
    await using gateway = await startGateway({ subgraphs: shop(), log });
    const { errors, data } = await gateway.ask('{ broken }');
    expect(data).toEqual({ broken: null });
    expect(JSON.stringify(errors)).not.toContain('passwd');
    const id = errors?.[0]?.extensions.id;
    expect(logged).toEqual([
      expect.objectContaining({
        errorId: id,
        err: expect.objectContaining({ message: 'secret /etc/passwd' }),
      }),
    ]);
  });

  test('a missing operation name among several, and an unknown one', async () => {
    const body = (operationName?: string) =>
      post(JSON.stringify({ query: 'query A { __typename } query B { t: __typename }', operationName }));
    expect((await readAnswer(await open.send(body()))).errors?.[0]?.extensions.code).toBe(
      'OPERATION_RESOLUTION_FAILURE',
    );
    expect((await readAnswer(await open.send(body('C')))).errors?.[0]?.message).toBe(
      'Unknown operation named "C".',
    );
    expect(await readAnswer(await open.send(body('B')))).toEqual({ data: { t: 'Query' } });
  });
});

describe('pages', () => {
  test('health, metrics, GraphiQL and its examples', async () => {
    await open.ask('{ products { id reviews { id } } }');
    expect(await readAnswer(await open.send({}, '/health/live'))).toEqual({ status: 'live' });
    expect(await readAnswer(await open.send({}, '/health/ready'))).toMatchObject({ ready: true });
    const metrics = await (await open.send({}, '/metrics')).text();
    expect(metrics).toMatch(
      /graphql_operation_duration_seconds_bucket\{type="query",outcome="success",le="0.001"\} \d/,
    );
    expect(metrics).toContain(
      'graphql_subgraph_request_duration_seconds_count{subgraph="reviews",outcome="success"}',
    );
    expect(metrics).toMatch(
      /http_server_request_duration_seconds_count\{http_request_method="POST",http_route="\/graphql",http_response_status_code="200"\} \d/,
    );
    for (const gauge of [
      'graphql_operations_running',
      'graphql_operations_waiting',
      'graphql_websocket_connections',
    ])
      expect(metrics).toMatch(new RegExp(`^${gauge} \\d+$`, 'm'));
    expect(metrics).toContain('graphql_subgraph_breaker_open{subgraph="catalogue"} 0');
    expect(metrics).toMatch(/process_resident_memory_bytes \d+/);
    const page = await open.send({}, '/');
    expect(await page.text()).toBe('<p>page</p>');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(await readAnswer(await open.send({}, '/examples.json'))).toEqual([{ name: 'a', document: '{a}' }]);
    expect((await open.send({}, '/../../etc/passwd.json')).status).toBe(404);
  });

  test('readiness fails with a part that is not ready, or a check that throws', async () => {
    await using gateway = await startGateway({
      subgraphs: shop(),
      health: async () => [{ name: 'database', ready: false, detail: 'gone' }],
      metrics: async () => 'more 1\n',
    });
    const response = await gateway.send({}, '/health/ready');
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      ready: false,
      parts: expect.arrayContaining([{ name: 'database', ready: false, detail: 'gone' }]),
    });
    expect(await (await gateway.send({}, '/metrics')).text()).toMatch(/\nmore 1\n$/);
  });

  test('production shows no schema and no page', async () => {
    await using gateway = await startGateway({
      subgraphs: shop(),
      production: true,
      graphiql: { html: 'x' },
    });
    expect((await gateway.send({}, '/')).status).toBe(404);
    expect((await gateway.ask('{ __schema { queryType { name } } }')).errors?.[0]?.message).toContain(
      'introspection',
    );
    expect((await gateway.ask('{ __typename }')).data).toEqual({ __typename: 'Query' });
    const guesses = ['{ prodcuts { id } }', '{ product(ib: 1) { id } }', 'query($a: Prodct) { __typename }'];
    for (const guess of guesses)
      expect((await gateway.ask(guess)).errors?.[0]?.message, guess).not.toMatch(/Did you mean|products/);
  });
});

describe('documents by hash', () => {
  const query = '{ product(id: 1) { name } }';
  const hash = async (text: string) =>
    Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(text))).toString('hex');
  const persisted = (sha256Hash: string, text?: string) =>
    post(JSON.stringify({ query: text, extensions: { persistedQuery: { version: 1, sha256Hash } } }));

  test('automatic persisted queries: unknown, registered, known, forged', async () => {
    const sha = await hash(query);
    const unknown = await open.send(persisted(sha));
    expect(unknown.status).toBe(200);
    expect((await readAnswer(unknown)).errors?.[0]).toEqual({
      message: 'PersistedQueryNotFound',
      extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' },
    });
    expect((await readAnswer(await open.send(persisted(sha, query)))).data).toEqual({
      product: { name: 'Table' },
    });
    expect((await readAnswer(await open.send(persisted(sha)))).data).toEqual({ product: { name: 'Table' } });
    expect((await open.send(persisted(await hash('other'), query))).status).toBe(400);
  });

  test('with trusted documents nothing else is executed', async () => {
    await using gateway = await startGateway({
      subgraphs: shop(),
      auth: {
        kind: 'tokens',
        anonymous: true,
        apiKeys: [{ name: 'ops', sha256: await hash('k'), scopes: ['admin'] }],
      },
      trustedDocuments: { product: query },
    });
    expect((await gateway.ask(query)).data).toEqual({ product: { name: 'Table' } });
    expect((await gateway.ask('{ reviews { id } }')).status).toBe(403);
    expect((await gateway.ask('{ reviews { id } }', {}, { 'x-api-key': 'k' })).status).toBe(200);
    const byName = await gateway.send(post('{"extensions":{"documentId":"product"}}'));
    expect((await readAnswer(byName)).data).toEqual({ product: { name: 'Table' } });
    expect((await gateway.send(persisted(await hash(query)))).status).toBe(200);
    expect((await gateway.send(persisted(await hash('x')))).status).toBe(404);
  });
});

test('the query plan is shown to who may see it, when asked for', async () => {
  const asked = post(
    JSON.stringify({ query: '{ products { reviews { id } } }', extensions: { queryPlan: true } }),
  );
  expect((await readAnswer(await open.send(asked))).extensions).toMatchObject({
    queryPlan: { node: { kind: 'Sequence' } },
  });
  await using gateway = await startGateway({
    subgraphs: shop(),
    auth: { kind: 'tokens', anonymous: true, apiKeys: [{ name: 'a', sha256: '0'.repeat(64), scopes: [] }] },
  });
  expect((await readAnswer(await gateway.send(asked))).extensions).toBeUndefined();
});

test('the query plan is the one that runs: under the conditions given, and told where it is taken apart', async () => {
  const planOf = async (query: string, variables = {}) => {
    const answer = await readAnswer(
      await open.send(post(JSON.stringify({ query, variables, extensions: { queryPlan: true } }))),
    );
    expect(answer.errors).toBeUndefined();
    return answer.extensions?.queryPlan;
  };
  const query = 'query($b: Boolean = true) { products { id reviews @skip(if: $b) { id } } }';
  expect(await planOf(query)).toMatchObject({ node: { kind: 'Fetch' } });
  expect(await planOf(query, { b: false })).toMatchObject({ node: { kind: 'Sequence' } });
  expect(await planOf('{ product(id: 1) { reviews { product { verdict } } } }')).toEqual({
    kind: 'TakenApart',
    reason: expect.stringMatching(/plan/),
  });
});

test('a caller over the allowance is told when to come back', async () => {
  await using gateway = await startGateway({ subgraphs: shop(), limits: { perMinute: 3 } });
  for (let i = 0; i < 3; i++) expect((await gateway.ask('{ __typename }')).status).toBe(200);
  const response = await gateway.send(post('{"query":"{__typename}"}'));
  expect(response.status).toBe(429);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
});

test('an open gateway listens on loopback only, and to loopback names only', async () => {
  await expect(startGateway({ subgraphs: shop(), host: '0.0.0.0' })).rejects.toThrow('loopback only');
  const { port } = open.gateway;
  const status = await new Promise<string>((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () =>
      socket.write(
        'GET /graphql?query={__typename} HTTP/1.1\r\nhost: rebound.example\r\nconnection: close\r\n\r\n',
      ),
    );
    socket.once('data', (data) => resolve(String(data).split('\r\n')[0]!));
  });
  expect(status).toBe('HTTP/1.1 403 Forbidden');
});
