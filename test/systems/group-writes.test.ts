import { expect, test } from 'vitest';
import { createCrm } from '../../subgraphs/crm/system.ts';
import { testDatabase } from '../support/database.ts';
import { create, person } from './systems.ts';

const { sql } = await testDatabase();
const crm = createCrm({ sql });

const named = (name: string) => [{ kind: 'create' as const, entity: 'Customer', fields: { name } }];
/** How many transactions wrote these customers last. */
const transactions = async (prefix: string): Promise<number> =>
  (
    await sql<
      { n: number }[]
    >`select count(distinct xmin::text) as n from crm.customer where name like ${`${prefix}%`}`
  )[0]!.n;

test('a burst of single edits shares one transaction, and each call gets its own answer', async () => {
  const made = await Promise.all(
    Array.from({ length: 60 }, (_, n) => crm.write(named(`Burst ${n}`), { ...person, actor: 'anna' })),
  );
  expect(made.map(([result]) => (result && 'record' in result ? result.record.fields.name : result))).toEqual(
    Array.from({ length: 60 }, (_, n) => `Burst ${n}`),
  );
  expect(await transactions('Burst')).toBe(1);
});

test('what is refused in a burst is refused alone', async () => {
  const taken = await create(crm, 'Product', { sku: 'TAKEN', name: 'Taken' });
  const results = await Promise.all(
    ['A-1', 'TAKEN', 'A-2', 'x'.repeat(99), 'A-3'].map((sku) =>
      crm.write([{ kind: 'create', entity: 'Product', fields: { sku, name: sku.slice(0, 9) } }], person),
    ),
  );
  expect(results.map(([result]) => result!.kind)).toEqual([
    'created',
    'failed',
    'created',
    'failed',
    'created',
  ]);
  expect(results[1]![0]).toMatchObject({ failure: { code: 'DUPLICATE', current: { id: taken.id } } });
});

test('several edits of one record in a burst are applied in the order in which they came', async () => {
  const { id } = await create(crm, 'Customer', { name: 'Edited often' });
  const results = await Promise.all(
    Array.from({ length: 10 }, (_, n) =>
      crm.write([{ kind: 'update', entity: 'Customer', id, fields: { name: `Edit ${n}` } }], person),
    ),
  );
  expect(results.map(([result]) => (result && 'record' in result ? result.record.version : result))).toEqual(
    Array.from({ length: 10 }, (_, n) => String(n + 2)),
  );
  expect((await crm.read('Customer', [id])).get(id)!.fields.name).toBe('Edit 9');
});

test('every author keeps his name on what he wrote in the same moment', async () => {
  const actors = ['anna', 'ben', 'anna', 'ben', 'anna'];
  const results = await Promise.all(
    actors.map((actor, n) => crm.write(named(`By ${n}`), { actor, origin: 'person' })),
  );
  expect(
    results.map(([result]) => (result && 'record' in result ? result.record.updatedBy : result)),
  ).toEqual(actors);
});
