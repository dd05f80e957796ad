import { expect, test } from 'vitest';
import type { Json, MappingName } from '../../sync/core/types.ts';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { type Fields, openWorld } from './world.ts';

const w = await openWorld();
const known = await knownRecords(w);
const { quoted, product, released, quantities } = dealsOf(w, known);
let n = 0;

/** A linked customer pair. */
async function pair(crm: Fields = {}) {
  const made = await w.create('crm', 'Customer', { name: `Pair ${++n} of the merge rules`, ...crm });
  await w.settled();
  return { crm: made.id, erp: await w.twin('customer', 'crm', made.id) };
}

/** What happens while a flow is paused meets when it goes on. */
async function meanwhile(flows: readonly MappingName[], act: () => Promise<void>): Promise<void> {
  for (const flow of flows) await w.sync.pause(flow, true, 'a test', 'test');
  await act();
  for (const flow of flows) await w.sync.pause(flow, false, null, 'test');
  await w.settled();
}

const both = async (
  ids: { crm: string; erp: string },
  crm: string,
  erp: string,
): Promise<readonly Json[]> => [
  (await w.fields('crm', 'Customer', ids.crm))[crm] ?? null,
  (await w.fields('erp', 'Customer', ids.erp))[erp] ?? null,
];

/** Two records that are alike by organisation number, made while the flow is paused: the link is made of both. */
async function met(first: 'crm' | 'erp', crm: Fields, erp: Fields) {
  const orgNumber = ['923609016', '974760673', '971524960', '976389387'][n++]!;
  const ids = { crm: '', erp: '' };
  const make = {
    crm: async () => {
      ids.crm = (await w.create('crm', 'Customer', { name: `Met ${orgNumber}`, orgNumber, ...crm })).id;
    },
    erp: async () => {
      ids.erp = (
        await w.create('erp', 'Customer', { name: `Met ${orgNumber}`, registrationNo: orgNumber, ...erp })
      ).id;
    },
  };
  await meanwhile(['customer'], async () => {
    await make[first]();
    await make[first === 'crm' ? 'erp' : 'crm']();
  });
  expect(await w.twin('customer', 'crm', ids.crm)).toBe(ids.erp);
  return ids;
}

test('1: a link is made, both have a value: the newer one on both', async () => {
  const later = await met('crm', { website: 'https://older.example' }, { homePage: 'https://newer.example' });
  expect(await both(later, 'website', 'homePage')).toEqual([
    'https://newer.example',
    'https://newer.example',
  ]);
  const earlier = await met(
    'erp',
    { website: 'https://newer.example' },
    { homePage: 'https://older.example' },
  );
  expect(await both(earlier, 'website', 'homePage')).toEqual([
    'https://newer.example',
    'https://newer.example',
  ]);
});

test('2: a link is made, same time: the named winner, for LATEST the CRM', async () => {
  const ids = { crm: '', erp: '' };
  await meanwhile(['customer'], async () => {
    ids.crm = (
      await w.create('crm', 'Customer', {
        name: 'Same time',
        orgNumber: '983163327',
        website: 'https://crm.example',
        legalName: 'From the CRM',
      })
    ).id;
    ids.erp = (
      await w.create('erp', 'Customer', {
        name: 'Same time',
        registrationNo: '983163327',
        homePage: 'https://erp.example',
        legalName: 'From the ERP',
      })
    ).id;
    // The system gives every change its own time; only its database can say that two were at once.
    await w.sql.begin(async (tx) => {
      await tx`set local session_replication_role = replica`;
      await tx`update erp.customer set updated_at = (select updated_at from crm.customer where id = ${ids.crm}) where id = ${ids.erp}`;
    });
  });
  expect(await both(ids, 'website', 'homePage')).toEqual(['https://crm.example', 'https://crm.example']);
  expect(await both(ids, 'legalName', 'legalName')).toEqual(['From the ERP', 'From the ERP']);
});

test('3: a link is made, one side empty though newer: the value that is there, on both', async () => {
  const ids = await met('crm', { website: 'https://there.example' }, {});
  expect(await both(ids, 'website', 'homePage')).toEqual(['https://there.example', 'https://there.example']);
});

test('4: a side changes its value to empty: empty travels', async () => {
  const ids = await pair({ website: 'https://a.example', legalName: 'Gone soon' });
  await w.edit('erp', 'Customer', ids.erp, { homePage: null });
  await w.settled();
  expect(await both(ids, 'website', 'homePage')).toEqual([null, null]);
  await w.edit('crm', 'Customer', ids.crm, { legalName: null });
  await w.settled();
  expect(await both(ids, 'legalName', 'legalName')).toEqual([null, null]);
});

test('5: each side changed a different field: both applied, no conflict', async () => {
  const ids = await pair();
  await meanwhile(['customer'], async () => {
    await w.edit('crm', 'Customer', ids.crm, { website: 'https://b.example' });
    await w.edit('erp', 'Customer', ids.erp, { legalName: 'Legal' });
  });
  expect(await both(ids, 'website', 'homePage')).toEqual(['https://b.example', 'https://b.example']);
  expect(await both(ids, 'legalName', 'legalName')).toEqual(['Legal', 'Legal']);
  expect((await w.linkOf('customer', ids.crm)).state).toBe('synced');
});

test('6: both changed a field to the same value: no write, and the base advances', async () => {
  const ids = await pair({ legalName: 'Before' });
  await meanwhile(['customer'], async () => {
    await w.edit('crm', 'Customer', ids.crm, { legalName: 'After' });
    await w.edit('erp', 'Customer', ids.erp, { legalName: 'After' });
  });
  const versions = [
    (await w.read('crm', 'Customer', ids.crm)).version,
    (await w.read('erp', 'Customer', ids.erp)).version,
  ];
  await w.edit('crm', 'Customer', ids.crm, { legalName: 'Before' });
  await w.settled();
  expect(await both(ids, 'legalName', 'legalName')).toEqual(['Before', 'Before']);
  expect((await w.read('erp', 'Customer', ids.erp)).version).toBe(String(Number(versions[1]) + 1));
  expect((await w.read('crm', 'Customer', ids.crm)).version).toBe(String(Number(versions[0]) + 1));
});

test.for([
  ['website', 'homePage', 'https://crm.example', 'https://erp.example', 'latest'],
  ['kind', 'partnerType', 'PUBLIC', 'PERSON', 'crm'],
  ['legalName', 'legalName', 'Of the CRM', 'Of the ERP', 'erp'],
] as const)('7: both changed %s to different values: %s wins', async ([crm, erp, mine, theirs, wins]) => {
  const ids = await pair({ website: 'https://base.example', legalName: 'Base' });
  const link = await w.linkOf('customer', ids.crm);
  await meanwhile(['customer'], async () => {
    await w.edit('crm', 'Customer', ids.crm, { [crm]: mine });
    await w.edit('erp', 'Customer', ids.erp, { [erp]: theirs });
  });
  const [after] = await both(ids, crm, erp);
  expect(after).toBe(wins === 'crm' ? mine : wins === 'erp' ? theirs : theirs);
  const told = (await w.events(link.id)).at(-1)!.fields.find((each) => each.field === crm)!;
  expect(told.lost).not.toBeUndefined();
});

test('7: INBOX opens a conflict with base and both values, the other fields travel', async () => {
  const deal = await released();
  await meanwhile(['order', 'quoteOrder', 'quote', 'userOrder'], async () => {
    const [line] = await w.lines('crm', 'Order', deal.order);
    await w.editLines('crm', 'Order', deal.order, [
      { kind: 'change', lineId: line!.lineId, fields: { quantity: '5' } },
    ]);
    await w.edit('crm', 'Order', deal.order, { notes: 'travels' });
  });
  const link = await w.linkOf('order', deal.order);
  const [conflict] = await w.conflicts(link.id);
  expect(conflict).toMatchObject({ field: 'quantity', baseCrm: '3', crm: '5', erp: '3' });
  expect((await w.fields('erp', 'Order', deal.erpOrder)).workDescription).toBe('travels');
  expect(await quantities('erp', 'Order', deal.erpOrder)).toEqual([3]);
});

test('8: what the target normalises is its base: no second write', async () => {
  const made = await w.create('crm', 'Product', { sku: 'lower-1', name: 'Written in lower case' });
  await w.settled();
  const erp = await w.read('erp', 'Product', await w.twin('product', 'crm', made.id));
  expect(erp.fields.itemNo).toBe('LOWER-1');
  const version = (await w.read('crm', 'Product', made.id)).version;
  await w.edit('crm', 'Product', made.id, { name: 'Written in lower case again' });
  await w.settled();
  expect((await w.read('crm', 'Product', made.id)).version).toBe(String(Number(version) + 1));
});

test('9: a line removed on one side and edited on the other is a conflict on that line only', async () => {
  const deal = await quoted({}, [
    { productId: product(0), quantity: '1', unitPrice: '10' },
    { productId: product(1), quantity: '2', unitPrice: '10' },
  ]);
  await meanwhile(['order', 'quoteOrder', 'quote', 'userOrder'], async () => {
    const [mine] = await w.lines('crm', 'Quote', deal.quote);
    const [theirs, other] = await w.lines('erp', 'Quote', deal.erpQuote);
    await w.editLines('crm', 'Quote', deal.quote, [{ kind: 'remove', lineId: mine!.lineId }]);
    await w.editLines('erp', 'Quote', deal.erpQuote, [
      { kind: 'change', lineId: theirs!.lineId, fields: { quantity: '7' } },
      { kind: 'change', lineId: other!.lineId, fields: { quantity: '8' } },
    ]);
  });
  const link = await w.linkOf('quote', deal.quote);
  expect((await w.conflicts(link.id)).map(({ field, line }) => [field, line !== ''])).toEqual([
    ['line', true],
  ]);
  expect(await quantities('crm', 'Quote', deal.quote)).toEqual([8]);
  expect(await quantities('erp', 'Quote', deal.erpQuote)).toEqual([7, 8]);
});

test('10: a removed line is removed on the other side, and an old snapshot cannot bring it back', async () => {
  const deal = await quoted({}, [
    { productId: product(0), quantity: '1', unitPrice: '10' },
    { productId: product(1), quantity: '2', unitPrice: '10' },
  ]);
  const snapshot = await w.lines('erp', 'Quote', deal.erpQuote);
  const [line] = await w.lines('crm', 'Quote', deal.quote);
  await w.editLines('crm', 'Quote', deal.quote, [{ kind: 'remove', lineId: line!.lineId }]);
  await w.settled();
  expect(await quantities('erp', 'Quote', deal.erpQuote)).toEqual([2]);
  expect(await quantities('erp', 'Order', deal.erpOrder)).toEqual([2]);
  const { lineId, productId, quantity, unitPrice } = snapshot[0]!;
  await w.editLines('erp', 'Quote', deal.erpQuote, [
    { kind: 'add', lineId, fields: { productId: productId!, quantity: quantity!, unitPrice: unitPrice! } },
  ]);
  await w.settled();
  expect(await quantities('erp', 'Quote', deal.erpQuote)).toEqual([2]);
  expect(await quantities('crm', 'Quote', deal.quote)).toEqual([2]);
});

test.for(['crm', 'erp'] as const)(
  '11: discount typed as an amount and as a percent: the later typed one stays (%s later)',
  async (later) => {
    const deal = await quoted();
    const type = {
      crm: () => w.edit('crm', 'Quote', deal.quote, { discountPercent: '10' }),
      erp: () => w.edit('erp', 'Quote', deal.erpQuote, { headerDiscountAmount: '60' }),
    };
    await meanwhile(['order', 'quoteOrder', 'quote', 'userOrder'], async () => {
      await type[later === 'crm' ? 'erp' : 'crm']();
      await type[later]();
    });
    const quote = await w.fields('crm', 'Quote', deal.quote);
    const erpQuote = await w.fields('erp', 'Quote', deal.erpQuote);
    const erpOrder = await w.fields('erp', 'Order', deal.erpOrder);
    expect(quote.discountTyped).toBe(later === 'crm' ? 'PERCENT' : 'AMOUNT');
    for (const amount of [quote.discountAmount, erpQuote.headerDiscountAmount, erpOrder.headerDiscountAmount])
      expect(Number(amount)).toBe(later === 'crm' ? 30 : 60);
    expect(quote.totalAmount).toBe(later === 'crm' ? '337.50' : '300.00');
  },
);

test("12: a field edited by the integration's own user is still detected", async () => {
  const ids = await pair();
  await w.edit(
    'erp',
    'Customer',
    ids.erp,
    { legalName: 'By tandem itself' },
    { actor: 'tandem', origin: 'sync' },
  );
  await w.settled();
  expect(await both(ids, 'legalName', 'legalName')).toEqual(['By tandem itself', 'By tandem itself']);
});

test('13: the same change delivered twice has no effect, and is counted', async () => {
  const ids = await pair();
  const link = await w.linkOf('customer', ids.crm);
  const before = [
    await w.events(link.id),
    await w.read('crm', 'Customer', ids.crm),
    await w.read('erp', 'Customer', ids.erp),
  ];
  const [seen] = await w.sql`select sum(seen) as seen from sync.feed`;
  await w.sql`update sync.feed set cursor = null where side = 'crm'`;
  const [result] = await w.sync.syncRecords('customer', [{ side: 'crm', entity: 'Customer', id: ids.crm }], {
    mode: 'apply',
    actor: 'test',
  });
  expect(result!.outcome).toBe('unchanged');
  await w.edit('crm', 'Customer', (await pair()).crm, { legalName: 'news' });
  await w.settled();
  expect([
    await w.events(link.id),
    await w.read('crm', 'Customer', ids.crm),
    await w.read('erp', 'Customer', ids.erp),
  ]).toEqual(before);
  expect(Number((await w.sql`select sum(seen) as seen from sync.feed`)[0]!.seen)).toBeGreaterThan(
    Number(seen!.seen),
  );
});

test('14: our own write that comes back is a plan of kind none: no event, no version', async () => {
  const ids = await pair();
  await w.edit('crm', 'Customer', ids.crm, { legalName: 'Once' });
  await w.settled();
  const link = await w.linkOf('customer', ids.crm);
  const events = await w.events(link.id);
  const [preview] = await w.sync.syncRecords('customer', [{ side: 'crm', entity: 'Customer', id: ids.crm }], {
    mode: 'preview',
    actor: 'test',
  });
  expect(preview!.plan.kind).toBe('none');
  expect(await w.events(link.id)).toEqual(events);
  expect(events.filter((event) => event.fields.some((field) => field.field === 'legalName'))).toHaveLength(1);
});

test.for(['crm', 'erp'] as const)(
  '15: a record deleted in the %s archives the other, and its tombstone keeps it from coming back',
  async (side) => {
    const ids = await pair();
    const other = side === 'crm' ? 'erp' : 'crm';
    await w.remove(side, 'Customer', ids[side]);
    await w.settled();
    expect((await w.read(other, 'Customer', ids[other])).archived).toBe(true);
    const [link] = await w.links({ id: ids.crm, live: false });
    expect([link!.state, link!.endedBy]).toEqual(['ended', 'deleted']);
    await w.written(other, { kind: 'restore', entity: 'Customer', id: ids[other] });
    await w.edit(other, 'Customer', ids[other], { legalName: `Still here ${other}` });
    await w.settled();
    expect(await w.links({ id: ids[other] })).toEqual([]);
    expect(await w.count(side, 'Customer', 'legalName', `Still here ${other}`)).toBe(0);
  },
);

test('16: a create whose answer never came is found again by its external reference', async () => {
  const ids = { crm: '' };
  await meanwhile(['customer'], async () => {
    ids.crm = (await w.create('crm', 'Customer', { name: 'Answer lost' })).id;
    await w.create(
      'erp',
      'Customer',
      { name: 'Answer lost', externalReference: ids.crm },
      { actor: 'tandem', origin: 'sync' },
    );
  });
  expect(await w.count('erp', 'Customer', 'externalReference', ids.crm)).toBe(1);
  expect(await w.count('erp', 'Customer', 'name', 'Answer lost')).toBe(1);
  expect((await w.linkOf('customer', ids.crm)).erpId).not.toBeNull();
});

test('17: two twins at once, and the same one on both sides: one link, one record on each side', async () => {
  await w.writeAll('crm', [
    { kind: 'create', entity: 'Customer', fields: { name: 'Twin', orgNumber: '984661185' } },
    { kind: 'create', entity: 'Customer', fields: { name: 'Twin', orgNumber: '984661185' } },
  ]);
  await w.settled();
  expect(await w.count('erp', 'Customer', 'registrationNo', '984661185')).toBe(1);
  await Promise.all([
    w.create('crm', 'Customer', { name: 'Both sides', orgNumber: '910667972' }),
    w.create('erp', 'Customer', { name: 'Both sides', registrationNo: '910667972' }),
  ]);
  await w.settled();
  expect(await w.count('erp', 'Customer', 'registrationNo', '910667972')).toBe(1);
  expect(await w.count('crm', 'Customer', 'orgNumber', '910667972')).toBe(1);
});

test('18: a value the target cannot hold is an issue that names field, value and limit; the others travel', async () => {
  const made = await w.create('crm', 'Contact', { lastName: 'Long', customerId: known.Customer[0].crm });
  await w.settled();
  const title = 'Head of everything that is bought, sold, kept, counted and written down';
  await w.edit('crm', 'Contact', made.id, { jobTitle: title, department: 'Purchasing' });
  await w.settled();
  const erp = await w.fields('erp', 'Contact', await w.twin('contact', 'crm', made.id));
  expect([erp.jobTitle, erp.department]).toEqual([null, 'Purchasing']);
  const link = await w.linkOf('contact', made.id);
  const [issue] = await w.issues(link.id);
  expect(issue).toMatchObject({ code: 'VALUE_DOES_NOT_FIT', field: 'jobTitle' });
  expect(issue!.message).toMatch(/50/);
  await w.edit('crm', 'Contact', made.id, { jobTitle: 'Head buyer' });
  await w.settled();
  expect((await w.fields('erp', 'Contact', await w.twin('contact', 'crm', made.id))).jobTitle).toBe(
    'Head buyer',
  );
  expect(await w.issues(link.id)).toEqual([]);
});
