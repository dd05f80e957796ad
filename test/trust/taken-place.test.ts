import { describe, expect, test } from 'vitest';
import { born, type Ground, ground, twinOf, values } from './people.ts';
import { judged } from './referee/story.ts';
import { inOwnWorld, points, type World } from './world.ts';

/** An order that comes to a deal beside its PROPOSAL: its ERP order's id. */
type Comer = (w: World, on: Ground, quote: string) => Promise<() => string>;

/** A clerk makes an order in the ERP from the quote. */
const byHand: Comer = async (w, on, quote) => {
  const refs = { customer: on.customer.erp, product: on.product.erp };
  const fields = { ...values('order', 'erp', refs), quoteId: twinOf(w, 'quote', 'crm', quote)! };
  return () => w.create('erp', 'Order', fields).id;
};

/** An order that is known already is given the quote in the CRM. */
const givenTheQuote: Comer = async (w, on, quote) => {
  const life = await w.live();
  const order = born(w, 'order', 'crm', on);
  await w.settled(life);
  await life.stop();
  return () => {
    w.edit('crm', 'Order', order.id, { quoteId: quote });
    return twinOf(w, 'order', 'crm', order.id)!;
  };
};

/** A quote that is offered in both systems, and nobody at work. */
async function offered(w: World): Promise<{ readonly on: Ground; readonly quote: string }> {
  const on = await ground(w);
  const life = await w.live();
  const quote = born(w, 'quote', 'crm', on).id;
  await w.settled(life);
  await life.stop();
  return { on, quote };
}

const orders = (w: World) => w.erp.all('Order').filter(({ fields }) => fields.status !== 'CANCELLED');

test('a PROPOSAL that a clerk confirms before it is withdrawn is an order beside the other: listed', () =>
  inOwnWorld(async (w) => {
    const { on, quote } = await offered(w);
    const [proposal] = orders(w);
    const act = await byHand(w, on, quote);
    const life = await w.live();
    // The order has taken the PROPOSAL's place, which is still to be withdrawn.
    life.dieAt('before the call');
    const order = act();
    await life.dead;
    await life.kill();
    await w.bury();
    w.edit('erp', 'Order', proposal!.id, { status: 'OPEN' });
    const next = await w.live();
    await w.settled(next);
    const both = [proposal!.id, order];
    expect(orders(w).map(({ id }) => id)).toEqual(both);
    const listed = await w.sql<{ recordId: string }[]>`
      select record_id as "recordId" from sync.issue where code = 'SECOND_ORDER' and closed_at is null`;
    expect(listed).toEqual([{ recordId: proposal!.id }]);
    expect(await judged(w)).toEqual([]);
    w.edit('erp', 'Order', proposal!.id, { status: 'CANCELLED' });
    await w.settled(next);
    expect(await w.sql`select 1 from sync.issue where closed_at is null`).toEqual([]);
    expect(twinOf(w, 'quoteOrder', 'crm', quote)).toBe(order);
    expect(await judged(w)).toEqual([]);
    expect(next.errors).toEqual([]);
    await next.stop();
  }));

// One deal ends in one ERP order, wherever the process dies over it.
describe.each([
  { how: 'made by hand from its quote', comes: byHand },
  { how: 'given its quote', comes: givenTheQuote },
])("an order takes a PROPOSAL's place: $how", ({ comes }) => {
  test.each(points)('the process dies: %s', (point) =>
    inOwnWorld(async (w) => {
      const { on, quote } = await offered(w);
      const act = await comes(w, on, quote);
      const life = await w.live();
      life.dieAt(point);
      const order = act();
      await Promise.race([life.dead, w.settled(life).catch(() => life.dead)]);
      await life.kill();
      await w.bury();
      const next = await w.live();
      await w.settled(next, 10_000);
      expect(orders(w).map(({ id }) => id)).toEqual([order]);
      expect(twinOf(w, 'quoteOrder', 'crm', quote)).toBe(order);
      expect(w.crm.get('Quote', quote)?.fields.status).toBe('ACCEPTED');
      expect(await judged(w)).toEqual([]);
      expect(next.errors).toEqual([]);
      await next.stop();
    }),
  );
});
