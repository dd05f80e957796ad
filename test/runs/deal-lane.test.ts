import { expect, test } from 'vitest';
import type { Connector } from '../../sync/core/connector.ts';
import type { Side } from '../../sync/core/types.ts';
import { openRuns } from './world.ts';

const w = await openRuns();

/** Takes a quote's lane away from its worker while that makes a document, as a lease that ran out would. */
const thief = (at: Side, made: string) => {
  let stolen = 0;
  const through = (side: Side, connector: Connector): Connector => ({
    ...connector,
    async write(writes, author) {
      const results = await connector.write(writes, author);
      const isIt = side === at && writes.some(({ entity, kind }) => entity === made && kind === 'create');
      if (isIt && stolen === 0)
        stolen = (
          await w.sql`
            update sync.lane set token = 999999999, locked_until = now() - interval '1 second'
            where key like 'rec:erp:Quote:%' and token is not null`
        ).count;
      return results;
    },
  });
  return { through, stolen: () => stolen };
};

// Whoever goes on with a deal finds by its lane what was made for it: were it another, the order would be refused as
// a second one of its quote, time and again, until somebody had to look.
test.each([
  ['crm', 'Quote'],
  ['erp', 'Order'],
] as const)('a deal keeps its lane when that was lost while the %s %s was made', async (side, entity) => {
  const { through, stolen } = thief(side, entity);
  const life = await w.live(through);
  const customer = await w.create('erp', 'Customer', { name: `Customer of the ${entity}` });
  const product = await w.create('erp', 'Product', { itemNo: `FLOUR-${entity}`, description: 'Flour' });
  await w.settled(life);
  const quote = await w.create('erp', 'Quote', {
    customerId: customer.id,
    status: 'RELEASED',
    lines: [{ productId: product.id, quantity: '2', unitPrice: '10' }],
  });
  await w.settled(life);
  expect(stolen()).toBe(1);
  const lane = `deal:erp:${quote.id}`;
  expect(await w.sql`select mapping from sync.link where lane = ${lane} order by mapping`).toEqual([
    { mapping: 'order' },
    { mapping: 'quote' },
    { mapping: 'quoteOrder' },
  ]);
  expect(await w.count('erp.order')).toBe(await w.count('erp.quote'));
  expect(await w.sql`select code, message from sync.dead_letter`).toEqual([]);
  expect(w.errors).toEqual([]);
  await life.stop();
});
