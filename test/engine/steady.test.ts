import { expect, test } from 'vitest';
import { createClaims } from '../../sync/engine/claims.ts';
import { type Lane, ring } from '../../sync/store/lanes.ts';
import { enrolWorker } from '../../sync/store/leases.ts';
import { testDatabase } from '../support/database.ts';
import { patienceMs } from '../support/patience.ts';

const { sql } = await testDatabase();

const handed: Lane = {
  key: 'link:handed',
  mapping: 'customer',
  n: 1,
  rung: {},
  edits: {},
  cause: { kind: 'change' },
  attempts: 0,
  putOff: 0,
  priority: 0,
};

test.for([
  ['now, and nobody tells', 'link:now', 0],
  ['in a moment', 'link:soon', 50],
] as const)('live work that does not cease keeps nobody from what is due %s', async ([, key, delayMs]) => {
  const open = { open: false, heldUp: [] } as never;
  const guard = { state: () => open, ready: async () => {} };
  const claims = createClaims({
    parts: { sql, mappings: {} as never, settings: { isPaused: () => false } },
    token: await enrolWorker(sql),
    priority: 0,
    guards: { crm: guard, erp: guard },
    signal: new AbortController().signal,
    onEmpty: () => {},
    onError: (error) => expect.fail(String(error)),
  });
  // It has looked, and found nothing.
  claims.hand([handed], false);
  expect(await claims.next()).toEqual([handed]);
  claims.passed();
  await ring(sql, [{ key, mapping: 'customer', cause: { kind: 'retry' }, delayMs }]);
  const giveUp = performance.now() + patienceMs / 4;
  let found = false;
  while (!found && performance.now() < giveUp) {
    claims.hand([handed], false);
    const lanes = await claims.next();
    expect(lanes).toContain(handed);
    found = lanes.some((lane) => lane.key === key);
    claims.passed();
  }
  expect(found).toBe(true);
});
