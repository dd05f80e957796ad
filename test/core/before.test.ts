import { expect, test } from 'vitest';
import { comesBefore } from '../../sync/core/before.ts';

test.each([
  ['9', '10', true],
  ['10', '9', false],
  ['10', '10', false],
  // More digits than a floating-point number has.
  ['90071992547409930', '90071992547409931', true],
  ['9a', '10', null],
  ['9', '1.5', null],
  ['', '1', null],
  ['-1', '1', null],
])('%j comes before %j: %j', (one, other, told) => {
  expect(comesBefore(one, other)).toBe(told);
});
