import { expect, it } from 'vitest';
import { openRuns } from './world.ts';

const w = await openRuns();

const called = (phone: string) => w.count(`erp.customer where replace(phone_no, ' ', '') = '${phone}'`);
const waiting = () => w.count(`sync.link where state = 'waiting'`);

// Before, what their fields waited for rang them again and again: nothing could be carried out, and the queue never emptied.
it('held pairs rest, though what one of their fields waited for has come, and a retry carries both out', async () => {
  const life = await w.live();
  await life.sync.pause('contact', true, null, 'test');
  const customers = await w.all(
    'crm',
    Array.from({ length: 40 }, (_, n) => ({
      kind: 'create',
      entity: 'Customer',
      fields: { name: `Waits ${n}` },
    })),
  );
  const ids = customers.map(({ id }) => id);
  const contacts = await w.all(
    'crm',
    ids.map((customerId, n) => ({
      kind: 'create',
      entity: 'Contact',
      fields: { lastName: `First ${n}`, customerId },
    })),
  );
  await w.settled(life);
  await w.all(
    'crm',
    contacts.map((contact, n) => ({
      kind: 'update',
      entity: 'Customer',
      id: ids[n]!,
      fields: { primaryContactId: contact.id },
    })),
  );
  await w.settled(life);

  await w.sql`update crm.customer set phone = '22000002' where id = any(${ids})`;
  await w.settled(life);
  expect([await called('22000002'), await waiting()]).toEqual([0, 40]);
  await life.sync.pause('contact', false, null, 'test');
  await w.settled(life);
  expect(await called('22000002')).toBe(0);

  await life.sync.retry({ code: 'MASS_CHANGE' }, { mode: 'apply', actor: 'anna' });
  await w.settled(life);
  expect([await called('22000002'), await waiting()]).toEqual([40, 0]);
  expect(await w.count(`erp.customer where primary_contact_id is not null`)).toBe(40);
  expect(w.errors).toEqual([]);
  await life.stop();
});
