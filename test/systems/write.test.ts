import { describe, expect, test } from 'vitest';
import { createCrm } from '../../subgraphs/crm/system.ts';
import { createErp } from '../../subgraphs/erp/system.ts';
import type { Write } from '../../sync/core/connector.ts';
import { testDatabase } from '../support/database.ts';
import { accepted, create, importer, linesOf, person, refused, sync, update } from './systems.ts';

const { sql } = await testDatabase();
const crm = createCrm({ sql });
const erp = createErp({ sql });
const read = async (entity: string, id: string) => (await crm.read(entity, [id])).get(id)!;

describe('versions', () => {
  test('a write that changes nothing moves neither version nor time', async () => {
    const made = await create(crm, 'Customer', {
      name: 'Same',
      billingAddress: { country: 'NO' },
      creditLimit: '10',
    });
    const again = { name: 'Same', billingAddress: { country: 'NO', city: '' }, creditLimit: '10.000' };
    const result = await update(crm, 'Customer', made.id, again);
    expect(result).toEqual({ kind: 'unchanged', record: made });
    expect(await read('Customer', made.id)).toEqual(made);
    expect(await sql`select from crm.change where id = ${made.id}`).toHaveLength(1);
  });

  test('what a write answers is what a read finds', async () => {
    const customer = await create(crm, 'Customer', { name: 'Echo', language: 'en-gb', currency: 'JPY' });
    const quote = await create(crm, 'Quote', {
      customerId: customer.id,
      validUntil: '2028-02-29',
      discountPercent: '3.3333',
      freightAmount: '12',
      lines: [
        { kind: 'WRITE_IN', productText: 'x', quantity: '2', unitPrice: '10.5' },
        { kind: 'TEXT', description: 'é' },
      ],
    });
    expect(await read('Quote', quote.id)).toEqual(quote);
    const changed = accepted(
      await update(crm, 'Quote', quote.id, { notes: 'n', lines: [{ lineId: linesOf(quote)[1]!.lineId! }] }),
    );
    expect(await read('Quote', quote.id)).toEqual(changed);
    expect(changed.version).toBe('2');
    expect(linesOf(changed)).toHaveLength(1);
  });

  test('a line edit moves the document; another version is refused with the record as it is', async () => {
    const quote = await create(crm, 'Quote', { lines: [{ kind: 'WRITE_IN', unitPrice: '1' }] });
    const lineId = linesOf(quote)[0]!.lineId as string;
    const edit: Write = {
      entity: 'Quote',
      kind: 'update',
      id: quote.id,
      ifVersion: '1',
      fields: {},
      lineChanges: [{ kind: 'change', lineId, fields: { quantity: '5' } }],
    };
    const edited = accepted((await crm.write([edit], person))[0]);
    expect(edited).toMatchObject({ version: '2', fields: { computedAmount: '5.00' } });
    expect(refused((await crm.write([edit], person))[0])).toMatchObject({ code: 'STALE', current: edited });
  });

  test('of eight simultaneous writes with one version one passes', async () => {
    const made = await create(crm, 'Customer', { name: 'Race' });
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        crm.write(
          [
            {
              entity: 'Customer',
              kind: 'update',
              id: made.id,
              ifVersion: '1',
              fields: { name: `Race ${n}` },
            },
          ],
          person,
        ),
      ),
    );
    expect(results.flat().filter(({ kind }) => kind === 'updated')).toHaveLength(1);
    expect(
      results.flat().filter((result) => result.kind === 'failed' && result.failure.code === 'STALE'),
    ).toHaveLength(7);
  });
});

describe('batches', () => {
  test('a write that fails leaves its neighbours alone', async () => {
    const taken = await create(crm, 'Product', { sku: 'TAKEN', name: 'Taken' });
    const product = (fields: Record<string, string>): Write => ({
      entity: 'Product',
      kind: 'create',
      fields,
    });
    const results = await crm.write(
      [
        product({ sku: 'A', name: 'A' }),
        product({ sku: 'B' }),
        product({ sku: 'TAKEN', name: 'Twin' }),
        product({ sku: 'C', name: 'C', listPrice: '1e3' }),
        product({ sku: 'A', name: 'Twin of A' }),
        { entity: 'Contact', kind: 'create', fields: { lastName: 'Li', customerId: 'nobody' } },
        { entity: 'Nothing', kind: 'create', fields: {} },
        { entity: 'Product', kind: 'update', id: 'nobody', fields: {} },
        { entity: 'Product', kind: 'update', id: taken.id, fields: { wrong: 1 } },
        product({ sku: 'D', name: 'D' }),
      ],
      person,
    );
    expect(
      results.map((result) =>
        result.kind === 'failed'
          ? `${result.failure.code} ${result.failure.field ?? ''}`.trim()
          : result.kind,
      ),
    ).toEqual([
      'created',
      'BAD_USER_INPUT name',
      'DUPLICATE sku',
      'BAD_USER_INPUT listPrice',
      'DUPLICATE sku',
      'UNKNOWN_REFERENCE customerId',
      'BAD_USER_INPUT',
      'NOT_FOUND id',
      'BAD_USER_INPUT wrong',
      'created',
    ]);
    expect(refused(results[2])).toMatchObject({ current: { id: taken.id } });
    expect(refused(results[4])).toMatchObject({ current: accepted(results[0]) });
  });

  test('a batch may refer to records that it creates itself, in any order', async () => {
    const results = await crm.write(
      [
        { entity: 'Contact', kind: 'create', fields: { lastName: 'Li', customerId: 'batch-customer' } },
        {
          entity: 'Customer',
          kind: 'create',
          id: 'batch-customer',
          fields: { name: 'Batch', ownerId: 'batch-owner' },
        },
        { entity: 'User', kind: 'create', id: 'batch-owner', fields: { fullName: 'Owner' } },
      ],
      sync,
    );
    expect(results.map(({ kind }) => kind)).toEqual(['created', 'created', 'created']);
  });

  test('what only the database refuses is found by halving', async () => {
    await sql`alter table crm.customer add constraint no_devil check (name <> 'devil')`;
    const names = Array.from({ length: 20 }, (_, n) => (n === 13 ? 'devil' : `angel ${n}`));
    const results = await crm.write(
      names.map((name): Write => ({ entity: 'Customer', kind: 'create', fields: { name } })),
      person,
    );
    await sql`alter table crm.customer drop constraint no_devil`;
    expect(results.map(({ kind }) => kind)).toEqual(
      names.map((name) => (name === 'devil' ? 'failed' : 'created')),
    );
    expect(await sql`select from crm.customer where name like 'angel%'`).toHaveLength(19);
  });

  test('several writes of one record in one batch are done in turn', async () => {
    const made = await create(crm, 'Customer', { name: 'Turn' });
    const name = (name: string): Write => ({
      entity: 'Customer',
      kind: 'update',
      id: made.id,
      fields: { name },
    });
    const results = await crm.write([name('Turn 1'), name('Turn 1'), name('Turn 2')], person);
    expect(results.map((result) => `${result.kind} ${accepted(result).version}`)).toEqual([
      'updated 2',
      'unchanged 2',
      'updated 3',
    ]);
  });

  test('numbers run without gaps inside a batch, refused writes included, and step over given ones', async () => {
    const customer = (fields: Record<string, string>): Write => ({
      entity: 'Customer',
      kind: 'create',
      fields,
    });
    const results = await erp.write([customer({ name: 'a' }), customer({}), customer({ name: 'b' })], person);
    const first = Number(accepted(results[0]).fields.customerNo?.toString().slice(1));
    expect(accepted(results[2]).fields.customerNo).toBe(`C${String(first + 1).padStart(5, '0')}`);
    const given = `C${String(first + 50).padStart(5, '0')}`;
    accepted((await erp.write([customer({ name: 'c', customerNo: given })], importer))[0]);
    const next = accepted((await erp.write([customer({ name: 'd' })], person))[0]);
    expect(next.fields.customerNo).toBe(`C${String(first + 51).padStart(5, '0')}`);
    expect(refused((await erp.write([customer({ name: 'e', customerNo: given })], importer))[0]).code).toBe(
      'DUPLICATE',
    );
  });

  test('concurrent batches over the same records serialise without deadlock', async () => {
    const made = await Promise.all(
      Array.from({ length: 10 }, (_, n) => create(crm, 'Customer', { name: `Lock ${n}` })),
    );
    const shuffled = (seed: number) =>
      made.toSorted((a, b) => ((a.id.charCodeAt(35) * seed) % 7) - ((b.id.charCodeAt(35) * seed) % 7));
    const results = await Promise.all(
      Array.from({ length: 6 }, (_, n) =>
        crm.write(
          shuffled(n + 1).map(
            ({ id }): Write => ({ entity: 'Customer', kind: 'update', id, fields: { name: `by ${n}` } }),
          ),
          person,
        ),
      ),
    );
    expect(results.flat().every(({ kind }) => kind === 'updated')).toBe(true);
    expect((await read('Customer', made[0]!.id)).version).toBe('7');
  });
});

describe('creates that are repeated', () => {
  test('the same key answers with the record of the first time, also at once and in one batch', async () => {
    const write: Write = { entity: 'Customer', kind: 'create', key: 'once', fields: { name: 'Once' } };
    const results = (
      await Promise.all([
        crm.write([write, write], person),
        crm.write([write], person),
        crm.write([write], sync),
      ])
    ).flat();
    expect(results.filter(({ kind }) => kind === 'created')).toHaveLength(1);
    expect(results.filter(({ kind }) => kind === 'existed')).toHaveLength(3);
    expect(new Set(results.map((result) => accepted(result).id)).size).toBe(1);
    expect(await sql`select from crm.customer where name = 'Once'`).toHaveLength(1);
  });

  test('an id or an external reference that is taken is a DUPLICATE with the other record', async () => {
    const [made] = await erp.write(
      [
        {
          entity: 'Customer',
          kind: 'create',
          id: 'own-id',
          fields: { name: 'x', externalReference: 'ref-1' },
        },
      ],
      sync,
    );
    const results = await erp.write(
      [
        { entity: 'Customer', kind: 'create', id: 'own-id', fields: { name: 'y' } },
        { entity: 'Customer', kind: 'create', fields: { name: 'y', externalReference: 'ref-1' } },
      ],
      sync,
    );
    for (const result of results)
      expect(refused(result)).toMatchObject({ code: 'DUPLICATE', current: accepted(made) });
  });
});

describe('removal', () => {
  test('archive, restore, delete with tombstone; who is referred to stays', async () => {
    const customer = await create(crm, 'Customer', { name: 'Away' });
    const contact = await create(crm, 'Contact', {
      lastName: 'Li',
      customerId: customer.id,
      isPrimary: true,
    });
    const act = async (kind: 'archive' | 'restore' | 'delete', entity: string, id: string) =>
      (await crm.write([{ entity, kind, id }], person))[0];
    expect(accepted(await act('archive', 'Customer', customer.id))).toMatchObject({
      archived: true,
      version: '3',
    });
    expect((await act('archive', 'Customer', customer.id))?.kind).toBe('unchanged');
    expect((await act('restore', 'Customer', customer.id))?.kind).toBe('restored');
    expect(refused(await act('delete', 'Customer', customer.id)).code).toBe('STATE');
    expect((await act('delete', 'Contact', contact.id))?.kind).toBe('deleted');
    expect((await read('Customer', customer.id)).fields.primaryContactId).toBeNull();
    expect((await act('delete', 'Contact', contact.id))?.kind).toBe('deleted');
    expect((await act('delete', 'Customer', customer.id))?.kind).toBe('deleted');
    expect(await sql`select entity from crm.tombstone where id = ${customer.id}`).toEqual([
      { entity: 'Customer' },
    ]);
    expect(refused(await update(crm, 'Customer', customer.id, { name: 'x' }))).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('deleted'),
    });
    const kinds = await sql`select kind from crm.change where id = ${customer.id} order by seq`;
    expect(kinds.map(({ kind }) => kind)).toEqual([
      'created',
      'updated',
      'archived',
      'restored',
      'updated',
      'deleted',
    ]);
  });
});

test('a person cannot write what the system gives; the sync can', async () => {
  const made = await create(crm, 'Customer', { name: 'Access' });
  expect(refused(await update(crm, 'Customer', made.id, { balanceDue: '5' }))).toMatchObject({
    code: 'BAD_USER_INPUT',
    field: 'balanceDue',
  });
  expect(
    accepted(await update(crm, 'Customer', made.id, { balanceDue: '5', accountNumber: 'C1' }, sync)).fields
      .balanceDue,
  ).toBe('5.00');
});
