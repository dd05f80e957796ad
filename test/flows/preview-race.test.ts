import { afterAll, expect, test } from 'vitest';
import { assembleSync, openSystems } from '../../console/assemble.ts';
import type { Connector } from '../../sync/core/connector.ts';
import { testDatabase } from '../support/database.ts';

const { sql } = await testDatabase();
const systems = openSystems(sql);

/** What happens right after the sync has read a customer of the CRM; once. */
let meanwhile: (() => Promise<unknown>) | null = null;
const crm: Connector = {
  ...systems.crm,
  async read(entity, ids) {
    const found = await systems.crm.read(entity, ids);
    const act = entity === 'Customer' ? meanwhile : null;
    if (act) meanwhile = null;
    await act?.();
    return found;
  },
};
const sync = await assembleSync(sql, { crm, erp: systems.erp }, { error: () => {}, info: () => {} });
await sync.start();
afterAll(async () => {
  await sync.stop();
  await systems.close();
});

test('the preview of a record that gets its link at that moment is of that link', async () => {
  await sync.pause('customer', true, 'a moment', 'test');
  const [made] = await systems.crm.write(
    [{ kind: 'create', entity: 'Customer', fields: { name: 'Just now' } }],
    {
      actor: 'anna',
      origin: 'person',
    },
  );
  const { id } = (made as { record: { id: string } }).record;
  meanwhile = async () => {
    await sync.pause('customer', false, null, 'test');
    await sync.quiet();
  };
  const preview = { mode: 'preview', actor: 'kari' } as const;
  const planned = await sync.syncRecords('customer', [{ side: 'crm', entity: 'Customer', id }], preview);
  const [link] = await sql<{ id: string }[]>`
    select id from sync.link where crm_id = ${id} and erp_id is not null and state = 'synced'`;
  expect(planned).toMatchObject([{ outcome: 'unchanged', linkId: link!.id }]);
});
