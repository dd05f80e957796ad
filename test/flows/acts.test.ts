import { describe, expect, test } from 'vitest';
import { newId } from '../../sync/index.ts';
import { raiseOverdue } from '../../sync/store/overdue.ts';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { type Fields, openWorld } from './world.ts';

const w = await openWorld();
const known = await knownRecords(w);
const { released, product, quoted, quantities } = dealsOf(w, known);
const apply = { mode: 'apply', actor: 'test' } as const;
const always = { validFrom: null, validTo: null };
const preview = { mode: 'preview', actor: 'test' } as const;
let n = 0;

async function pair(crm: Fields = {}) {
  const made = await w.create('crm', 'Customer', { name: `Pair ${++n} of the acts`, ...crm });
  await w.settled();
  const link = await w.linkOf('customer', made.id);
  return { crm: made.id, erp: link.erpId!, link: link.id };
}
const customer = (id: string) => [{ side: 'crm', entity: 'Customer', id }] as const;
const quietly = async (act: () => Promise<void>) => {
  await w.sync.pause('customer', true, 'a test', 'test');
  await act();
};
const goOn = async () => {
  await w.sync.pause('customer', false, null, 'test');
  await w.settled();
};
const failing = async (act: Promise<unknown>): Promise<string> =>
  act.then(
    () => 'no failure',
    (error: { code?: string }) => error.code ?? String(error),
  );

describe('waiting', () => {
  test('a quote without customer waits with its reason, and is released by an edit', async () => {
    const made = await w.create('crm', 'Quote', { lines: [{ productId: product(0), quantity: '1' }] });
    await w.settled();
    const link = await w.linkOf('quote', made.id);
    expect(link.state).toBe('waiting');
    expect(link.waitsFor![0]!.reason).toMatch(/customer/i);
    expect(await w.count('erp', 'Quote', 'externalReference', made.id)).toBe(0);
    await w.edit('crm', 'Quote', made.id, { customerId: known.Customer[0].crm });
    await w.settled();
    expect((await w.linkOf('quote', made.id)).state).toBe('synced');
    expect((await w.linkOf('quoteOrder', made.id)).state).toBe('synced');
  });

  test.for([
    ['of that number', { sku: 'GTXPRO', name: 'Some machine' }, 'GTXPro'],
    ['of that name', { sku: 'MG-S', name: 'MG Special' }, 'MG Special'],
    ['of that alias', { sku: 'ALIAS-1', name: 'Any', aliases: ['The old name'] }, 'The old name'],
  ] as const)('a product text nobody knows waits until a product %s appears', async ([, fields, typed]) => {
    const made = await w.create('crm', 'Quote', {
      customerId: known.Customer[0].crm,
      lines: [
        { productText: typed, quantity: '1', unitPrice: '10' },
        { productId: product(0), quantity: '1' },
      ],
    });
    await w.settled();
    const link = await w.linkOf('quote', made.id);
    expect(link.state).toBe('waiting');
    expect(link.waitsFor![0]!.reason).toContain(typed);
    await w.create('crm', 'Product', fields as Fields);
    await w.settled();
    const erpQuote = await w.twin('quote', 'crm', made.id);
    expect(await quantities('erp', 'Quote', erpQuote)).toEqual([1, 1]);
  });

  test('a product that gets the alias later releases its quotes too', async () => {
    const made = await w.create('crm', 'Quote', {
      customerId: known.Customer[0].crm,
      lines: [{ productText: 'Nickname', quantity: '1' }],
    });
    await w.settled();
    await w.edit('crm', 'Product', product(1), { aliases: ['Nickname'] });
    await w.settled();
    expect((await w.linkOf('quote', made.id)).state).toBe('synced');
  });

  test('order of arrival reversed: documents and people before the customer they need', async () => {
    const flows = ['customer', 'product', 'contact'] as const;
    for (const flow of flows) await w.sync.pause(flow, true, 'a test', 'test');
    const client = await w.create('crm', 'Customer', { name: 'Late customer' });
    const lamp = await w.create('crm', 'Product', { sku: 'LATE-1', name: 'Late lamp' });
    const person = await w.create('crm', 'Contact', { lastName: 'Early', customerId: client.id });
    const quote = await w.create('crm', 'Quote', {
      customerId: client.id,
      contactId: person.id,
      lines: [{ productId: lamp.id, quantity: '2' }],
    });
    await w.settled();
    expect((await w.linkOf('quote', quote.id)).state).toBe('waiting');
    await w.sync.pause('contact', false, null, 'test');
    await w.settled();
    expect((await w.linkOf('contact', person.id)).state).toBe('waiting');
    await w.sync.pause('customer', false, null, 'test');
    await w.settled();
    expect((await w.linkOf('contact', person.id)).state).toBe('synced');
    expect((await w.linkOf('quote', quote.id)).state).toBe('waiting');
    await w.sync.pause('product', false, null, 'test');
    await w.settled();
    const erpQuote = await w.fields('erp', 'Quote', await w.twin('quote', 'crm', quote.id));
    expect(erpQuote.contactId).toBe(await w.twin('contact', 'crm', person.id));
    expect(erpQuote.customerId).toBe(await w.twin('customer', 'crm', client.id));
  });

  test('an unmapped code holds its field, raises one issue for many records, and setCode releases them', async () => {
    const made = await w.writeAll(
      'crm',
      [1, 2, 3].map((i) => ({
        kind: 'create' as const,
        entity: 'Customer',
        fields: { name: `Odd terms ${i}`, paymentTerms: 'NET77', website: 'https://odd.example' },
      })),
    );
    await w.settled();
    const erp = await Promise.all(made.map(({ id }) => w.twin('customer', 'crm', id)));
    for (const id of erp)
      expect((await w.fields('erp', 'Customer', id)).homePage).toBe('https://odd.example');
    const issues = () =>
      w.sql`select code from sync.issue where key like 'unmapped:paymentTerms:crm:NET77%' and closed_at is null`;
    expect(await issues()).toHaveLength(1);
    await w.sync.setCode({ list: 'paymentTerms', crm: 'NET77', erp: 'N77', ...always }, 'test');
    await w.settled();
    for (const id of erp) expect((await w.fields('erp', 'Customer', id)).paymentTermsCode).toBe('N77');
    expect(await issues()).toHaveLength(0);
  });

  test('a code holds from and to an instant: before, its field waits; of two that hold, the later one stands', async () => {
    const hour = 3_600_000;
    const from = (ms: number) => new Date(Date.now() + ms).toISOString();
    const terms = async (id: string) => (await w.fields('erp', 'Customer', id)).paymentTermsCode;
    const set = (erp: string, validFrom: string | null, validTo: string | null) =>
      w.sync.setCode({ list: 'paymentTerms', crm: 'NET88', erp, validFrom, validTo }, 'test');
    const issues = () =>
      w.sql`select 1 from sync.issue where key = 'unmapped:paymentTerms:crm:NET88' and closed_at is null`;
    await set('TOMORROW', from(24 * hour), null);
    const ids = await pair({ paymentTerms: 'NET88' });
    expect(await terms(ids.erp)).not.toBe('TOMORROW');
    expect(await issues()).toHaveLength(1);
    await set('OVER', from(-2 * hour), from(-hour));
    await w.settled();
    expect(await issues()).toHaveLength(1);
    await set('TODAY', from(-hour), from(hour));
    await w.settled();
    expect(await terms(ids.erp)).toBe('TODAY');
    expect(await issues()).toHaveLength(0);
    await set('LATER', from(-hour / 2), from(hour));
    const other = await pair({ paymentTerms: 'NET88' });
    expect(await terms(other.erp)).toBe('LATER');
  });

  test('what waits for longer than the limit raises one issue per cause, which closes when it is gone', async () => {
    const waiting = await Promise.all(
      [1, 2].map(() => w.create('crm', 'Quote', { lines: [{ productId: product(0), quantity: '1' }] })),
    );
    await w.settled();
    const late = () => w.sql<{ times: number; message: string }[]>`
      select times, message from sync.issue where code = 'WAITS_TOO_LONG' and closed_at is null`;
    await raiseOverdue(w.sql, 24, newId);
    expect(await late()).toEqual([]);
    for (const { id } of waiting) {
      const link = await w.linkOf('quote', id);
      await w.sql`update sync.event set at = at - interval '30 hours' where link_id = ${link.id}`;
    }
    await raiseOverdue(w.sql, 24, newId);
    await raiseOverdue(w.sql, 24, newId);
    expect(await late()).toMatchObject([{ times: 2, message: expect.stringContaining('customerId') }]);
    for (const { id } of waiting) await w.edit('crm', 'Quote', id, { customerId: known.Customer[0].crm });
    await w.settled();
    await raiseOverdue(w.sql, 24, newId);
    expect(await late()).toEqual([]);
  });

  test('so does a field that waits for another record while its own is in step', async () => {
    const { crm } = await pair({});
    await w.sync.pause('contact', true, null, 'test');
    const contact = await w.create('crm', 'Contact', { lastName: 'Late', customerId: crm });
    await w.edit('crm', 'Customer', crm, { primaryContactId: contact.id });
    await w.settled();
    const link = await w.linkOf('customer', crm);
    expect(link.state).toBe('synced');
    const late = () => w.sql<{ times: number; message: string }[]>`
      select times, message from sync.issue where key like 'overdue:customer:%' and closed_at is null`;
    await raiseOverdue(w.sql, 24, newId);
    expect(await late()).toEqual([]);
    await w.sql`update sync.wait set since = now() - interval '30 hours' where link_id = ${link.id}`;
    await raiseOverdue(w.sql, 24, newId);
    expect(await late()).toMatchObject([{ times: 1, message: expect.stringContaining('primaryContactId') }]);
    await w.sync.pause('contact', false, null, 'test');
    await w.settled();
    await raiseOverdue(w.sql, 24, newId);
    expect(await late()).toEqual([]);
    // What cured it is named by the event.
    expect((await w.events(link.id)).at(-1)).toMatchObject({
      cause: { kind: 'release', id: `crm:Contact:${contact.id}` },
      fields: [{ field: 'primaryContactId', side: 'erp' }],
    });
  });

  test('a value that has no normal form holds only itself', async () => {
    const made = await w.create('erp', 'Customer', {
      name: 'Odd phone',
      phoneNo: 'call me',
      homePage: 'https://phone.example',
    });
    await w.settled();
    const id = await w.twin('customer', 'erp', made.id);
    expect(await w.fields('crm', 'Customer', id)).toMatchObject({
      phone: null,
      website: 'https://phone.example',
    });
    const link = await w.linkOf('customer', made.id);
    expect((await w.issues(link.id)).map(({ code, field }) => [code, field])).toEqual([
      ['UNREADABLE_VALUE', 'phone'],
    ]);
    await w.edit('erp', 'Customer', made.id, { phoneNo: '22 33 44 55' });
    await w.settled();
    expect((await w.fields('crm', 'Customer', id)).phone).toBe('+4722334455');
    expect(await w.issues(link.id)).toEqual([]);
  });
});

describe('matching', () => {
  const proposalOf = async (recordId: string) =>
    (
      await w.sql<
        { id: string; candidates: { id: string }[] }[]
      >`select id, candidates from sync.proposal where record_id = ${recordId} and resolved_at is null`
    )[0];

  test('an ambiguous match links nothing; a person decides for a candidate', async () => {
    await w.sync.pause('customer', true, 'a test', 'test');
    const [a, b] = await w.writeAll(
      'erp',
      [1, 2].map(() => ({
        kind: 'create' as const,
        entity: 'Customer',
        fields: { name: 'Two alike AS', registrationNo: '918654062' },
      })),
    );
    const mine = await w.create('crm', 'Customer', { name: 'Two alike', orgNumber: '918654062' });
    // Captured, so that what is taken out of the queue stays out.
    await w.settled();
    await w.sql`delete from sync.lane where key in (${`rec:erp:Customer:${a!.id}`}, ${`rec:erp:Customer:${b!.id}`})`;
    await goOn();
    const proposal = await proposalOf(mine.id);
    expect(proposal!.candidates.map(({ id }) => id).sort()).toEqual([a!.id, b!.id].sort());
    expect((await w.linkOf('customer', mine.id)).erpId).toBeNull();
    const result = await w.sync.resolveMatch(proposal!.id, { candidate: b!.id }, apply);
    expect(result.outcome).toBe('linked');
    expect(await w.twin('customer', 'crm', mine.id)).toBe(b!.id);
    expect(await proposalOf(mine.id)).toBeUndefined();
  });

  test('or for a record of its own', async () => {
    const before = await w.create('erp', 'Customer', { name: 'Only the name is alike' });
    await w.settled();
    const mine = await w.create('crm', 'Customer', { name: 'Only the name is alike' });
    await w.settled();
    const proposal = await proposalOf(mine.id);
    expect(proposal).toBeDefined();
    const result = await w.sync.resolveMatch(proposal!.id, { create: true }, apply);
    expect(result.outcome).toBe('created');
    expect(await w.twin('customer', 'crm', mine.id)).not.toBe(before.id);
  });
});

describe('links by hand', () => {
  test('link, unlink with its tombstone, link again', async () => {
    const ids = await pair();
    const undone = await w.sync.unlink(ids.link, 'both', apply);
    expect(undone.outcome).toBe('unlinked');
    await w.edit('crm', 'Customer', ids.crm, { legalName: 'After unlink' });
    await w.edit('erp', 'Customer', ids.erp, { homePage: 'https://alone.example' });
    await w.settled();
    expect(await w.links({ id: ids.crm })).toEqual([]);
    expect((await w.fields('erp', 'Customer', ids.erp)).legalName).toBeNull();
    expect(await w.count('erp', 'Customer', 'legalName', 'After unlink')).toBe(0);
    const result = await w.sync.link('customer', ids.crm, ids.erp, apply);
    expect(result.outcome).toBe('linked');
    await w.settled();
    expect((await w.fields('erp', 'Customer', ids.erp)).legalName).toBe('After unlink');
    expect((await w.fields('crm', 'Customer', ids.crm)).website).toBe('https://alone.example');
  });

  test('a link is the act of who linked, whatever news of its records comes in at that moment', async () => {
    const ids = await pair();
    let link = ids.link;
    for (let n = 0; n < 10; n++) {
      await w.sync.unlink(link, 'both', apply);
      const [result] = await Promise.all([
        w.sync.link('customer', ids.crm, ids.erp, apply),
        w.edit('crm', 'Customer', ids.crm, { website: `https://${n}.example` }),
      ]);
      expect(result.outcome).toBe('linked');
      link = (await w.linkOf('customer', ids.crm)).id;
      const told = (await w.events(link)).find(({ outcome }) => outcome === 'linked');
      expect(told).toMatchObject({ cause: { kind: 'mutation', actor: 'test' } });
    }
    await w.settled();
  });

  test('unlink and keep one side archives the other', async () => {
    const ids = await pair();
    await w.sync.unlink(ids.link, 'crm', apply);
    await w.settled();
    expect((await w.read('erp', 'Customer', ids.erp)).archived).toBe(true);
    expect((await w.read('crm', 'Customer', ids.crm)).archived).toBe(false);
  });

  test('relink gives a link another record', async () => {
    const ids = await pair({ website: 'https://relinked.example' });
    const free = await w.create('erp', 'Customer', { name: 'Free one' });
    await w.settled();
    const taken = await w.linkOf('customer', free.id);
    expect(await failing(w.sync.relink(ids.link, { erpId: free.id }, apply))).toBe('BAD_USER_INPUT');
    await w.sync.unlink(taken.id, 'both', apply);
    await w.sync.relink((await w.linkOf('customer', ids.crm)).id, { erpId: free.id }, apply);
    await w.settled();
    expect(await w.twin('customer', 'crm', ids.crm)).toBe(free.id);
    expect((await w.fields('erp', 'Customer', free.id)).homePage).toBe('https://relinked.example');
  });

  test('an unlinking is taken back: the same link lives again, and edits made meanwhile travel per field', async () => {
    const ids = await pair({ legalName: 'Before', website: 'https://before.example' });
    await w.sync.unlink(ids.link, 'crm', apply);
    await w.settled();
    await w.edit('crm', 'Customer', ids.crm, { legalName: 'Meanwhile' });
    await w.settled();
    const event = (await w.events(ids.link)).at(-1)!;
    expect(event.outcome).toBe('unlinked');
    const planned = await w.sync.revert(event.id, null, preview);
    expect(planned).toMatchObject({
      outcome: 'linked',
      plan: { kind: 'link', writes: [{ side: 'erp', id: ids.erp, action: 'restore' }] },
    });
    expect((await w.links({ id: ids.link, live: false }))[0]!.state).toBe('ended');
    const done = await w.sync.revert(event.id, null, apply);
    expect(done.outcome).toBe('linked');
    await w.settled();
    expect(await w.linkOf('customer', ids.crm)).toMatchObject({
      id: ids.link,
      erpId: ids.erp,
      state: 'synced',
    });
    expect(await w.read('erp', 'Customer', ids.erp)).toMatchObject({
      archived: false,
      fields: { legalName: 'Meanwhile', homePage: 'https://before.example', externalReference: ids.crm },
    });
    expect((await w.events(ids.link)).map((each) => each.outcome)).toContain('linked');
    expect(await failing(w.sync.revert(event.id, null, apply))).toBe('BAD_USER_INPUT');
  });

  test('an unlinking is not taken back where a record has found another', async () => {
    const [a, b] = [await pair(), await pair()];
    await w.sync.unlink(a.link, 'both', apply);
    await w.sync.unlink(b.link, 'both', apply);
    const event = (await w.events(a.link)).at(-1)!;
    await w.sync.link('customer', a.crm, b.erp, apply);
    expect(await failing(w.sync.revert(event.id, null, apply))).toBe('BAD_USER_INPUT');
  });

  test('a linking is taken back: the link ends, and both sides show again what it wrote over', async () => {
    await w.sync.pause('customer', true, 'a test', 'test');
    const theirs = await w.create('erp', 'Customer', {
      name: 'Theirs by mistake',
      legalName: 'Legal there',
      homePage: 'https://there.example',
    });
    const mine = await w.create('crm', 'Customer', { name: 'Mine by mistake', phone: '+4722334455' });
    await w.settled();
    const before = await w.fields('erp', 'Customer', theirs.id);
    const linked = await w.sync.link('customer', mine.id, theirs.id, apply);
    await goOn();
    expect((await w.fields('crm', 'Customer', mine.id)).legalName).toBe('Legal there');
    await w.edit('erp', 'Customer', theirs.id, { homePage: 'https://edited-since.example' });
    await w.settled();
    const planned = await w.sync.revert(linked.eventIds[0]!, null, preview);
    expect(planned.plan.kind).toBe('unlink');
    expect(planned.plan.writes.map(({ side }) => side)).toEqual(['crm', 'erp']);
    await w.sync.revert(linked.eventIds[0]!, null, apply);
    await w.settled();
    expect(await w.links({ id: mine.id })).toEqual([]);
    const { name, legalName, phoneNo, homePage, externalReference } = await w.fields(
      'erp',
      'Customer',
      theirs.id,
    );
    expect({ name, legalName, phoneNo, externalReference }).toEqual({
      name: before.name,
      legalName: before.legalName,
      phoneNo: before.phoneNo,
      externalReference: null,
    });
    expect(homePage).toBe('https://edited-since.example');
    expect(await w.fields('crm', 'Customer', mine.id)).toMatchObject({
      name: 'Mine by mistake',
      legalName: null,
      phone: '+4722334455',
    });
  });

  test('two pairs linked crosswise are swapped, with a preview', async () => {
    const [a, b] = [
      await pair({ website: 'https://a.example' }),
      await pair({ website: 'https://b.example' }),
    ];
    const planned = await w.sync.swap({ a: a.link, b: b.link }, preview);
    expect(planned).toHaveLength(2);
    expect(await w.twin('customer', 'crm', a.crm)).toBe(a.erp);
    expect(await failing(w.sync.swap({ a: a.link, b: a.link }, apply))).toBe('BAD_USER_INPUT');
    await w.sync.swap({ a: a.link, b: b.link }, apply);
    await w.settled();
    expect(await w.twin('customer', 'crm', a.crm)).toBe(b.erp);
    expect(await w.twin('customer', 'crm', b.crm)).toBe(a.erp);
    expect((await w.fields('erp', 'Customer', a.erp)).externalReference).toBe(b.crm);
  });

  test.for(['crm', 'erp'] as const)('archive and restore in the %s travel', async (side) => {
    const ids = await pair();
    const other = side === 'crm' ? 'erp' : 'crm';
    await w.written(side, { kind: 'archive', entity: 'Customer', id: ids[side] });
    await w.settled();
    expect((await w.read(other, 'Customer', ids[other])).archived).toBe(true);
    await w.written(side, { kind: 'restore', entity: 'Customer', id: ids[side] });
    await w.settled();
    expect((await w.read(other, 'Customer', ids[other])).archived).toBe(false);
  });
});

describe('acts', () => {
  test('PREVIEW writes nothing and tells all; applyPlan applies exactly that, once', async () => {
    const ids = await pair();
    await quietly(async () => void (await w.edit('crm', 'Customer', ids.crm, { legalName: 'Planned' })));
    const events = await w.events(ids.link);
    const [plan] = await w.sync.syncRecords('customer', customer(ids.crm), preview);
    expect(plan!.plan.writes).toMatchObject([
      {
        side: 'erp',
        entity: 'Customer',
        id: ids.erp,
        action: 'update',
        fields: [{ field: 'legalName', before: null, after: 'Planned' }],
      },
    ]);
    expect((await w.fields('erp', 'Customer', ids.erp)).legalName).toBeNull();
    expect(await w.events(ids.link)).toEqual(events);
    const done = await w.sync.applyPlan(plan!.planToken!, { actor: 'test' });
    expect(done.outcome).toBe('updated');
    expect((await w.fields('erp', 'Customer', ids.erp)).legalName).toBe('Planned');
    expect(await failing(w.sync.applyPlan(plan!.planToken!, { actor: 'test' }))).toBe('STALE_PLAN');
    await goOn();
  });

  test.for(['crm', 'erp'] as const)('applyPlan refuses when the %s has moved', async (side) => {
    const ids = await pair();
    await quietly(async () => void (await w.edit('crm', 'Customer', ids.crm, { legalName: 'Planned' })));
    const [plan] = await w.sync.syncRecords('customer', customer(ids.crm), preview);
    await w.edit(
      side,
      'Customer',
      ids[side],
      side === 'crm' ? { website: 'https://moved.example' } : { homePage: 'https://moved.example' },
    );
    expect(await failing(w.sync.applyPlan(plan!.planToken!, { actor: 'test' }))).toBe('STALE_PLAN');
    expect((await w.fields('erp', 'Customer', ids.erp)).legalName).toBeNull();
    await goOn();
  });

  test('PREVIEW of a record without counterpart creates nothing', async () => {
    let id = '';
    await quietly(async () => {
      id = (await w.create('crm', 'Customer', { name: 'Not yet there' })).id;
    });
    const [plan] = await w.sync.syncRecords('customer', customer(id), preview);
    expect(plan!.outcome).toBe('created');
    expect(await w.count('erp', 'Customer', 'externalReference', id)).toBe(0);
    expect(await w.links({ id })).toEqual([]);
    const done = await w.sync.applyPlan(plan!.planToken!, { actor: 'test' });
    expect(done.outcome).toBe('created');
    expect(await w.count('erp', 'Customer', 'externalReference', id)).toBe(1);
    await goOn();
  });

  test.for([
    ['crm', 'Mine'],
    ['erp', 'Theirs'],
  ] as const)('prefer %s decides every contested field', async ([prefer, expected]) => {
    const ids = await pair();
    await quietly(async () => {
      await w.edit('crm', 'Customer', ids.crm, { legalName: 'Mine' });
      await w.edit('erp', 'Customer', ids.erp, { legalName: 'Theirs' });
    });
    await w.sync.syncRecords('customer', customer(ids.crm), { ...apply, prefer });
    await goOn();
    expect([
      (await w.fields('crm', 'Customer', ids.crm)).legalName,
      (await w.fields('erp', 'Customer', ids.erp)).legalName,
    ]).toEqual([expected, expected]);
  });

  test('a paused flow keeps what comes and does it when it goes on', async () => {
    const ids = await pair();
    await quietly(async () => void (await w.edit('crm', 'Customer', ids.crm, { legalName: 'Kept' })));
    await w.settled();
    expect((await w.fields('erp', 'Customer', ids.erp)).legalName).toBeNull();
    await goOn();
    expect((await w.fields('erp', 'Customer', ids.erp)).legalName).toBe('Kept');
  });

  test('a deletion that the other system refuses is failed, told of and listed until it is taken', async () => {
    const ids = await pair();
    await w.sync.setFlow('customer', { onDelete: { crm: 'delete', erp: 'archive' } }, 'test');
    await w.sync.pause('order', true, null, 'test');
    const order = await w.create('erp', 'Order', {
      customerId: ids.erp,
      lines: [{ type: 'ITEM', productId: known.Product[0].erp, quantity: '1', unitPrice: '5' }],
    });
    await w.remove('crm', 'Customer', ids.crm);
    await w.settled();
    const stands = async () => [
      (await w.links({ id: ids.link, live: false })).map(({ state }) => state),
      (await w.events(ids.link)).at(-1)!.outcome,
      (await w.issues(ids.link)).map(({ code }) => code),
      (await w.deadLetters()).filter(({ linkId }) => linkId === ids.link).map(({ code }) => code),
    ];
    expect(await stands()).toEqual([['failed'], 'failed', ['STATE'], ['STATE']]);
    await w.remove('erp', 'Order', order.id);
    await w.sync.retry({ ids: [ids.link] }, apply);
    await w.settled();
    expect(await stands()).toEqual([['ended'], 'deleted', [], []]);
    await w.sync.pause('order', false, null, 'test');
    await w.sync.setFlow('customer', { onDelete: { crm: 'archive', erp: 'archive' } }, 'test');
    await w.settled();
  });

  test('revert takes an archiving back on both sides, and a restoring', async () => {
    const ids = await pair();
    const link = await w.linkOf('customer', ids.crm);
    const archived = async () => [
      (await w.read('crm', 'Customer', ids.crm)).archived,
      (await w.read('erp', 'Customer', ids.erp)).archived,
    ];
    const last = async () => (await w.events(link.id)).at(-1)!;
    await w.written('crm', { kind: 'archive', entity: 'Customer', id: ids.crm });
    await w.settled();
    expect(await archived()).toEqual([true, true]);
    const planned = await w.sync.revert((await last()).id, null, preview);
    expect(planned.plan.writes.map(({ side, fields }) => [side, fields])).toEqual([
      ['crm', [{ field: 'archived', before: true, after: false, rule: 'decided' }]],
      ['erp', [{ field: 'archived', before: true, after: false, rule: 'decided' }]],
    ]);
    expect(await archived()).toEqual([true, true]);
    await w.sync.applyPlan(planned.planToken!, { actor: 'kari' });
    await w.settled();
    expect(await archived()).toEqual([false, false]);
    const taken = await last();
    expect(taken).toMatchObject({ outcome: 'updated', cause: { kind: 'mutation', actor: 'kari' } });
    await w.sync.revert(taken.id, null, apply);
    await w.settled();
    expect(await archived()).toEqual([true, true]);
  });

  test('revert puts back what an event changed', async () => {
    const ids = await pair({ legalName: 'First', website: 'https://first.example' });
    await w.edit('crm', 'Customer', ids.crm, { legalName: 'Second', website: 'https://second.example' });
    await w.settled();
    const event = (await w.events(ids.link)).at(-1)!;
    const planned = await w.sync.revert(event.id, ['legalName'], preview);
    expect(planned.plan.changes.map((change) => change.after)).toEqual(['First', 'First']);
    await w.sync.revert(event.id, ['legalName'], apply);
    await w.settled();
    expect(await w.fields('crm', 'Customer', ids.crm)).toMatchObject({
      legalName: 'First',
      website: 'https://second.example',
    });
    expect(await w.fields('erp', 'Customer', ids.erp)).toMatchObject({
      legalName: 'First',
      homePage: 'https://second.example',
    });
  });

  test.for([
    ['crm', 5],
    ['erp', 3],
    ['base', 3],
    [{ value: '4' }, 4],
  ] as const)('resolveConflict takes %s', async ([take, quantity]) => {
    const deal = await released();
    const [line] = await w.lines('crm', 'Order', deal.order);
    await w.editLines('crm', 'Order', deal.order, [
      { kind: 'change', lineId: line!.lineId, fields: { quantity: '5' } },
    ]);
    await w.settled();
    const link = await w.linkOf('order', deal.order);
    const [conflict] = await w.conflicts(link.id);
    await w.sync.resolveConflict(conflict!.id, [{ field: conflict!.field, take }], apply);
    await w.settled();
    expect(await quantities('crm', 'Order', deal.order)).toEqual([quantity]);
    expect(await quantities('erp', 'Order', deal.erpOrder)).toEqual([quantity]);
    expect((await w.linkOf('order', deal.order)).state).toBe('synced');
    expect(await w.conflicts(link.id)).toEqual([]);
  });

  test('a standing rule decides from now on', async () => {
    await w.sql`insert into sync.rule (id, mapping, field, take, by) values ('rule-1', 'order', 'quantity', 'erp', 'test')`;
    await w.sync.settingsChanged();
    const deal = await released();
    const [line] = await w.lines('crm', 'Order', deal.order);
    await w.editLines('crm', 'Order', deal.order, [
      { kind: 'change', lineId: line!.lineId, fields: { quantity: '5' } },
    ]);
    await w.settled();
    expect(await quantities('crm', 'Order', deal.order)).toEqual([3]);
    expect((await w.linkOf('order', deal.order)).state).toBe('synced');
    await w.sql`update sync.rule set removed_at = now() where id = 'rule-1'`;
    await w.sync.settingsChanged();
  });

  test('deleting a quote archives the ERP quote, and the PROPOSAL stays unlinked', async () => {
    const deal = await quoted();
    await w.remove('crm', 'Quote', deal.quote);
    await w.settled();
    expect((await w.read('erp', 'Quote', deal.erpQuote)).archived).toBe(true);
    expect(await w.links({ id: deal.quote })).toEqual([]);
  });
});
