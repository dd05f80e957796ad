import { expect, test } from 'vitest';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { openWorld } from './world.ts';

const w = await openWorld();
const { ordered, ownerId } = dealsOf(w, await knownRecords(w));

const ordersOf = async (user: string) =>
  (
    await w.sql<{ erp: string }[]>`
      select erp_id as erp from sync.link where mapping = 'userOrder' and crm_id = ${user} and state <> 'ended'`
  )
    .map(({ erp }) => erp)
    .toSorted();

// A user has one link per order, where all other records have one.
test('linking a user with an order by hand leaves his other orders alone, and takes the order from nobody unasked', async () => {
  const orders = [await ordered(), await ordered(), await ordered()]
    .map(({ erpOrder }) => erpOrder)
    .toSorted();
  await w.settled();
  expect(await ordersOf(ownerId)).toEqual(orders);
  const colleague = await w.create('crm', 'User', {
    fullName: 'Another Seller',
    email: 'another@example.com',
  });
  await w.settled();
  const link = (crmId: string) =>
    w.sync.link('userOrder', crmId, orders[1]!, { mode: 'apply', actor: 'test' });

  await link(ownerId);
  await w.settled();
  expect(await ordersOf(ownerId), 'his already').toEqual(orders);
  const refused = await link(colleague.id).catch((error: { code?: string }) => error.code);
  expect(refused).toBe('BAD_USER_INPUT');
  await w.settled();
  expect(await ordersOf(ownerId)).toEqual(orders);
});
