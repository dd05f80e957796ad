import { expect, test } from 'vitest';
import { openWorld } from './world.ts';

const w = await openWorld();
const importer = { actor: 'import', origin: 'import' } as const;
/** Whom whatever names no owner falls to. */
const defaultOwner = 'default-owner';
const active = (is: boolean) => w.edit('crm', 'User', defaultOwner, { active: is }, importer);

const customerOf = async (erpId: string) => (await w.links({ id: erpId, mapping: 'customer' }))[0]!;
const openLetters = async () => (await w.deadLetters()).map(({ linkId, code }) => ({ linkId, code }));

test.each([
  ['whom nobody in the ERP knows', {}],
  ['who has a salesperson card', { ownerId: defaultOwner }],
])('what a default owner %s could not get is made once he is active again', async (who, fields) => {
  await w.create('crm', 'Customer', { name: `Makes him, ${who}`, ...fields });
  await w.settled();
  await active(false);
  await w.settled();
  const { id } = await w.create('erp', 'Customer', { name: `Falls to him, ${who}` });
  await w.settled();
  const refused = await customerOf(id);
  expect(refused).toMatchObject({ state: 'failed', crmId: null });
  expect(await openLetters()).toEqual([{ linkId: refused.id, code: 'STATE' }]);
  await w.edit('crm', 'User', defaultOwner, { jobTitle: 'Still away' }, importer);
  await w.settled();
  expect(await customerOf(id)).toMatchObject({ state: 'failed', crmId: null });
  await active(true);
  await w.settled();
  const made = await customerOf(id);
  expect(made).toMatchObject({ state: 'synced' });
  expect(await w.fields('crm', 'Customer', made.crmId!)).toMatchObject({ ownerId: defaultOwner });
  expect(await openLetters()).toEqual([]);
  expect(await w.issues(made.id)).toEqual([]);
  const waits = await w.sql`select "on" from sync.wait where link_id = ${made.id}`;
  expect(waits).toEqual([]);
});
