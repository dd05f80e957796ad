import { expect, test } from 'vitest';
import type { SystemRecord } from '../../sync/core/types.ts';
import { born, ground, twinOf } from './people.ts';
import { judged } from './referee/story.ts';
import { type Life, openWorld } from './world.ts';

const w = await openWorld();
const on = await ground(w);

/** Captures news of a record while the flow rests, and lets the database forget it: its cursor does not know of it. */
async function forgotten(life: Life): Promise<SystemRecord> {
  const before = await w.sql<{ side: string; cursor: string }[]>`select side, cursor from sync.feed`;
  await life.sync.pause('product', true, null, 'anna');
  const lost = born(w, 'product', 'crm', on);
  await expect.poll(() => w.sql`select 1 from sync.backlog where changes > 0`).toHaveLength(1);
  await w.sql.begin(async (tx) => {
    for (const { side, cursor } of before)
      await tx`update sync.feed set cursor = ${cursor} where side = ${side}`;
  });
  await life.sync.pause('product', false, null, 'anna');
  return lost;
}

// F4. Captures are not flushed one by one: PostgreSQL may come back without the last of them, between two statements.
test('a database that came back without the last captures is told them again by the feed', async () => {
  const life = await w.live();
  const lost = await forgotten(life);
  const next = born(w, 'product', 'crm', on);
  await w.settled(life);
  for (const { id } of [lost, next]) expect(twinOf(w, 'product', 'crm', id)).not.toBeNull();
  expect(await judged(w)).toEqual([]);
  await life.stop();
});

// Nothing else comes, so nothing else would make the reader look where it stands.
test('also when no news comes after them', async () => {
  const life = await w.live();
  const lost = await forgotten(life);
  await w.settled(life);
  expect(twinOf(w, 'product', 'crm', lost.id)).not.toBeNull();
  expect(await judged(w)).toEqual([]);
  await life.stop();
});
