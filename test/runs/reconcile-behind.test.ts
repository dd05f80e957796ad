import { afterAll, expect, it } from 'vitest';
import { openRuns } from './world.ts';

/** What was changed in the databases themselves, behind feed and versions, as a restored backup does it. */
const w = await openRuns();
const life = await w.live();
afterAll(() => life.stop());

const named = async (names: readonly string[]) => {
  const made = await w.all(
    'crm',
    names.map((name) => ({
      kind: 'create' as const,
      entity: 'Customer',
      fields: { name, website: 'https://agreed.example' },
    })),
  );
  await w.settled(life);
  return w.sql<{ id: string; crmId: string; erpId: string }[]>`
    select id, crm_id as "crmId", erp_id as "erpId" from sync.link
    where crm_id = any(${made.map(({ id }) => id)}) order by agreed ->> 'name'`;
};
const reconciled = async (mode: 'preview' | 'apply') => {
  const run = await w.ended(await life.sync.startRun('reconciliation', ['customer'], mode, 'anna', true));
  await w.settled(life);
  expect(w.errors).toEqual([]);
  return run;
};

it('repairs what was changed on both sides, or shows it as a conflict', async () => {
  await life.sync.setField('customer', 'website', { wins: 'inbox' }, 'test');
  const [asked, ruled] = await named(['A person decides', 'The rule decides']);
  await w.sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    await tx`update crm.customer set legal_name = 'Both crm' where id = ${ruled!.crmId}`;
    await tx`update erp.customer set legal_name = 'Both erp' where id = ${ruled!.erpId}`;
    await tx`update crm.customer set website = 'https://crm.example' where id = ${asked!.crmId}`;
    await tx`update erp.customer set home_page = 'https://erp.example' where id = ${asked!.erpId}`;
  });
  expect((await reconciled('preview')).counts.flows.customer).toMatchObject({ drifted: 2 });
  await reconciled('apply');
  for (const [side, id] of [
    ['crm', ruled!.crmId],
    ['erp', ruled!.erpId],
  ] as const)
    expect((await w.read(side, 'Customer', id))!.fields.legalName).toBe('Both erp');
  expect(
    await w.sql`select field, crm, erp from sync.conflict where link_id = ${asked!.id} and resolved_at is null`,
  ).toEqual([{ field: 'website', crm: 'https://crm.example', erp: 'https://erp.example' }]);
  const after = await reconciled('preview');
  expect(after.samples.customer).toMatchObject({ 'waits for a person': [{ linkId: asked!.id }] });
  expect(after.counts.flows.customer).not.toHaveProperty('drifted');
});

it('finds what is archived on one side only, and has the other follow', async () => {
  const links = await named(['Archived in the CRM', 'Archived in the ERP', 'In use']);
  const [inCrm, inErp] = links;
  await w.sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    await tx`update crm.customer set archived = true where id = ${inCrm!.crmId}`;
    await tx`update erp.customer set archived = true where id = ${inErp!.erpId}`;
  });
  const drift = { field: 'archived', base: false };
  const archivedOf = async ({ id }: { readonly id: string }) =>
    (await life.sync.drift([id])).get(id)!.fields.filter(({ field }) => field === 'archived');
  expect(await Promise.all(links.map(archivedOf))).toEqual([
    [{ ...drift, crm: true, erp: false, verdict: 'crm ahead' }],
    [{ ...drift, crm: false, erp: true, verdict: 'erp ahead' }],
    [],
  ]);
  const { samples } = await reconciled('preview');
  expect(samples.customer!.drifted!.map(({ linkId }) => linkId).toSorted()).toEqual(
    [inCrm!.id, inErp!.id].toSorted(),
  );
  await reconciled('apply');
  expect((await w.read('erp', 'Customer', inCrm!.erpId))!.archived).toBe(true);
  expect((await w.read('crm', 'Customer', inErp!.crmId))!.archived).toBe(true);
  expect(await Promise.all(links.map(archivedOf))).toEqual([[], [], []]);
});
