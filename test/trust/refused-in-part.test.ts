import { expect, test } from 'vitest';
import type { Json } from '../../sync/core/types.ts';
import { born, type Ground, ground, twinOf } from './people.ts';
import { calm } from './referee/faults.ts';
import { judged } from './referee/story.ts';
import { inOwnWorld, type Life, type World } from './world.ts';

// I5. One step writes a record twice, or both records of a pair, and one of these writes is refused: what the other has
// overwritten is told all the same.

test('a record is written and then not put away: what was overwritten is told once it is', () =>
  inOwnWorld(async (w) => {
    const on = await ground(w);
    const { crm, erp } = await pairOf(w, on);
    w.edit('crm', 'Customer', crm, { legalName: 'Typed in the CRM' });
    w.edit('erp', 'Customer', erp, { legalName: 'Typed in the ERP' });
    w.act('erp', { kind: 'archive', entity: 'Customer', id: erp });
    w.crm.faults = ({ kind }) =>
      kind === 'archive'
        ? { when: 'before', as: 'write', code: 'FORBIDDEN', message: 'Not in this month.' }
        : null;
    const life = await w.live();
    await w.settled(life);
    expect(w.crm.get('Customer', crm)).toMatchObject({
      archived: false,
      fields: { legalName: 'Typed in the ERP' },
    });
    expect(await w.letters()).toMatchObject([{ code: 'FORBIDDEN' }]);

    w.crm.faults = calm;
    await life.sync.retry({ ids: [(await w.letters())[0]!.id] }, { mode: 'apply', actor: 'anna' });
    await w.settled(life);
    expect(w.crm.get('Customer', crm)!.archived).toBe(true);
    await toldOnce(w, life, crm);
  }));

test('one field is refused by one system: what was overwritten in the other in the same step is told', () =>
  inOwnWorld(async (w) => {
    const on = await ground(w);
    const { crm, erp } = await pairOf(w, on);
    w.edit('crm', 'Customer', crm, { legalName: 'Typed in the CRM', email: 'refused@firm.example' });
    w.edit('erp', 'Customer', erp, { legalName: 'Typed in the ERP' });
    w.erp.faults = ({ fields }) =>
      fields.email === 'refused@firm.example'
        ? { when: 'before', as: 'write', code: 'BAD_USER_INPUT', field: 'email' }
        : null;
    const life = await w.live();
    await w.settled(life);
    expect(w.crm.get('Customer', crm)!.fields.legalName).toBe('Typed in the ERP');
    await toldOnce(w, life, crm);
  }));

/** A pair of customers at rest. */
async function pairOf(w: World, on: Ground): Promise<{ readonly crm: string; readonly erp: string }> {
  const life = await w.live();
  const { id: crm } = born(w, 'customer', 'crm', on);
  await w.settled(life);
  await life.stop();
  return { crm, erp: twinOf(w, 'customer', 'crm', crm)! };
}

/** The log tells once of the edit that lost, no note is left, and the referee finds nothing broken. */
async function toldOnce(w: World, life: Life, crm: string): Promise<void> {
  const events = await w.sql<{ fields: readonly { field: string; after: Json }[] }[]>`
    select e.fields from sync.event e join sync.link l on l.id = e.link_id where l.crm_id = ${crm} order by e.pos`;
  const told = events.flatMap(({ fields }) => fields.filter(({ field }) => field === 'legalName'));
  expect(told).toEqual([
    expect.objectContaining({
      side: 'crm',
      before: 'Typed in the CRM',
      after: 'Typed in the ERP',
      lost: 'Typed in the CRM',
    }),
  ]);
  expect(await w.sql`select pair, changes from sync.decision`).toEqual([]);
  expect(await judged(w)).toEqual([]);
  expect(life.errors).toEqual([]);
  await life.stop();
}
