import { afterEach, describe, expect, test } from 'vitest';
import { createSyncSubgraph } from '../../subgraphs/sync/subgraph.ts';
import { mappings } from '../../sync/mappings/index.ts';
import { at, data, members } from '../sync-subgraph/fixture.ts';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { openWorld } from './world.ts';

/** Within a deal, too, a link that ended is a tombstone: nothing is made or linked anew that somebody deleted or unlinked. */
const w = await openWorld();
const { quoted, ordered } = dealsOf(w, await knownRecords(w));
const subgraph = createSyncSubgraph({ sql: w.sql, sync: w.sync, mappings });
const set = (to: string) =>
  data(subgraph, `mutation { setFlow(flow: ORDER, createCrmOrder: ${to}) { createCrmOrder } }`);
afterEach(() => set('BY_HAND'));

const apply = { mode: 'apply', actor: 'test' } as const;
const unlink = async (mapping: 'order' | 'quoteOrder', id: string): Promise<void> => {
  await w.sync.unlink((await w.linkOf(mapping, id)).id, 'both', apply);
  await w.settled();
};
const live = async (mapping: 'order' | 'quoteOrder', id: string) =>
  (await w.links({ mapping, id })).filter(({ crmId, erpId }) => crmId && erpId);
const ofQuote = (quote: string) => w.count('erp', 'Order', 'sourceQuoteReference', quote);
const edited = async (quote: string): Promise<void> => {
  await w.edit('crm', 'Quote', quote, { customerPurchaseOrder: 'PO later' });
  await w.settled();
};

describe('an ERP order that a clerk deletes', () => {
  test('once its quote is accepted, does not come back with the next edit of the quote', async () => {
    const deal = await quoted();
    await w.edit('crm', 'Quote', deal.quote, { status: 'ACCEPTED' });
    await w.settled();
    await w.remove('erp', 'Order', deal.erpOrder);
    await w.settled();
    await edited(deal.quote);
    expect(await ofQuote(deal.quote)).toBe(0);
  });

  test('puts its CRM order away, and none is made in its place', async () => {
    const deal = await ordered();
    await w.remove('erp', 'Order', deal.erpOrder);
    await w.settled();
    await edited(deal.quote);
    expect((await w.read('crm', 'Order', deal.order)).archived).toBe(true);
    expect(await ofQuote(deal.quote)).toBe(0);
  });
});

describe('what a person unlinks stays unlinked', () => {
  test.for(['DRAFT', 'ACCEPTED'])('a quote that is %s and its ERP order', async (status) => {
    const deal = await quoted();
    if (status !== 'DRAFT') await w.edit('crm', 'Quote', deal.quote, { status });
    await w.settled();
    await unlink('quoteOrder', deal.quote);
    await edited(deal.quote);
    expect(await live('quoteOrder', deal.quote)).toEqual([]);
    expect(await ofQuote(deal.quote)).toBe(0);
    expect((await w.fields('erp', 'Order', deal.erpOrder)).customerOrderReference).toBeNull();
    expect((await w.sync.link('quoteOrder', deal.quote, deal.erpOrder, apply)).outcome).toBe('linked');
    await w.settled();
    expect(await w.twin('quoteOrder', 'crm', deal.quote)).toBe(deal.erpOrder);
    // The order of an accepted quote has a CRM order by then, like any that came from none, which carries the content.
    if (status === 'DRAFT')
      expect((await w.fields('erp', 'Order', deal.erpOrder)).customerOrderReference).toBe('PO later');
  });

  test.for(['BY_HAND', 'ON_ACCEPTANCE'])('an order of a deal, where CRM orders are made %s', async (made) => {
    await set(made);
    const deal = await quoted();
    await w.edit('crm', 'Quote', deal.quote, { status: 'ACCEPTED' });
    await w.settled();
    const order =
      made === 'ON_ACCEPTANCE'
        ? (await w.linkOf('order', deal.erpOrder)).crmId!
        : (await w.create('crm', 'Order', { quoteId: deal.quote, customerId: await customerOf(deal.quote) }))
            .id;
    await w.settled();
    await unlink('order', order);
    await w.edit('erp', 'Order', deal.erpOrder, { workDescription: 'told to nobody' });
    await w.settled();
    expect(await live('order', deal.erpOrder)).toEqual([]);
    expect(await w.count('crm', 'Order', 'quoteId', deal.quote)).toBe(1);
    expect((await w.fields('crm', 'Order', order)).notes).toBeNull();
    const { orders } = await data(
      subgraph,
      `{ orders(first: 100, filter: { erpId: { eq: "${deal.erpOrder}" } }) { nodes { crmId notes } } }`,
    );
    expect(members(at(orders, 'nodes'))).toEqual([{ crmId: null, notes: 'told to nobody' }]);
    expect((await w.sync.link('order', order, deal.erpOrder, apply)).outcome).toBe('linked');
    await w.settled();
    expect((await w.fields('crm', 'Order', order)).notes).toBe('told to nobody');
  });
});

test('a CRM order that is deleted is not made anew on acceptance: its ERP order is put away', async () => {
  await set('ON_ACCEPTANCE');
  const deal = await quoted();
  await w.edit('crm', 'Quote', deal.quote, { status: 'ACCEPTED' });
  await w.settled();
  await w.remove('crm', 'Order', (await w.linkOf('order', deal.erpOrder)).crmId!);
  await w.settled();
  expect((await w.read('erp', 'Order', deal.erpOrder)).archived).toBe(true);
  expect(await w.count('crm', 'Order', 'quoteId', deal.quote)).toBe(0);
});

describe('a quote that is deleted in the CRM', () => {
  test('takes its PROPOSAL out of use: nobody is to confirm what is not offered any more', async () => {
    const deal = await quoted();
    await w.remove('crm', 'Quote', deal.quote);
    await w.settled();
    expect((await w.read('erp', 'Quote', deal.erpQuote)).archived).toBe(true);
    expect((await w.read('erp', 'Order', deal.erpOrder)).archived).toBe(true);
  });

  test.for(['before', 'after'])(
    'an order that was confirmed %s has no quote to wait for, and gets its CRM order',
    async (when) => {
      const deal = await quoted();
      const confirm = () => w.edit('erp', 'Order', deal.erpOrder, { status: 'OPEN' });
      if (when === 'before') await confirm();
      await w.settled();
      await w.remove('crm', 'Quote', deal.quote);
      await w.settled();
      if (when === 'after') {
        await w.written('erp', { kind: 'restore', entity: 'Order', id: deal.erpOrder });
        await confirm();
      }
      await w.settled();
      const order = await w.twin('order', 'erp', deal.erpOrder);
      expect(await w.fields('crm', 'Order', order)).toMatchObject({ status: 'DRAFT', totalAmount: '375.00' });
      expect((await w.read('erp', 'Order', deal.erpOrder)).archived).toBe(false);
    },
  );
});

describe('a quote that is archived in the CRM', () => {
  const archive = (kind: 'archive' | 'restore', quote: string) =>
    w.written('crm', { kind, entity: 'Quote', id: quote });
  const outOfUse = async (deal: { readonly erpQuote: string; readonly erpOrder: string }) => [
    (await w.read('erp', 'Quote', deal.erpQuote)).archived,
    (await w.read('erp', 'Order', deal.erpOrder)).archived,
  ];

  test('takes its PROPOSAL out of use, as one that is deleted does, and restored brings it back', async () => {
    const deal = await quoted();
    await archive('archive', deal.quote);
    await w.settled();
    expect(await outOfUse(deal)).toEqual([true, true]);
    await archive('restore', deal.quote);
    await w.settled();
    expect(await outOfUse(deal)).toEqual([false, false]);
    await edited(deal.quote);
    expect((await w.fields('erp', 'Order', deal.erpOrder)).customerOrderReference).toBe('PO later');
    expect(await ofQuote(deal.quote)).toBe(1);
  });

  test('takes its PROPOSAL out of use, as well where it was put away in the ERP', async () => {
    const deal = await quoted();
    await w.written('erp', { kind: 'archive', entity: 'Quote', id: deal.erpQuote });
    await w.settled();
    expect((await w.read('crm', 'Quote', deal.quote)).archived).toBe(true);
    expect((await w.read('erp', 'Order', deal.erpOrder)).archived).toBe(true);
    await w.written('erp', { kind: 'restore', entity: 'Quote', id: deal.erpQuote });
    await w.settled();
    expect((await w.read('crm', 'Quote', deal.quote)).archived).toBe(false);
    expect((await w.read('erp', 'Order', deal.erpOrder)).archived).toBe(false);
  });

  test('leaves an order alone that was confirmed: it is sold', async () => {
    const deal = await quoted();
    await w.edit('crm', 'Quote', deal.quote, { status: 'ACCEPTED' });
    await w.settled();
    await archive('archive', deal.quote);
    await w.settled();
    expect((await w.read('erp', 'Order', deal.erpOrder)).archived).toBe(false);
    const { id } = await w.linkOf('quoteOrder', deal.quote);
    const { fields } = (await w.sync.drift([id])).get(id)!;
    expect(fields.map(({ field }) => field)).not.toContain('archived');
  });

  test('stays in use where a clerk puts the PROPOSAL away', async () => {
    const deal = await quoted();
    await w.written('erp', { kind: 'archive', entity: 'Order', id: deal.erpOrder });
    await w.settled();
    expect((await w.read('crm', 'Quote', deal.quote)).archived).toBe(false);
  });
});

const customerOf = async (quote: string): Promise<string> =>
  String((await w.fields('crm', 'Quote', quote)).customerId);

describe('an order that is archived in the ERP while its quote stands', () => {
  test.for(['PROPOSAL', 'accepted'] as const)('%s, is an issue until it is restored', async (stage) => {
    const deal = await quoted();
    const put = async (kind: 'archive' | 'restore') => {
      await w.written('erp', { kind, entity: 'Order', id: deal.erpOrder });
      await w.settled();
    };
    const { id } = await w.linkOf('quoteOrder', deal.quote);
    await put('archive');
    if (stage === 'accepted') {
      await w.edit('crm', 'Quote', deal.quote, { status: 'ACCEPTED' });
      await w.settled();
    }
    expect(await w.issues(id)).toMatchObject([
      {
        code: 'ORDER_ARCHIVED',
        field: 'archived',
        message: expect.stringContaining('while its quote stands'),
      },
    ]);
    await put('restore');
    expect(await w.issues(id)).toEqual([]);
  });

  test('and whose CRM order is archived with it, is none', async () => {
    const deal = await ordered();
    await w.written('erp', { kind: 'archive', entity: 'Order', id: deal.erpOrder });
    await w.settled();
    expect((await w.read('crm', 'Order', deal.order)).archived).toBe(true);
    expect(await w.issues((await w.linkOf('quoteOrder', deal.quote)).id)).toEqual([]);
  });
});
