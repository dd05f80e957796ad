import { describe, expect, it } from 'vitest';
import type { Connector } from '../../sync/core/connector.ts';
import type { Side } from '../../sync/core/types.ts';
import { openRuns } from './world.ts';

const w = await openRuns();

const firms = (prefix: string, n: number) =>
  Array.from({ length: n }, (_, i) => ({
    kind: 'create' as const,
    entity: 'Customer',
    fields: { name: `${prefix} ${i}`, email: `${prefix}${i}@example.com` },
  }));

/** Holds the writes of new customers back until it is opened. */
function gate() {
  let open: () => void = () => {};
  const opened = new Promise<void>((go) => {
    open = go;
  });
  let met: () => void = () => {};
  const reached = new Promise<void>((go) => {
    met = go;
  });
  const through = (side: Side, connector: Connector): Connector =>
    side === 'crm'
      ? connector
      : {
          ...connector,
          async write(writes, author) {
            if (writes.some((write) => write.kind === 'create')) {
              met();
              await opened;
            }
            return connector.write(writes, author);
          },
        };
  return { open, reached, through };
}

async function unseen(prefix: string, n: number): Promise<readonly string[]> {
  const life = await w.live();
  await life.sync.pause('customer', true, null, 'test');
  const records = await w.all('crm', firms(prefix, n));
  await w.forgetNews(life);
  await life.sync.pause('customer', false, null, 'test');
  await life.stop();
  return records.map((record) => record.id);
}

const twins = async (prefix: string) =>
  (
    await w.sql<{ n: number; d: number }[]>`
    select count(*) as n, count(distinct external_reference) as d from erp.customer where name like ${`${prefix} %`}`
  )[0]!;

describe('a backfill that is killed', () => {
  it('goes on at its checkpoint in another process, and makes nothing twice', async () => {
    await unseen('Killed', 700);
    const { through, reached, open } = gate();
    const first = await w.live(through);
    const id = await first.sync.startRun('backfill', ['customer'], 'apply', 'anna');
    await reached;
    await w.until('a checkpoint', async () => (await w.runOf(id)).counts.seen >= 500);
    const killed = first.kill();
    open();
    await killed;
    expect((await w.runOf(id)).state).toBe('running');

    const second = await w.live();
    const run = await w.ended(id);
    await w.settled(second);
    expect(run.state).toBe('done');
    expect(run.checkpoint.walked['crm:Customer']).toBe('done');
    expect(await twins('Killed')).toEqual({ n: 700, d: 700 });
    // What the killed one had written and not recorded is found again, by the run or by its own news.
    expect(
      await w.sql`select count(*) as n, count(distinct erp_id) as d from sync.link where mapping = 'customer' and state = 'synced'`,
    ).toEqual([{ n: 700, d: 700 }]);
    await second.stop();
  });
});

describe('a backfill under way', () => {
  it('lets live edits go first, tells how far it is, and can be cancelled', async () => {
    await unseen('Queued', 900);
    const { through, reached, open } = gate();
    const life = await w.live(through);
    const id = await life.sync.startRun('backfill', ['customer'], 'apply', 'anna');
    await reached;
    const all = await w.count('crm.customer');
    await w.until('all of it in the queue', async () => (await w.runOf(id)).counts.seen >= all);
    const live = await w.create('crm', 'Customer', { name: 'Live one' });
    // The run may have met the record before its news came; with the news its lane is a live one.
    await w.until(
      'the live lane',
      async () =>
        (
          await w.sql`
            select 1 from sync.lane where key like ${`%${live.id}`} and priority = 0
            union all select 1 from sync.link where crm_id = ${live.id} and state = 'synced'`
        ).length > 0,
    );
    // Workers take lanes in the order of their priority: everything of the run comes after it.
    const [order] = await w.sql<{ live: number | null; run: number }[]>`
      select max(priority) filter (where key like ${`%${live.id}`}) as live,
        min(priority) filter (where cause ->> 'kind' = 'run') as run from sync.lane`;
    // Done already, it has gone first as well.
    expect(order).toEqual({ live: order!.live === null ? null : 0, run: 1 });
    expect((await w.runOf(id)).counts).toMatchObject({ queued: expect.any(Number), retrying: 0 });

    await life.sync.cancelRun(id);
    const left = await w.sql<{ kind: string; held: boolean }[]>`
      select cause ->> 'kind' as kind, locked_until is not null as held from sync.lane`;
    expect(left.filter((each) => each.kind === 'run' && !each.held)).toEqual([]);
    open();
    await w.settled(life);
    expect((await w.runOf(id)).state).toBe('cancelled');
    const made = (await twins('Queued')).n;
    await w.until('what was in hand is counted', async () => {
      const { counts } = await w.runOf(id);
      const { created = 0 } = counts.flows.customer ?? {};
      return counts.queued === 0 && created >= made;
    });
    // Two steps were under way; the rest was never begun.
    expect((await twins('Queued')).n).toBeLessThanOrEqual(500);
    expect((await w.sql`select 1 from sync.link where crm_id = ${live.id} and state = 'synced'`).length).toBe(
      1,
    );
    await expect(life.sync.cancelRun(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await life.stop();
  });
});

describe('what failed in a run', () => {
  it('is run again alone, once it is put right', async () => {
    const ids = await unseen('Refused', 20);
    let refuses = true;
    const life = await w.live((side, connector) =>
      side === 'crm'
        ? connector
        : {
            ...connector,
            async write(writes, author) {
              const results = await connector.write(
                writes.filter((write) => !(refuses && isThird(write))),
                author,
              );
              let n = 0;
              return writes.map((write) =>
                refuses && isThird(write)
                  ? { kind: 'failed', failure: { code: 'FORBIDDEN', message: 'Not this one.' } }
                  : results[n++]!,
              );
            },
          },
    );
    const isThird = (write: { kind: string; fields?: Readonly<Record<string, unknown>> }): boolean =>
      write.kind === 'create' && String(write.fields?.name) === 'Refused 3';
    const run = await w.ended(await life.sync.startRun('backfill', ['customer'], 'apply', 'anna'));
    await w.settled(life);
    expect(run.counts.flows.customer).toMatchObject({ failed: 1 });
    refuses = false;
    const again = await w.ended(await life.sync.rerunFailed(await latest(), 'anna'));
    await w.settled(life);
    expect(again.counts).toMatchObject({ seen: 1, flows: { customer: { created: 1 } } });
    expect((await twins('Refused')).n).toBe(20);
    expect(ids).toHaveLength(20);
    await life.stop();
  });
});

const latest = async (): Promise<string> =>
  (await w.sql<{ id: string }[]>`select id from sync.run order by started_at desc limit 1`)[0]!.id;
