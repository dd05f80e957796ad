import { expect, test } from 'vitest';
import { syncAuthor } from '../../sync/core/sync-author.ts';

test('the sync signs with the name that the systems have kept: under another its own writes would be edits', () => {
  expect(syncAuthor).toEqual({ actor: 'tandem', origin: 'sync' });
});
