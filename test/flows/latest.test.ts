import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { type Fields, openWorld } from './world.ts';

// LATEST: the later edit by a person stands. What the sync wrote to a record, and edits of its other fields, are none.

const w = await openWorld();
const { ordered, ownerId } = dealsOf(w, await knownRecords(w));
const always = { validFrom: null, validTo: null } as const;
let n = 0;

/** A linked customer pair. */
async function pair(crm: Fields = {}) {
  const made = await w.create('crm', 'Customer', { name: `Pair ${++n} of the latest`, ...crm });
  await w.settled();
  const link = await w.linkOf('customer', made.id);
  return { crm: made.id, erp: link.erpId!, link: link.id };
}

interface Pair {
  readonly crm: string;
  readonly erp: string;
}

const edit = async (side: 'crm' | 'erp', ids: Pair, fields: Fields) => {
  await w.edit(side, 'Customer', ids[side], fields);
  await w.settled();
};

describe('edited in the ERP with a code nobody mapped, later in the CRM, and', () => {
  const code = { unknown: '', known: '' };
  beforeEach(async () => {
    n++;
    Object.assign(code, { unknown: `OD${n}`, known: `KN${n}` });
    await w.sync.setCode({ list: 'deliveryTerms', crm: code.known, erp: code.known, ...always }, 'test');
  });
  const mapped = async () => {
    await w.sync.setCode({ list: 'deliveryTerms', crm: code.unknown, erp: code.unknown, ...always }, 'test');
    await w.settled();
  };
  const shown = async (ids: Pair) => [
    (await w.fields('crm', 'Customer', ids.crm)).deliveryTerms,
    (await w.fields('erp', 'Customer', ids.erp)).shipmentMethodCode,
  ];

  test.each([
    ['the sync writes another field in the ERP', 'tandem', 'crm', { website: 'https://another.example' }],
    ['a person edits another field in the ERP', 'anna', 'erp', { paymentTermsCode: 'NOBODYS' }],
  ] as const)('%s: once it is mapped, the CRM stands', async (_, author, side, fields) => {
    const ids = await pair();
    await edit('erp', ids, { shipmentMethodCode: code.unknown });
    await edit('crm', ids, { deliveryTerms: code.known });
    await edit(side, ids, fields);
    expect((await w.read('erp', 'Customer', ids.erp)).updatedBy).toBe(author);
    await mapped();
    expect(await shown(ids)).toEqual([code.known, code.known]);
    const told = (await w.events(ids.link)).flatMap((event) => event.fields);
    expect(told.find(({ why }) => why === 'latest')).toMatchObject({
      field: 'deliveryTerms',
      side: 'erp',
      winner: 'crm',
      lost: code.unknown,
    });
  });

  test('once more in the ERP: once it is mapped, the ERP stands', async () => {
    const ids = await pair();
    await edit('erp', ids, { shipmentMethodCode: `${code.unknown}X` });
    await edit('crm', ids, { deliveryTerms: code.known });
    await edit('erp', ids, { shipmentMethodCode: code.unknown });
    await mapped();
    expect(await shown(ids)).toEqual([code.unknown, code.unknown]);
  });
});

test.each([
  ['erp', 'crm'],
  ['crm', 'erp'],
] as const)(
  'of two edits that rest the later stands, though the sync wrote to the %s since',
  async (first, later) => {
    const set = (settleMs: number) => w.sync.setField('customer', 'website', { settleMs }, 'test');
    const website = { crm: 'website', erp: 'homePage' } as const;
    const ids = await pair({ website: 'https://base.example' });
    await set(600_000);
    await edit(first, ids, { [website[first]]: 'https://earlier.example' });
    await edit(later, ids, { [website[later]]: 'https://later.example', legalName: `Legal ${n}` });
    expect((await w.read(first, 'Customer', ids[first])).updatedBy).toBe('tandem');
    await w.sync.syncLink(ids.link, { mode: 'apply', actor: 'test' });
    await w.settled();
    expect((await w.fields('crm', 'Customer', ids.crm)).website).toBe('https://later.example');
    expect((await w.fields('erp', 'Customer', ids.erp)).homePage).toBe('https://later.example');
    await set(0);
  },
);

const itsFlows = ['order', 'quoteOrder', 'quote'] as const;

/** An ordered deal whose own flows rest until the test is over. */
async function orderAtRest() {
  const deal = await ordered();
  for (const flow of itsFlows) {
    await w.sync.pause(flow, true, 'a test', 'test');
    onTestFinished(() => w.sync.pause(flow, false, null, 'test'));
  }
  return deal;
}

test('an order that another flow writes while its own is paused: the later edit stands', async () => {
  const deal = await orderAtRest();
  await w.edit('erp', 'Order', deal.erpOrder, { workDescription: 'earlier' });
  await w.edit('crm', 'Order', deal.order, { notes: 'later' });
  await w.edit('crm', 'User', ownerId, { jobTitle: `Seller ${++n}` });
  await w.settled();
  const order = await w.read('erp', 'Order', deal.erpOrder);
  expect(order).toMatchObject({ updatedBy: 'tandem', fields: { salespersonTitle: `Seller ${n}` } });
  for (const flow of itsFlows) await w.sync.pause(flow, false, null, 'test');
  await w.settled();
  expect((await w.fields('erp', 'Order', deal.erpOrder)).workDescription).toBe('later');
  expect((await w.fields('crm', 'Order', deal.order)).notes).toBe('later');
});

test.each(['apply', 'preview'] as const)(
  'an order that is synced by hand while its flow is paused, and that another flow has written to: the later edit stands (%s)',
  async (mode) => {
    const deal = await orderAtRest();
    await w.edit('erp', 'Order', deal.erpOrder, { workDescription: 'earlier' });
    await w.edit('crm', 'Order', deal.order, { notes: 'later' });
    await w.edit('crm', 'User', ownerId, { jobTitle: `Seller ${++n}` });
    await w.settled();
    expect(await w.read('erp', 'Order', deal.erpOrder)).toMatchObject({ updatedBy: 'tandem' });
    const { id } = await w.linkOf('order', deal.order);
    const { plan } = await w.sync.syncLink(id, { mode, actor: 'test' });
    expect(plan.writes).toMatchObject([
      { side: 'erp', fields: [{ field: 'notes', before: 'earlier', after: 'later', rule: 'latest' }] },
    ]);
  },
);

test('an order that is synced by hand while its flow is paused, whose feed no longer reaches back: what nobody knows is in nobody’s way', async () => {
  const deal = await orderAtRest();
  await w.edit('erp', 'Order', deal.erpOrder, { workDescription: 'earlier' });
  await w.edit('crm', 'User', ownerId, { jobTitle: `Seller ${++n}` });
  await w.settled();
  await w.erp.prune('0 seconds');
  const { id } = await w.linkOf('order', deal.order);
  const { plan } = await w.sync.syncLink(id, { mode: 'preview', actor: 'test' });
  expect(plan.writes).toMatchObject([{ side: 'crm', fields: [{ field: 'notes', after: 'earlier' }] }]);
});
