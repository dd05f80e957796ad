import { expect, test } from 'vitest';
import { isExpired, SyncError } from '../../sync/core/errors.ts';

test.each([
  ['one of ours', new SyncError('CURSOR_EXPIRED', 'gone'), true],
  [
    'one of a system within this process, which says it in an error of its own',
    { code: 'CURSOR_EXPIRED' },
    true,
  ],
  ['another one', new SyncError('NOT_FOUND', 'gone'), false],
  ['one without a code', new Error('CURSOR_EXPIRED'), false],
  ['nothing', null, false],
  ['less than nothing', undefined, false],
])('a feed that no longer reaches back is known by the code of its error: %s', (_, error, wanted) =>
  expect(isExpired(error)).toBe(wanted),
);
