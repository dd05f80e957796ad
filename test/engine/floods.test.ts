import { expect, test } from 'vitest';
import type { FeedChange } from '../../sync/core/connector.ts';
import { createFloods } from '../../sync/engine/floods.ts';

let ids = 0;

/** So many changes, each of another record unless it says of which. */
const changes = (n: number, actor: string, id?: string): FeedChange[] =>
  Array.from({ length: n }, () => ({
    cursor: '1',
    entity: 'Customer',
    id: id ?? String(++ids),
    kind: 'updated',
    version: '1',
    at: '2026-01-01T00:00:00Z',
    actor,
  }));

/** Readings, each with the time before it in ms, and who floods in the last of them. */
function flooding(
  readings: readonly (readonly [ms: number, changes: readonly FeedChange[]])[],
  isBehind = false,
): readonly (string | null)[] {
  let now = 0;
  const floods = createFloods(
    () => isBehind,
    () => now,
  );
  let found: ReadonlySet<string | null> = new Set();
  for (const [ms, read] of readings) {
    now += ms;
    found = floods.of(read);
  }
  return [...found];
}

test.each([
  ['a reading that is full of one author', [[0, changes(500, 'anna')]], ['anna']],
  ['one that others fill, too', [[0, [...changes(450, 'anna'), ...changes(50, 'bo')]]], []],
  ['his part of one in which others are', [[0, [...changes(500, 'anna'), ...changes(50, 'bo')]]], ['anna']],
  [
    'more than 500 records in small pieces',
    [
      [0, changes(300, 'anna')],
      [9_000, changes(201, 'anna')],
    ],
    ['anna'],
  ],
  [
    'what follows it soon',
    [
      [0, changes(300, 'anna')],
      [0, changes(201, 'anna')],
      [12_000, changes(1, 'anna')],
    ],
    ['anna'],
  ],
  [
    '500 in small pieces',
    [
      [0, changes(300, 'anna')],
      [9_000, changes(200, 'anna')],
    ],
    [],
  ],
  [
    'as many in a longer time',
    [
      [0, changes(300, 'anna')],
      [25_000, changes(300, 'anna')],
    ],
    [],
  ],
  [
    'the same record again and again',
    [
      [0, changes(300, 'anna', 'a')],
      [1, changes(300, 'anna', 'a')],
    ],
    [],
  ],
] as const)('%s, live work being kept up with', (_, readings, authors) => {
  expect(flooding(readings)).toEqual(authors);
});

test('the same record again and again floods where live work piles up', () => {
  const again = changes(300, 'anna', 'a');
  expect(
    flooding(
      [
        [0, again],
        [1, again],
      ],
      true,
    ),
  ).toEqual(['anna']);
  expect(flooding([[0, again]], true)).toEqual([]);
});
