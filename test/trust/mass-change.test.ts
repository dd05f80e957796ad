import { expect, test } from 'vitest';
import { born, ground, twinOf } from './people.ts';
import { judge } from './referee/judge.ts';
import { openWorld } from './world.ts';

const w = await openWorld();
const on = await ground(w);

// F17. The news comes in pieces, as the feed and the workers happen to take it.
test('a system that shows most of a flow as gone is not believed; what comes back is in step, and a person can say that it is true', async () => {
  const life = await w.live();
  const ids = Array.from({ length: 60 }, () => born(w, 'customer', 'crm', on).id);
  await w.settled(life);
  const read = w.crm.connector.read;
  const twins = ids.map((id) => twinOf(w, 'customer', 'crm', id)!);
  const archived = (): number => twins.filter((id) => w.erp.get('Customer', id)!.archived).length;

  // An empty answer: the records are there, the system does not show them.
  await life.stop();
  for (const id of ids) w.edit('crm', 'Customer', id, { name: `Renamed ${id}` });
  w.crm.connector.read = async (entity, asked) => (entity === 'Customer' ? new Map() : read(entity, asked));
  const next = await w.live();
  await w.settled(next);
  expect(archived()).toBe(0);
  expect((await w.issues()).map((i) => i.code)).toEqual(['MASS_CHANGE']);
  expect(await w.sql`select 1 from sync.link where state = 'waiting' and mapping = 'customer'`).toHaveLength(
    60,
  );

  // It shows them again: nobody has to do anything.
  w.crm.connector.read = read;
  await w.sql`update sync.lane set run_at = now()`;
  await w.settled(next);
  expect(archived()).toBe(0);
  expect(await w.issues()).toEqual([]);
  expect(await judge(w)).toEqual([]);

  // Really deleted: held, until a person says so. A single one passes.
  w.act('crm', { kind: 'delete', entity: 'Customer', id: ids[0]! });
  await w.settled(next);
  expect(archived()).toBe(1);
  await next.stop();
  for (const id of ids.slice(1)) w.act('crm', { kind: 'delete', entity: 'Customer', id });
  const last = await w.live();
  await w.settled(last);
  expect((await w.issues()).map((i) => i.code)).toEqual(['MASS_CHANGE']);
  expect(archived()).toBe(1);
  await last.sync.retry({ code: 'MASS_CHANGE' }, { mode: 'apply', actor: 'anna' });
  await w.settled(last);
  expect(archived()).toBe(60);
  expect(await w.issues()).toEqual([]);
  expect(await judge(w)).toEqual([]);
});

// F17 again: putting away is what a deletion does to the other side, and a script that archives most of a flow is no less wrong.
test('most of a flow archived at once is asked about before it travels; single ones travel, and what is restored is in step', async () => {
  const life = await w.live();
  const ids = Array.from({ length: 40 }, () => born(w, 'contact', 'crm', on).id);
  await w.settled(life);
  const twins = ids.map((id) => twinOf(w, 'contact', 'crm', id)!);
  const archived = (): number => twins.filter((id) => w.erp.get('Contact', id)!.archived).length;
  const all = (kind: 'archive' | 'restore'): void => {
    for (const id of ids.slice(1)) w.act('crm', { kind, entity: 'Contact', id });
  };

  w.act('crm', { kind: 'archive', entity: 'Contact', id: ids[0]! });
  await w.settled(life);
  expect(archived()).toBe(1);

  await life.stop();
  all('archive');
  const next = await w.live();
  await w.settled(next);
  expect(archived()).toBe(1);
  expect((await w.issues()).map(({ code }) => code)).toEqual(['MASS_CHANGE']);
  expect(await w.sql`select 1 from sync.link where state = 'waiting' and mapping = 'contact'`).toHaveLength(
    39,
  );

  all('restore');
  await w.settled(next);
  await w.sql`update sync.lane set run_at = now()`;
  await w.settled(next);
  expect(archived()).toBe(1);
  expect(await w.issues()).toEqual([]);

  await next.stop();
  all('archive');
  const last = await w.live();
  await w.settled(last);
  expect(archived()).toBe(1);
  await last.sync.retry({ code: 'MASS_CHANGE' }, { mode: 'apply', actor: 'anna' });
  await w.settled(last);
  expect(archived()).toBe(40);
  expect(await w.issues()).toEqual([]);
  expect(await judge(w)).toEqual([]);
});
