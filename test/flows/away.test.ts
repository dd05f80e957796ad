import { afterAll, expect, test } from 'vitest';
import { assembleSync, openSystems } from '../../console/assemble.ts';
import { createSyncSubgraph } from '../../subgraphs/sync/subgraph.ts';
import type { Connector } from '../../sync/core/connector.ts';
import { mappings } from '../../sync/mappings/index.ts';
import { testDatabase } from '../support/database.ts';
import { ask, at, data, members } from '../sync-subgraph/fixture.ts';

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
const sync = await assembleSync(sql, { crm: systems.crm, erp }, log);
await sync.start();
afterAll(async () => {
  await sync.stop();
  await systems.close();
});
const subgraph = createSyncSubgraph({ sql, sync, mappings });

test('while a system is away a pair still answers: what is agreed, the side that is there, and an error in place of the other', async () => {
  const [made] = await systems.crm.write(
    [{ kind: 'create', entity: 'Customer', fields: { name: 'Still here', email: 'post@still.example' } }],
    { actor: 'anna', origin: 'person' },
  );
  const { id } = (made as { record: { id: string } }).record;
  await sync.quiet();
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
