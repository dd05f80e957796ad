import { expect, test } from 'vitest';
import { createCrm } from '../../subgraphs/crm/system.ts';
import { createErp } from '../../subgraphs/erp/system.ts';
import { testDatabase } from '../support/database.ts';
import { create, importer, update } from './systems.ts';

const { sql } = await testDatabase();
/** Half an hour into 1 March in Oslo, while it is still February in UTC. */
const clock = () => '2028-02-29T23:30:00.000000Z';
const crm = createCrm({ sql, clock });
const erp = createErp({ sql, clock });
const statusOf = async (system: typeof crm, id: string) =>
  (await system.read('Quote', [id])).get(id)!.fields.status;

test('a quote that was offered expires when its last valid day is over where the company is', async () => {
  const quote = (status: string, validUntil: string | null) =>
    create(crm, 'Quote', { status, validUntil, lines: [] }, importer);
  const yesterday = await quote('SENT', '2028-02-29');
  const today = await quote('SENT', '2028-03-01');
  const endless = await quote('SENT', null);
  const draft = await quote('DRAFT', '2028-02-01');
  const won = await quote('ACCEPTED', '2028-02-01');
  const approved = await quote('APPROVED', '2027-12-31');

  expect(await crm.settleDue()).toBe(2);
  expect(await statusOf(crm, yesterday.id)).toBe('EXPIRED');
  expect(await statusOf(crm, approved.id)).toBe('EXPIRED');
  for (const [{ id }, status] of [
    [today, 'SENT'],
    [endless, 'SENT'],
    [draft, 'DRAFT'],
    [won, 'ACCEPTED'],
  ] as const)
    expect(await statusOf(crm, id)).toBe(status);
  expect((await crm.read('Quote', [yesterday.id])).get(yesterday.id)!.updatedBy).toBe('calendar');
  expect(await crm.settleDue()).toBe(0);
  expect(await update(crm, 'Quote', yesterday.id, { status: 'SENT' })).toMatchObject({
    kind: 'failed',
    failure: { code: 'STATE' },
  });
});

test('the ERP does so with what it has released, however many there are', async () => {
  const { id: customerId } = await create(erp, 'Customer', { name: 'Buyer' });
  await erp.write(
    Array.from({ length: 450 }, (_, n) => ({
      kind: 'create' as const,
      entity: 'Quote',
      fields: {
        customerId,
        status: n < 430 ? 'RELEASED' : 'OPEN',
        validUntilDate: '2028-02-29',
        lines: [],
      },
    })),
    importer,
  );
  expect(await erp.settleDue()).toBe(430);
  expect(await erp.settleDue()).toBe(0);
  expect(await sql`select status, count(*) as n from erp.quote group by status order by status`).toEqual([
    { status: 'EXPIRED', n: 430 },
    { status: 'OPEN', n: 20 },
  ]);
});
