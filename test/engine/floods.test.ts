import { expect, test } from 'vitest';
import type { FeedChange } from '../../sync/core/connector.ts';
import { createFloods } from '../../sync/engine/floods.ts';

let ids = 0;

/** So many changes of an author. */
const changes = (n: number, actor: string): FeedChange[] =>
  Array.from({ length: n }, () => ({
    cursor: '1',
    entity: 'Customer',
    id: String(++ids),
    kind: 'updated',
    version: '1',
    at: '2026-01-01T00:00:00Z',
    actor,
  }));

/** Readings, each with the time before it in ms, and whose changes come in bulk, and in a flood, in the last of them. */
function told(
  readings: readonly (readonly [ms: number, changes: readonly FeedChange[]])[],
  isBehind: boolean,
) {
  let now = 0;
  const floods = createFloods(
    () => isBehind,
    () => now,
  );
  let last = floods.of([]);
  for (const [ms, read] of readings) {
    now += ms;
    last = floods.of(read);
  }
  return { bulk: [...last.bulk], flooding: [...last.flooding] };
}

const full = changes(500, 'anna');
const [half, more] = [changes(300, 'anna'), changes(201, 'anna')];

test.each([
  ['a reading that is full of one author', [[0, full]], ['anna']],
  ['one that others fill, too', [[0, [...changes(450, 'anna'), ...changes(50, 'bo')]]], []],
  ['his part of one in which others are', [[0, [...full, ...changes(50, 'bo')]]], ['anna']],
  [
    'what follows it soon',
    [
      [0, full],
      [12_000, changes(1, 'anna')],
    ],
    ['anna'],
  ],
  [
    'what follows it later',
    [
      [0, full],
      [25_000, changes(1, 'anna')],
    ],
    [],
  ],
  [
    'as many in small pieces, which are kept up with',
    [
      [0, half],
      [1, more],
    ],
    [],
  ],
] as const)('a flood, whether live work piles up or not: %s', (_, readings, authors) => {
  expect(told(readings, false)).toEqual({ bulk: authors, flooding: authors });
  expect(told(readings, true).flooding).toEqual(authors);
});

test('as many in small pieces come in bulk while live work piles up, but in no flood', () => {
  const much = [
    [0, half],
    [1, more],
  ] as const;
  expect(told(much, true)).toEqual({ bulk: ['anna'], flooding: [] });
  expect(told([[0, half]], true)).toEqual({ bulk: [], flooding: [] });
  const slow = [
    [0, half],
    [25_000, more],
  ] as const;
  expect(told(slow, true)).toEqual({ bulk: [], flooding: [] });
});
