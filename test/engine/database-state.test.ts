import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchDatabase } from '../../sync/engine/database-state.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'Date'] }));
afterEach(() => void vi.useRealTimers());

const refused = Object.assign(new Error('cannot execute INSERT in a read-only transaction'), {
  code: '25006',
});
const cut = Object.assign(new Error('terminating connection due to administrator command'), {
  code: '57P01',
});

function watched() {
  const told: string[] = [];
  const state = watchDatabase(({ kind }, isOver) => told.push(isOver ? `${kind} no more` : kind));
  return { told, state };
}

// Who ends a database's being read-only may cut its connections for it.
test('what was told is told to be over, also where something else went wrong in between', () => {
  const { told, state } = watched();
  state.failed(refused);
  const since = state.refusal()?.since;
  vi.advanceTimersByTime(1_000);
  state.failed(cut);
  state.failed(refused);
  state.failed(cut);
  expect(told).toEqual(['refuses', 'away']);
  expect(state.refusal()?.since).toBe(since);
  vi.advanceTimersByTime(4_999);
  state.wrote();
  expect(told).toHaveLength(2);
  vi.advanceTimersByTime(1);
  state.wrote();
  state.wrote();
  expect(told).toEqual(['refuses', 'away', 'refuses no more', 'away no more']);
  expect(state.refusal()).toBe(null);
});

test('another reason for the same is news', () => {
  const { told, state } = watched();
  state.failed(refused);
  state.failed(Object.assign(new Error('could not extend file: No space left on device'), { code: '53100' }));
  expect(told).toEqual(['refuses', 'refuses']);
  vi.advanceTimersByTime(5_000);
  state.wrote();
  expect(told).toEqual(['refuses', 'refuses', 'refuses no more']);
});

test('what has nothing to do with the database is none of its troubles', () => {
  const { told, state } = watched();
  expect(state.failed(new Error('lines[0]: no product'))).toBe(false);
  state.wrote();
  expect(told).toEqual([]);
});
