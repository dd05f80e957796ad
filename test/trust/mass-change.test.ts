import { expect, test } from 'vitest';
import type { FeedChange } from '../../sync/core/connector.ts';
import { born, ground, twinOf } from './people.ts';
import { judge } from './referee/judge.ts';
import type { Fields } from './referee/shapes.ts';
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
  const { matched, results } = await last.sync.retry(
    { code: 'MASS_CHANGE' },
    { mode: 'preview', actor: 'anna' },
  );
  expect([matched > 0, results.length]).toEqual([true, matched]);
  for (const { plan } of results)
    expect(plan.changes).toMatchObject([{ field: 'deleted', side: 'erp', after: 'archive' }]);
  await last.sync.retry({ code: 'MASS_CHANGE' }, { mode: 'apply', actor: 'anna' });
  await w.settled(last);
  expect(archived()).toBe(60);
  expect(await w.issues()).toEqual([]);
  expect(await judge(w)).toEqual([]);
  await last.stop();
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
  await last.stop();
});

// F17 of edits: one statement that goes over a table, or a script that has the wrong column.
test('most of a flow changed alike by one author at once is asked about before any of it is written; single edits and creates pass, and so does a burst of edits that each say something else', async () => {
  const pieces = w.crm.connector.changes;
  // A feed read in large parts, as those of databases are.
  w.crm.connector.changes = async function* (after, signal) {
    let read: FeedChange[] = [];
    for await (const piece of pieces(after, signal)) {
      read = [...read, ...piece];
      if (read.length < 500 && piece.at(-1)!.cursor !== w.crm.feed.head()) continue;
      yield read;
      read = [];
    }
  };
  const life = await w.live();
  const ids = Array.from({ length: 620 }, () => born(w, 'customer', 'crm', on).id);
  await w.settled(life);
  expect(await w.issues(), 'creates in bulk').toEqual([]);
  const twins = new Map(w.erp.all('Customer').map((twin) => [twin.fields.externalReference, twin.id]));
  const edit = (id: string, fields: Fields, actor: string) =>
    w.crm.person({ kind: 'update', entity: 'Customer', id, fields }, actor);
  const written = (name: RegExp): number =>
    ids.filter((id) => name.test(String(w.erp.get('Customer', twins.get(id)!)!.fields.name))).length;

  const was = w.crm.get('Customer', ids[1]!)!.fields.name!;
  for (const id of ids.slice(0, 600)) edit(id, { name: 'Loaded' }, 'loader');
  for (const id of ids.slice(600)) edit(id, { name: `By hand ${id}` }, 'bo');
  await w.settled(life);
  expect([written(/^Loaded/), written(/^By hand/)]).toEqual([0, 20]);
  const asked = [
    {
      code: 'MASS_CHANGE',
      mapping: 'customer',
      message: expect.stringContaining(`loader has changed 600 of this flow's 621 linked records in the CRM`),
    },
  ];
  expect(await w.issues()).toMatchObject(asked);

  // Neither a death nor a run carries out what is held.
  await life.kill();
  await w.bury();
  const next = await w.live();
  await next.sync.startRun('reconciliation', ['customer'], 'apply', 'anna');
  await expect.poll(async () => (await w.sql`select 1 from sync.run where state = 'running'`).length).toBe(0);
  await w.settled(next);
  expect(written(/^Loaded/)).toBe(0);
  expect(await w.issues()).toMatchObject(asked);

  // Of what is held, too, single edits pass, and what is put back is in step.
  edit(ids[0]!, { website: 'https://single.example' }, 'bo');
  edit(ids[1]!, { name: was }, 'loader');
  await w.settled(next);
  expect(written(/^Loaded/)).toBe(1);
  expect(await w.sql`select 1 from sync.link where state = 'waiting' and mapping = 'customer'`).toHaveLength(
    598,
  );

  await next.sync.retry({ code: 'MASS_CHANGE' }, { mode: 'apply', actor: 'anna' });
  await w.settled(next);
  expect(written(/^Loaded/)).toBe(599);
  expect(await w.issues()).toEqual([]);

  // F11. A burst is no mass change: each of these says something else.
  for (const id of ids) edit(id, { name: `Burst ${id}` }, 'loader');
  await w.settled(next);
  expect(written(/^Burst/)).toBe(620);
  expect(await w.issues()).toEqual([]);
  expect(await judge(w)).toEqual([]);
  w.crm.connector.changes = pieces;
});
