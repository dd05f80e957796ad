import { expect, test } from 'vitest';
import { createRecent } from '../../drizzle/postgres/recent.ts';

const entries = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => ({ cursor: String(from + n) }));

const log = () => createRecent<{ readonly cursor: string }>(4, 10);

test('what comes in twice is kept once, and who is behind gets each entry once', () => {
  const recent = log();
  expect(recent.takeIn(entries(11, 12))).toBe(true);
  expect(recent.takeIn(entries(11, 12))).toBe(false);
  expect(recent.takeIn(entries(12, 13))).toBe(true);
  expect(recent.head).toBe(13);
  expect(recent.after(10, 9)).toEqual(entries(11, 13));
});

test('a reader gets what follows its position, up to what it asks for, and nothing at the head', () => {
  const recent = log();
  recent.takeIn(entries(11, 14));
  expect(recent.after(11, 9)).toEqual(entries(12, 14));
  expect(recent.after(10, 2)).toEqual(entries(11, 12));
  expect(recent.after(14, 9)).toEqual([]);
});

test('who is further behind than what is kept, or was before it was forgotten, has to read the table', () => {
  const recent = log();
  expect(recent.after(9, 9)).toBe(null);
  recent.takeIn(entries(11, 15));
  expect(recent.after(10, 9)).toBe(null);
  expect(recent.after(11, 9)).toEqual(entries(12, 15));
  recent.moveTo(recent.head);
  expect(recent.after(14, 9)).toBe(null);
  expect(recent.after(15, 9)).toEqual([]);
});

test('however long the log is followed, and in whatever portions, as much is kept', () => {
  for (const portion of [1, 2, 3, 7]) {
    const recent = log();
    for (let at = 10; at < 100; at += portion) {
      recent.takeIn(entries(at + 1, at + portion));
      const { head } = recent;
      const back = Math.min(4, head - 10);
      for (let n = 0; n <= back; n++) expect(recent.after(head - n, 9)).toEqual(entries(head - n + 1, head));
      expect(recent.after(head - back - 1, 9)).toBe(null);
    }
  }
});
