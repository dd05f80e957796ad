import { expect, test } from 'vitest';
import { codeAsKept, codeLists } from '../../sync/core/code-lists.ts';

test.each([
  ['units', ' ea ', 'EA'],
  ['category', 'spare \t  parts', 'SPARE PARTS'],
  ['language', ' nb-NO ', 'nb-NO'],
  ['language', 'zh-Hant', 'zh-Hant'],
])('list %s keeps %j as %j: tidy, and in capitals unless case tells codes apart', (list, code, kept) => {
  expect(codeAsKept(list, code)).toBe(kept);
});

test('the CRM has a standard’s codes where people know one, and only countries are spelt in words', () => {
  const told = codeLists.filter(({ standard, spellings }) => standard !== undefined || spellings);
  expect(told.map(({ list, standard, spellings = false }) => [list, standard, spellings])).toEqual([
    ['language', 'BCP 47', false],
    ['country', 'ISO 3166-1 alpha-2', true],
    ['currency', 'ISO 4217', false],
  ]);
});
