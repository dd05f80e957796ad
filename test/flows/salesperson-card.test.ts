import { expect, test } from 'vitest';
import { openWorld } from './world.ts';

// A user's first reference matches a salesperson by e-mail or employee number, else it makes him one.

const w = await openWorld();

test('a user whom nothing refers to gets no salesperson, and the next one of the series with his first customer', async () => {
  const user = await w.create('crm', 'User', { fullName: 'Not Yet', email: 'not.yet@seller.example' });
  await w.settled();
  expect(await w.count('erp', 'Salesperson', 'email', 'not.yet@seller.example')).toBe(0);
  const customer = await w.create('crm', 'Customer', { name: 'His first', ownerId: user.id });
  await w.settled();
  const erpCustomer = await w.twin('customer', 'crm', customer.id);
  const card = await w.twin('user', 'crm', user.id);
  expect(await w.fields('erp', 'Customer', erpCustomer)).toMatchObject({ salespersonId: card });
  expect((await w.fields('erp', 'Salesperson', card)).code).toMatch(/^SP\d{4}$/);
});

test('a salesperson who was made after the user is his, by e-mail', async () => {
  const user = await w.create('crm', 'User', { fullName: 'In Both', email: 'in.both@seller.example' });
  await w.settled();
  const card = await w.create('erp', 'Salesperson', { name: 'In Both', email: 'in.both@seller.example' });
  await w.create('crm', 'Customer', { name: 'Of both', ownerId: user.id });
  await w.settled();
  expect(await w.twin('user', 'crm', user.id)).toBe(card.id);
  expect(await w.count('erp', 'Salesperson', 'email', 'in.both@seller.example')).toBe(1);
});

test('a user without a card gets none where the flow userOrder only links what matches', async () => {
  const owner = await w.create('crm', 'User', {
    fullName: 'Nobody There',
    email: 'nobody.there@seller.example',
  });
  await w.sync.setFlow('userOrder', { rule: 'match' }, 'test');
  const customer = await w.create('crm', 'Customer', { name: 'Sold by nobody', ownerId: owner.id });
  await w.settled();
  const erpCustomer = await w.twin('customer', 'crm', customer.id);
  expect((await w.fields('erp', 'Customer', erpCustomer)).salespersonId).toBeNull();
  expect(await w.count('erp', 'Salesperson', 'email', 'nobody.there@seller.example')).toBe(0);
  await w.sync.setFlow('userOrder', { rule: 'every' }, 'test');
  await w.edit('crm', 'Customer', customer.id, { website: 'https://nobody.example' });
  await w.settled();
  expect(await w.count('erp', 'Salesperson', 'email', 'nobody.there@seller.example')).toBe(1);
  expect((await w.fields('erp', 'Customer', erpCustomer)).salespersonId).not.toBeNull();
});
