import { stripIgnoredCharacters } from 'graphql';
import { afterAll, describe, expect, test } from 'vitest';
import type { RemoteSubgraph } from '../../gateway/options.ts';
import { serveSubgraph } from '../../gateway/subgraph-server.ts';
import { compatibilityGraph } from './compatibility.ts';
import { startGateway } from './run.ts';

const servers = await Promise.all(
  compatibilityGraph().map((source) => serveSubgraph({ ...source, port: 0 })),
);
const sources = servers.map(
  ({ url }, i): RemoteSubgraph => ({ kind: 'remote', name: compatibilityGraph()[i]!.name, url }),
);
const gateway = await startGateway({ subgraphs: sources });
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await Promise.all(servers.map((server) => server.stop()));
});

type Answer = { readonly data?: unknown; readonly errors?: unknown };

async function products(query: string, variables: object = {}): Promise<Answer> {
  const response = await fetch(servers[2]!.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as Answer;
}

const entities = (fields: string, ...representations: object[]) =>
  products(
    `query($representations: [_Any!]!) { _entities(representations: $representations) { ${fields} } }`,
    { representations },
  );

const ID = { id: 'apollo-federation' };

describe('a subgraph of ours', () => {
  test.each([
    ['@link', /@link\(url:"https:\/\/specs.apollo.dev\/federation\/v2/],
    ['@key single', /type User ?@key\(fields:"email"\)/],
    ['@key multiple', /type DeprecatedProduct@key\(fields:"sku package"/],
    ['@key composite', /type ProductResearch@key\(fields:"study { caseNumber }"/],
    ['@key repeated', /type Product.*@key\(fields:"id"\).*@key\(fields:"sku variation { id }"\).*\{/],
    ['@override', /@override\(from:"users"\)/],
    ['@shareable', /type ProductDimension@shareable/],
    ['@inaccessible', /unit:String@inaccessible/],
    ['@tag', /@tag\(name:"internal"\)/],
    ['@composeDirective', /@composeDirective\(name:"@custom"\)/],
    ['@interfaceObject', /type Inventory@interfaceObject@key\(fields:"id"\)/],
  ])('tells its %s in its SDL', async (_name, pattern) => {
    const { data } = (await products('{ _service { sdl } }')) as { data: { _service: { sdl: string } } };
    expect(stripIgnoredCharacters(data._service.sdl)).toMatch(pattern);
  });

  test.each([
    [
      'a single key',
      '... on User { email name }',
      [{ __typename: 'User', email: 'support@apollographql.com' }],
      [{ email: 'support@apollographql.com', name: 'Jane Smith' }],
    ],
    [
      'several fields',
      '... on DeprecatedProduct { sku package reason }',
      [{ __typename: 'DeprecatedProduct', sku: 'apollo-federation-v1', package: '@apollo/federation-v1' }],
      [{ sku: 'apollo-federation-v1', package: '@apollo/federation-v1', reason: 'Migrate to Federation V2' }],
    ],
    [
      'an object',
      '... on ProductResearch { study { caseNumber description } }',
      [{ __typename: 'ProductResearch', study: { caseNumber: '1234' } }],
      [{ study: { caseNumber: '1234', description: 'Federation Study' } }],
    ],
    [
      'any of three keys',
      '... on Product { id sku }',
      [
        { __typename: 'Product', id: 'apollo-federation' },
        { __typename: 'Product', sku: 'federation', package: '@apollo/federation' },
        { __typename: 'Product', sku: 'studio', variation: { id: 'platform' } },
      ],
      [
        { id: 'apollo-federation', sku: 'federation' },
        { id: 'apollo-federation', sku: 'federation' },
        { id: 'apollo-studio', sku: 'studio' },
      ],
    ],
  ])('resolves entities by %s', async (_name, fields, representations, found) => {
    expect(await entities(fields, ...representations)).toEqual({ data: { _entities: found } });
  });

  test('answers what is @inaccessible when asked directly, and provides what it says', async () => {
    expect(await products('query($id: ID!) { product(id: $id) { dimensions { unit } } }', ID)).toEqual({
      data: { product: { dimensions: { unit: 'kg' } } },
    });
    expect(
      await products('query($id: ID!) { product(id: $id) { createdBy { email totalProductsCreated } } }', ID),
    ).toEqual({
      data: { product: { createdBy: { email: 'support@apollographql.com', totalProductsCreated: 1337 } } },
    });
  });
});

describe('through the gateway', () => {
  test.each([
    [
      '@override: the name is that of the products, not of the users',
      'query($id: ID!) { product(id: $id) { createdBy { name } } }',
      { product: { createdBy: { name: 'Jane Smith' } } },
    ],
    [
      '@requires over two subgraphs',
      'query($id: ID!) { product(id: $id) { createdBy { averageProductsCreatedPerYear email } } }',
      { product: { createdBy: { averageProductsCreatedPerYear: 1, email: 'support@apollographql.com' } } },
    ],
    [
      '@requires of an object, with an argument',
      'query($id: ID!) { product(id: $id) { delivery(zip: "94111") { estimatedDelivery fastestDelivery } } }',
      { product: { delivery: { estimatedDelivery: '5/1/2022', fastestDelivery: '5/1/2022' } } },
    ],
    [
      '@shareable value types',
      'query($id: ID!) { product(id: $id) { dimensions { size weight } } }',
      { product: { dimensions: { size: 'small', weight: 1 } } },
    ],
    [
      'a field that is tagged is there',
      'query($id: ID!) { product(id: $id) { id notes } }',
      { product: { id: 'apollo-federation', notes: null } },
    ],
    [
      'entities of a composite key',
      'query($id: ID!) { product(id: $id) { research { study { caseNumber description } outcome } } }',
      {
        product: {
          research: [{ study: { caseNumber: '1234', description: 'Federation Study' }, outcome: null }],
        },
      },
    ],
  ])('%s', async (_name, query, data) => {
    expect(await gateway.ask(query, ID)).toEqual({ status: 200, data });
  });

  test('@interfaceObject adds a field to what another subgraph has', async () => {
    const query = 'query($id: ID!) { inventory(id: $id) { id deprecatedProducts { sku reason } } }';
    expect(await gateway.ask(query, { id: 'apollo-oss' })).toEqual({
      status: 200,
      data: {
        inventory: {
          id: 'apollo-oss',
          deprecatedProducts: [{ sku: 'apollo-federation-v1', reason: 'Migrate to Federation V2' }],
        },
      },
    });
  });

  test('what is @inaccessible is not there, a composed directive is', async () => {
    const { errors } = await gateway.ask('query($id: ID!) { product(id: $id) { dimensions { unit } } }', ID);
    expect(errors?.[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    expect(gateway.gateway.supergraphSdl()).toMatch(/type Product[^{]*@custom/);
  });
});
