import { describe, expect, test } from 'vitest';
import { type CodePair, codesChanged, withoutPair, withPair } from '../../sync/core/code-pairs.ts';

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
    ['in the place of itself', pair('B', '2', { direction: 'toCrm' }), pair('B', '2'), []],
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
    expect(told(withPair([standing], set))).toEqual([...left, [set.crm, set.erp, set.direction]]);
  });

  test('for a time takes nothing from those that hold always, and stands in its own place', () => {
    const [a, b] = [pair('A', '2'), pair('B', '1')];
    for (const time of [{ validFrom: '2026-01-01T00:00:00Z' }, { validTo: '2027-01-01T00:00:00Z' }]) {
      const set = pair('B', '2', time);
      expect(withPair([a, b, pair('B', '2')], set)).toEqual([a, b, set]);
    }
  });
});

test('a pair that is taken away leaves every other one', () => {
  const [a, b, c] = [pair('A', '2'), pair('B', '1'), pair('B', '2', { validFrom: '2026-01-01T00:00:00Z' })];
  expect(withoutPair([a, b, c], { list: 'units', crm: 'B', erp: '2' })).toEqual([a, b]);
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
