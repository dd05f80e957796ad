import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type GraphQLEnumType, Kind, parse, validate } from 'graphql';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openHouse } from '../../console/house.ts';
import { actNames, codeLists } from '../../console/operate/words.ts';
import { flowNames } from '../../console/operations/flows.ts';
import { readFragments, readOperations } from '../../console/operations/read.ts';
import {
  type FlowShape,
  findQuery,
  isShownOn,
  partsOf,
  recordQuery,
  sideQuery,
  syncMutation,
  updateMutation,
} from '../../console/operations/record.ts';
import { withFragments } from '../../console/operations/with-fragments.ts';
import { pages } from '../../console/page.ts';
import { hashOfSources } from '../../console/web/sources.ts';
import { checkShape } from '../../gateway/limits/document-shape.ts';
import { DEFAULT_LIMITS } from '../../gateway/limits/limits.ts';
import { readSchema } from '../../gateway/plan/schema.ts';
import { testDatabase } from '../support/database.ts';
import { startHouse } from './house.ts';

const house = await startHouse({ pages: pages() });
const { ask, post, gateway } = house;
const { api } = readSchema(gateway.supergraphSdl()!);
const { dataflow }: { dataflow: readonly FlowShape[] } = await ask(readOperations().get('Dataflow')!);
const records = dataflow.filter(({ flow }) => !flow.includes('_'));
const scopes = ['read:cost', 'read:personal'];
const get = (path: string, url = gateway.url) => fetch(url + path, { redirect: 'manual' });

describe('the page', () => {
  test('is served with its assets, and may load and reach nothing else', async () => {
    const page = await get('/console');
    const html = await page.text();
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    const policy = page.headers.get('content-security-policy')!;
    const { host } = new URL(gateway.url);
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      `connect-src 'self' ws://${host} wss://${host}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=/);

    const assets = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path!);
    expect(assets).toEqual(['/console/style.css', '/console/console.js']);
    const served = await Promise.all(assets.map((path) => get(path)));
    expect(served.map(({ status, headers }) => [status, headers.get('content-type')])).toEqual([
      [200, 'text/css; charset=utf-8'],
      [200, 'text/javascript; charset=utf-8'],
    ]);
  });

  test('leads nowhere else', async () => {
    for (const path of [
      '/console/none.js',
      '/console/..%2f..%2fpage.js',
      '/console/sources.sha256',
      '/consoles',
    ])
      expect([path, (await get(path)).status]).toEqual([path, 404]);
  });

  test('stands beside GraphiQL, which leads to it', async () => {
    expect(await (await get('/')).text()).toContain('/page.js');
    expect(await (await get('/page.js')).text()).toContain('/console');
  });

  test('is there in production, where GraphiQL is not, and shows nothing without a token', async () => {
    const { sql } = await testDatabase();
    const quiet = () => {};
    const key = 'a-key-of-an-operator';
    const production = await openHouse({
      sql,
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      pages: pages(),
      production: true,
      auth: {
        kind: 'tokens',
        apiKeys: [
          { name: 'ops', sha256: createHash('sha256').update(key).digest('hex'), scopes: ['read', 'sync'] },
        ],
      },
    });
    onTestFinished(() => production.close());
    const { url } = production.gateway;
    const root = await get('/', url);
    expect([root.status, root.headers.get('location')]).toEqual([302, '/console']);
    expect((await get('/console', url)).status).toBe(200);
    expect((await get('/page.js', url)).status).toBe(404);
    const send = async (query: string, headers: Record<string, string>) => {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query, variables: { id: 'Customer_none' } }),
      });
      const { data, errors } = (await response.json()) as {
        data?: unknown;
        errors?: { extensions: { code: string } }[];
      };
      return { data, code: errors?.[0]?.extensions.code };
    };
    const flows = readOperations().get('Flows')!;
    expect((await send(flows, {})).code).toBe('UNAUTHENTICATED');
    const bearer = { authorization: `Bearer ${key}` };
    expect((await send(flows, bearer)).code).toBeUndefined();
    // What the key may not see is refused as a whole; without it only the id is wrong here.
    const product = records.find(({ flow }) => flow === 'PRODUCT')!;
    expect((await send(recordQuery(product, scopes), bearer)).code).toBe('FORBIDDEN');
    expect(await send(recordQuery(product, []), bearer)).toEqual({
      data: { record: null },
      code: 'BAD_USER_INPUT',
    });
  });

  test('is bundled from the sources as they are: after a change, run npm run build in console/web', () => {
    const built = readFileSync(
      join(import.meta.dirname, '../../console/web/console/generated/sources.sha256'),
    );
    expect(built.toString().trim()).toBe(hashOfSources());
  });
});

describe('what the console and the command line ask', () => {
  const fragments = readFragments();
  const made = dataflow.flatMap((shape) => [
    [`sync ${shape.flow}`, withFragments(syncMutation(shape.flow), fragments)],
    ...(['crm', 'erp'] as const).flatMap((side) => [
      [`${side} of ${shape.flow}`, sideQuery(shape, side, scopes)],
      [`update ${side} of ${shape.flow}`, updateMutation(shape, side)],
    ]),
  ]);
  const ofRecords = records.flatMap((shape) => [
    [`record of ${shape.flow}`, recordQuery(shape, scopes)],
    [`find ${shape.flow}`, findQuery(shape.flow)],
  ]);
  const all = [...readOperations(), ...made, ...ofRecords].map(([name, text]) => [name!, text!] as const);

  test.for(all)('%s fits the graph and the limits of the gateway', ([, text]) => {
    const document = parse(text, { maxTokens: DEFAULT_LIMITS.tokens });
    expect(validate(api, document).map(({ message }) => message)).toEqual([]);
    expect(() => checkShape(document, DEFAULT_LIMITS)).not.toThrow();
  });

  test('the flows are those of the graph', () => {
    expect(flowNames.toSorted()).toEqual(dataflow.map(({ flow }) => flow).toSorted());
  });

  test('the code lists and the acts are those of the graph', () => {
    const lists = api.getType('CodeList') as GraphQLEnumType;
    expect(codeLists).toEqual(lists.getValues().map(({ name }) => name));
    const sdl = readFileSync(join(import.meta.dirname, '../../subgraphs/sync/schema.graphql'), 'utf8');
    const mutations = parse(sdl).definitions.flatMap((one) =>
      one.kind === Kind.OBJECT_TYPE_DEFINITION && one.name.value === 'Mutation' ? (one.fields ?? []) : [],
    );
    expect(actNames).toEqual(mutations.map(({ name }) => name.value));
  });

  test('every fragment is used', () => {
    const used = new Set(
      all.flatMap(([, text]) => [...text.matchAll(/\.\.\.(\w+)/g)].map(([, name]) => name)),
    );
    expect([...fragments.keys()].filter((name) => !used.has(name))).toEqual([]);
  });

  test('queries without variables that are needed are answered', async () => {
    for (const [name, text] of readOperations()) {
      if (!text.startsWith('query') || /\$\w+: [\w[\]!]+!(?! =)/.test(text)) continue;
      expect([name, (await post(text)).errors]).toEqual([name, undefined]);
    }
  });
});

describe('side by side', () => {
  const shape = records.find(({ flow }) => flow === 'CUSTOMER')!;
  const create = 'mutation ($input: CreateCrmCustomerInput!) { createCrmCustomer(input: $input) { id } }';

  test('shows both sides, takes an edit on one, and shows it on the other', async () => {
    await ask(create, { input: { name: 'Side by side AS', phone: '+4722334455' } });
    await house.sync.quiet();
    const { records: found } = await ask(findQuery('CUSTOMER'), { search: 'side by side' });
    expect(found.nodes).toMatchObject([{ link: { title: 'Side by side AS', state: 'SYNCED' } }]);
    const { id } = found.nodes[0];
    const before = (await ask(recordQuery(shape, scopes), { id })).record;
    expect(before).toMatchObject({
      phone: '+4722334455',
      crm: { phone: '+4722334455' },
      erp: { phoneNo: '22 33 44 55' },
    });
    const input = { phoneNo: '22 33 44 66' };
    await ask(updateMutation(shape, 'erp'), { id: before.erpId, input, ifVersion: before.erp.version });
    await house.sync.quiet();
    const after = (await ask(recordQuery(shape, scopes), { id })).record;
    expect([after.phone, after.crm.phone, after.erp.phoneNo]).toEqual([
      '+4722334466',
      '+4722334466',
      '22 33 44 66',
    ]);
    const stale = await post(updateMutation(shape, 'erp'), {
      id: before.erpId,
      input,
      ifVersion: before.erp.version,
    });
    expect(stale.errors[0].extensions.code).toBe('STALE');
  });

  test('an address is edited as a whole, by the parts that the graph names', async () => {
    const { createCrmCustomer } = await ask(create, { input: { name: 'Address AS' } });
    await house.sync.quiet();
    const row = shape.properties.find(({ crmProperty }) => crmProperty === 'billingAddress')!;
    const parts = partsOf(row.crmType);
    const values = ['Storgata 1', null, 'Oslo', '0155', null, 'NO'];
    const billingAddress = Object.fromEntries(parts.map((part, n) => [part, values[n]]));
    await ask(updateMutation(shape, 'crm'), { id: createCrmCustomer.id, input: { billingAddress } });
    await house.sync.quiet();
    const { records: found } = await ask(findQuery('CUSTOMER'), { search: 'Address AS' });
    const { record } = await ask(recordQuery(shape, scopes), { id: found.nodes[0].id });
    expect(Object.values(record.crm.billingAddress)).toEqual(values);
    expect(Object.values(record.erp.invoiceAddress)).toEqual(values);
  });

  test('what the graph calls writable is taken by the patches, and nothing else is', () => {
    for (const flow of dataflow)
      for (const [entity, property, writable] of [
        [flow.crmEntity, 'crmProperty', 'writableInCrm'],
        [flow.erpEntity, 'erpProperty', 'writableInErp'],
      ] as const) {
        const patch = api.getType(`${entity}Patch`);
        const fields = patch && 'getFields' in patch ? Object.keys(patch.getFields()) : [];
        for (const row of flow.properties as readonly (FlowShape['properties'][number] &
          Record<'writableInCrm' | 'writableInErp', boolean>)[])
          if (isShownOn(row, property === 'crmProperty' ? 'crm' : 'erp'))
            expect([entity, row[property], row[writable]]).toEqual([
              entity,
              row[property],
              fields.includes(row[property]!),
            ]);
      }
  });
});
