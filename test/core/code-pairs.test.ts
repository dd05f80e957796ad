import { describe, expect, test } from 'vitest';
import {
  type CodePair,
  codesChanged,
  pairsOf,
  standingPairs,
  turnedPairs,
  withoutPair,
} from '../../sync/core/code-pairs.ts';

const always = { validFrom: null, validTo: null };
const pair = (crm: string, erp: string, more: Partial<CodePair> = {}): CodePair => ({
  list: 'units',
  crm,
  erp,
  direction: 'both',
  ...always,
  ...more,
});
const told = (pairs: readonly CodePair[]) => pairs.map(({ crm, erp, direction }) => [crm, erp, direction]);

describe('a pair that is set', () => {
  test.each<readonly [string, CodePair, CodePair, readonly (readonly string[])[]]>([
    ['beside pairs of other codes', pair('A', '1'), pair('B', '2'), [['A', '1', 'both']]],
    [
      'reads the code that another read: that is written only',
      pair('A', '2'),
      pair('B', '2'),
      [['A', '2', 'toErp']],
    ],
    [
      'writes the code that another wrote: that is read only',
      pair('B', '1'),
      pair('B', '2'),
      [['B', '1', 'toCrm']],
    ],
    [
      'which reads only, leaves who writes',
      pair('B', '1'),
      pair('B', '2', { direction: 'toCrm' }),
      [['B', '1', 'both']],
    ],
    [
      'which writes only, leaves who reads',
      pair('A', '2'),
      pair('B', '2', { direction: 'toErp' }),
      [['A', '2', 'both']],
    ],
    ['one left with nothing to read goes', pair('A', '2', { direction: 'toCrm' }), pair('B', '2'), []],
    ['one left with nothing to write goes', pair('B', '1', { direction: 'toErp' }), pair('B', '2'), []],
    [
      'one that only reads another code stays',
      pair('B', '1', { direction: 'toCrm' }),
      pair('B', '2'),
      [['B', '1', 'toCrm']],
    ],
    [
      'one that only writes another code stays',
      pair('A', '2', { direction: 'toErp' }),
      pair('B', '2'),
      [['A', '2', 'toErp']],
    ],
  ])('%s', (_, standing, set, left) => {
    expect(told(standingPairs([standing, set]))).toEqual([...left, [set.crm, set.erp, set.direction]]);
  });

  test('for a time takes nothing from those that hold always', () => {
    const [a, b] = [pair('A', '2'), pair('B', '1')];
    for (const time of [{ validFrom: '2026-01-01T00:00:00Z' }, { validTo: '2027-01-01T00:00:00Z' }]) {
      const set = pair('B', '2', time);
      expect(standingPairs([a, b, set])).toEqual([a, b, set]);
    }
  });

  test('of three that say the same of a code the last stands, and each gives back what it took', () => {
    const all = [pair('A', '2'), pair('B', '2'), pair('C', '2')];
    const [, b, c] = all;
    expect(told(standingPairs(all))).toEqual([
      ['A', '2', 'toErp'],
      ['B', '2', 'toErp'],
      ['C', '2', 'both'],
    ]);
    expect(told(standingPairs(withoutPair(all, c!)))).toEqual([
      ['A', '2', 'toErp'],
      ['B', '2', 'both'],
    ]);
    expect(told(standingPairs(withoutPair(withoutPair(all, b!), c!)))).toEqual([['A', '2', 'both']]);
  });
});

test('a pair that is taken away leaves every other one', () => {
  const [a, b, c] = [pair('A', '2'), pair('B', '1'), pair('B', '2', { validFrom: '2026-01-01T00:00:00Z' })];
  expect(withoutPair([a, b, c], { list: 'units', crm: 'B', erp: '2' })).toEqual([a, b]);
  expect(pairsOf([a, b, c, pair('C', '3')], { list: 'units', crm: 'B', erp: '2' })).toEqual([a, b, c]);
});

test('others that are turned: with the direction that they had and have, or none', () => {
  const [a, b] = [pair('A', '2'), pair('B', '1', { direction: 'toErp' })];
  const set = pair('B', '2');
  const [before, after] = [standingPairs([a, b]), standingPairs([a, b, set])];
  const yields = [
    { crm: 'A', erp: '2', before: 'both', after: 'toErp' },
    { crm: 'B', erp: '1', before: 'toErp', after: null },
  ];
  expect(turnedPairs(before, after, set)).toEqual(yields);
  expect(turnedPairs(after, before, set).toSorted((x, y) => (x.crm < y.crm ? -1 : 1))).toEqual(
    yields.map((each) => ({ ...each, before: each.after, after: each.before })),
  );
  expect(turnedPairs([pair('A', '1')], [pair('A', '1'), set], set)).toEqual([]);
});

describe('the codes of the CRM for which a setting matters', () => {
  const changed = (before: readonly CodePair[], after: readonly CodePair[]) =>
    codesChanged(before, after, { list: 'units', crm: 'B', erp: '2' });

  test('the one that is written otherwise, and those as which the ERP’s was read', () => {
    expect(changed([], [pair('B', '2')])).toEqual(['B']);
    expect(changed([pair('A', '2')], [pair('A', '2', { direction: 'toErp' }), pair('B', '2')])).toEqual([
      'B',
      'A',
    ]);
    expect(changed([pair('B', '1')], [pair('B', '1', { direction: 'toCrm' }), pair('B', '2')])).toEqual([
      'B',
    ]);
    expect(changed([pair('B', '2')], [])).toEqual(['B']);
    expect(changed([pair('A', '2')], [pair('B', '2', { direction: 'toCrm' })])).toEqual(['A']);
  });

  test('none where both translate as before, whatever becomes of other codes', () => {
    expect(changed([pair('B', '2')], [pair('B', '2', { validFrom: '2026-01-01T00:00:00Z' })])).toEqual([]);
    expect(changed([pair('A', '1')], [])).toEqual([]);
    const [reads, writes] = [pair('B', '2', { direction: 'toCrm' }), pair('A', '2', { direction: 'toErp' })];
    expect(changed([reads], [reads, writes])).toEqual([]);
    expect(changed([pair('B', '3', { direction: 'toCrm' })], [])).toEqual([]);
  });
});
