import { expect, test } from 'vitest';
import { createSyncSubgraph } from '../../subgraphs/sync/subgraph.ts';
import { mappings } from '../../sync/mappings/index.ts';
import { at, data } from '../sync-subgraph/fixture.ts';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { openWorld } from './world.ts';

/** What people do through the graph, with the engine at work behind it. */
const w = await openWorld();
const known = await knownRecords(w);
const { released, quantities } = dealsOf(w, known);
const subgraph = createSyncSubgraph({ sql: w.sql, sync: w.sync, mappings });
const ask = (document: string, variables = {}) => data(subgraph, document, variables);

test('"always" decides the very next conflict of the field, and stops as soon as the rule is taken back', async () => {
  const edited = async (quantity: string) => {
    const deal = await released();
    const [line] = await w.lines('crm', 'Order', deal.order);
    const change = { kind: 'change', lineId: line!.lineId, fields: { quantity } } as const;
    return { ...deal, edit: () => w.editLines('crm', 'Order', deal.order, [change]) };
  };
  const [first, second, third] = [await edited('5'), await edited('6'), await edited('7')];
  await first.edit();
  await w.settled();
  const { id } = await w.linkOf('order', first.order);
  const decided = await ask(
    `mutation { resolveConflicts(filter: { link: { eq: "Link_${id}" } }, choose: CRM, always: true, mode: APPLY) { applied rules { id } } }`,
  );
  await second.edit();
  await w.settled();
  expect(await quantities('erp', 'Order', second.erpOrder)).toEqual([6]);
  expect((await w.linkOf('order', second.order)).state).toBe('synced');
  await ask(`mutation { removeRule(id: "${at(decided, 'resolveConflicts.rules.0.id')}") { id } }`);
  await third.edit();
  await w.settled();
  expect((await w.linkOf('order', third.order)).state).toBe('conflict');
});
