import { expect, test } from 'vitest';
import { allFlows, openRuns } from './world.ts';

const w = await openRuns();

test('the very first run tells how much there is and how long it will take, before it has seen all', async () => {
  const made = Array.from({ length: 620 }, (_, n) => ({
    kind: 'create' as const,
    entity: 'Customer',
    fields: { name: `First ${n}`, email: `first${n}@first.example` },
  }));
  await w.all('crm', made);
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  /** Walks of a run over the customers so far: the first is for what they could be found by. */
  let walks = -1;
  // The second page of customers comes to the walk that counts only when it may.
  const life = await w.live((side, connector) => ({
    ...connector,
    async list(entity, after, limit) {
      if (walks >= 0 && side === 'crm' && entity === 'Customer' && after !== null && ++walks === 2)
        await released;
      return connector.list(entity, after, limit);
    },
  }));
  await w.rest(life, true);
  await w.forgetNews(life);
  walks = 0;
  const id = await life.sync.startRun('backfill', allFlows, 'preview', 'anna');
  await w.until('a page was read', async () => (await w.runOf(id)).counts.seen > 0);
  const { counts, state } = await w.runOf(id);
  expect(state).toBe('running');
  expect(counts.total).toBeGreaterThanOrEqual(620);
  expect(counts.etaSeconds).toEqual(expect.any(Number));
  release();
  await w.rest(life, false);
  expect((await w.ended(id)).counts).toMatchObject({
    seen: counts.total,
    total: counts.total,
    etaSeconds: 0,
  });
  await life.stop();
  expect(w.errors).toEqual([]);
});
