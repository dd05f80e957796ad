import { expect, test } from 'vitest';
import { awaiting } from '../../subgraphs/sync/stream.ts';

const never = new AbortController().signal;

test('what fails while nobody waits for it is told to whoever waits next, and ends no process', async () => {
  const { promise, reject } = Promise.withResolvers<string>();
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', note);
  try {
    const next = awaiting(promise, never);
    reject(new Error('the log is away'));
    // Node tells of what nobody handles once the promises that are due have had their turn.
    await new Promise((resolve) => setImmediate(resolve));
    await expect(next(null)).rejects.toThrow('the log is away');
    expect(unhandled).toEqual([]);
  } finally {
    process.off('unhandledRejection', note);
  }
});

test('what has come is there at once, as often as it is asked for, and stopping ends the wait', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const stop = new AbortController();
  const next = awaiting(promise, stop.signal);
  const waiting = next(null);
  resolve('news');
  expect([await waiting, await next(60_000), await next(null)]).toEqual(['news', 'news', 'news']);
  const other = awaiting(new Promise(() => {}), stop.signal)(null);
  stop.abort();
  expect(await other).toBeNull();
  expect(await awaiting(new Promise(() => {}), stop.signal)(null), 'stopped before').toBeNull();
});
