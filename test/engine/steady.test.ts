import { expect, test } from 'vitest';
import { isQueued, ring } from '../../sync/store/lanes.ts';
import { openRuns } from '../runs/world.ts';

const w = await openRuns();

/** As many as no process is slow enough for: what is due has been worked on long before. */
const most = 2_000;

test.for([
  ['now, and nobody tells', 0],
  ['in a moment', 50],
])('live work that does not cease holds up nothing that is due %s', async ([, delayMs]) => {
  const life = await w.live();
  const other = await w.create('crm', 'Customer', { name: `Other ${delayMs}` });
  // Each of its own, so that no lane is rung while it is worked on: nothing makes a worker look.
  const busy = await w.all(
    'crm',
    Array.from({ length: 200 }, (_, n) => ({
      kind: 'create',
      entity: 'Customer',
      fields: { name: `Busy ${delayMs} ${n}` },
    })),
  );
  await w.settled(life);
  const [link] = await w.sql<{ lane: string }[]>`select lane from sync.link where crm_id = ${other.id}`;
  const key = link!.lane;
  let edits = 0;
  const edit = () => w.edit('crm', 'Customer', busy[edits % busy.length]!.id, { name: `Now ${edits++}` });
  // Before it is due, work goes on already.
  await edit();
  await ring(w.sql, [{ key, mapping: 'customer', cause: { kind: 'retry' }, delayMs: Number(delayMs) }]);
  while (edits < most && (await isQueued(w.sql, key))) await Promise.all([edit(), edit(), edit()]);
  expect(edits).toBeLessThan(most);
  await w.settled(life);
  await life.stop();
});
