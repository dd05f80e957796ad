import { expect, it } from 'vitest';
import { type Fields, openRuns } from './world.ts';

const w = await openRuns();

const issues = () =>
  w.sql<{ code: string; message: string }[]>`select code, message from sync.issue where closed_at is null`;
const called = (phone: string) => w.count(`erp.customer where replace(phone_no, ' ', '') = '${phone}'`);
const waiting = () => w.count(`sync.link where state = 'waiting'`);

it('one statement over most of a flow is held as a whole, edits of others pass, and a retry carries it out', async () => {
  const life = await w.live();
  const names = Array.from({ length: 700 }, (_, n) => `Table ${n}`);
  for (const from of [0, 350])
    await w.all(
      'crm',
      names.slice(from, from + 350).map((name) => ({ kind: 'create', entity: 'Customer', fields: { name } })),
    );
  await w.settled(life);
  expect(await w.count('erp.customer')).toBe(700);

  // What nobody types moves all at once every night.
  await w.sql`update erp.customer set balance = 17`;
  await w.sql`update sync.link set synced_at = now() - interval '1 hour'`;
  await w.settled(life);
  await w.sql`update sync.lane set run_at = now()`;
  await w.settled(life);
  expect(await w.count('crm.customer where balance_due = 17'), 'computed values').toBe(700);

  await w.sql`update crm.customer set phone = '22000000' where id in (select id from crm.customer order by id limit 650)`;
  const [spared] = await w.sql<{ id: string }[]>`select id from crm.customer where phone is null limit 1`;
  await w.edit('crm', 'Customer', spared!.id, { name: 'By hand' });
  await w.until(
    'what is edited by hand passes',
    async () => (await w.count(`erp.customer where name = 'By hand'`)) === 1,
  );
  await w.settled(life);
  expect([await called('22000000'), await waiting()]).toEqual([0, 650]);
  expect(await issues()).toEqual([
    {
      code: 'MASS_CHANGE',
      message: expect.stringContaining("650 of this flow's 700 linked records in the CRM"),
    },
  ]);

  await life.sync.retry({ code: 'MASS_CHANGE' }, { mode: 'apply', actor: 'anna' });
  await w.settled(life);
  expect([await called('22000000'), await waiting()]).toEqual([650, 0]);
  expect(await issues()).toEqual([]);

  // Less than half is nothing to ask about, and what was carried out after a retry is none of it.
  await w.sql`update crm.customer set phone = '22000001' where id in (select id from crm.customer order by id limit 345)`;
  await w.settled(life);
  expect(await called('22000001')).toBe(345);
  expect(w.errors).toEqual([]);
  await life.stop();
});

it('of a small flow, too: a statement, a bulk call; fewer, or each to something else, travels at once', async () => {
  const life = await w.live();
  const { id: customerId } = await w.create('crm', 'Customer', { name: 'Small flows' });
  const contacts = await w.all(
    'crm',
    Array.from({ length: 40 }, (_, n) => ({
      kind: 'create',
      entity: 'Contact',
      fields: { lastName: `Of ${n}`, customerId },
    })),
  );
  await w.settled(life);
  const held = () => w.count(`sync.link where state = 'waiting' and mapping = 'contact'`);
  const shown = (field: string, text: string) => w.count(`erp.contact where ${field} = '${text}'`);
  const nth = (from: number, to: number) => contacts.slice(from, to).map(({ id }) => id);

  await w.sql`update crm.contact set job_title = 'Loaded' where id = any(${nth(0, 21)})`;
  await w.settled(life);
  expect([await shown('job_title', 'Loaded'), await held()]).toEqual([0, 21]);
  expect(await issues()).toMatchObject([
    { code: 'MASS_CHANGE', message: expect.stringContaining("21 of this flow's 40 linked records") },
  ]);
  await life.sync.retry({ code: 'MASS_CHANGE' }, { mode: 'apply', actor: 'anna' });
  await w.settled(life);
  expect([await shown('job_title', 'Loaded'), await held()]).toEqual([21, 0]);

  const write = (ids: readonly string[], fields: (n: number) => Fields) =>
    w.all(
      'crm',
      ids.map((id, n) => ({ kind: 'update', entity: 'Contact', id, fields: fields(n) })),
      'person',
    );
  await write(nth(0, 30), () => ({ jobTitle: 'By a call' }));
  await w.settled(life);
  expect([await shown('job_title', 'By a call'), await held()]).toEqual([0, 30]);
  await life.sync.retry({ code: 'MASS_CHANGE' }, { mode: 'apply', actor: 'anna' });
  await w.settled(life);
  expect(await shown('job_title', 'By a call')).toBe(30);

  await write(nth(0, 20), () => ({ jobTitle: 'Half' }));
  // Read together with the next, by a busy machine, they would be most of what is read of both.
  await w.settled(life);
  await write(nth(0, 40), (n) => ({ lastName: `Each ${n}` }));
  await w.settled(life);
  expect([await shown('job_title', 'Half'), await held()]).toEqual([20, 0]);
  expect(await w.count(`erp.contact where last_name like 'Each%'`)).toBe(40);
  expect(w.errors).toEqual([]);
  await life.stop();
});
