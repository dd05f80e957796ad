import { afterAll, expect, test } from 'vitest';
import { assembleSync, openSystems } from '../../console/assemble.ts';
import { drift } from '../../console/operate/drift.ts';
import { createOperator } from '../../console/operate/operator.ts';
import { DEFAULT_LIMITS } from '../../gateway/limits/limits.ts';
import { createSyncSubgraph } from '../../subgraphs/sync/subgraph.ts';
import type { Connector } from '../../sync/core/connector.ts';
import type { Json } from '../../sync/core/types.ts';
import { lookMs } from '../../sync/engine/drift.ts';
import { mappings } from '../../sync/mappings/index.ts';
import { testDatabase } from '../support/database.ts';
import { ask, at, data, members, type Tree } from '../sync-subgraph/fixture.ts';
import { gatewayOver } from '../sync-subgraph/live.ts';

const { sql } = await testDatabase();
const systems = openSystems(sql);
let away = false;
const gone = <T>(work: () => Promise<T>): Promise<T> =>
  away ? Promise.reject(Object.assign(new Error('nobody there'), { code: 'ECONNREFUSED' })) : work();
const erp: Connector = {
  ...systems.erp,
  read: (entity, ids) => gone(() => systems.erp.read(entity, ids)),
  check: () => gone(() => systems.erp.check()),
};
const log = { error: () => {}, info: () => {} };
const sync = await assembleSync(sql, { crm: systems.crm, erp }, log, undefined, { lookMs: 200 });
await sync.start();
afterAll(async () => {
  await sync.stop();
  await systems.close();
});
const subgraph = createSyncSubgraph({ sql, sync, mappings });
const gateway = await gatewayOver({ systems, subgraph }, { subgraphMs: 3_000 });

async function customerOf(name: string, email: string): Promise<string> {
  const [made] = await systems.crm.write([{ kind: 'create', entity: 'Customer', fields: { name, email } }], {
    actor: 'anna',
    origin: 'person',
  });
  await sync.quiet();
  return (made as { record: { id: string } }).record.id;
}

test('while a system is away a pair still answers: what is agreed, the side that is there, and an error in place of the other', async () => {
  const id = await customerOf('Still here', 'post@still.example');
  const query = `{ customer(crmId: "${id}") { name link { state drift { field base crm erp crmTitle erpTitle verdict why } } } }`;
  const known = members(at(await data(subgraph, query), 'customer.link.drift'));
  expect(known.find(({ field }) => String(field) === 'email')).toMatchObject({
    crm: 'post@still.example',
    erp: 'post@still.example',
    verdict: 'EQUAL',
  });
  away = true;
  const answer = await ask(subgraph, query);
  expect(answer.data).toMatchObject({ customer: { name: 'Still here', link: { state: 'SYNCED' } } });
  const drift = members(at(answer.data as never, 'customer.link.drift'));
  expect(drift.map(({ field }) => field)).toEqual(known.map(({ field }) => field));
  expect(drift.find(({ field }) => String(field) === 'email')).toEqual({
    field: 'email',
    base: 'post@still.example',
    crm: 'post@still.example',
    erp: null,
    crmTitle: null,
    erpTitle: null,
    verdict: 'UNKNOWN',
    why: expect.stringMatching(/ERP/),
  });
  expect(answer.errors?.map(({ path, extensions }) => [path, extensions?.code])).toEqual([
    [['customer', 'link', 'drift', 0, 'erp'], 'SYSTEM_UNAVAILABLE'],
  ]);
  away = false;
});

const report = `{ driftReport(flow: CUSTOMER, first: 100) { checked equal unknown totalCount away { side code message }
  drifted { link { crmId } } fields { field } pageInfo { hasNextPage } } }`;

test('a report of drift tells what could not be compared, and why, in place of failing', async () => {
  await customerOf('Reported', 'post@reported.example');
  const known = at(await data(subgraph, report), 'driftReport') as Tree;
  expect(known).toMatchObject({ unknown: 0, away: [] });
  expect(known.checked).toBeGreaterThan(0);
  away = true;
  const answer = await ask(subgraph, report);
  const proof = await ask(
    subgraph,
    '{ roundTripProof(flow: CUSTOMER, first: 100) { pairs checked unknown totalCount away { side code } } }',
  );
  away = false;
  expect(answer.errors).toBeUndefined();
  expect(at(answer.data as never, 'driftReport')).toEqual({
    checked: 0,
    equal: 0,
    unknown: known.totalCount,
    totalCount: known.totalCount,
    away: [{ side: 'ERP', code: 'SYSTEM_UNAVAILABLE', message: expect.stringMatching(/^The ERP /) }],
    drifted: [],
    fields: [],
    pageInfo: { hasNextPage: false },
  });
  expect(proof.errors).toBeUndefined();
  expect(at(proof.data as never, 'roundTripProof')).toEqual({
    pairs: 0,
    checked: 0,
    unknown: known.totalCount,
    totalCount: known.totalCount,
    away: [{ side: 'ERP', code: 'SYSTEM_UNAVAILABLE' }],
  });
});

test('the checklists are counted over what was read last, and say so of a system that is away: on paper, too', async () => {
  const query =
    '{ dataflow(flow: CUSTOMER) { pairsChecked away { side code message } markdown restructuredText } }';
  const known = at(await data(subgraph, query), 'dataflow.0') as Tree;
  expect(known.away).toEqual([]);
  expect(known.markdown).not.toMatch(/read last/);
  away = true;
  // That a system is well holds for a second.
  const later = createSyncSubgraph({ sql, sync, mappings });
  const now = at(await data(later, query), 'dataflow.0') as Tree;
  away = false;
  expect(now.pairsChecked).toBe(known.pairsChecked);
  expect(now.away).toEqual([
    { side: 'ERP', code: 'SYSTEM_UNAVAILABLE', message: expect.stringMatching(/nobody there|The ERP/) },
  ]);
  for (const paper of [now.markdown, now.restructuredText])
    expect(paper).toMatch(
      /pairs checked\. .*The ERP does not answer \(.+\): counted over what was read last\./,
    );
});

/** What the gateway answers while a stranger keeps the CRM's customers locked, or another table. */
const heldUp = (query: string, table = 'crm.customer') =>
  sql.begin(async (tx) => {
    await tx`lock table ${tx(table)} in access exclusive mode`;
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    return (await response.json()) as { data: Tree; errors: readonly { extensions: { code: string } }[] };
  });

test('a system that hangs is given up before the gateway gives up the sync: the rest answers, through it, too', async () => {
  const id = await customerOf('Held up', 'post@held.example');
  const { data: answer, errors } = await heldUp(
    `{ customer(crmId: "${id}") { name link { state drift { field crm erp verdict } } } }`,
  );
  expect(answer).toMatchObject({ customer: { name: 'Held up', link: { state: 'SYNCED' } } });
  const drift = members(at(answer, 'customer.link.drift'));
  expect(drift.find(({ field }) => String(field) === 'email')).toEqual({
    field: 'email',
    crm: null,
    erp: 'post@held.example',
    verdict: 'UNKNOWN',
  });
  expect(errors.map(({ extensions }) => extensions.code)).toEqual(['SYSTEM_UNAVAILABLE']);
  // What does not answer is asked twice, and there is more to do than to wait for it.
  expect(3 * lookMs).toBeLessThan(DEFAULT_LIMITS.subgraphMs);
});

test('so it is for a report of drift', async () => {
  const { data: answer, errors } = await heldUp(report);
  expect(errors).toBeUndefined();
  const found = at(answer, 'driftReport') as Tree;
  expect(found).toMatchObject({ checked: 0, unknown: found.totalCount, drifted: [] });
  expect(found.away).toEqual([
    {
      side: 'CRM',
      code: 'SYSTEM_UNAVAILABLE',
      message: 'The CRM has not answered for 0.2 s when it was asked to read.',
    },
  ]);
});

test('what such a system has to do with is marked in the report, pair by pair; the rest of the page is compared', async () => {
  const made = async (entity: string, fields: Readonly<Record<string, Json>>) => {
    const author = { actor: 'anna', origin: 'person' } as const;
    const [result] = await systems.crm.write([{ kind: 'create', entity, fields }], author);
    await sync.quiet();
    return (result as { record: { id: string } }).record.id;
  };
  const customerId = await customerOf('Asks for lamps', 'post@lamps.example');
  const productId = await made('Product', { sku: 'LAMP', name: 'Lamp', listPrice: '100', baseUnit: 'C62' });
  const lines = [{ productId, quantity: '1', unitPrice: '100' }];
  const withOrder = await made('Quote', { customerId, lines });
  await sync.setFlow('quoteOrder', { rule: 'accepted' }, 'test');
  const alone = await made('Quote', { customerId, lines });
  await sync.setFlow('quoteOrder', { rule: 'every' }, 'test');
  const quotes = `{ driftReport(flow: QUOTE, first: 100) { checked unknown away { side }
    uncompared { link { crmId } away { side code message } } } }`;
  const told = (pairs: number, ...ids: readonly string[]) => ({
    driftReport: {
      checked: pairs - ids.length,
      unknown: ids.length,
      away: ids.length > 0 ? [{ side: 'ERP' }] : [],
      uncompared: ids.map((crmId) => ({
        link: { crmId },
        away: [
          {
            side: 'ERP',
            code: 'SYSTEM_UNAVAILABLE',
            message: 'The ERP has not answered for 0.2 s when it was asked to read.',
          },
        ],
      })),
    },
  });
  expect(await data(subgraph, quotes)).toEqual(told(2));
  expect((await heldUp(quotes, 'erp.order')).data).toEqual(told(2, withOrder));
  const shown: string[] = [];
  const operator = createOperator({ url: gateway.url, token: undefined, json: false });
  await sql.begin(async (tx) => {
    await tx`lock table erp.order in access exclusive mode`;
    const show = (_: unknown, lines: () => readonly string[]) => void shown.push(...lines());
    expect(await drift({ ...operator, show }, { check: true }, ['quote'])).toBe(1);
  });
  await operator.close();
  expect(shown[0]).toBe('1 pairs compared, 1 equal.');
  expect(shown.at(-1)).toMatch(
    / all .* UNKNOWN .*The ERP has not answered for 0\.2 s when it was asked to read\./,
  );
  expect(alone).not.toBe(withOrder);
});

test('so it is for a list, whose comparisons take no connection from all else', async () => {
  for (let n = 0; n < 12; n++) await customerOf(`Listed ${n}`, `post@listed${n}.example`);
  const { data: answer } = await heldUp(
    '{ customers(first: 20, search: "Listed") { nodes { name link { drift { field erp verdict } } } } }',
  );
  const customers = members(at(answer, 'customers.nodes'));
  expect(customers.length).toBe(12);
  for (const { name, link } of customers)
    expect(members(at(link, 'drift')).find(({ field }) => String(field) === 'name')).toEqual({
      field: 'name',
      erp: name,
      verdict: 'UNKNOWN',
    });
});
