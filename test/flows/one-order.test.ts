import { describe, expect, test } from 'vitest';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { openWorld } from './world.ts';

const w = await openWorld();
const known = await knownRecords(w);
const { product, customerId, ownerId, quoted, ordered, quantities } = dealsOf(w, known);
const erpCustomer = String(known.Customer[0].erp);
const erpProduct = String(known.Product[0].erp);

/** An order that a clerk makes in the ERP from its quote, by hand. */
const byHand = (quoteId: string, quantity = '4', fields: Record<string, string> = {}) =>
  w.create('erp', 'Order', {
    customerId: erpCustomer,
    quoteId,
    lines: [{ productId: erpProduct, quantity, unitPrice: '100' }],
    ...fields,
  });

/** A CRM order of a quote, or of none. */
const crmOrder = (quoteId: string | null) =>
  w.create('crm', 'Order', {
    customerId,
    ownerId,
    ...(quoteId && { quoteId }),
    lines: [{ productId: product(0), quantity: '3', unitPrice: '100' }],
  });

const apply = { mode: 'apply', actor: 'test' } as const;

const status = async (side: 'crm' | 'erp', entity: string, id: string) =>
  (await w.fields(side, entity, id)).status;

/** The ERP orders that bear a quote's number and are in use, by id. */
const ordersOf = async (erpQuote: string): Promise<readonly string[]> =>
  (await w.erp.find([{ entity: 'Order', where: { quoteId: erpQuote } }]))[0]!
    .filter(({ archived, fields }) => !archived && fields.status !== 'CANCELLED')
    .map(({ id }) => id);

const issuesOf = async (mapping: 'order' | 'quoteOrder', id: string) =>
  w.issues((await w.linkOf(mapping, id)).id);

describe('an ERP order that a clerk makes from an open quote', () => {
  test("takes the PROPOSAL's place: the deal has one ERP order, and the quote is accepted", async () => {
    const deal = await quoted();
    const unified = await w.linkOf('order', deal.erpOrder);
    const made = await byHand(deal.erpQuote);
    await w.settled();
    expect(await ordersOf(deal.erpQuote)).toEqual([made.id]);
    expect(await status('erp', 'Order', deal.erpOrder)).toBe('CANCELLED');
    expect(await w.linkOf('quoteOrder', deal.quote)).toMatchObject({ erpId: made.id, state: 'synced' });
    expect(await w.linkOf('order', made.id)).toMatchObject({ id: unified.id, crmId: null });
    expect(await status('crm', 'Quote', deal.quote)).toBe('ACCEPTED');
    expect(await status('erp', 'Quote', deal.erpQuote)).toBe('ACCEPTED');
    expect(await w.fields('erp', 'Order', made.id)).toMatchObject({
      sourceQuoteReference: deal.quote,
      status: 'OPEN',
    });
    // What the clerk typed is the later edit, and one line stays one.
    expect(await quantities('crm', 'Quote', deal.quote)).toEqual([4]);
    expect(await quantities('erp', 'Order', made.id)).toEqual([4]);
    const order = await crmOrder(deal.quote);
    await w.settled();
    expect(await w.linkOf('order', order.id)).toMatchObject({ id: unified.id, erpId: made.id });
  });

  test('is previewed as it will come: the PROPOSAL withdrawn, the quote accepted', async () => {
    const deal = await quoted();
    const flows = ['quote', 'quoteOrder', 'order'] as const;
    for (const flow of flows) await w.sync.pause(flow, true, 'a look ahead', 'test');
    const made = await byHand(deal.erpQuote);
    const seen = await w.sync.syncRecords(null, [{ side: 'erp', entity: 'Order', id: made.id }], {
      mode: 'preview',
      actor: 'test',
    });
    for (const flow of flows) await w.sync.pause(flow, false, null, 'test');
    const writes = seen
      .flatMap(({ plan }) => plan.writes)
      .flatMap(({ side, entity, id, fields }) =>
        fields.filter(({ field }) => field === 'status').map(({ after }) => [side, entity, id, after]),
      );
    expect(writes).toContainEqual(['crm', 'Quote', deal.quote, 'ACCEPTED']);
    await w.settled();
    expect(await ordersOf(deal.erpQuote)).toEqual([made.id]);
  });

  test('gets what he left empty from the quote', async () => {
    const deal = await quoted({ customerPurchaseOrder: 'PO 77' });
    const made = await w.create('erp', 'Order', { customerId: erpCustomer, quoteId: deal.erpQuote });
    await w.settled();
    expect(await ordersOf(deal.erpQuote)).toEqual([made.id]);
    expect(await quantities('erp', 'Order', made.id)).toEqual([3]);
    expect((await w.fields('erp', 'Order', made.id)).customerOrderReference).toBe('PO 77');
  });

  test('before the quote has come to the CRM: one order all the same', async () => {
    const flows = ['quote', 'quoteOrder', 'order'] as const;
    for (const flow of flows) await w.sync.pause(flow, true, 'both at once', 'test');
    const quote = await w.create('erp', 'Quote', {
      customerId: erpCustomer,
      lines: [{ productId: erpProduct, quantity: '2', unitPrice: '50' }],
    });
    const made = await byHand(quote.id, '2');
    for (const flow of flows) await w.sync.pause(flow, false, null, 'test');
    await w.settled();
    expect(await ordersOf(quote.id)).toEqual([made.id]);
    const crmQuote = await w.twin('quote', 'erp', quote.id);
    expect(await w.linkOf('quoteOrder', crmQuote)).toMatchObject({ erpId: made.id });
    expect(await w.links({ id: made.id, mapping: 'order' })).toMatchObject([{ crmId: null }]);
  });

  test('tells what was edited in the PROPOSAL meanwhile', async () => {
    const deal = await quoted();
    const before = await w.linkOf('quoteOrder', deal.quote);
    const flows = ['quote', 'quoteOrder', 'order', 'userOrder'] as const;
    for (const flow of flows) await w.sync.pause(flow, true, 'both at once', 'test');
    await w.edit('erp', 'Order', deal.erpOrder, { workDescription: 'ring twice', shipmentMethodCode: 'DAP' });
    const made = await byHand(deal.erpQuote);
    for (const flow of flows) await w.sync.pause(flow, false, null, 'test');
    await w.settled();
    expect(await ordersOf(deal.erpQuote)).toEqual([made.id]);
    const own = await w.sql<{ id: string }[]>`select id from sync.link where erp_id = ${deal.erpOrder}`;
    const told = (await Promise.all([before, ...own].map(({ id }) => w.events(id)))).flat();
    expect(told.flatMap(({ fields }) => fields).map(({ after }) => after)).toContain('DAP');
  });

  test('tells nothing of a PROPOSAL but what is so: one that was put away before stays as it is', async () => {
    const deal = await quoted();
    await w.written('erp', { kind: 'archive', entity: 'Order', id: deal.erpOrder });
    await w.settled();
    const made = await byHand(deal.erpQuote);
    await w.settled();
    expect(await ordersOf(deal.erpQuote)).toEqual([made.id]);
    expect(await status('erp', 'Order', deal.erpOrder)).toBe('PROPOSAL');
    const own = await w.sql<{ id: string }[]>`select id from sync.link where erp_id = ${deal.erpOrder}`;
    const told = (await Promise.all(own.map(({ id }) => w.events(id)))).flat();
    expect(told.flatMap(({ fields }) => fields).filter(({ why }) => why === 'superseded')).toEqual([]);
  });

  test('of a deal that has its order stands beside it, as an issue, until it names the quote no more', async () => {
    const deal = await ordered();
    const made = await byHand(deal.erpQuote);
    await w.settled();
    expect(await w.linkOf('quoteOrder', deal.quote)).toMatchObject({ erpId: deal.erpOrder });
    expect(await w.twin('order', 'erp', made.id)).not.toBe(deal.order);
    const [issue] = await issuesOf('order', made.id);
    const { orderNo } = await w.fields('erp', 'Order', deal.erpOrder);
    expect(issue).toMatchObject({ code: 'SECOND_ORDER', field: 'quoteId' });
    expect(issue!.message).toContain(String(orderNo));
    expect((await w.fields('erp', 'Order', made.id)).quoteId).toBe(deal.erpQuote);
    await w.edit('erp', 'Order', made.id, { workDescription: 'goes on' });
    await w.settled();
    expect(await issuesOf('order', made.id)).toHaveLength(1);
    await w.edit('erp', 'Order', made.id, { quoteId: null });
    await w.settled();
    expect(await issuesOf('order', made.id)).toEqual([]);
  });

  test('while another confirms the PROPOSAL: both stand, and it is said', async () => {
    const deal = await quoted();
    const flows = ['quote', 'quoteOrder', 'order', 'userOrder'] as const;
    for (const flow of flows) await w.sync.pause(flow, true, 'both at once', 'test');
    await w.edit('erp', 'Order', deal.erpOrder, { status: 'OPEN' });
    const made = await byHand(deal.erpQuote);
    for (const flow of flows) await w.sync.pause(flow, false, null, 'test');
    await w.settled();
    expect(await ordersOf(deal.erpQuote)).toHaveLength(2);
    const open = await w.sql<{ recordId: string }[]>`
      select record_id as "recordId" from sync.issue where code = 'SECOND_ORDER' and closed_at is null
        and record_id in (${made.id}, ${deal.erpOrder})`;
    expect(open).toHaveLength(1);
    expect(await status('crm', 'Quote', deal.quote)).toBe('ACCEPTED');
  });
});

describe('a second CRM order of one quote', () => {
  test('waits with the reason, and nothing is made for it twice', async () => {
    const deal = await ordered();
    const second = await crmOrder(deal.quote);
    await w.settled();
    const link = await w.linkOf('order', second.id);
    const { orderNumber } = await w.fields('crm', 'Order', deal.order);
    expect(link).toMatchObject({ state: 'waiting', erpId: null });
    expect(link.waitsFor?.[0]?.reason).toContain(String(orderNumber));
    expect(await ordersOf(deal.erpQuote)).toEqual([deal.erpOrder]);
    await w.edit('crm', 'Order', second.id, { quoteId: null });
    await w.settled();
    expect(await w.linkOf('order', second.id)).toMatchObject({ state: 'synced' });
    expect(await w.twin('order', 'crm', second.id)).not.toBe(deal.erpOrder);
  });

  test.for(['cancelled', 'archived', 'deleted', 'unlinked'] as const)(
    'is released when the first is %s',
    async (how) => {
      const deal = await ordered();
      const second = await crmOrder(deal.quote);
      await w.settled();
      expect((await w.linkOf('order', second.id)).state).toBe('waiting');
      if (how === 'cancelled') await w.edit('crm', 'Order', deal.order, { status: 'CANCELLED' });
      else if (how === 'archived')
        await w.written('crm', { kind: 'archive', entity: 'Order', id: deal.order });
      else if (how === 'deleted') await w.remove('crm', 'Order', deal.order);
      else await w.sync.unlink((await w.linkOf('order', deal.order)).id, 'both', apply);
      await w.settled();
      const link = await w.linkOf('order', second.id);
      expect(link).toMatchObject({ state: 'synced', waitsFor: null });
      expect(link.erpId).not.toBeNull();
    },
  );

  test('that comes at the same moment waits, whichever was first', async () => {
    const deal = await quoted();
    const fields = {
      customerId,
      ownerId,
      quoteId: deal.quote,
      lines: [{ productId: product(0), quantity: '3', unitPrice: '100' }],
    };
    const both = await w.writeAll('crm', [
      { kind: 'create', entity: 'Order', fields },
      { kind: 'create', entity: 'Order', fields },
    ]);
    await w.settled();
    const links = await Promise.all(both.map(({ id }) => w.linkOf('order', id)));
    expect(links.map(({ state }) => state).sort()).toEqual(['synced', 'waiting']);
    expect(await ordersOf(deal.erpQuote)).toEqual([deal.erpOrder]);
  });

  test('of an old revision is one of the deal', async () => {
    const deal = await quoted();
    const revised = await w.create('crm', 'Quote', {
      customerId,
      ownerId,
      revisionOfId: deal.quote,
      lines: [{ productId: product(0), quantity: '3', unitPrice: '100' }],
    });
    await w.settled();
    const order = await crmOrder(deal.quote);
    await w.settled();
    expect(await w.linkOf('quoteOrder', revised.id)).toMatchObject({ erpId: deal.erpOrder });
    expect(await w.linkOf('order', order.id)).toMatchObject({ erpId: deal.erpOrder });
  });
});

describe('a CRM order that is given a quote', () => {
  test("takes the place of that quote's PROPOSAL", async () => {
    const deal = await quoted();
    const order = await crmOrder(null);
    await w.settled();
    const erpOrder = await w.twin('order', 'crm', order.id);
    await w.edit('crm', 'Order', order.id, { quoteId: deal.quote });
    await w.settled();
    expect(await ordersOf(deal.erpQuote)).toEqual([erpOrder]);
    expect(await status('erp', 'Order', deal.erpOrder)).toBe('CANCELLED');
    expect(await w.linkOf('quoteOrder', deal.quote)).toMatchObject({ erpId: erpOrder, state: 'synced' });
    expect(await w.linkOf('order', order.id)).toMatchObject({ erpId: erpOrder, state: 'synced' });
    expect(await status('crm', 'Quote', deal.quote)).toBe('ACCEPTED');
    expect((await w.fields('erp', 'Order', erpOrder)).quoteId).toBe(deal.erpQuote);
    expect(await issuesOf('quoteOrder', deal.quote)).toEqual([]);
  });

  test('stays where it is if that quote has its order, or it has a quote already: an issue says so', async () => {
    const [mine, others] = [await ordered(), await quoted()];
    const alone = await crmOrder(null);
    await w.settled();
    await w.edit('crm', 'Order', mine.order, { quoteId: others.quote });
    await w.edit('crm', 'Order', alone.id, { quoteId: mine.quote });
    await w.settled();
    for (const id of [mine.order, alone.id])
      expect(await issuesOf('order', id)).toMatchObject([{ code: 'SECOND_ORDER', field: 'quoteId' }]);
    expect(await ordersOf(others.erpQuote)).toEqual([others.erpOrder]);
    expect(await ordersOf(mine.erpQuote)).toEqual([mine.erpOrder]);
    await w.edit('crm', 'Order', mine.order, { quoteId: mine.quote, customerPurchaseOrder: 'PO 9' });
    await w.edit('crm', 'Order', alone.id, { quoteId: null });
    await w.settled();
    for (const id of [mine.order, alone.id]) expect(await issuesOf('order', id)).toEqual([]);
  });
});
