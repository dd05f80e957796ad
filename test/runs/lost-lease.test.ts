import { expect, it } from 'vitest';
import type { Connector } from '../../sync/core/connector.ts';
import type { Side } from '../../sync/core/types.ts';
import { openRuns } from './world.ts';

const w = await openRuns();

/** Takes one record's lane away from its worker while that worker writes, as a lease that ran out would. */
const thief = (name: string) => {
  let stolen = 0;
  const through = (side: Side, connector: Connector): Connector =>
    side === 'crm'
      ? connector
      : {
          ...connector,
          async write(writes, author) {
            const results = await connector.write(writes, author);
            if (stolen === 0 && writes.some((write) => 'fields' in write && write.fields.name === name))
              stolen = (
                await w.sql`
                  update sync.lane set token = 999999999, locked_until = now() - interval '1 second'
                  where key in (select 'rec:crm:Customer:' || id from crm.customer where name = ${name})`
              ).count;
            return results;
          },
        };
  return { through, stolen: () => stolen };
};

it('a lane lost while its step writes is left out of what is recorded; its neighbours are not, and nothing is made twice', async () => {
  const { through, stolen } = thief('Lost 3');
  const life = await w.live(through);
  const records = await w.all(
    'crm',
    Array.from({ length: 8 }, (_, n) => ({
      kind: 'create' as const,
      entity: 'Customer',
      fields: { name: `Lost ${n}` },
    })),
  );
  await w.settled(life);
  expect(stolen()).toBe(1);
  expect(
    await w.sql`
      select count(*) as n, count(distinct erp_id) as d from sync.link
      where mapping = 'customer' and state = 'synced' and crm_id in ${w.sql(records.map(({ id }) => id))}`,
  ).toEqual([{ n: 8, d: 8 }]);
  expect(await w.sql`select count(*) as n from erp.customer where name like 'Lost %'`).toEqual([{ n: 8 }]);
  expect(
    await w.sql`select count(distinct link_id) as n from sync.event where mapping = 'customer' and outcome = 'created'`,
  ).toEqual([{ n: 8 }]);
  expect(w.errors).toEqual([]);
  await life.stop();
});
