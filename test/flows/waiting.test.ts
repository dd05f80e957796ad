import { describe, expect, test } from 'vitest';
import { newId } from '../../sync/index.ts';
import { raiseOverdue } from '../../sync/store/overdue.ts';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { pairsOf } from './pairs.ts';
import { type Fields, openWorld } from './world.ts';

const w = await openWorld();
const known = await knownRecords(w);
const { product, quantities } = dealsOf(w, known);
const { pair } = pairsOf(w);
const always = { validFrom: null, validTo: null };

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

  test('a field that waits for a record goes on when that is linked by hand, as when it is created', async () => {
    const { crm, erp } = await pair({});
    await w.sync.pause('contact', true, null, 'test');
    const contact = await w.create('crm', 'Contact', { lastName: 'Found', customerId: crm });
    const counterpart = await w.create('erp', 'Contact', { lastName: 'Known as another', customerId: erp });
    await w.edit('crm', 'Customer', crm, { primaryContactId: contact.id });
    await w.settled();
    const waits = () => w.sql`select 1 from sync.wait where "on" = ${`crm:Contact:${contact.id}`}`;
    expect(await waits()).toHaveLength(1);
    await w.sync.link('contact', contact.id, counterpart.id, { mode: 'apply', actor: 'test' });
    await w.sync.pause('contact', false, null, 'test');
    await w.settled();
    expect(await w.fields('erp', 'Customer', erp)).toMatchObject({ primaryContactId: counterpart.id });
    expect(await waits()).toHaveLength(0);
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
