import { expect, test } from 'vitest';
import type { Held, LineLink, MergeInput, MergePlan, Side } from '../../sync/core/types.ts';
import { withhold } from '../../sync/core/withhold.ts';

const unfit = (side: Side, field: string, line?: string): Held => ({
  field,
  side,
  kind: 'unfit',
  value: 'x',
  message: 'too long',
  ...(line && { line }),
});
const change = (side: Side, field: string, line?: string) => ({
  field,
  side,
  before: 'a',
  after: 'b',
  winner: null,
  why: 'edited',
  ...(line && { line }),
});
const link = (base: string): LineLink => ({
  id: 'l1',
  crmLineId: 'c1',
  erpLineId: 'e1',
  base: { crm: { text: base, unit: base }, erp: { text: base, unit: base } },
  ended: false,
});
const gone: LineLink = { ...link('a'), id: 'l2', base: null };

const plan: MergePlan = {
  writes: { crm: { name: 'b', note: 'b' }, erp: { name: 'b', phone: 'b' } },
  lineWrites: {
    crm: [{ kind: 'remove', link: 'l2', lineId: 'c2' }],
    erp: [
      { kind: 'change', link: 'l1', lineId: 'e1', values: { text: 'b', unit: 'b' } },
      { kind: 'add', link: 'l3', lineId: 'e3', values: { text: 'b' } },
    ],
  },
  changes: [change('erp', 'name'), change('crm', 'name'), change('erp', 'text', 'l1')],
  conflicts: [],
  held: [unfit('crm', 'known')],
  base: { crm: { name: 'b', fresh: 'b' }, erp: { name: 'b', fresh: 'b' } },
  lineLinks: [link('b'), gone],
};
const input = {
  base: { crm: { name: 'a' }, erp: { name: 'a' } },
  lineLinks: [link('a')],
} as unknown as MergeInput;

test('nothing withheld: the plan as it is', () => {
  expect(withhold(plan, input, [])).toBe(plan);
});

test('a field that a side cannot hold is not written there, is listed, and keeps its old base on both', () => {
  const made = withhold(plan, input, [unfit('erp', 'name')]);
  expect(made).toEqual({
    ...plan,
    writes: { crm: { name: 'b', note: 'b' }, erp: { phone: 'b' } },
    changes: [change('crm', 'name'), change('erp', 'text', 'l1')],
    held: [unfit('crm', 'known'), unfit('erp', 'name')],
    base: { crm: { name: 'a', fresh: 'b' }, erp: { name: 'a', fresh: 'b' } },
  });
  expect(made.writes.crm).toBe(plan.writes.crm);
  expect(withhold(plan, input, [unfit('crm', 'name')]).writes).toEqual({
    crm: { note: 'b' },
    erp: { name: 'b', phone: 'b' },
  });
});

test('one that was never agreed has no base', () => {
  const made = withhold(plan, input, [unfit('erp', 'fresh')]);
  expect(made.base).toEqual({ crm: { name: 'b' }, erp: { name: 'b' } });
  expect(withhold(plan, { ...input, base: null }, [unfit('erp', 'name')]).base.crm).toEqual({ fresh: 'b' });
});

test('a field of a line is named by the id that the side gave the line', () => {
  const made = withhold(plan, input, [unfit('erp', 'text', 'e1')]);
  expect(made.lineWrites).toEqual({
    crm: plan.lineWrites.crm,
    erp: [{ kind: 'change', link: 'l1', lineId: 'e1', values: { unit: 'b' } }, plan.lineWrites.erp[1]],
  });
  expect(made.changes).toEqual([change('erp', 'name'), change('crm', 'name')]);
  expect(made.lineLinks).toEqual([
    {
      ...link('b'),
      base: { crm: { text: 'a', unit: 'b' }, erp: { text: 'a', unit: 'b' } },
    },
    gone,
  ]);
  expect(made.base).toEqual(plan.base);
  expect(made.writes).toEqual(plan.writes);
});

test('a change of which nothing is left is no change; a new line is added without it', () => {
  const all = [unfit('erp', 'text', 'e1'), unfit('erp', 'unit', 'e1'), unfit('erp', 'text', 'e3')];
  const made = withhold(plan, input, all);
  expect(made.lineWrites.erp).toEqual([{ kind: 'add', link: 'l3', lineId: 'e3', values: {} }]);
});

test('a line of another side, and a field of the header of that name, are something else', () => {
  const made = withhold(plan, input, [unfit('crm', 'text', 'c1'), unfit('erp', 'text')]);
  expect(made.lineWrites).toEqual(plan.lineWrites);
  expect(made.changes).toEqual(plan.changes);
  const named = withhold(plan, input, [unfit('erp', 'text', 'l1')]);
  expect(named.changes).toEqual([change('erp', 'name'), change('crm', 'name')]);
});
