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
  let held = false;
  // The second page of customers comes only when it may.
  const life = await w.live((side, connector) => ({
    ...connector,
    async list(entity, after, limit) {
      if (held && side === 'crm' && entity === 'Customer' && after !== null) await released;
      return connector.list(entity, after, limit);
    },
  }));
  await w.rest(life, true);
  await w.forgetNews(life);
  held = true;
  const id = await life.sync.startRun('backfill', allFlows, 'preview', 'anna');
  await w.until('a page was read', async () => (await w.runOf(id)).counts.seen > 0);
  const { counts, state } = await w.runOf(id);
  expect([state, counts.total]).toEqual(['running', 620]);
  expect(counts.etaSeconds).toEqual(expect.any(Number));
  release();
  await w.rest(life, false);
  expect((await w.ended(id)).counts).toMatchObject({ seen: 620, total: 620, etaSeconds: 0 });
  await life.stop();
  expect(w.errors).toEqual([]);
});
