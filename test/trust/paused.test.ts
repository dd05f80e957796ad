import { afterEach, expect, test } from 'vitest';
import type { Side } from '../../sync/core/types.ts';
import { born, edited, ground, twinOf } from './people.ts';
import { judged } from './referee/story.ts';
import { type Life, openWorld } from './world.ts';

const w = await openWorld();
const on = await ground(w);
const lives: Life[] = [];

async function alive(): Promise<Life> {
  const life = await w.live();
  lives.push(life);
  return life;
}

afterEach(async () => {
  for (const life of lives.splice(0)) await life.kill();
});

const rest = ({ sync }: Life, paused: boolean) => sync.pause('customer', paused, null, 'anna');
const nameIn = (side: Side, id: string): unknown => w.fakes[side].get('Customer', id)?.fields.name;

async function linked(n: number, of: Life): Promise<readonly string[]> {
  const ids = Array.from({ length: n }, () => born(w, 'customer', 'crm', on).id);
  await w.settled(of);
  return ids;
}

/** Every one is edited so many times in the CRM, and new ones come in the ERP. */
function busy(ids: readonly string[], times: number): void {
  for (let round = 0; round < times; round++) for (const id of ids) edited(w, 'customer', 'crm', id);
  for (const _ of ids) born(w, 'customer', 'erp', on);
}

async function allAgree(ids: readonly string[]): Promise<void> {
  for (const id of ids) expect(nameIn('erp', twinOf(w, 'customer', 'crm', id)!)).toBe(nameIn('crm', id));
  expect(await w.sql`select * from sync.backlog`).toEqual([]);
  expect(await judged(w)).toEqual([]);
}

test.each([1, 3, 6])(
  'a death over part %i of what a flow has missed loses and doubles nothing',
  async (part) => {
    const first = await alive();
    const ids = await linked(60, first);
    await rest(first, true);
    busy(ids, 4);
    await w.settled(first);
    expect(await w.sql`select 1 from sync.lane`).toEqual([]);
    let parts = 0;
    first.dieAt('change read', () => ++parts === part);
    await rest(first, false);
    await first.dead;
    await w.bury();
    const next = await alive();
    await w.settled(next);
    await allAgree(ids);
  },
);

test('two processes: one pauses, the other lets it go on', async () => {
  const [one, other] = [await alive(), await alive()];
  const ids = await linked(60, one);
  await rest(one, true);
  busy(ids, 3);
  await w.settled(one);
  await w.settled(other);
  expect(await w.sql`select 1 from sync.lane`).toEqual([]);
  const changes = await w.sql`select side, changes from sync.backlog order by side`;
  expect(changes).toEqual([
    { side: 'crm', changes: 180 },
    { side: 'erp', changes: 60 },
  ]);
  await rest(other, false);
  await w.settled(other);
  await w.settled(one);
  await allAgree(ids);
});

test('a feed that no longer has where the flow stopped: the flow is reconciled, and that is said', async () => {
  const life = await alive();
  const ids = await linked(20, life);
  await rest(life, true);
  busy(ids, 1);
  const gone = ids[0]!;
  w.act('crm', { kind: 'delete', entity: 'Customer', id: gone });
  await w.settled(life);
  w.crm.feed.forget();
  await rest(life, false);
  await expect
    .poll(() => w.sql`select kind, mode, flows, by from sync.run`)
    .toEqual([{ kind: 'reconciliation', mode: 'apply', flows: ['customer'], by: 'tandem' }]);
  await expect.poll(() => w.sql`select 1 from sync.run where state = 'done'`).toHaveLength(1);
  await w.settled(life);
  await allAgree(ids.slice(1));
  expect(life.errors).toEqual([
    expect.stringMatching(
      /^customer is reconciled, since its pause was longer than the crm feed: cursor \d+ is gone/,
    ),
  ]);
});
