import { expect, it } from 'vitest';
import { openRuns } from './world.ts';

const w = await openRuns();

it('shows what stands alone as it is: edited without news, or unlinked by an older program that showed no such records', async () => {
  const life = await w.live();
  const customers = await w.all(
    'crm',
    ['Alone edited', 'Alone forgotten'].map((name) => ({
      kind: 'create' as const,
      entity: 'Customer',
      fields: { name },
    })),
  );
  await w.settled(life);
  const [edited, forgotten] = customers.map(({ id }) => id);
  for (const id of [edited!, forgotten!]) {
    const [link] = await w.sql<{ id: string }[]>`select id from sync.link where crm_id = ${id}`;
    await life.sync.unlink(link!.id, 'both', { mode: 'apply', actor: 'anna' });
  }
  await w.settled(life);
  await w.sql`delete from sync.link where lone and crm_id = ${forgotten!}`;
  // Behind both versions' backs, as news that is lost.
  await w.sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    await tx`update crm.customer set name = 'Edited alone', version = version + 1 where id = ${edited!}`;
  });
  const reconciled = async (mode: 'preview' | 'apply') => {
    const run = await w.ended(await life.sync.startRun('reconciliation', ['customer'], mode, 'anna'));
    await w.settled(life);
    return run;
  };
  const listed = await reconciled('preview');
  expect(listed.samples.customer!['alone, shown otherwise']).toMatchObject([
    { side: 'crm', id: edited },
    { side: 'crm', id: forgotten },
  ]);
  await reconciled('apply');
  expect(
    await w.sql`select crm_id, agreed ->> 'name' as name from sync.link where lone and record is not null
      and crm_id = any(${[edited!, forgotten!]}) order by crm_id`,
  ).toEqual([
    { crm_id: edited, name: 'Edited alone' },
    { crm_id: forgotten, name: 'Alone forgotten' },
  ]);
  const quiet = await reconciled('preview');
  expect(quiet.counts.flows.customer).not.toHaveProperty(['alone, shown otherwise']);
  await life.stop();
});
