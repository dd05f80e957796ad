import { expect, it } from 'vitest';
import { openRuns } from './world.ts';

const w = await openRuns();

it('a record made in one system rings nothing while the answer of the other is still awaited', async () => {
  const held = Promise.withResolvers<void>();
  let answered: Promise<void> | undefined;
  const life = await w.live((side, connector) => ({
    ...connector,
    async write(writes, author) {
      const results = await connector.write(writes, author);
      if (side === 'erp') await answered;
      return results;
    },
  }));
  const address = { street: 'S 1', city: 'Oslo', postCode: '0150', countryCode: 'NO' };
  await w.create('crm', 'Customer', { name: 'There before, with its owner' });
  await w.settled(life);
  await w.rest(life, true);
  // One step makes the counterpart of each: in the CRM at once, in the ERP it hears of it only later.
  answered = held.promise;
  try {
    await w.create('crm', 'Customer', { name: 'Only in the CRM' });
    await w.create('erp', 'Customer', { name: 'Only in the ERP', invoiceAddress: address });
    await w.until('both are known', async () => (await w.count('sync.backlog where changes = 1')) === 2);
    await w.rest(life, false);
    await w.until('the CRM has both', async () => (await w.count('crm.customer')) === 3);
    await w.until('its feed is read', async () => {
      const [row] = await w.sql<{ read: boolean }[]>`
        select (select cursor from sync.feed where side = 'crm')::bigint = max(pos) and bool_and(pos is not null) as read from crm.change`;
      return row!.read;
    });
    const lanes = await w.sql`
      select n, token is not null as held from sync.lane where key like 'rec:crm:%'`;
    expect(lanes).toEqual([{ n: 1, held: true }]);
  } finally {
    held.resolve();
  }
  await w.settled(life);
  expect(await w.count("sync.link where mapping = 'customer' and state = 'synced'")).toBe(3);
  expect(w.errors).toEqual([]);
});
