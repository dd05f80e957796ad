import { expect, test } from 'vitest';
import type { Connector } from '../../sync/core/connector.ts';
import type { Side } from '../../sync/core/types.ts';
import { openRuns } from './world.ts';

const w = await openRuns();

/** Shows no quotes, so nobody links them; refuses the first five orders that are written to the ERP, as a database does to whoever meets another's lock. */
const refusing = () => {
  let refused = 0;
  const through = (side: Side, connector: Connector): Connector => ({
    ...connector,
    read: (entity, ids) => connector.read(entity, side === 'crm' && entity === 'Quote' ? [] : ids),
    write(writes, author) {
      const isOrder = side === 'erp' && writes.some(({ entity }) => entity === 'Order');
      if (isOrder && refused++ < 5) throw Object.assign(new Error('deadlock detected'), { code: '40P01' });
      return connector.write(writes, author);
    },
  });
  return { through, refused: () => refused };
};

test('an order that has waited for its quote has all its attempts left', async () => {
  const { through, refused } = refusing();
  const life = await w.live(through);
  const customer = await w.create('crm', 'Customer', { name: 'Havn Bakeri' });
  const product = await w.create('crm', 'Product', { sku: 'FLOUR', name: 'Flour' });
  await w.settled(life);
  const lines = [{ productId: product.id, quantity: '2', unitPrice: '10' }];
  const quote = await w.create('crm', 'Quote', { customerId: customer.id, lines });
  const order = await w.create('crm', 'Order', { customerId: customer.id, quoteId: quote.id, lines });
  await w.settled(life);
  expect(refused()).toBe(6);
  expect(await w.sql`select code, message from sync.dead_letter`).toEqual([]);
  const made = await w.sql`
    select 1 from sync.link where mapping = 'order' and crm_id = ${order.id} and erp_id is not null`;
  expect(made.length).toBe(1);
  expect(w.errors).toEqual([]);
  await life.stop();
});
