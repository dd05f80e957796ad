import { connect } from 'node:net';
import { parse } from 'graphql';
import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { readRights } from '../../gateway/auth/rights.ts';
import type { Caller } from '../../gateway/caller.ts';
import { composeSupergraph } from '../../gateway/compose/supergraph.ts';
import { createAdmission } from '../../gateway/limits/admission.ts';
import { createEstimator } from '../../gateway/limits/cost.ts';
import type { AuthOptions } from '../../gateway/options.ts';
import { createEngine } from '../../gateway/plan/engine.ts';
import { createFeed } from './feed.ts';
import { CALLER, startGateway } from './run.ts';
import { shop, testSubgraph } from './shop.ts';

const here = new AbortController().signal;

describe('a caller who floods', () => {
  test('does not take the last place in the queue from the others', async () => {
    const admission = createAdmission({ running: 1, waiting: 3 });
    const leave = await admission.enter('flood', here);
    const flood = [1, 2, 3].map(() => admission.enter('flood', here).catch((error: unknown) => error));
    const honest = admission.enter('honest', here);
    expect(await flood[2]).toMatchObject({ status: 503, code: 'OVERLOADED' });
    // One's own line is no reason to send somebody else away.
    await expect(admission.enter('flood', here)).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(admission.waiting()).toBe(3);
    leave();
    for (const turn of [flood[0], honest, flood[1]]) ((await turn) as () => void)();
    expect([admission.running(), admission.waiting()]).toEqual([0, 0]);
  });
});

describe('a client that does not read', () => {
  // More in all than kernels keep for a connection.
  test.each([
    ['one long answer', 16_000_000, 1],
    ['many short ones, asked for at once', 200_000, 80],
  ])('is cut off: %s', async (_name, length, times) => {
    const long = 'x'.repeat(length);
    await using gateway = await startGateway({
      subgraphs: [testSubgraph('big', 'type Query { big: String }', { Query: { big: () => long } })],
      limits: { slowClientMs: 300 },
    });
    const { port, hostname } = new URL(gateway.endpoint);
    const socket = connect(Number(port), hostname);
    const body = '{"query":"{ big }"}';
    const request = `POST /graphql HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    socket.pause();
    socket.on('error', () => {});
    socket.write(request.repeat(times));
    // A client that reads nothing learns of the end of a connection by writing to it.
    const broken = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    const poke = setInterval(() => socket.write('\r\n'), 50);
    await broken;
    clearInterval(poke);
  });
});

describe('what runs out', () => {
  const secret = 'a shared secret of more than 32 bytes';
  const auth: AuthOptions = {
    kind: 'tokens',
    jwt: { secret, issuer: 'https://issuer.example', audience: 'tandem' },
  };
  test.each(['text/event-stream', 'multipart/mixed;subscriptionSpec=1.0'])(
    'a stream as %s ends with the token it began with',
    async (accept) => {
      const feed = createFeed();
      await using gateway = await startGateway({ subgraphs: feed.subgraphs, auth });
      const token = await new SignJWT({ sub: 'ann' })
        .setIssuer('https://issuer.example')
        .setAudience('tandem')
        .setExpirationTime(Math.floor(Date.now() / 1_000) + 1)
        .setProtectedHeader({ alg: 'HS256' })
        .sign(new TextEncoder().encode(secret));
      const response = await gateway.send({
        method: 'POST',
        headers: { 'content-type': 'application/json', accept, authorization: `Bearer ${token}` },
        body: '{"query":"subscription { feed { id } }"}',
      });
      expect(response.status).toBe(200);
      const text = await response.text();
      expect(text).toContain('UNAUTHENTICATED');
      await feed.whenEnded(1);
    },
  );
});

describe('rights hold', () => {
  const link = (imports: string) =>
    `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [${imports}])\n`;
  const composed = composeSupergraph([
    {
      name: 'a',
      url: 'http://a',
      sdl: `${link('"@requiresScopes", "@authenticated"')}
        type Query { thing: Thing me: String @authenticated }
        interface Named { name: String }
        interface Hidden { code: String }
        type Thing implements Named & Hidden { name: String code: String free: String }`,
    },
  ]);
  // Our composition refuses rights on interfaces; that of others may not.
  const supergraph = composed
    .replace(/(interface Named[^{]*\{\s*name: String)/, '$1 @requiresScopes(scopes: [["names"]])')
    .replace(/(interface Hidden[^{]*)\{/, '$1 @authenticated {');
  const nobody: Caller = { ...CALLER, subject: null };
  const refusalsOf = (sdl: string, query: string, caller: Caller) => {
    const engine = createEngine(sdl, { execute: () => ({}), subscribe: async () => ({}) });
    return readRights(engine.full)
      .refusals(engine.operation(parse(query), null), caller)
      .map(({ message }) => message);
  };

  test.each<[string, string, readonly string[]]>([
    [
      'of an interface, on the types that have it',
      '{ thing { name } }',
      ['thing.name needs the scope names.'],
    ],
    ['of an interface as a whole, likewise', '{ thing { code } }', ['thing.code needs credentials.']],
    ['of an interface not where it says nothing', '{ thing { free } }', []],
  ])('%s', (_name, query, refused) => {
    expect(refusalsOf(supergraph, query, nobody)).toEqual(refused);
  });

  test.each([
    ['imported by another name', 'import: [{ name: "@authenticated", as: "@login" }]', 'login'],
    ['linked by another name', 'as: "login"', 'login'],
  ])('of a directive that is %s', (_name, how, name) => {
    const renamed = supergraph
      .replaceAll(/@authenticated\b/g, `@${name}`)
      .replace(/(url: "https:\/\/specs.apollo.dev\/authenticated\/v0.1")/, `$1, ${how}`);
    expect(refusalsOf(renamed, '{ me }', nobody)).toEqual(['me needs credentials.']);
  });

  test('and so do costs of a directive by another name', () => {
    const sdl = composeSupergraph([
      {
        name: 'a',
        url: 'http://a',
        sdl: `${link('{ name: "@cost", as: "@price" }, { name: "@listSize", as: "@many" }')}
          type Query { dear: String @price(weight: 50) many: [Int] @many(assumedSize: 70) @price(weight: 1) }`,
      },
    ]);
    const engine = createEngine(sdl, { execute: () => ({}), subscribe: async () => ({}) });
    const estimate = createEstimator(engine.full);
    expect(estimate(engine.operation(parse('{ dear many }'), null), {}).cost).toBe(120);
  });
});

describe('an operation that asks for more than it seems', () => {
  test.each<[string, string, Record<string, unknown>, string]>([
    ['a page below nothing', '{ products(first: -1) { id } }', {}, 'BAD_USER_INPUT'],
    ['the same by a variable', 'query($n: Int) { products(first: $n) { id } }', { n: -1 }, 'BAD_USER_INPUT'],
    [
      'a variable that would be a prototype',
      'query($__proto__: Int) { products(first: $__proto__) { id } }',
      JSON.parse('{"__proto__":{"first":9}}') as Record<string, unknown>,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'a flood of deferred parts',
      `{ products { ${'... @defer { id } '.repeat(40)} } }`,
      {},
      'LIMIT_EXCEEDED',
    ],
  ])('%s', async (_name, query, variables, code) => {
    await using gateway = await startGateway({ subgraphs: shop() });
    const { errors } = await gateway.ask(query, variables);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual([code]);
  });

  test.each<[string, Record<string, unknown>, object]>([
    [
      'query { few: products(first: -1) { id } }',
      {},
      {
        message: 'few(first: -1): a page has 0 to 100 items.',
        path: ['few'],
        extensions: { argumentPath: ['first'] },
      },
    ],
    [
      'query($n: Int) { products(first: $n) { id } }',
      { n: 101 },
      {
        message: 'products(first: 101): a page has 0 to 100 items.',
        path: ['products'],
        extensions: { argumentPath: ['first'] },
      },
    ],
    [
      'query($in: [ID!]) { named(ids: $in) { id } }',
      { in: Array.from({ length: 2_001 }, String) },
      {
        message: 'named(ids): a list has at most 2000 items, not 2001. Send it in several requests.',
        path: ['named'],
        extensions: { argumentPath: ['ids'] },
      },
    ],
  ])('is told the path of its argument: %s', async (query, variables, told) => {
    await using gateway = await startGateway({ subgraphs: shop() });
    const { errors } = await gateway.ask(query, variables);
    expect(errors).toMatchObject([told]);
  });

  test('a variable called as something every object has is what was given, or nothing', async () => {
    await using gateway = await startGateway({ subgraphs: shop() });
    for (const name of ['constructor', 'toString', 'hasOwnProperty'])
      expect(await gateway.ask(`query($${name}: Int) { products(first: $${name}) { id } }`)).toEqual({
        status: 200,
        data: { products: [{ id: '1' }, { id: '2' }, { id: '3' }] },
      });
  });
});
