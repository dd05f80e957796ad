import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { faults } from '../planted/faults.ts';

const root = join(import.meta.dirname, '../..');

// `npm run planted` takes most of an hour: that a mistake no longer applies is known at once.
test('every planted mistake has its place in the code, once, and a test that is there', () => {
  expect(faults.length).toBeGreaterThan(200);
  const timesIn = (file: string, text: string): number =>
    readFileSync(join(root, file), 'utf8').split(text).length - 1;
  const misplaced = faults.filter(({ file, search }) => timesIn(file, search) !== 1);
  expect(misplaced.map(({ what }) => what)).toEqual([]);
  const untested = faults.filter(({ test: [file] }) => timesIn(file, 'test') === 0);
  expect(untested.map(({ what }) => what)).toEqual([]);
});
