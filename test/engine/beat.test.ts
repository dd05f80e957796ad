import { expect, test } from 'vitest';
import { beat } from '../../sync/engine/beat.ts';
import type { EngineParts } from '../../sync/engine/step-context.ts';
import { claimNamed, ring } from '../../sync/store/lanes.ts';
import { openLiveness } from '../../sync/store/liveness.ts';
import { testDatabase } from '../support/database.ts';

const { sql } = await testDatabase();
const key = 'link:unread';
const isHeld = async (): Promise<boolean> =>
  (await sql`select 1 from sync.lane where key = ${key} and token is not null`).length > 0;

// A process that stood still for seconds has leases in the database of which it has not read the answer. To free one is
// to have two steps at the same pair: the one that loses its lease leaves its notes behind.
test('a lease whose answer is still unread is not taken for forgotten, and one that is forgotten is freed', async () => {
  const liveness = openLiveness(sql);
  const token = await liveness.enrol();
  await ring(sql, [{ key, mapping: 'customer', cause: { kind: 'change' } }]);
  await claimNamed(sql, token, [key]);
  await sql`update sync.lane set locked_until = locked_until - interval '10 seconds' where key = ${key}`;

  const inHand = new Set<string>();
  const stopping = new AbortController();
  let looked = Promise.withResolvers<void>();
  const freed = Promise.withResolvers<void>();
  const beating = beat({
    parts: { sql, connectors: {}, mappings: {}, homes: { crm: {}, erp: {} } } as unknown as EngineParts,
    liveness,
    token,
    inHand,
    signal: stopping.signal,
    onFreed: freed.resolve,
    onSign: () => {},
    onBeat: async () => looked.resolve(),
    onError: (error) => looked.reject(error),
  });
  await looked.promise;
  expect(await isHeld()).toBe(true);

  inHand.add(key);
  looked = Promise.withResolvers();
  await looked.promise;
  expect(await isHeld()).toBe(true);

  inHand.delete(key);
  await freed.promise;
  expect(await isHeld()).toBe(false);
  stopping.abort();
  await beating;
  await liveness.close();
});
