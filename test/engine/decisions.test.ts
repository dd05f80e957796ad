import { expect, test } from 'vitest';
import type { FieldChange } from '../../sync/core/types.ts';
import { notesOf } from '../../sync/engine/decisions.ts';
import type { WorkPlan } from '../../sync/engine/draft.ts';
import type { StepContext } from '../../sync/engine/step-context.ts';
import type { Work } from '../../sync/engine/work.ts';
import { noteDecisions, noting, openDecisions } from '../../sync/store/decisions.ts';
import { testDatabase } from '../support/database.ts';

const { sql } = await testDatabase();

const base = { crm: { name: 'Agreed' }, erp: { name: 'Agreed' } };
const link = { id: 'l', mapping: 'customer', crmId: 'c', erpId: 'e', base, lines: [] };
const overruling = (before: string): FieldChange => ({
  field: 'name',
  side: 'erp',
  before,
  after: 'Newer',
  winner: 'crm',
  why: 'later',
});

/** Notes what a step would write that tells of these earlier notes, too; answers whether the note has to go first. */
async function note(
  changes: readonly FieldChange[],
  untold: Work['untold'] = {},
  inside = false,
): Promise<boolean> {
  let n = 0;
  const noted = await openDecisions(sql);
  const system = { capabilities: { inside } };
  const connectors = { crm: system, erp: system };
  const mappings = { customer: { crm: 'Customer', erp: 'Customer' } };
  const newId = (): string => `d${noted.length + n++}`;
  const context = { sql, connectors, mappings, newId, noted: new Map() };
  const write = { side: 'erp', action: 'update', version: '3', gives: [] };
  const parts = [{ link: 'l', values: { name: 'Newer' }, lines: [] }];
  const plan = { drafts: [{ link, changes }], writes: [{ ...write, parts }] };
  const work = { links: [link], untold };
  const { noted: fresh, waits } = notesOf(context as unknown as StepContext, [
    { plan: plan as unknown as WorkPlan, work: work as unknown as Work },
  ]);
  if (waits) await noteDecisions(sql, fresh);
  else if (fresh.length > 0) await sql.unsafe(...noting(fresh));
  return waits;
}

test('an edit that is overruled is noted once, however many steps die over it', async () => {
  await note([overruling('Lost')]);
  for (let deaths = 0; deaths < 5; deaths++) {
    const open = await openDecisions(sql);
    // The next step tells of what the dead ones had noted, and overrules nothing new.
    await note(
      open.flatMap(({ changes }) => changes),
      { l: open },
    );
  }
  expect((await openDecisions(sql)).flatMap(({ changes }) => changes)).toEqual([overruling('Lost')]);
  const [earlier] = await openDecisions(sql);
  await note([...earlier!.changes, overruling('Lost as well')], { l: [earlier!] });
  expect((await openDecisions(sql)).flatMap(({ changes }) => changes)).toEqual([
    overruling('Lost'),
    overruling('Lost as well'),
  ]);
});

test('every write is noted; only a system inside this database is written to without waiting, and no loser there', async () => {
  await sql`delete from sync.decision`;
  expect(await note([overruling('Agreed')])).toBe(true);
  expect(await note([overruling('Agreed')], {}, true)).toBe(false);
  expect(await note([overruling('Lost')], {}, true)).toBe(true);
  const noted = await openDecisions(sql);
  expect(noted.map(({ changes, version }) => [changes[0]!.before, version])).toEqual([
    ['Agreed', '3'],
    ['Agreed', '3'],
    ['Lost', '3'],
  ]);
});

test('what nothing is written of is not noted', async () => {
  await sql`delete from sync.decision`;
  await note([
    { ...overruling('Agreed'), field: 'email' },
    { ...overruling('Agreed'), side: 'crm' },
  ]);
  expect(await openDecisions(sql)).toEqual([]);
});
