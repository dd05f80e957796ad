import { expect, test } from 'vitest';
import type { FieldChange } from '../../sync/core/types.ts';
import { noteOverruled } from '../../sync/engine/decisions.ts';
import type { WorkPlan } from '../../sync/engine/draft.ts';
import type { StepContext } from '../../sync/engine/step-context.ts';
import type { Work } from '../../sync/engine/work.ts';
import { openDecisions } from '../../sync/store/decisions.ts';
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

/** Notes what a step would overrule that tells of these earlier notes, too. */
async function note(changes: readonly FieldChange[], untold: Work['untold'] = {}): Promise<void> {
  let n = 0;
  const noted = await openDecisions(sql);
  const context = { sql, newId: () => `d${noted.length + n++}`, noted: new Map() };
  const plan = { drafts: [{ link, changes }] };
  const work = { links: [link], untold };
  await noteOverruled(context as unknown as StepContext, [
    { plan: plan as unknown as WorkPlan, work: work as unknown as Work },
  ]);
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

test('what overwrites only what was agreed is not noted', async () => {
  await sql`delete from sync.decision`;
  await note([overruling('Agreed')]);
  expect(await openDecisions(sql)).toEqual([]);
});
