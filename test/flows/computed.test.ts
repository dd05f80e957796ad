import { describe, expect, test } from 'vitest';
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

test('who is archived and restored while a copy of the stock waits for its minute is restored', async () => {
  const { id } = await w.create('erp', 'Product', {
    description: 'Counted',
    itemNo: 'AGE-2',
    inventory: '10',
  });
  await w.settled();
  const { id: link, crmId } = await w.linkOf('product', id);
  await w.edit('erp', 'Product', id, { inventory: '20' });
  await w.settled();
  const both = async () =>
    [await w.read('crm', 'Product', crmId!), await w.read('erp', 'Product', id)].map((each) => each.archived);
  await w.written('crm', { kind: 'archive', entity: 'Product', id: crmId! });
  await w.settled();
  expect(await both()).toEqual([true, true]);
  await w.written('crm', { kind: 'restore', entity: 'Product', id: crmId! });
  await w.settled();
  expect(await both()).toEqual([false, false]);
  expect(
    (await w.events(link)).flatMap(({ fields }) => fields.map(({ field, why }) => `${field} ${why}`)),
  ).toEqual(expect.arrayContaining(['archived archived', 'archived restored']));
});

test('what a step that died had overruled is told though only the stock has moved since, and within its minute', async () => {
  const { id } = await w.create('erp', 'Product', { description: 'Told', itemNo: 'AGE-3', inventory: '10' });
  await w.settled();
  const { id: link, crmId } = await w.linkOf('product', id);
  const lost = { field: 'name', side: 'erp', before: 'Lost', after: 'Told', winner: 'crm', why: 'later' };
  await w.sql`insert into sync.decision (id, pair, changes)
    values ('d1', ${`product:${crmId}/${id}`}, ${JSON.stringify([lost])}::text::jsonb)`;
  await w.edit('erp', 'Product', id, { inventory: '20' });
  await w.settled();
  expect((await w.events(link)).flatMap(({ fields }) => fields)).toContainEqual(
    expect.objectContaining(lost),
  );
  expect(await w.sql`select 1 from sync.decision`).toEqual([]);
});

test('what a customer owes is copied with the instant of the copy; who owes nothing known has no age', async () => {
  const { id } = await w.create('crm', 'Customer', { name: 'Owes us' });
  expect(await w.fields('crm', 'Customer', id)).toMatchObject({ balanceDue: null, balanceDueAt: null });
  await w.settled();
  const fields = await w.fields('crm', 'Customer', id);
  expect(Number(fields.balanceDue)).toBe(0);
  expect(Math.abs(instant(fields.balanceDueAt) - Date.now())).toBeLessThan(10_000);
});

describe('within the minute of a copy, who asks now does not wait', () => {
  const apply = { mode: 'apply', actor: 'test' } as const;
  let n = 0;

  /** A pair of products whose stock has moved since it was copied. */
  async function moved(meanwhile: (link: string) => Promise<unknown> = async () => {}) {
    const itemNo = `NOW-${++n}`;
    const { id } = await w.create('erp', 'Product', { description: itemNo, itemNo, inventory: '10' });
    await w.settled();
    const { id: link, crmId } = await w.linkOf('product', id);
    await meanwhile(link);
    await w.edit('erp', 'Product', id, { inventory: '20' });
    await w.settled();
    return { link, stock: async () => Number((await w.fields('crm', 'Product', crmId!)).onHand) };
  }

  test('for a sync', async () => {
    const { link, stock } = await moved();
    expect(await stock()).toBe(10);
    expect(await w.sync.syncLink(link, { ...apply, mode: 'preview' })).toMatchObject({ outcome: 'updated' });
    expect(await w.sync.syncLink(link, apply)).toMatchObject({ outcome: 'updated' });
    expect(await stock()).toBe(20);
  });

  test('for an unlinking to be taken back', async () => {
    const { link, stock } = await moved((id) => w.sync.unlink(id, 'both', apply));
    const event = (await w.events(link)).at(-1)!;
    expect(await w.sync.revert(event.id, null, apply)).toMatchObject({ outcome: 'linked' });
    expect(await stock()).toBe(20);
  });

  test('for a merge to be taken back', async () => {
    const [from, into] = [
      await w.create('crm', 'Product', { name: 'Merged', sku: 'NOW-FROM' }),
      await w.create('crm', 'Product', { name: 'Goes on', sku: 'NOW-INTO' }),
    ];
    await w.settled();
    const { id: link, erpId } = await w.linkOf('product', from.id);
    const ref = (id: string) => ({ side: 'crm', entity: 'Product', id }) as const;
    const [merged] = await w.sync.followMerge(ref(from.id), ref(into.id), apply);
    await w.settled();
    await w.edit('erp', 'Product', erpId!, { inventory: '20' });
    const [event] = merged!.eventIds;
    expect(await w.sync.revert(event!, null, apply)).toMatchObject({ outcome: 'linked', linkId: link });
    expect(Number((await w.fields('crm', 'Product', from.id)).onHand)).toBe(20);
  });
});
