import { expect, test } from 'vitest';
import { born, ground, twinOf } from './people.ts';
import { judged } from './referee/story.ts';
import { openWorld } from './world.ts';

const w = await openWorld();
const on = await ground(w);

// F4. Captures are not flushed one by one: PostgreSQL may come back without the last of them, between two statements.
test('a database that came back without the last captures is told them again by the feed', async () => {
  const life = await w.live();
  const before = await w.sql<{ side: string; cursor: string }[]>`select side, cursor from sync.feed`;
  await life.sync.pause('product', true, null, 'anna');
  const lost = born(w, 'product', 'crm', on);
  await expect.poll(() => w.sql`select 1 from sync.lane`, { timeout: 10_000 }).toHaveLength(1);
  await w.sql`delete from sync.lane`;
  for (const { side, cursor } of before)
    await w.sql`update sync.feed set cursor = ${cursor} where side = ${side}`;
  await life.sync.pause('product', false, null, 'anna');
  const next = born(w, 'product', 'crm', on);
  await w.settled(life);
  for (const { id } of [lost, next]) expect(twinOf(w, 'product', 'crm', id)).not.toBeNull();
  expect(await judged(w)).toEqual([]);
  await life.stop();
});
