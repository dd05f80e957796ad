import { expect, test } from 'vitest';
import type { Connector } from '../../sync/core/connector.ts';
import type { Side } from '../../sync/core/types.ts';
import { diesOver } from '../runs/mortal.ts';
import { openRuns } from '../runs/world.ts';

const w = await openRuns();

/** Called once, as the ERP order of a quote is about to be made, with the deal's lane in hand. */
let meanwhile: (() => Promise<void>) | null = null;
const through = (side: Side, connector: Connector): Connector => ({
  ...connector,
  async write(writes, author) {
    const act = meanwhile;
    if (
      act &&
      side === 'erp' &&
      writes.some((write) => write.entity === 'Order' && write.kind === 'create')
    ) {
      meanwhile = null;
      await act();
    }
    return connector.write(writes, author);
  },
});

const life = await w.live(through);

test('a CRM order that comes while the ERP order of its quote is made joins that deal: one order, each line once', async () => {
  const customer = await w.create('crm', 'Customer', {
    name: 'Deal AS',
    billingAddress: { line1: 'Main 1', city: 'Oslo', postalCode: '0150', country: 'NO' },
  });
  const line = { quantity: '18', unitPrice: '100' };
  // It waits for a product that nobody knows yet: its link is there before the deal is worked on.
  await w.create('crm', 'Quote', {
    customerId: customer.id,
    status: 'ACCEPTED',
    lines: [{ ...line, productText: 'Lamp' }],
  });
  await w.settled(life);
  let order: string | undefined;
  const came = Promise.withResolvers<void>();
  meanwhile = async () => {
    const [quote] = await w.sql<{ id: string; line: string; product: string }[]>`
      select q.id, l.line_id as line, l.product_id as product from crm.quote q join crm.quote_line l on l.document_id = q.id`;
    const made = await w.create('crm', 'Order', {
      customerId: customer.id,
      quoteId: quote!.id,
      lines: [{ ...line, productId: quote!.product, quoteLineId: quote!.line }],
    });
    order = made.id;
    const lane = `rec:crm:Order:${made.id}`;
    // Its lane was worked off, or comes back to it.
    await w.until('the order was looked at', async () => {
      const [row] = await w.sql`
        select (select put_off from sync.lane where key = ${lane}) as "putOff",
          (select seen from sync.feed where side = 'crm') as seen, (select max(pos) from crm.change) as last,
          exists (select from sync.link where crm_id = ${made.id}) as linked`;
      return row!.linked === true || Number(row!.putOff) > 0;
    });
    came.resolve();
  };
  await w.create('crm', 'Product', { sku: 'LAMP', name: 'Lamp', listPrice: '100' });
  await came.promise;
  await w.settled(life);

  expect(await w.sql`select state from sync.link where mapping = 'order' and state <> 'ended'`).toEqual([
    { state: 'synced' },
  ]);
  expect(await w.count('sync.dead_letter')).toBe(0);
  const [pair] = await w.sql<{ crmId: string; erpId: string }[]>`
    select crm_id as "crmId", erp_id as "erpId" from sync.link where mapping = 'order' and state <> 'ended'`;
  expect(pair!.crmId).toBe(order);
  expect((await w.read('crm', 'Order', pair!.crmId))!.fields.lines).toHaveLength(1);
  expect((await w.read('erp', 'Order', pair!.erpId))!.fields.lines).toHaveLength(1);
  expect(w.errors).toEqual([]);
});

test('an order that waited, and whose process died as its counterpart was made, has each line once', async () => {
  const customer = await w.create('crm', 'Customer', {
    name: 'Waiting AS',
    billingAddress: { line1: 'Main 2', city: 'Oslo', postalCode: '0150', country: 'NO' },
  });
  const made = await w.create('crm', 'Order', {
    customerId: customer.id,
    lines: [{ quantity: '18', unitPrice: '100', productText: 'Rope' }],
  });
  await w.settled(life);
  expect(await w.sql`select state from sync.link where crm_id = ${made.id}`).toEqual([{ state: 'waiting' }]);
  await life.stop();
  const { died } = await diesOver(w, 'Order');
  await w.create('crm', 'Product', { sku: 'ROPE', name: 'Rope', listPrice: '100' });
  await died;
  const next = await w.live();
  await w.settled(next);
  const [pair] = await w.sql<{ id: string; erpId: string; state: string }[]>`
    select id, erp_id as "erpId", state from sync.link where crm_id = ${made.id} and mapping = 'order'`;
  expect(pair!.state).toBe('synced');
  expect(await w.sql`select id from sync.line_link where link_id = ${pair!.id} and not ended`).toHaveLength(
    1,
  );
  await w.edit('crm', 'Order', made.id, { notes: 'Looked at once more' });
  await w.settled(next);
  expect((await w.read('crm', 'Order', made.id))!.fields.lines).toHaveLength(1);
  expect((await w.read('erp', 'Order', pair!.erpId))!.fields.lines).toHaveLength(1);
});
