import { expect, test } from 'vitest';
import type { Connector } from '../../sync/core/connector.ts';
import type { Side } from '../../sync/core/types.ts';
import { openRuns } from '../runs/world.ts';

const w = await openRuns();

/** Called once, as the CRM's customer is looked for in the ERP. */
let meanwhile: (() => Promise<void>) | null = null;
const life = await w.live(
  (side: Side, connector: Connector): Connector => ({
    ...connector,
    async find(lookups) {
      const act = meanwhile;
      if (act && side === 'erp' && lookups.some(({ entity }) => entity === 'Customer')) {
        meanwhile = null;
        await act();
      }
      return connector.find(lookups);
    },
  }),
);

await w.sql`update sync.flow set rule = 'connected' where mapping = 'customer'`;
await life.sync.settingsChanged();

test('a customer that nobody wanted when its step looked is created, where somebody did before it was recorded', async () => {
  const looking = Promise.withResolvers<void>();
  const recorded = Promise.withResolvers<void>();
  const holding = Promise.withResolvers<void>();
  // The step over the customer can look who waits for it, and then not record: its lane is held.
  let held: Promise<unknown> = Promise.resolve();
  meanwhile = async () => {
    held = w.sql.begin(async (tx) => {
      await tx`select 1 from sync.lane where key like 'rec:crm:Customer:%' for update`;
      holding.resolve();
      await recorded.promise;
    });
    await holding.promise;
    looking.resolve();
  };
  const customer = await w.create('crm', 'Customer', { name: 'Wanted AS', email: 'post@wanted.example' });
  await looking.promise;
  await w.until('the step waits for its lane', async () => {
    const [row] = await w.sql<{ n: number }[]>`
      select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    return row!.n > 0;
  });
  const person = await w.create('crm', 'Contact', { lastName: 'Waiting', customerId: customer.id });
  await w.until('the contact waits, and has told so', async () => {
    const [row] = await w.sql`
      select exists (select from sync.link where crm_id = ${person.id} and state = 'waiting')
        and not exists (select from sync.lane where key like '%Contact%') as waits`;
    return row!.waits === true;
  });
  recorded.resolve();
  await held;
  await w.settled(life);
  expect(
    await w.sql`select mapping, state from sync.link where crm_id in (${customer.id}, ${person.id}) order by 1`,
  ).toEqual([
    { mapping: 'contact', state: 'synced' },
    { mapping: 'customer', state: 'synced' },
  ]);
});

test('what a process that died would have rung is rung at the next start', async () => {
  const other = await w.create('crm', 'Product', { sku: 'WAITS-1', name: 'Who waits', status: 'ACTIVE' });
  const customer = await w.create('crm', 'Customer', {
    name: 'Overheard AS',
    email: 'post@overheard.example',
  });
  await w.settled(life);
  const linked = () => w.sql`select state from sync.link where crm_id = ${customer.id}`;
  expect(await linked()).toEqual([{ state: 'pending' }]);
  await life.stop();
  // It had recorded a wait for the customer, and did not come to ring him.
  await w.sql`
    insert into sync.wait (link_id, lane, "on")
    select id, lane, ${`crm:Customer:${customer.id}`} from sync.link where crm_id = ${other.id}`;
  await w.settled(await w.live());
  expect(await linked()).toEqual([{ state: 'synced' }]);
});
