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
async function told(
  readings: readonly (readonly [ms: number, changes: readonly FeedChange[]])[],
  isBehind: boolean,
  most = Number.POSITIVE_INFINITY,
) {
  let now = 0;
  const floods = createFloods(
    () => isBehind,
    async (entity, records) => entity === 'Customer' && records > most,
    () => now,
  );
  let last = await floods.of([]);
  for (const [ms, read] of readings) {
    now += ms;
    last = await floods.of(read);
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
] as const)('a flood, whether live work piles up or not: %s', async (_, readings, authors) => {
  expect(await told(readings, false)).toEqual({ bulk: authors, flooding: authors });
  expect((await told(readings, true)).flooding).toEqual(authors);
});

test.each([
  ['most of a small flow in one reading', [[0, changes(31, 'anna')]], ['anna']],
  [
    'what follows it soon',
    [
      [0, changes(31, 'anna')],
      [1, changes(1, 'anna')],
    ],
    ['anna'],
  ],
  ['half of it', [[0, changes(30, 'anna')]], []],
  [
    'most of it in small pieces',
    [
      [0, changes(30, 'anna')],
      [1, changes(30, 'anna')],
    ],
    [],
  ],
  ['most of it by two', [[0, [...changes(20, 'anna'), ...changes(20, 'bo')]]], []],
  ['the same record over and over', [[0, changes(60, 'anna').map((each) => ({ ...each, id: '1' }))]], []],
  [
    'as many of another entity, of which there are more',
    [[0, changes(60, 'anna').map((each) => ({ ...each, entity: 'Contact' }))]],
    [],
  ],
] as const)('a flood over a small flow: %s', async (_, readings, authors) => {
  expect(await told(readings, false, 30)).toEqual({ bulk: authors, flooding: authors });
});

test('as many in small pieces come in bulk while live work piles up, but in no flood', async () => {
  const much = [
    [0, half],
    [1, more],
  ] as const;
  expect(await told(much, true)).toEqual({ bulk: ['anna'], flooding: [] });
  expect(await told([[0, half]], true)).toEqual({ bulk: [], flooding: [] });
  const slow = [
    [0, half],
    [25_000, more],
  ] as const;
  expect(await told(slow, true)).toEqual({ bulk: [], flooding: [] });
});
