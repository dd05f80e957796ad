import { describe, expect, it } from 'vitest';
import type { Connector, RateLimit } from '../../sync/core/connector.ts';
import { SyncError } from '../../sync/core/errors.ts';
import type { Side } from '../../sync/core/types.ts';
import { openRuns } from './world.ts';

const w = await openRuns();

const firms = (prefix: string, n: number) =>
  Array.from({ length: n }, (_, i) => ({
    kind: 'create' as const,
    entity: 'Customer',
    fields: { name: `${prefix} ${i}`, email: `${prefix}${i}@example.com` },
  }));

/** An ERP that counts its calls, and refuses what is beyond its limit as a server does with 429. */
function meter({ calls, withinMs }: RateLimit, tells: boolean) {
  const taken: number[] = [];
  let refused = 0;
  const take = (): void => {
    const now = performance.now();
    if (taken.filter((at) => at > now - withinMs).length >= calls) {
      refused++;
      throw new SyncError('RATE_LIMITED', 'Too many calls.', { detail: { afterMs: withinMs } });
    }
    taken.push(now);
  };
  const through = (side: Side, connector: Connector): Connector =>
    side === 'crm'
      ? connector
      : {
          ...connector,
          ...(tells && { capabilities: { rateLimit: { calls, withinMs } } }),
          async read(entity, ids) {
            take();
            return connector.read(entity, ids);
          },
          async find(lookups) {
            take();
            return connector.find(lookups);
          },
          async list(entity, after, limit) {
            take();
            return connector.list(entity, after, limit);
          },
          async write(writes, author) {
            take();
            return connector.write(writes, author);
          },
        };
  return { through, taken, refused: () => refused };
}

async function unseen(prefix: string, n: number): Promise<void> {
  const life = await w.live();
  await life.sync.pause('customer', true, null, 'test');
  await w.all('crm', firms(prefix, n));
  await w.forgetNews(life);
  await life.sync.pause('customer', false, null, 'test');
  await life.stop();
}

const linked = async (prefix: string): Promise<number> =>
  (
    await w.sql<{ n: number }[]>`
    select count(*) as n from sync.link l join crm.customer c on c.id = l.crm_id
    where l.mapping = 'customer' and l.state = 'synced' and c.name like ${`${prefix} %`}`
  )[0]!.n;

describe('a system with a rate limit', () => {
  it('is never called more often, live edits overtake a backfill, and nothing is lost', async () => {
    await unseen('Limited', 1_500);
    const { through, taken, refused } = meter({ calls: 4, withinMs: 1_000 }, true);
    const life = await w.live(through);
    const id = await life.sync.startRun('backfill', ['customer'], 'apply', 'anna');
    await w.until('the backfill is under way', async () => (await linked('Limited')) >= 250);
    const before = await linked('Limited');
    const live = await w.create('crm', 'Customer', { name: 'Live one' });
    await w.until(
      'the live one is linked',
      async () =>
        (await w.sql`select 1 from sync.link where crm_id = ${live.id} and state = 'synced'`).length > 0,
    );
    // Two steps of the run were under way; none has begun before the live one was done.
    expect(await linked('Limited')).toBeLessThanOrEqual(before + 500);
    expect((await life.sync.budgets()).erp).toMatchObject({ calls: 4, withinMs: 1_000 });
    expect((await life.sync.budgets()).crm).toBeNull();
    await w.ended(id);
    await w.settled(life);
    expect(refused()).toBe(0);
    expect(taken.length).toBeGreaterThan(8);
    expect(await linked('Limited')).toBe(1_500);
    // Plans made for an empty table were made anew on the way.
    const [looks] = await w.sql<{ n: number }[]>`
      select analyze_count::int as n from pg_stat_user_tables where relid = 'sync.link'::regclass`;
    expect(looks!.n).toBeGreaterThan(0);
    await life.stop();
    expect(w.errors).toEqual([]);
  });

  it('that did not tell it is left alone for as long as it asks, and nothing is lost', async () => {
    await unseen('Untold', 700);
    const { through, refused } = meter({ calls: 2, withinMs: 500 }, false);
    const life = await w.live(through);
    await w.ended(await life.sync.startRun('backfill', ['customer'], 'apply', 'anna'));
    await w.settled(life);
    expect(await linked('Untold')).toBe(700);
    expect(
      (await w.sql<{ n: number }[]>`select count(*) as n from erp.customer where name like 'Untold %'`)[0]!.n,
    ).toBe(700);
    expect(await w.count('sync.dead_letter')).toBe(0);
    expect(refused()).toBeGreaterThan(0);
    await life.stop();
    expect(w.errors).toEqual([]);
  });
});
