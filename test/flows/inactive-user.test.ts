import { expect, test } from 'vitest';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { openWorld } from './world.ts';

/**
 * A user who is inactive hands over: his open orders keep his name, and new ones are refused to his code. What reaches the
 * sync all the same, since he was active when it was written, is there without him and listed.
 */
const w = await openWorld();
const { ordered, product, customerId, ownerId } = dealsOf(w, await knownRecords(w));

const lines = [{ productId: product(0), quantity: '1', unitPrice: '100' }];

/** A user whom the ERP knows, made inactive while what `meanwhile` writes waits. */
async function leaving(meanwhile: (id: string) => Promise<unknown>): Promise<string> {
  const { id } = await w.create('crm', 'User', { fullName: 'Gone Guy', email: `gone${n++}@seller.example` });
  await w.create('crm', 'Customer', { name: `Of ${id}`, ownerId: id });
  await w.settled();
  await w.sync.pause('order', true, 'he leaves', 'test');
  await meanwhile(id);
  await w.edit('crm', 'User', id, { active: false });
  await w.settled();
  await w.sync.pause('order', false, null, 'test');
  await w.settled();
  return id;
}
let n = 0;

const issuesOf = async (order: string) => w.issues((await w.linkOf('order', order)).id);

const salespersonOf = async (order: string) => {
  const { salespersonId, salespersonName, salespersonBlocked } = await w.fields(
    'erp',
    'Order',
    await w.twin('order', 'crm', order),
  );
  return { salespersonId, salespersonName, salespersonBlocked };
};

const nobody = { salespersonId: null, salespersonName: null, salespersonBlocked: false };

test('a new order of his is there without him, and listed until somebody else has it', async () => {
  let order = '';
  await leaving(async (id) => {
    order = (await w.create('crm', 'Order', { customerId, ownerId: id, lines })).id;
  });
  expect(await salespersonOf(order)).toEqual(nobody);
  expect(await w.lines('erp', 'Order', await w.twin('order', 'crm', order))).toHaveLength(1);
  expect(await issuesOf(order)).toMatchObject([
    { field: 'ownerId', message: expect.stringContaining('takes no new orders') },
  ]);
  await w.edit('crm', 'Order', order, { notes: 'Other fields travel' });
  await w.settled();
  const erp = await w.fields('erp', 'Order', await w.twin('order', 'crm', order));
  expect(erp.workDescription).toBe('Other fields travel');
  await w.edit('crm', 'Order', order, { ownerId });
  await w.settled();
  expect(await issuesOf(order)).toEqual([]);
  expect(await salespersonOf(order)).toMatchObject({ salespersonId: await w.twin('user', 'crm', ownerId) });
});

test('a new order of his is his as soon as he is active again, and its issue closes', async () => {
  let order = '';
  const id = await leaving(async (owner) => {
    order = (await w.create('crm', 'Order', { customerId, ownerId: owner, lines })).id;
  });
  expect(await salespersonOf(order)).toEqual(nobody);
  await w.edit('crm', 'User', id, { jobTitle: 'Still away' });
  await w.settled();
  expect(await salespersonOf(order)).toEqual(nobody);
  await w.edit('crm', 'User', id, { active: true });
  await w.settled();
  expect(await salespersonOf(order)).toMatchObject({ salespersonId: await w.twin('user', 'crm', id) });
  expect(await issuesOf(order)).toEqual([]);
});

test('a person who decides a conflict cannot give him an order either', async () => {
  const { order, erpOrder } = await ordered();
  await w.sync.setField('order', 'ownerId', { wins: 'inbox' }, 'test');
  const cards = [];
  for (const name of ['In CRM', 'In ERP', 'Gone']) {
    const user = await w.create('crm', 'User', { fullName: name, email: `decided${n++}@seller.example` });
    await w.create('crm', 'Customer', { name: `Of ${user.id}`, ownerId: user.id });
    cards.push(user.id);
  }
  await w.settled();
  const [inCrm, inErp, gone] = cards as [string, string, string];
  await w.edit('crm', 'User', gone, { active: false });
  await w.settled();
  await w.sync.pause('order', true, 'both edit', 'test');
  await w.edit('crm', 'Order', order, { ownerId: inCrm });
  await w.edit('erp', 'Order', erpOrder, { salespersonId: await w.twin('user', 'crm', inErp) });
  await w.sync.pause('order', false, null, 'test');
  await w.settled();
  const [conflict] = await w.conflicts((await w.linkOf('order', order)).id);
  expect(conflict).toMatchObject({ field: 'ownerId' });
  const decide = async (owner: string) =>
    w.sync.resolveConflict(
      conflict!.id,
      [{ field: 'ownerId', take: { value: (await w.linkOf('user', owner)).id } }],
      { mode: 'apply', actor: 'test' },
    );
  await expect(decide(gone)).rejects.toThrow(
    /ownerId .* is inactive and takes nothing new. Name another User/,
  );
  await w.edit('crm', 'User', gone, { active: true });
  await w.settled();
  await decide(gone);
  await w.settled();
  expect(await salespersonOf(order)).toMatchObject({ salespersonId: await w.twin('user', 'crm', gone) });
});

test('an order given to him stays with whom it was, and is listed', async () => {
  const { order } = await ordered();
  const before = await salespersonOf(order);
  await leaving((id) => w.edit('crm', 'Order', order, { ownerId: id }));
  expect(await salespersonOf(order)).toEqual(before);
  expect(await issuesOf(order)).toMatchObject([{ field: 'ownerId' }]);
});

test('an open order of his keeps his name and goes on', async () => {
  const { order, erpOrder } = await ordered();
  const { id } = await w.create('crm', 'User', { fullName: 'Old Hand', email: 'old@seller.example' });
  await w.edit('crm', 'Order', order, { ownerId: id });
  await w.settled();
  await w.edit('crm', 'User', id, { active: false });
  await w.settled();
  await w.edit('crm', 'Order', order, { notes: 'Goes on', ownerId: id });
  await w.edit('erp', 'Order', erpOrder, { status: 'RELEASED' });
  await w.settled();
  expect(await salespersonOf(order)).toMatchObject({ salespersonName: 'Old Hand', salespersonBlocked: true });
  expect(await w.fields('erp', 'Order', erpOrder)).toMatchObject({ workDescription: 'Goes on' });
  expect(await issuesOf(order)).toEqual([]);
});

test('what is shipped already was his', async () => {
  let order = '';
  const id = await leaving(async (owner) => {
    const shipped = { customerId, ownerId: owner, lines, status: 'CLOSED' };
    const importer = { actor: 'import', origin: 'import' } as const;
    order = (await w.create('crm', 'Order', shipped, importer)).id;
  });
  expect(await salespersonOf(order)).toMatchObject({ salespersonId: await w.twin('user', 'crm', id) });
  expect(await issuesOf(order)).toEqual([]);
});
