import { expect, test } from 'vitest';
import { openWorld, type World } from './world.ts';

/** Stock and balance: copied from the ERP with their age, at most once a minute per record. */
const w: World = await openWorld();

/** As if more than a minute had passed since this pair was last written. */
async function aMinuteLater(linkId: string): Promise<void> {
  await w.sql`update sync.link set synced_at = synced_at - interval '61 seconds' where id = ${linkId}`;
  await w.sync.syncLink(linkId, { mode: 'apply', actor: 'test' });
}

const instant = (value: unknown): number => Date.parse(String(value));

test('stock is copied with the instant of the copy, and not again before a minute is over', async () => {
  const began = Date.now() - 1000;
  const { id } = await w.create('erp', 'Product', {
    description: 'Stocked',
    itemNo: 'AGE-1',
    inventory: '10',
  });
  await w.settled();
  const link = await w.linkOf('product', id);
  const shown = async () => w.fields('crm', 'Product', link.crmId!);
  const first = await shown();
  expect(Number(first.onHand)).toBe(10);
  expect(instant(first.onHandAt)).toBeGreaterThan(began);
  expect(instant(first.onHandAt)).toBeLessThan(Date.now() + 1000);
  await w.edit('erp', 'Product', id, { inventory: '20' });
  await w.settled();
  expect(await shown()).toMatchObject({ onHand: first.onHand!, onHandAt: first.onHandAt! });
  await aMinuteLater(link.id);
  const second = await shown();
  expect(Number(second.onHand)).toBe(20);
  expect(instant(second.onHandAt)).toBeGreaterThan(instant(first.onHandAt));
  // What else is edited travels at once, and leaves the age of the stock alone.
  await w.edit('erp', 'Product', id, { vendorItemNo: 'V-1' });
  await w.settled();
  expect(await shown()).toMatchObject({ vendorPartNo: 'V-1', onHandAt: second.onHandAt! });
});

test('what a customer owes is copied with the instant of the copy; who owes nothing known has no age', async () => {
  const { id } = await w.create('crm', 'Customer', { name: 'Owes us' });
  expect(await w.fields('crm', 'Customer', id)).toMatchObject({ balanceDue: null, balanceDueAt: null });
  await w.settled();
  const fields = await w.fields('crm', 'Customer', id);
  expect(Number(fields.balanceDue)).toBe(0);
  expect(Math.abs(instant(fields.balanceDueAt) - Date.now())).toBeLessThan(10_000);
});
