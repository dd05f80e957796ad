import { afterAll, expect, test } from 'vitest';
import { assembleSync, openSystems } from '../../console/assemble.ts';
import type { Author, Connector, Write } from '../../sync/core/connector.ts';
import type { Side } from '../../sync/core/types.ts';
import { testDatabase } from '../support/database.ts';

const { sql } = await testDatabase();
const systems = openSystems(sql);
const anna: Author = { actor: 'anna', origin: 'person' };

/** What somebody does right after the sync has read a customer of that side; once. */
let meanwhile: { readonly side: Side; readonly act: () => Promise<unknown> } | null = null;
const watched = (side: Side): Connector => ({
  ...systems[side],
  async read(entity, ids) {
    const found = await systems[side].read(entity, ids);
    const due = entity === 'Customer' && meanwhile?.side === side ? meanwhile : null;
    if (due) meanwhile = null;
    await due?.act();
    return found;
  },
});
const sync = await assembleSync(
  sql,
  { crm: watched('crm'), erp: watched('erp') },
  { error: () => {}, info: () => {} },
);
await sync.start();
afterAll(async () => {
  await sync.stop();
  await systems.close();
});

async function write(side: Side, one: Write): Promise<string> {
  const [result] = await systems[side].write([one], anna);
  if (!result || !('record' in result)) throw new Error(JSON.stringify(result));
  return result.record.id;
}

test('a plan is not applied over an edit that comes between the look at its versions and the lane', async () => {
  const [crm, other] = [
    await write('crm', { kind: 'create', entity: 'Customer', fields: { name: 'Of the plan' } }),
    await write('crm', { kind: 'create', entity: 'Customer', fields: { name: 'Another' } }),
  ];
  await sync.quiet();
  const links = await sql<{ id: string; crmId: string; erpId: string }[]>`
    select id, crm_id as "crmId", erp_id as "erpId" from sync.link where crm_id = any(${[crm, other]}::text[])`;
  for (const { id } of links) await sync.unlink(id, 'both', { mode: 'apply', actor: 'kari' });
  await sync.quiet();
  const { erpId } = links.find(({ crmId }) => crmId === other)!;

  const { planToken } = await sync.link('customer', crm, erpId, { mode: 'preview', actor: 'kari' });
  meanwhile = {
    side: 'erp',
    act: () =>
      write('erp', { kind: 'update', entity: 'Customer', id: erpId, fields: { name: 'Edited meanwhile' } }),
  };
  await expect(sync.applyPlan(planToken!, { actor: 'kari' })).rejects.toMatchObject({ code: 'STALE_PLAN' });
  await sync.quiet();

  const live = await sql`
    select 1 from sync.link where crm_id = ${crm} and erp_id = ${erpId} and state <> 'ended'`;
  expect(live).toEqual([]);
  const [record] = (await systems.erp.read('Customer', [erpId])).values();
  expect(record).toMatchObject({ fields: { name: 'Edited meanwhile' }, updatedBy: 'anna' });
});

// What a relink and a swap undo before they link is not undone either.
test.each(['relink', 'swap'] as const)('nor is a %s, and what was linked stays so', async (kind) => {
  const [a, b] = [
    await write('crm', { kind: 'create', entity: 'Customer', fields: { name: `First of a ${kind}` } }),
    await write('crm', { kind: 'create', entity: 'Customer', fields: { name: `Second of a ${kind}` } }),
  ];
  await sync.quiet();
  const linked = () => sql<{ id: string; crmId: string; erpId: string }[]>`
    select id, crm_id as "crmId", erp_id as "erpId" from sync.link
    where crm_id = any(${[a, b]}::text[]) and state <> 'ended' and not lone order by crm_id = ${b}`;
  const [first, second] = await linked();
  if (kind === 'relink') await sync.unlink(second!.id, 'both', { mode: 'apply', actor: 'kari' });
  await sync.quiet();
  const before = await linked();

  const planning = { mode: 'preview', actor: 'kari' } as const;
  const planned =
    kind === 'relink'
      ? await sync.relink(first!.id, { erpId: second!.erpId }, planning)
      : (await sync.swap({ a: first!.id, b: second!.id }, planning))[0]!;
  meanwhile = {
    side: 'erp',
    act: () =>
      write('erp', {
        kind: 'update',
        entity: 'Customer',
        id: second!.erpId,
        fields: { name: 'Edited meanwhile' },
      }),
  };
  await expect(sync.applyPlan(planned.planToken!, { actor: 'kari' })).rejects.toMatchObject({
    code: 'STALE_PLAN',
  });
  await sync.quiet();

  expect(await linked()).toEqual(before);
  const [record] = (await systems.erp.read('Customer', [second!.erpId])).values();
  expect(record).toMatchObject({ fields: { name: 'Edited meanwhile' } });
});

test('the preview of a record that gets its link at that moment is of that link', async () => {
  await sync.pause('customer', true, 'a moment', 'test');
  const id = await write('crm', { kind: 'create', entity: 'Customer', fields: { name: 'Just now' } });
  meanwhile = {
    side: 'crm',
    act: async () => {
      await sync.pause('customer', false, null, 'test');
      await sync.quiet();
    },
  };
  const preview = { mode: 'preview', actor: 'kari' } as const;
  const planned = await sync.syncRecords('customer', [{ side: 'crm', entity: 'Customer', id }], preview);
  const [link] = await sql<{ id: string }[]>`
    select id from sync.link where crm_id = ${id} and erp_id is not null and state = 'synced'`;
  expect(planned).toMatchObject([{ outcome: 'unchanged', linkId: link!.id }]);
});
