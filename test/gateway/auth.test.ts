import { createHash, createHmac, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient } from 'graphql-ws';
import { exportJWK, type JWTPayload, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { authOf } from '../../console/auth.ts';
import { readSettings } from '../../console/settings.ts';
import { createTokenCheck } from '../../gateway/auth/jwt.ts';
import { QUIET } from '../../gateway/log.ts';
import type { AuthOptions } from '../../gateway/options.ts';
import { startGateway, type TestGateway } from './run.ts';
import { testSubgraph } from './shop.ts';

const SECRET = 'a shared secret of more than 32 bytes';
const ISSUER = 'https://issuer.example';
const AUDIENCE = 'tandem';
const KEY = 'a-key-for-machines';
const AUTH: AuthOptions = {
  kind: 'tokens',
  anonymous: true,
  jwt: { secret: SECRET, issuer: ISSUER, audience: AUDIENCE },
  apiKeys: [{ name: 'machine', sha256: sha256(KEY), scopes: ['read', 'cost'] }],
};

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A graph with rights of every kind, on fields, types, interfaces and a mutation. */
function guarded() {
  const staff = { __typename: 'Staff', id: '1', name: 'Ann', salary: 100 };
  return [
    testSubgraph(
      'guarded',
      `type Query {
         free: Int me: String @authenticated cost: Int @requiresScopes(scopes: [["read", "cost"], ["admin"]])
         policed: Int @policy(policies: [["vip"]]) person: Person people: [Person!]! staff: Staff any: Any
         vault: Vault level: Level again: Query
       }
       type Mutation { change: Int @requiresScopes(scopes: [["write"]]) touch: Int }
       type Subscription { watch: Int @requiresScopes(scopes: [["read"]]) }
       interface Person { id: ID! name: String }
       type Staff implements Person @key(fields: "id") {
         id: ID! name: String @requiresScopes(scopes: [["personal"]]) salary: Int @requiresScopes(scopes: [["admin"]])
       }
       type Guest implements Person { id: ID! name: String }
       union Any = Vault | Guest
       type Vault @authenticated { gold: Int }
       enum Level @requiresScopes(scopes: [["admin"]]) { LOW HIGH }`,
      {
        Query: {
          free: () => 1,
          me: (_: unknown, __: unknown, { caller }: { caller: { subject: string } }) => caller.subject,
          cost: () => 2,
          policed: () => 3,
          person: () => staff,
          people: () => [staff],
          staff: () => staff,
          any: () => ({ __typename: 'Vault', gold: 9 }),
          vault: () => ({ gold: 9 }),
          level: () => 'LOW',
          again: () => ({}),
        },
        Mutation: { change: () => 1, touch: () => 1 },
        Subscription: {
          watch: {
            subscribe: async function* () {
              yield { watch: 1 };
            },
          },
        },
        Person: { __resolveType: ({ __typename }: { __typename: string }) => __typename },
        Any: { __resolveType: ({ __typename }: { __typename: string }) => __typename },
      },
    ),
    testSubgraph(
      'extra',
      'type Staff @key(fields: "id") { id: ID! desk: Desk } type Desk @requiresScopes(scopes: [["read"]]) { room: Int! }',
      { Staff: { __resolveReference: ({ id }: { id: string }) => ({ id, desk: { room: 1 } }) } },
    ),
  ];
}

const now = () => Math.floor(Date.now() / 1000);

function token(claims: JWTPayload = {}, header: object = {}, secret = SECRET): Promise<string> {
  return new SignJWT({ sub: 'ann', iss: ISSUER, aud: AUDIENCE, exp: now() + 60, ...claims })
    .setProtectedHeader({ alg: 'HS256', ...header })
    .sign(new TextEncoder().encode(secret));
}

const bearer = async (scope: string) => ({ authorization: `Bearer ${await token({ scope })}` });

const codesOf = (asked: Awaited<ReturnType<TestGateway['ask']>>) =>
  asked.errors?.map(({ extensions }) => extensions.code);

describe('tokens', () => {
  const unsigned = (header: object, payload: object) =>
    `${[header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;
  const claims = { sub: 'ann', iss: ISSUER, aud: AUDIENCE, exp: now() + 60 };
  const cases: readonly (readonly [string, () => string | Promise<string>])[] = [
    ['unsigned (alg none)', () => unsigned({ alg: 'none' }, claims)],
    ['of another secret', () => token({}, {}, 'another secret of more than 32 bytes')],
    [
      'of another algorithm',
      () => new SignJWT(claims).setProtectedHeader({ alg: 'HS512' }).sign(new TextEncoder().encode(SECRET)),
    ],
    ['expired', () => token({ exp: now() - 60 })],
    ['without an end', () => token({ exp: undefined as never })],
    ['without a subject', () => token({ sub: undefined as never })],
    ['not valid yet', () => token({ nbf: now() + 600 })],
    ['of another issuer', () => token({ iss: 'https://evil.example' })],
    ['for another audience', () => token({ aud: 'other' })],
    [
      'with a critical extension',
      () =>
        token({}, { crit: ['x'], x: 1 }).catch(() => unsigned({ alg: 'HS256', crit: ['x'], x: 1 }, claims)),
    ],
    ['with its signature cut', async () => (await token()).slice(0, -4)],
    ['of 64 kB', () => token({ pad: 'x'.repeat(64_000) }).then((text) => text.slice(0, 20_000))],
    ['that is junk', () => 'a.b.c'],
    ['that is an unknown key', () => 'nothing'],
  ];
  test.each(cases)('a token %s is refused', async (_name, make) => {
    await using gateway = await startGateway({ subgraphs: guarded(), auth: AUTH });
    const response = await gateway.send({
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await make()}` },
      body: '{"query":"{free}"}',
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('Bearer');
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  });

  test('a good token is let in, within five seconds of clock skew, and its scopes may be a list', async () => {
    await using gateway = await startGateway({ subgraphs: guarded(), auth: AUTH });
    const ask = async (claims: JWTPayload) =>
      gateway.ask('{ me cost }', {}, { authorization: `Bearer ${await token(claims)}` });
    const granted = { me: 'ann', cost: 2 };
    expect((await ask({ scope: 'read cost' })).data).toEqual(granted);
    expect((await ask({ scopes: ['admin'] })).data).toEqual(granted);
    expect((await ask({ scp: 'admin', exp: now() - 2 })).data).toEqual(granted);
    expect(codesOf(await ask({ scope: '*' }))).toEqual(['FORBIDDEN']);
  });

  test('API keys, as header and as bearer', async () => {
    await using gateway = await startGateway({ subgraphs: guarded(), auth: AUTH });
    expect((await gateway.ask('{ me cost }', {}, { 'x-api-key': KEY })).data).toEqual({
      me: 'machine',
      cost: 2,
    });
    expect((await gateway.ask('{ me }', {}, { authorization: `Bearer ${KEY}` })).data).toEqual({
      me: 'machine',
    });
    expect((await gateway.ask('{ me }', {}, { 'x-api-key': `${KEY}x` })).status).toBe(401);
  });

  test('a key set is used by key id, and never as a secret', async () => {
    const make = async (kid: string) => {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return {
        kid,
        privateKey,
        publicKey,
        jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' },
      };
    };
    const first = await make('one');
    const published = [first.jwk];
    const server = createServer((_request, response) => response.end(JSON.stringify({ keys: published })));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
    await using gateway = await startGateway({
      subgraphs: guarded(),
      auth: { kind: 'tokens', jwt: { jwksUrl, issuer: ISSUER, audience: AUDIENCE } },
    });
    const sign = (key: typeof first, header: object = {}) =>
      new SignJWT({ sub: 'ann', iss: ISSUER, aud: AUDIENCE, exp: now() + 60 })
        .setProtectedHeader({ alg: 'ES256', kid: key.kid, ...header })
        .sign(key.privateKey);
    const statusOf = async (text: string) =>
      (await gateway.ask('{ free }', {}, { authorization: `Bearer ${text}` })).status;
    expect(await statusOf(await sign(first))).toBe(200);
    expect(await statusOf(await sign(first, { jku: 'https://evil.example/keys' }))).toBe(200);
    expect(await statusOf(await sign({ ...(await make('one')) }))).toBe(401);
    expect(await statusOf(await sign(first, { kid: '../../etc/passwd' }))).toBe(401);
    // RS to HS confusion: the public key, as anyone may read it, used as the secret of an HMAC.
    const confused = `${Buffer.from('{"alg":"HS256","kid":"one"}').toString('base64url')}.${Buffer.from(
      JSON.stringify({ sub: 'ann', iss: ISSUER, aud: AUDIENCE, exp: now() + 60 }),
    ).toString('base64url')}`;
    const pem = first.publicKey.export({ type: 'spki', format: 'pem' });
    expect(
      await statusOf(`${confused}.${createHmac('sha256', pem).update(confused).digest('base64url')}`),
    ).toBe(401);
    server.close();
    server.closeAllConnections();
  });

  test('a socket whose token cannot be checked at the moment is told to come back', async () => {
    const server = createServer((_request, response) => response.writeHead(500).end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
    await using gateway = await startGateway({
      subgraphs: guarded(),
      auth: { kind: 'tokens', jwt: { jwksUrl, issuer: ISSUER, audience: AUDIENCE } },
    });
    const socket = new WebSocket(gateway.socketUrl, 'graphql-transport-ws');
    await once(socket, 'open');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const signed = await new SignJWT({ sub: 'ann', iss: ISSUER, aud: AUDIENCE, exp: now() + 60 })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .sign(privateKey);
    const payload = { authorization: `Bearer ${signed}` };
    socket.send(JSON.stringify({ type: 'connection_init', payload }));
    expect((await once(socket, 'close')).map(String)).toEqual([
      '1013',
      'Tokens cannot be checked at the moment.',
    ]);
    server.close();
    server.closeAllConnections();
  });

  test('a key set that rotates lets new keys in, and withdrawn ones out within a minute', async () => {
    const make = async (kid: string) => {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'ES256' };
      const token = new SignJWT({ sub: 'ann', iss: ISSUER, aud: AUDIENCE, exp: now() + 3_600 })
        .setProtectedHeader({ alg: 'ES256', kid })
        .sign(privateKey);
      return { jwk, token: await token };
    };
    const [first, second, third] = [await make('one'), await make('two'), await make('three')];
    let published: readonly object[] | null = [first.jwk];
    let asked = 0;
    const server = createServer((_request, response) => {
      asked++;
      if (published === null) response.statusCode = 500;
      response.end(JSON.stringify({ keys: published }));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
    let time = Date.now();
    const warnings: object[] = [];
    const log = { ...QUIET, warn: (fields: object) => void warnings.push(fields) };
    const check = createTokenCheck({ jwksUrl, issuer: ISSUER, audience: AUDIENCE }, log, () => time);
    const isLetIn = ({ token }: typeof first) =>
      check(token).then(
        () => true,
        () => false,
      );
    expect([await isLetIn(first), await isLetIn(second), asked]).toEqual([true, false, 1]);
    // A key nobody knew is looked for, but not for everybody who asks for one.
    published = [first.jwk, second.jwk];
    time += 5_000;
    expect([await isLetIn(second), await isLetIn(third), asked]).toEqual([true, false, 2]);
    published = [second.jwk];
    expect(await isLetIn(first)).toBe(true);
    time += 60_000;
    expect([await isLetIn(first), await isLetIn(second), asked]).toEqual([false, true, 3]);
    expect(warnings).toEqual([]);
    // While the address does not answer, the keys known last go on, and the operator is told so.
    published = null;
    time += 60_000;
    expect([await isLetIn(second), await isLetIn(first), asked]).toEqual([true, false, 4]);
    expect(warnings).toEqual([{ jwksUrl, error: expect.any(Error) }]);
    server.close();
    server.closeAllConnections();
  });

  test('without anonymous access, credentials are needed for anything', async () => {
    await using gateway = await startGateway({ subgraphs: guarded(), auth: { ...AUTH, anonymous: false } });
    expect((await gateway.ask('{ free }')).status).toBe(401);
    expect((await gateway.ask('{ __typename }')).status).toBe(401);
    expect((await gateway.ask('{ free }', {}, await bearer(''))).data).toEqual({ free: 1 });
  });

  test('over WebSocket the first message carries them, and the socket ends with the token', async () => {
    await using gateway = await startGateway({ subgraphs: guarded(), auth: { ...AUTH, anonymous: false } });
    const connect = (connectionParams: Record<string, unknown>) =>
      createClient({
        url: gateway.socketUrl,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
        connectionParams,
        lazy: false,
        onNonLazyError: () => {},
      });
    const closeOf = (connectionParams: Record<string, unknown>) =>
      new Promise<{ code: number; reason: string }>((resolve) => {
        connect(connectionParams).on('closed', (event) => {
          const { code, reason } = event as { code: number; reason: string };
          resolve({ code, reason });
        });
      });
    expect(await closeOf({})).toEqual({
      code: 4403,
      reason: 'Credentials are missing: send a bearer token or an API key.',
    });
    expect(await closeOf({ authorization: 'Bearer a.b.c' })).toEqual({
      code: 4403,
      reason: 'The token is not valid.',
    });
    expect(await closeOf({ 'x-api-key': 'unheard of' })).toEqual({
      code: 4403,
      reason: 'The API key is not known.',
    });
    expect((await closeOf({ authorization: `Bearer ${await token({ exp: now() + 1 })}` })).code).toBe(4401);
    const client = connect({ Authorization: `Bearer ${await token({ scope: 'read' })}` });
    expect((await client.iterate({ query: '{ me }' }).next()).value).toEqual({ data: { me: 'ann' } });
    expect((await client.iterate({ query: 'subscription { watch }' }).next()).value).toEqual({
      data: { watch: 1 },
    });
    await client.dispose();
    const without = connect({ authorization: `Bearer ${await token({ scope: 'other' })}` });
    const refused = await without
      .iterate({ query: 'subscription { watch }' })
      .next()
      .catch((error: unknown) => error);
    expect(refused).toEqual([expect.objectContaining({ extensions: { code: 'FORBIDDEN', field: 'watch' } })]);
    await without.dispose();
  });
});

describe('rights', () => {
  const FORBIDDEN = 'FORBIDDEN';
  test.each<[string, string, string, readonly string[] | undefined]>([
    ['a field', 'read', '{ cost }', [FORBIDDEN]],
    ['all scopes of an alternative', 'read cost', '{ cost }', undefined],
    ['another alternative', 'admin', '{ cost }', undefined],
    ['an alias', 'read', '{ free: cost }', [FORBIDDEN]],
    ['a fragment', 'read', '{ ...F } fragment F on Query { cost }', [FORBIDDEN]],
    ['an inline fragment', 'read', '{ ... { ... on Query { cost } } }', [FORBIDDEN]],
    ['skipped by a variable', 'read', 'query($no: Boolean = true) { free cost @skip(if: $no) }', [FORBIDDEN]],
    ['a policy', 'read', '{ policed }', [FORBIDDEN]],
    ['a policy held', 'vip', '{ policed }', undefined],
    ['nested', 'personal', '{ staff { name salary } }', [FORBIDDEN]],
    ['through an interface', 'read', '{ person { name } }', [FORBIDDEN]],
    ['through a list of an interface', 'read', '{ people { id ... on Person { name } } }', [FORBIDDEN]],
    ['an interface field without rights', 'read', '{ person { id } }', undefined],
    ['on the type behind an interface', 'read', '{ person { ... on Staff { salary } } }', [FORBIDDEN]],
    ['held, through an interface', 'personal', '{ person { name } }', undefined],
    ['a type of another subgraph', 'personal', '{ staff { desk { room } } }', [FORBIDDEN, FORBIDDEN]],
    ['its __typename alone', 'personal', '{ staff { desk { __typename } } }', [FORBIDDEN]],
    ['an enum', 'read', '{ level }', [FORBIDDEN]],
    ['where a field leads back to the root', 'read', '{ again { again { cost } } }', [FORBIDDEN]],
    ['held there', 'read cost', '{ again { cost } }', undefined],
    ['a mutation', 'read', 'mutation { change }', [FORBIDDEN]],
    ['a mutation beside a free one', 'read', 'mutation { touch x: change }', [FORBIDDEN]],
    ['a mutation held', 'write', 'mutation { change }', undefined],
  ])('%s, with the scopes "%s"', async (_name, scope, query, codes) => {
    await using gateway = await startGateway({ subgraphs: guarded(), auth: AUTH });
    const asked = await gateway.ask(query, {}, await bearer(scope));
    expect(codesOf(asked)).toEqual(codes);
    if (codes) expect(asked.data).toBeUndefined();
    else expect(asked.data).toBeTruthy();
  });

  test.each([
    ['{ me }'],
    ['{ vault { gold } }'],
    ['{ vault { __typename } }'],
    ['{ any { ... on Vault { gold } } }'],
    ['{ any { ... on Vault { __typename } } }'],
    ['{ cost }'],
  ])('anonymous: %s', async (query) => {
    await using gateway = await startGateway({ subgraphs: guarded(), auth: AUTH });
    expect(codesOf(await gateway.ask(query))).toContain('UNAUTHENTICATED');
    expect((await gateway.ask('{ free }')).data).toEqual({ free: 1 });
  });

  test('choosing another operation of the document does not lend its rights', async () => {
    await using gateway = await startGateway({ subgraphs: guarded(), auth: AUTH });
    const send = async (operationName: string) =>
      (
        await gateway.send({
          method: 'POST',
          headers: { 'content-type': 'application/json', ...(await bearer('read')) },
          body: JSON.stringify({ query: 'query A { free } query B { cost }', operationName }),
        })
      ).json();
    expect(await send('A')).toEqual({ data: { free: 1 } });
    expect(await send('B')).toMatchObject({ errors: [{ extensions: { code: FORBIDDEN, field: 'cost' } }] });
  });

  test('SSE checks them too', async () => {
    await using gateway = await startGateway({ subgraphs: guarded(), auth: AUTH });
    const response = await gateway.send({
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        ...(await bearer('other')),
      },
      body: '{"query":"subscription{watch}"}',
    });
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: FORBIDDEN } }] });
  });
});

describe('configuration', () => {
  test.each<[string, AuthOptions, string]>([
    ['nothing', { kind: 'tokens' }, 'a way to check tokens'],
    [
      'both',
      { kind: 'tokens', jwt: { secret: 'short', jwksUrl: 'http://keys.example', issuer: '', audience: '' } },
      'either a secret or a jwksUrl; the secret needs at least 32 bytes; the jwksUrl has to be https; the issuer is missing; the audience is missing',
    ],
  ])('%s', async (_name, auth, problem) => {
    await expect(startGateway({ subgraphs: guarded(), auth })).rejects.toThrow(problem);
  });

  test('from the settings', () => {
    const read = (env: Record<string, string>) => authOf(readSettings({}, {}, env));
    expect(read({})).toEqual({ kind: 'open' });
    expect(read({ TANDEM_API_KEYS: `a:${'0'.repeat(64)}:read+write` })).toEqual({
      kind: 'tokens',
      apiKeys: [{ name: 'a', sha256: '0'.repeat(64), scopes: ['read', 'write'] }],
    });
    expect(
      read({ TANDEM_JWT_SECRET: SECRET, TANDEM_JWT_ISSUER: 'i', TANDEM_JWT_AUDIENCE: 'a' }),
    ).toMatchObject({ jwt: { secret: SECRET, issuer: 'i', audience: 'a' } });
    expect(() => read({ TANDEM_JWT_SECRET: SECRET })).toThrow(
      /TANDEM_JWT_ISSUER is needed.*\n.*TANDEM_JWT_AUDIENCE is needed/,
    );
  });
});
