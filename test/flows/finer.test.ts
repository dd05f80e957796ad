import { describe, expect, test } from 'vitest';
import type { MappingName } from '../../sync/core/types.ts';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { type Fields, openWorld } from './world.ts';

/**
 * Several states of the ERP have one name in the CRM. A move from one to another of them is nothing to the CRM while
 * that has not moved; where it has, both have edited.
 */
const w = await openWorld();
const { customerId, product } = dealsOf(w, await knownRecords(w));

let n = 0;

interface Pair {
  readonly mapping: MappingName;
  readonly entity: string;
  readonly crm: string;
  readonly erp: string;
}

const customer = async (): Promise<Pair> => {
  const { id } = await w.create('crm', 'Customer', { name: `Blocked ${++n} ways` });
  await w.settled();
  return { mapping: 'customer', entity: 'Customer', crm: id, erp: await w.twin('customer', 'crm', id) };
};
const order = async (): Promise<Pair> => {
  const lines = [{ productId: product(0), quantity: '1', unitPrice: '100' }];
  const { id } = await w.create('crm', 'Order', { customerId, status: 'SUBMITTED', lines });
  await w.settled();
  return { mapping: 'order', entity: 'Order', crm: id, erp: await w.twin('order', 'crm', id) };
};

const edit = async (side: 'crm' | 'erp', ids: Pair, fields: Fields) => {
  await w.edit(side, ids.entity, ids[side], fields);
  await w.settled();
};
/** Both are edited in one window, the CRM first. */
async function inOneWindow(ids: Pair, crm: Fields, erp: Fields) {
  await w.sync.pause(ids.mapping, true, null, 'test');
  await w.edit('crm', ids.entity, ids.crm, crm);
  await w.edit('erp', ids.entity, ids.erp, erp);
  await w.sync.pause(ids.mapping, false, null, 'test');
  await w.settled();
}
const shown = async (ids: Pair, property: string) => [
  (await w.fields('crm', ids.entity, ids.crm)).status,
  (await w.fields('erp', ids.entity, ids.erp))[property],
];
const told = async (ids: Pair, name = 'status') => {
  const events = await w.events((await w.linkOf(ids.mapping, ids.crm)).id);
  return events.flatMap(({ fields }) => fields.filter(({ field }) => field === name)).at(-1);
};

test.for([
  ['SHIP', 'INVOICE'],
  ['INVOICE', 'SHIP'],
])('a customer is freed in the CRM and blocked from %s to %s in the ERP: the ERP wins', async ([was, is]) => {
  const ids = await customer();
  await edit('erp', ids, { blocked: was! });
  expect(await shown(ids, 'blocked')).toEqual(['ON_HOLD', was]);
  await inOneWindow(ids, { status: 'ACTIVE' }, { blocked: is! });
  expect(await shown(ids, 'blocked')).toEqual(['ON_HOLD', is]);
  expect(await told(ids)).toMatchObject({ side: 'crm', winner: 'erp', why: 'ERP wins', lost: 'ACTIVE' });
});

test('where the CRM wins, what the ERP had moved to is told in its own word', async () => {
  const ids = await customer();
  await edit('erp', ids, { blocked: 'SHIP' });
  await w.sync.setField('customer', 'status', { wins: 'crm' }, 'test');
  await inOneWindow(ids, { status: 'ACTIVE' }, { blocked: 'INVOICE' });
  await w.sync.setField('customer', 'status', { wins: 'erp' }, 'test');
  expect(await shown(ids, 'blocked')).toEqual(['ACTIVE', 'NONE']);
  expect(await told(ids)).toMatchObject({ side: 'erp', winner: 'crm', why: 'CRM wins', lost: 'INVOICE' });
});

describe('of several codes of the ERP for one of the CRM', () => {
  const terms = async () => {
    for (const erp of ['30D', '30E'])
      await w.sync.setCode(
        { list: 'paymentTerms', crm: 'NET30', erp, direction: 'toCrm', validFrom: null, validTo: null },
        'test',
      );
    const ids = await customer();
    await edit('erp', ids, { paymentTermsCode: '30D' });
    return ids;
  };
  const both = async (ids: Pair) => [
    (await w.fields('crm', ids.entity, ids.crm)).paymentTerms,
    (await w.fields('erp', ids.entity, ids.erp)).paymentTermsCode,
  ];

  test('a move from one to another is an edit where the CRM has edited: the ERP wins', async () => {
    const ids = await terms();
    await inOneWindow(ids, { paymentTerms: 'NET14' }, { paymentTermsCode: '30E' });
    expect(await both(ids)).toEqual(['NET30', '30E']);
    expect(await told(ids, 'paymentTerms')).toMatchObject({ side: 'crm', winner: 'erp', lost: 'NET14' });
  });

  test('where the CRM wins, what the ERP had moved to is told in its own word', async () => {
    const ids = await terms();
    await w.sync.setField('customer', 'paymentTerms', { wins: 'crm' }, 'test');
    await inOneWindow(ids, { paymentTerms: 'NET14' }, { paymentTermsCode: '30E' });
    await w.sync.setField('customer', 'paymentTerms', { wins: 'erp' }, 'test');
    expect(await both(ids)).toEqual(['NET14', 'NET14']);
    expect(await told(ids, 'paymentTerms')).toMatchObject({ side: 'erp', winner: 'crm', lost: '30E' });
  });

  test('one that stays, or was moved and seen before, is none', async () => {
    const ids = await terms();
    await edit('erp', ids, { paymentTermsCode: '30E' });
    expect(await both(ids)).toEqual(['NET30', '30E']);
    await edit('crm', ids, { paymentTerms: 'NET14' });
    expect(await both(ids)).toEqual(['NET14', 'NET14']);
    expect(await told(ids, 'paymentTerms')).toMatchObject({ side: 'erp', winner: 'crm', why: 'edited' });
  });
});

test('a finer move that was seen is none any more when the CRM edits', async () => {
  const ids = await customer();
  await edit('crm', ids, { status: 'ON_HOLD' });
  await edit('erp', ids, { blocked: 'INVOICE' });
  expect(await shown(ids, 'blocked')).toEqual(['ON_HOLD', 'INVOICE']);
  await edit('crm', ids, { status: 'ACTIVE' });
  expect(await shown(ids, 'blocked')).toEqual(['ACTIVE', 'NONE']);
  expect(await told(ids)).toMatchObject({ side: 'erp', winner: 'crm', why: 'edited' });
});

test('an order is withdrawn in the CRM and asked a prepayment for in the ERP: further along stands', async () => {
  const ids = await order();
  expect(await shown(ids, 'status')).toEqual(['SUBMITTED', 'PENDING_APPROVAL']);
  await inOneWindow(ids, { status: 'DRAFT' }, { status: 'PENDING_PREPAYMENT' });
  expect(await shown(ids, 'status')).toEqual(['SUBMITTED', 'PENDING_PREPAYMENT']);
  expect(await told(ids)).toMatchObject({ side: 'crm', winner: 'erp', why: 'further along', lost: 'DRAFT' });
});

test('an order is put on hold in the CRM meanwhile: that is further, and the prepayment is told as lost', async () => {
  const ids = await order();
  await inOneWindow(ids, { status: 'ON_HOLD', holdReason: 'CUSTOMER' }, { status: 'PENDING_PREPAYMENT' });
  expect(await shown(ids, 'status')).toEqual(['ON_HOLD', 'ON_HOLD']);
  expect(await told(ids)).toMatchObject({ side: 'erp', winner: 'crm', lost: 'PENDING_PREPAYMENT' });
});
