import { expect, test } from 'vitest';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { openWorld } from './world.ts';

// The salesperson's block on an order mirrors the CRM's user: whoever edits it on an open order edits it for all of them.

const w = await openWorld();
const { ordered, ownerId } = dealsOf(w, await knownRecords(w));

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
