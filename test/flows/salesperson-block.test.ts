import { expect, test } from 'vitest';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { openWorld } from './world.ts';

// The salesperson's block on an order mirrors the CRM's user: whoever edits it on an open order edits it for all of them.

const w = await openWorld();
const known = await knownRecords(w);
const { ordered, ownerId } = dealsOf(w, known);

test('an edit of the block on one open order reaches the user, the salesperson and the other open orders', async () => {
  const one = await ordered();
  const other = await ordered();
  await w.settled();
  await w.edit('erp', 'Order', one.erpOrder, {
    salespersonName: 'Named in the ERP',
    salespersonTitle: 'Chief',
  });
  await w.settled();
  const block = { salespersonName: 'Named in the ERP', salespersonTitle: 'Chief' };
  expect(await w.fields('erp', 'Order', one.erpOrder)).toMatchObject(block);
  expect(await w.fields('crm', 'User', ownerId)).toMatchObject({
    fullName: 'Named in the ERP',
    jobTitle: 'Chief',
  });
  expect(await w.fields('erp', 'Order', other.erpOrder)).toMatchObject(block);
  const { erpId } = await w.linkOf('user', ownerId);
  expect(await w.fields('erp', 'Salesperson', erpId!)).toMatchObject({
    name: 'Named in the ERP',
    title: 'Chief',
  });
});

test('who gives an order to another salesperson and edits the block in one go: it follows the user, and says so', async () => {
  const { erpOrder, order } = await ordered();
  const next = known.User[1];
  await w.edit('crm', 'User', String(next.crm), { jobTitle: 'Seller' });
  await w.settled();
  await w.edit('erp', 'Order', erpOrder, { salespersonId: next.erp!, salespersonTitle: 'Only here' });
  await w.settled();
  expect((await w.fields('crm', 'Order', order)).ownerId).toBe(next.crm);
  expect((await w.fields('erp', 'Order', erpOrder)).salespersonTitle).toBe('Seller');
  expect((await w.fields('crm', 'User', String(next.crm))).jobTitle).toBe('Seller');
  const [link] = (await w.links({ id: erpOrder, mapping: 'userOrder' })).filter(
    ({ crmId }) => crmId === next.crm,
  );
  const told = (await w.events(link!.id)).flatMap(({ fields }) => fields);
  expect(told.filter(({ field }) => field === 'jobTitle')).toMatchObject([
    { side: 'erp', winner: 'crm', why: 'assigned: the block follows the user', lost: 'Only here' },
  ]);
});
