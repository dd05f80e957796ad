import { expect, it } from 'vitest';
import type { Connector } from '../../sync/core/connector.ts';
import { openRuns } from './world.ts';

const w = await openRuns();

/** A gate that is open until it is closed. */
function gate() {
  let passage = Promise.withResolvers<void>();
  passage.resolve();
  return {
    pass: () => passage.promise,
    open: () => passage.resolve(),
    close() {
      passage = Promise.withResolvers();
    },
  };
}

it('an edit overtakes what somebody else has brought in bulk before it', async () => {
  const customer = await w.create('crm', 'Customer', { name: 'Overtaking AS' });
  const [feed, flood] = [gate(), gate()];
  const crm = (connector: Connector): Connector => ({
    ...connector,
    async *changes(after, signal) {
      for await (const changes of connector.changes(after, signal)) {
        await feed.pass();
        yield changes;
      }
    },
  });
  // The flood's later records come through only when they may; an edit behind them would wait as long.
  const erp = (connector: Connector): Connector => ({
    ...connector,
    async write(writes, author) {
      if (writes.some((write) => 'fields' in write && /^Flood [2-4]\d{3}$/.test(String(write.fields.name))))
        await flood.pass();
      return connector.write(writes, author);
    },
  });
  const life = await w.live((side, connector) => (side === 'crm' ? crm : erp)(connector));
  await w.settled(life);
  feed.close();
  flood.close();
  for (let from = 0; from < 5_000; from += 500) {
    const creates = Array.from({ length: 500 }, (_, n) => ({
      kind: 'create' as const,
      entity: 'Customer',
      fields: { name: `Flood ${from + n}` },
    }));
    await w.crm.write(creates, { actor: 'loader', origin: 'import' });
  }
  await w.edit('crm', 'Customer', customer.id, { name: 'Overtaken AS' });
  feed.open();
  await w.until(
    'the edit is there while the flood is held up',
    async () => (await w.count(`erp.customer where name = 'Overtaken AS'`)) === 1,
    20_000,
  );
  flood.open();
  await w.until('the flood is through', async () => (await w.count('erp.customer')) === 5_001);
  await w.settled(life);
  expect(w.errors).toEqual([]);
  await life.stop();
});
