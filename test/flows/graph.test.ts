import { describe, expect, test } from 'vitest';
import { createSyncSubgraph } from '../../subgraphs/sync/subgraph.ts';
import type { Json } from '../../sync/core/types.ts';
import { mappings } from '../../sync/mappings/index.ts';
import { at, data, members, ask as run } from '../sync-subgraph/fixture.ts';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { type Fields, openWorld } from './world.ts';

/** What people do through the graph, with the engine at work behind it. */
const w = await openWorld();
const known = await knownRecords(w);
const { released, quantities } = dealsOf(w, known);
const subgraph = createSyncSubgraph({ sql: w.sql, sync: w.sync, mappings });
const ask = (document: string, variables = {}) => data(subgraph, document, variables);

test('"always" decides the very next conflict of the field, and stops as soon as the rule is taken back', async () => {
  const edited = async (quantity: string) => {
    const deal = await released();
    const [line] = await w.lines('crm', 'Order', deal.order);
    const change = { kind: 'change', lineId: line!.lineId, fields: { quantity } } as const;
    return { ...deal, edit: () => w.editLines('crm', 'Order', deal.order, [change]) };
  };
  const [first, second, third] = [await edited('5'), await edited('6'), await edited('7')];
  await first.edit();
  await w.settled();
  const { id } = await w.linkOf('order', first.order);
  const decided = await ask(
    `mutation { resolveConflicts(filter: { link: { eq: "Link_${id}" } }, choose: CRM, always: true, mode: APPLY) { applied rules { id } } }`,
  );
  await second.edit();
  await w.settled();
  expect(await quantities('erp', 'Order', second.erpOrder)).toEqual([6]);
  expect((await w.linkOf('order', second.order)).state).toBe('synced');
  await ask(`mutation { removeRule(id: "${at(decided, 'resolveConflicts.rules.0.id')}") { id } }`);
  await third.edit();
  await w.settled();
  expect((await w.linkOf('order', third.order)).state).toBe('conflict');
});

test('the round-trip proof runs over the live data: every value comes back, or is listed with its reason', async () => {
  await released();
  const odd = await w.create('crm', 'Product', {
    sku: 'TRIP-1',
    name: 'Trip',
    description: 'plain',
    gtin: '4006381333931',
  });
  await w.settled();
  const proof = async (flow: string) =>
    at(
      await ask(
        `{ roundTripProof(flow: ${flow}, first: 100) { pairs checked same normalised lossy broken held fields { field checked broken why } examples { link { crmId } field side value there back verdict why } totalCount } }`,
      ),
      'roundTripProof',
    );
  for (const flow of ['CUSTOMER', 'CONTACT', 'PRODUCT', 'QUOTE', 'QUOTE_ORDER', 'ORDER', 'USER_ORDER']) {
    const found = await proof(flow);
    expect(found, flow).toMatchObject({ broken: 0 });
    expect(Number(found.pairs), flow).toBeGreaterThan(0);
    const { checked, same, normalised, lossy, held } = found as unknown as Record<string, number>;
    expect(same! + normalised! + lossy! + held!, flow).toBe(checked);
  }
  // A value that the other side cannot bring back is told with what it would become.
  await w.sync.pause('product', true, 'a test', 'test');
  await w.edit('crm', 'Product', odd.id, { description: '<b>bold</b> words' });
  const examples = members((await proof('PRODUCT')).examples);
  expect(examples).toContainEqual(
    expect.objectContaining({
      link: { crmId: odd.id },
      field: 'description',
      side: 'CRM',
      verdict: 'LOSSY',
      value: '<b>bold</b> words',
      why: expect.stringContaining('HTML'),
    }),
  );
  await w.sync.pause('product', false, null, 'test');
});

/** An order of three whose ERP order is released, with this edit of its one line in the CRM: a conflict. */
async function disputed(fields: Fields) {
  const deal = await released();
  const [line] = await w.lines('crm', 'Order', deal.order);
  await w.editLines('crm', 'Order', deal.order, [{ kind: 'change', lineId: line!.lineId, fields }]);
  await w.settled();
  return { ...deal, link: (await w.linkOf('order', deal.order)).id };
}

const lettersOf = async (link: string) =>
  (await w.deadLetters()).filter(({ linkId }) => linkId === link).map(({ code }) => code);

/** Decides a conflict of a link by a typed value. */
const typed = (link: string, field: string, value: Json, mode: string) =>
  run(
    subgraph,
    `mutation ($id: ID!, $field: String!, $value: JSON, $mode: SyncMode) {
      resolveConflict(id: $id, choices: [{ field: $field, take: VALUE, value: $value }], mode: $mode) { outcome }
    }`,
    { id: `Link_${link}`, field, value, mode },
  );

test.for([
  ['quantity', '5', '-4', 'quantity "-4" is less than 0'],
  ['discountPercent', '5', '100.5', 'discountPercent "100.5" is more than 100'],
  ['discountPercent', '5', '-101', 'discountPercent "-101" is less than -100'],
] as const)(
  'a typed %s that a person may type in neither system is refused (%s, then %s)',
  async ([field, edited, value, why]) => {
    const { order, erpOrder, link } = await disputed({ [field]: edited });
    for (const mode of ['PREVIEW', 'APPLY'])
      expect((await typed(link, field, value, mode)).errors).toMatchObject([
        {
          message: expect.stringContaining(why),
          extensions: { code: 'BAD_USER_INPUT', argumentPath: ['choices', 0, 'value'] },
        },
      ]);
    const shown = [(await w.lines('crm', 'Order', order))[0], (await w.lines('erp', 'Order', erpOrder))[0]];
    expect(shown).toMatchObject([{ [field]: edited }, { quantity: '3' }]);
    expect((await w.conflicts(link)).map((conflict) => conflict.field)).toEqual([field]);
    expect(await w.linkOf('order', order)).toMatchObject({ state: 'conflict' });
  },
);

test('a typed quantity finer than its product is sold is refused at once, with the remedy', async () => {
  const { order, erpOrder, link } = await disputed({ quantity: '5' });
  await w.edit('erp', 'Product', String(known.Product[0].erp), { roundingPrecision: '0.1' });
  await w.settled();
  for (const mode of ['PREVIEW', 'APPLY'])
    expect((await typed(link, 'quantity', '4.25', mode)).errors).toMatchObject([
      {
        message: expect.stringContaining(
          `quantity "4.25" has more decimals than the 1 of CRM Product ${known.Product[0].crm}. Round it`,
        ),
        extensions: { code: 'BAD_USER_INPUT', argumentPath: ['choices', 0, 'value'] },
      },
    ]);
  expect((await w.conflicts(link)).map(({ field }) => field)).toEqual(['quantity']);
  expect((await typed(link, 'quantity', '4.5', 'APPLY')).errors).toBeUndefined();
  await w.settled();
  const shown = [(await w.lines('crm', 'Order', order))[0], (await w.lines('erp', 'Order', erpOrder))[0]];
  expect(shown).toMatchObject([{ quantity: '4.5' }, { quantity: '4.5' }]);
});

describe('a typed value that only one system refuses', () => {
  /** A product whose unit is in conflict: hours in the CRM, kilograms in the ERP. */
  async function inDispute(fields: Fields = {}) {
    for (const field of ['baseUnit', 'sku'])
      await w.sync.setField('product', field, { wins: 'inbox' }, 'test');
    const made = await w.create('crm', 'Product', { sku: `TYPED-${++n}`, name: `Typed ${n}`, ...fields });
    await w.settled();
    const erp = await w.twin('product', 'crm', made.id);
    await w.sync.pause('product', true, 'a test', 'test');
    await w.edit('crm', 'Product', made.id, { baseUnit: 'HUR', sku: `CRM-${n}` });
    await w.edit('erp', 'Product', erp, { baseUnitCode: 'KG', itemNo: `ERP-${n}` });
    await w.sync.pause('product', false, null, 'test');
    await w.settled();
    const { id: link } = await w.linkOf('product', made.id);
    const shown = async (inCrm: string, inErp: string) => [
      (await w.fields('crm', 'Product', made.id))[inCrm],
      (await w.fields('erp', 'Product', erp))[inErp],
    ];
    return { crm: made.id, erp, link, shown, n };
  }
  let n = 0;

  test('is written nowhere where that is the ERP, and the conflict is decided anew', async () => {
    const { crm, erp, link, shown } = await inDispute();
    await w.edit('erp', 'Product', erp, { inventory: '5' });
    await w.settled();
    const refused = await typed(link, 'baseUnit', 'DAY', 'APPLY');
    expect(at(refused.data, 'resolveConflict.outcome')).toBe('FAILED');
    await w.settled();
    expect(await shown('baseUnit', 'baseUnitCode')).toEqual(['HUR', 'KG']);
    expect(await w.linkOf('product', crm)).toMatchObject({ state: 'conflict' });
    expect(await w.conflicts(link)).toMatchObject([{ field: 'baseUnit', crm: 'HUR', erp: 'KGM' }, {}]);
    expect((await w.events(link)).map(({ outcome }) => outcome).slice(-2)).toEqual(['failed', 'conflict']);

    await w.edit('crm', 'Product', crm, { baseUnit: 'KGM', sku: (await shown('sku', 'itemNo'))[1]! });
    await w.settled();
    expect(await w.linkOf('product', crm)).toMatchObject({ state: 'synced' });
    expect(await w.conflicts(link)).toEqual([]);
    expect(await lettersOf(link)).toEqual([]);
  });

  test('is in conflict with what the other took where that is the CRM', async () => {
    await w.create('crm', 'Product', { sku: 'TAKEN-1', name: 'A draft', status: 'DRAFT' });
    const { crm, link, shown, n } = await inDispute();
    await typed(link, 'sku', 'TAKEN-1', 'APPLY');
    await w.settled();
    expect(await shown('sku', 'itemNo')).toEqual([`CRM-${n}`, 'TAKEN-1']);
    expect(await w.linkOf('product', crm)).toMatchObject({ state: 'conflict' });
    expect(await w.conflicts(link)).toMatchObject([{}, { field: 'sku', crm: `CRM-${n}`, erp: 'TAKEN-1' }]);
    expect(await lettersOf(link)).toEqual([]);
  });
});

test('a typed quantity below what was shipped meanwhile is written nowhere', async () => {
  const { order, erpOrder, link } = await disputed({ quantity: '5' });
  await w.sync.pause('order', true, 'a test', 'test');
  const [line] = await w.lines('erp', 'Order', erpOrder);
  await w.editLines('erp', 'Order', erpOrder, [
    { kind: 'change', lineId: line!.lineId, fields: { quantityShipped: '2' } },
  ]);
  const refused = await typed(link, 'quantity', '1', 'APPLY');
  expect(at(refused.data, 'resolveConflict.outcome')).toBe('FAILED');
  const both = async () => [
    await quantities('crm', 'Order', order),
    await quantities('erp', 'Order', erpOrder),
  ];
  expect(await both()).toEqual([[5], [3]]);
  await w.sync.pause('order', false, null, 'test');
  await w.settled();
  // Once it is shipped, the ERP alone says how much.
  expect(await both()).toEqual([[3], [3]]);
  expect(await w.linkOf('order', order)).toMatchObject({ state: 'synced' });
  expect(await w.conflicts(link)).toEqual([]);
  expect(await lettersOf(link)).toEqual([]);
});

test('whoever edits a record in its system reads his write with its token, in the agreed values and on the other side', async () => {
  const made = await w.create('crm', 'Customer', { name: 'Read my write' });
  await w.settled();
  const erp = await w.twin('customer', 'crm', made.id);
  for (const name of ['Read my write 1', 'Read my write 2', 'Read my write 3']) {
    await w.edit('crm', 'Customer', made.id, { name });
    const entity = await ask(
      'query ($of: [_Any!]!) { _entities(representations: $of) { ... on CrmCustomer { syncToken } } }',
      { of: [{ __typename: 'CrmCustomer', id: made.id }] },
    );
    const syncToken = String(at(entity, '_entities.0.syncToken'));
    const read = await ask(`query ($t: String!) { customer(crmId: "${made.id}", syncToken: $t) { name } }`, {
      t: syncToken,
    });
    expect(at(read, 'customer')).toEqual({ name });
    expect((await w.fields('erp', 'Customer', erp)).name).toBe(name);
  }
});

test('a token whose work is held up is answered with the side that lags', async () => {
  const made = await w.create('erp', 'Customer', { name: 'Held up' });
  await w.settled();
  await w.sync.pause('customer', true, 'a test', 'test');
  await w.edit('erp', 'Customer', made.id, { name: 'Held up, edited' });
  const token = await w.sync.tokenOf({ side: 'erp', entity: 'Customer', id: made.id });
  expect(await w.sync.settled(token, 300)).toEqual({ lagging: ['erp'] });
  await w.sync.pause('customer', false, null, 'test');
  expect(await w.sync.settled(token, 5_000)).toEqual({ lagging: [] });
});

test('a conflict tells who edited each side and when, and again when one is edited anew', async () => {
  const deal = await released();
  const [line] = await w.lines('crm', 'Order', deal.order);
  const edit = async (quantity: string, actor: string) => {
    const change = { kind: 'change', lineId: line!.lineId, fields: { quantity } } as const;
    const edited = await w.editLines('crm', 'Order', deal.order, [change], { actor, origin: 'person' });
    await w.settled();
    return Date.parse(edited.updatedAt);
  };
  const told = async () => {
    const link = await w.linkOf('order', deal.order);
    const found = await ask(
      `{ conflicts(filter: { link: { eq: "Link_${link.id}" } }) { nodes { crm crmBy crmAt erpBy erpAt } } }`,
    );
    return at(found, 'conflicts.nodes.0');
  };
  const first = await edit('5', 'berit');
  expect(await told()).toMatchObject({ crm: '5', crmBy: 'berit', erpAt: expect.any(String) });
  expect(Date.parse(String((await told()).crmAt))).toBe(first);
  const second = await edit('6', 'carl');
  expect(await told()).toMatchObject({ crm: '6', crmBy: 'carl' });
  expect(Date.parse(String((await told()).crmAt))).toBe(second);
});

test('work that will be tried again by itself is listed with its attempts and its next try', async () => {
  const made = await w.create('crm', 'Customer', { name: 'To be tried again' });
  await w.settled();
  const link = await w.linkOf('customer', made.id);
  await w.sql`insert into sync.lane (key, mapping, cause, attempts, run_at)
    values (${`link:${link.id}`}, 'customer', '{"kind":"change","side":"crm"}', 3, now() + interval '1 hour')`;
  const found = await ask(
    '{ retrying(flow: CUSTOMER) { flow link { id } attempts nextTryAt cause { kind side } } }',
  );
  expect(at(found, 'retrying.0')).toMatchObject({
    flow: 'CUSTOMER',
    link: { id: `Link_${link.id}` },
    attempts: 3,
    cause: { kind: 'CHANGE', side: 'CRM' },
  });
  expect(Date.parse(String(at(found, 'retrying.0.nextTryAt')))).toBeGreaterThan(Date.now());
  await w.sql`delete from sync.lane where key = ${`link:${link.id}`}`;
});

test('so does one that opens when a code that nobody had mapped is', async () => {
  const told = async (link: string) =>
    at(
      await ask(
        `{ conflicts(filter: { link: { eq: "Link_${link}" } }) { nodes { field crmBy crmAt erpBy erpAt } } }`,
      ),
      'conflicts.nodes',
    );
  await w.sync.setField('customer', 'paymentTerms', { wins: 'inbox' }, 'test');
  const { id: crm } = await w.create('crm', 'Customer', { name: 'Terms', paymentTerms: 'NET30' });
  await w.settled();
  const { id, erpId } = await w.linkOf('customer', crm);
  const by = (actor: string) => ({ actor, origin: 'person' }) as const;
  await w.sync.pause('customer', true, 'a test', 'test');
  const typed = await w.edit('crm', 'Customer', crm, { paymentTerms: 'NET45' }, by('bob'));
  const other = await w.edit('erp', 'Customer', erpId!, { paymentTermsCode: '77D' }, by('anna'));
  await w.sync.pause('customer', false, null, 'test');
  await w.settled();
  await w.edit('crm', 'Customer', crm, { website: 'https://later.example' }, by('carl'));
  await w.settled();
  expect((await w.read('erp', 'Customer', erpId!)).updatedBy).toBe('tandem');
  await ask('mutation { setCode(list: PAYMENT_TERMS, crm: "NET77", erp: "77D") { crm } }');
  await w.settled();
  const [conflict, ...others] = (await told(id)) as unknown as readonly Readonly<Record<string, string>>[];
  expect(conflict).toMatchObject({ field: 'paymentTerms', crmBy: 'bob', erpBy: 'anna' });
  expect(Date.parse(conflict!.crmAt!)).toBe(Date.parse(typed.updatedAt));
  expect(Date.parse(conflict!.erpAt!)).toBe(Date.parse(other.updatedAt));
  expect(others).toEqual([]);
  await w.sync.setField('customer', 'paymentTerms', { wins: 'erp' }, 'test');
});

test('a conflict names the people who edited, and when, though the sync wrote their other fields to both records since', async () => {
  const { order, erpOrder } = await released();
  await w.sync.pause('order', true, 'a test', 'test');
  const crm = await w.edit('crm', 'Order', order, { discountPercent: '5', notes: 'Call first' });
  const erp = await w.edit(
    'erp',
    'Order',
    erpOrder,
    { headerDiscountPercent: '7', customerOrderReference: 'PO 7' },
    { actor: 'bob', origin: 'person' },
  );
  await w.sync.pause('order', false, null, 'test');
  await w.settled();
  expect((await w.fields('erp', 'Order', erpOrder)).workDescription).toBe('Call first');
  expect((await w.fields('crm', 'Order', order)).customerPurchaseOrder).toBe('PO 7');
  const { id } = await w.linkOf('order', order);
  const told = await ask(
    `{ conflicts(filter: { link: { eq: "Link_${id}" } }) { nodes { field crmBy crmAt erpBy erpAt } } }`,
  );
  expect(at(told, 'conflicts.nodes')).toEqual([
    {
      field: 'discountPercent',
      crmBy: 'anna',
      crmAt: crm.updatedAt,
      erpBy: 'bob',
      erpAt: erp.updatedAt,
    },
  ]);
});
