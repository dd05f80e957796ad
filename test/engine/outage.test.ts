import { describe, expect, test } from 'vitest';
import type { Connector } from '../../sync/core/connector.ts';
import { SyncError } from '../../sync/core/errors.ts';
import { type BreakerState, createGuard, isSystemAway } from '../../sync/engine/guard.ts';
import { failureOf, nextAttempt } from '../../sync/engine/retry.ts';

describe('a failure', () => {
  const after = (code: string, attempts: number, random = 1) =>
    nextAttempt(failureOf({ code, message: '' }), attempts, random);

  test.each([
    ['SYSTEM_UNAVAILABLE', 'later', [100, 200, 400]],
    ['STALE', 'replan', [5, 10, 20]],
    ['BAD_USER_INPUT', 'never', [null, null, null]],
    ['a code that no table knows', 'later', [100, 200, 400]],
  ] as const)('%s is tried again: %s', (code, retry, pauses) => {
    expect(failureOf({ code, message: '' }).retry).toBe(retry);
    expect([1, 2, 3].map((attempts) => after(code, attempts))).toEqual(pauses);
  });

  test.each(['SYSTEM_UNAVAILABLE', 'RATE_LIMITED', 'TIMEOUT'])(
    'of a system that is away (%s) is never given up, and its pause does not grow beyond half a minute',
    (code) => {
      expect(after(code, 12)).toBe(30_000);
      expect(after(code, 1_000)).toBe(30_000);
    },
  );

  test('of another kind is given up after its attempts', () => {
    expect([after('INTERNAL', 11), after('INTERNAL', 12)]).toEqual([30_000, null]);
    expect([after('STALE', 7), after('STALE', 8)]).toEqual([320, null]);
  });

  test('is spread: two that failed together do not come back together', () => {
    expect([after('INTERNAL', 1, 0), after('INTERNAL', 1, 1)]).toEqual([50, 100]);
  });
});

describe('a breaker', () => {
  const away = () => Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED' });

  /** A system that answers as it is told to, and counts how often it is asked. */
  function system() {
    let answer: () => unknown = () => new Map();
    const asked = { reads: 0, checks: 0 };
    const told: BreakerState[] = [];
    const ask = async () => {
      asked.reads++;
      return answer() as never;
    };
    const connector: Connector = {
      read: ask,
      find: ask,
      list: ask,
      write: ask,
      head: ask,
      async check() {
        asked.checks++;
        answer();
        return { version: '1' };
      },
      async *changes() {},
    };
    const guard = createGuard(
      'crm',
      { of: () => connector },
      (state) => told.push(state),
      new AbortController().signal,
    );
    const read = () =>
      guard.connector.read('Customer', ['1']).then(
        () => 'answered',
        (error) => error.code,
      );
    const says = (what: () => unknown) => {
      answer = what;
    };
    const fails = (error: () => Error) =>
      says(() => {
        throw error();
      });
    return { guard, read, says, fails, asked, told };
  }

  test('opens after three failures in a row, and asks no more', async () => {
    const { guard, read, fails, asked, told } = system();
    fails(away);
    expect([await read(), await read()]).toEqual(['SYSTEM_UNAVAILABLE', 'SYSTEM_UNAVAILABLE']);
    expect(guard.state().open).toBe(false);
    expect([await read(), await read()]).toEqual(['SYSTEM_UNAVAILABLE', 'BREAKER_OPEN']);
    expect(guard.state()).toMatchObject({ open: true, reason: 'connect refused' });
    expect(asked.reads).toBe(3);
    expect(told.map(({ open }) => open)).toEqual([true]);
  });

  test('forgets failures once the system answers', async () => {
    const { guard, read, says, fails } = system();
    for (let n = 0; n < 5; n++) {
      fails(away);
      await read();
      await read();
      says(() => new Map());
      expect(await read()).toBe('answered');
    }
    expect(guard.state()).toEqual({ open: false, since: null, reason: null, heldUp: [] });
  });

  test('does not open for what a system says about a record', async () => {
    const { guard, read, fails } = system();
    fails(() => new SyncError('BAD_USER_INPUT', 'no such field'));
    for (let n = 0; n < 5; n++) expect(await read()).toBe('BAD_USER_INPUT');
    expect(guard.state().open).toBe(false);
  });

  test('is closed by one probe for all who wait, and lets no one through before', async () => {
    const { guard, read, says, fails, asked, told } = system();
    fails(away);
    for (let n = 0; n < 3; n++) await read();
    const { signal } = new AbortController();
    const waiting = Promise.all([guard.ready(signal), guard.ready(signal), guard.ready(signal)]);
    expect(await read()).toBe('BREAKER_OPEN');
    says(() => new Map());
    await waiting;
    expect(asked.checks).toBe(1);
    expect(await read()).toBe('answered');
    expect(told.map(({ open }) => open)).toEqual([true, false]);
  });

  test.each([
    ['BREAKER_OPEN', true],
    ['SYSTEM_UNAVAILABLE', true],
    ['AUTH', true],
    ['DISK_FULL', true],
    ['STALE', false],
    ['INTERNAL', false],
  ] as const)('%s says that a system is away: %s', (code, isAway) => {
    expect(isSystemAway(new SyncError(code, ''))).toBe(isAway);
  });
});
