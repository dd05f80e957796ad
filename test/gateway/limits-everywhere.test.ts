import { createClient } from 'graphql-ws';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import type { GatewayOptions } from '../../gateway/options.ts';
import { startGateway, type TestGateway } from './run.ts';
import { shop } from './shop.ts';

type Asked = { readonly query: string; readonly variables?: Record<string, unknown> };

/** The code of the first error that an operation gets over a transport, and how many errors; null for data. */
type Ask = (asked: Asked) => Promise<readonly [code: unknown, errors: number] | null>;

type Errors = readonly { readonly extensions?: { readonly code?: unknown } }[];

const outcome = (errors: Errors | undefined) =>
  errors ? ([errors[0]?.extensions?.code, errors.length] as const) : null;

function post(gateway: TestGateway, accept: string): (asked: Asked) => Promise<Response> {
  return (asked) =>
    gateway.send({
      method: 'POST',
      headers: { 'content-type': 'application/json', accept },
      body: JSON.stringify(asked),
    });
}

const TRANSPORTS: Readonly<Record<string, (gateway: TestGateway) => Ask>> = {
  HTTP: (gateway) => async (asked) => {
    const response = await post(gateway, 'application/json')(asked);
    return outcome(((await response.json()) as { errors?: Errors }).errors);
  },
  SSE: (gateway) => async (asked) => {
    const response = await post(gateway, 'text/event-stream')(asked);
    const text = await response.text();
    const json = text.startsWith('{') ? text : /^data: (\{.*)$/m.exec(text)?.[1];
    return outcome((JSON.parse(json ?? text) as { errors?: Errors }).errors);
  },
  WebSocket: (gateway) => {
    const client = createClient({ url: gateway.socketUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
    onTestFinished(async () => client.dispose());
    return async (asked) => {
      try {
        return outcome((await client.iterate(asked).next()).value?.errors);
      } catch (refused) {
        return outcome(refused as Errors);
      }
    };
  },
};

const times = (count: number, text: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => text(i)).join(' ');

const REFUSED: readonly (readonly [string, Asked, string])[] = [
  ['2,001 tokens', { query: `{ ${times(2_000, () => 'id')} }` }, 'GRAPHQL_PARSE_FAILED'],
  [
    '13 levels',
    { query: `{ reviews ${'{ product { reviews '.repeat(6)}{ id }${' } }'.repeat(6)} }` },
    'LIMIT_EXCEEDED',
  ],
  ['31 aliases', { query: `{ ${times(31, (i) => `a${i}: __typename`)} }` }, 'LIMIT_EXCEEDED'],
  ['21 root fields', { query: `{ ${times(21, () => 'reviews { id }')} }` }, 'LIMIT_EXCEEDED'],
  [
    '480 times the same field, each to be compared with each other',
    { query: `{ products(first: 1) { ${times(480, () => 'reviews { id }')} } }` },
    'LIMIT_EXCEEDED',
  ],
  [
    'the same of the schema',
    { query: `{ __schema { ${times(480, () => 'types { name }')} } }` },
    'LIMIT_EXCEEDED',
  ],
  [
    'the same in a fragment that nobody uses',
    { query: `{ products { id } } fragment F on Query { ${times(480, () => 'products { id }')} }` },
    'LIMIT_EXCEEDED',
  ],
  [
    'fragments that double',
    {
      query: `{ ...F0 } ${times(40, (i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`)} fragment F40 on Query { reviews { id } }`,
    },
    'LIMIT_EXCEEDED',
  ],
  [
    'a fragment within itself',
    { query: '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }' },
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'a cost of 1,001',
    { query: '{ products(first: 91) { reviews { id product { id } } } }' },
    'LIMIT_EXCEEDED',
  ],
  ['a page of 101', { query: '{ products(first: 101) { id } }' }, 'BAD_USER_INPUT'],
  [
    'a page of 101 by a variable',
    { query: 'query($n: Int) { products(first: $n) { id } }', variables: { n: 101 } },
    'BAD_USER_INPUT',
  ],
  [
    'a cost of 1,001 by what is given',
    {
      query: 'query($in: [ID!]) { named(ids: $in) { id } }',
      variables: { in: times(501, String).split(' ') },
    },
    'LIMIT_EXCEEDED',
  ],
  [
    'a list of 2,001',
    {
      query: 'query($in: [ID!]) { named(ids: $in) { id } }',
      variables: { in: times(2_001, String).split(' ') },
    },
    'BAD_USER_INPUT',
  ],
  ['a dozen unknown fields', { query: `{ ${times(12, (i) => `f${i}`)} }` }, 'GRAPHQL_VALIDATION_FAILED'],
  ['the schema, in production', { query: '{ __schema { types { name } } }' }, 'GRAPHQL_VALIDATION_FAILED'],
  ['an alias that would be a prototype', { query: '{ __proto__: __typename }' }, 'GRAPHQL_VALIDATION_FAILED'],
  [
    'a type that a client would give an object',
    { query: '{ products { __typename: id } }' },
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'a name that the gateway gives keys',
    { query: '{ products { _key_id_ID_n: name id } }' },
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'a name that its planner gives fields',
    { query: '{ products { _internal_qp_alias_0: name id } }' },
    'GRAPHQL_VALIDATION_FAILED',
  ],
  ['what is for gateways', { query: '{ _service { sdl } }' }, 'GRAPHQL_VALIDATION_FAILED'],
];

const OPTIONS: GatewayOptions = { subgraphs: shop(), production: true, limits: { cost: 1_000 } };

test.each(Object.keys(TRANSPORTS))('every limit holds over %s', async (name) => {
  await using gateway = await startGateway(OPTIONS);
  const ask = TRANSPORTS[name]!(gateway);
  for (const [what, asked, code] of REFUSED) {
    const [found, errors] = (await ask(asked)) ?? ['data', 0];
    expect(found, what).toBe(code);
    expect(errors, what).toBeLessThanOrEqual(6);
  }
  expect(await ask({ query: '{ products(first: 1) { id } }' })).toBeNull();
});

test.each(Object.keys(TRANSPORTS))('the allowance of a caller holds over %s', async (name) => {
  await using gateway = await startGateway({ ...OPTIONS, limits: { perMinute: 3 } });
  const ask = TRANSPORTS[name]!(gateway);
  for (let i = 0; i < 3; i++) expect(await ask({ query: '{ products { id } }' })).toBeNull();
  expect(await ask({ query: '{ products { id } }' })).toEqual(['RATE_LIMITED', 1]);
});
