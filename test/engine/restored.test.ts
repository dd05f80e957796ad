import { expect, test } from 'vitest';
import type { Connector, WriteFailure } from '../../sync/core/connector.ts';
import type { Side } from '../../sync/core/types.ts';
import { openRuns } from '../runs/world.ts';

const w = await openRuns();

/** How the ERP answers the next update, in place of carrying it out. */
let refusal: WriteFailure | null = null;
const through = (side: Side, connector: Connector): Connector => ({
  ...connector,
  async write(writes, author) {
    const failure = refusal;
    if (side !== 'erp' || !failure || !writes.some(({ kind }) => kind === 'update'))
      return connector.write(writes, author);
    refusal = null;
    return writes.map(() => ({ kind: 'failed', failure }));
  },
});

async function written(kind: 'archive' | 'restore', id: string): Promise<void> {
  const [result] = await w.crm.write([{ entity: 'Customer', kind, id }], { actor: 'anna', origin: 'person' });
  if (!result || !('record' in result)) throw new Error(JSON.stringify(result));
}

/** What events told of a link's fields so far, in their order. */
const toldOf = async (link: string) =>
  (
    await w.sql<{ fields: readonly { field: string; after: unknown }[] }[]>`
      select fields from sync.event where link_id = ${link} order by pos`
  )
    .flatMap(({ fields }) => fields)
    .map(({ field, after }) => [field, after]);

test.each([
  ['as a whole, and not again', { code: 'UNKNOWN_REFERENCE', message: 'Not now.' }],
  ['for good', { code: 'STATE', message: 'Never.' }],
  ['by a field, and does without it', { code: 'BAD_USER_INPUT', field: 'legalName', message: 'Not so.' }],
] as const)('a restore is told once where the update after it is refused %s', async (_, failure) => {
  const life = await w.live(through);
  const { id } = await w.create('crm', 'Customer', {
    name: `Comes back ${failure.code}`,
    legalName: 'Before',
  });
  await w.settled(life);
  await written('archive', id);
  await w.settled(life);
  const [link] = await w.sql<{ id: string; erpId: string }[]>`
    select id, erp_id as "erpId" from sync.link where crm_id = ${id}`;
  expect((await w.read('erp', 'Customer', link!.erpId))!.archived).toBe(true);
  await life.stop();
  const before = await toldOf(link!.id);

  refusal = { ...failure };
  await w.edit('crm', 'Customer', id, { legalName: 'After', name: `Came back ${failure.code}` });
  await written('restore', id);
  const next = await w.live(through);
  await w.settled(next);
  expect(refusal).toBe(null);
  const told = (await toldOf(link!.id)).slice(before.length);
  expect(told.filter(([field]) => field === 'archived')).toEqual([['archived', false]]);
  expect((await w.read('erp', 'Customer', link!.erpId))!.archived).toBe(false);
  await next.stop();
});
