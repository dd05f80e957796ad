import { expect, test } from 'vitest';
import { born, ground, twinOf } from './people.ts';
import { calm } from './referee/faults.ts';
import { judge } from './referee/judge.ts';
import { openWorld } from './world.ts';

const w = await openWorld();
const on = await ground(w);
const ask = { mode: 'apply', actor: 'anna' } as const;
/** The ERP refuses every write from now on. */
const refused = () => {
  w.erp.faults = ({ call }) => (call === 'write' ? { when: 'before', as: 'write', code: 'FORBIDDEN' } : null);
};

test.for(['deleted', 'unlinked'] as const)(
  'a letter about an edit of a record that was %s since closes, with its issue',
  async (how) => {
    const life = await w.live();
    const { id } = born(w, 'customer', 'crm', on);
    await w.settled(life);
    const twin = twinOf(w, 'customer', 'crm', id)!;
    refused();
    w.edit('crm', 'Customer', id, { name: 'Refused' });
    await w.settled(life);
    expect(await w.letters()).toHaveLength(1);
    w.erp.faults = calm;
    if (how === 'deleted') w.act('crm', { kind: 'delete', entity: 'Customer', id });
    else {
      const [link] = await w.sql<
        { id: string }[]
      >`select id from sync.link where crm_id = ${id} and state <> 'ended' and not lone`;
      await life.sync.unlink(link!.id, 'both', ask);
    }
    await w.settled(life);
    expect(await w.letters()).toEqual([]);
    expect(await w.issues()).toEqual([]);
    expect(w.erp.get('Customer', twin)!.archived).toBe(how === 'deleted');
    // What a person has unlinked is nothing that the referee knows of.
    if (how === 'deleted') expect(await judge(w)).toEqual([]);
    await life.stop();
  },
);

test('a letter about a record that was never made and is gone closes; a retry of it makes nothing', async () => {
  const life = await w.live();
  refused();
  const { id } = born(w, 'customer', 'crm', on);
  await w.settled(life);
  const before = w.erp.all('Customer').length;
  expect(await w.letters()).toHaveLength(1);
  w.act('crm', { kind: 'delete', entity: 'Customer', id });
  w.erp.faults = calm;
  await w.settled(life);
  await life.sync.retry({ code: 'FORBIDDEN' }, ask);
  await w.settled(life);
  expect(await w.letters()).toEqual([]);
  expect(await w.issues()).toEqual([]);
  expect(w.erp.all('Customer')).toHaveLength(before);
  await life.stop();
});
