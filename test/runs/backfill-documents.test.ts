import { expect, it } from 'vitest';
import { allFlows, openRuns } from './world.ts';

const w = await openRuns();

/** Orders on each side: every second one of the ERP bears the id of one in the CRM. */
const orders = 300;

it('links orders by their stamp, as the preview says, and makes none twice', async () => {
  const life = await w.live();
  await w.rest(life, true);
  const [ours] = await w.all('crm', [
    { kind: 'create', entity: 'Customer', fields: { name: 'Firm', email: 'firm@example.com' } },
  ]);
  const [theirs] = await w.all('erp', [
    {
      kind: 'create',
      entity: 'Customer',
      fields: {
        name: 'Firm',
        email: 'firm@example.com',
        invoiceAddress: { street: 'A', city: 'Oslo', postCode: '1', countryCode: 'NO' },
      },
    },
  ]);
  const [sold] = await w.all('crm', [
    {
      kind: 'create',
      entity: 'Product',
      fields: { sku: 'P', name: 'P', listPrice: '10', status: 'ACTIVE' },
    },
  ]);
  const [item] = await w.all('erp', [
    { kind: 'create', entity: 'Product', fields: { itemNo: 'P', description: 'P', unitPrice: '10' } },
  ]);
  const inCrm = await w.all(
    'crm',
    Array.from({ length: orders }, () => ({
      kind: 'create' as const,
      entity: 'Order',
      fields: {
        customerId: ours!.id,
        lines: [{ productId: sold!.id, quantity: '2', unitPrice: '9.5' }],
      },
    })),
  );
  await w.all(
    'erp',
    Array.from({ length: orders }, (_, n) => ({
      kind: 'create' as const,
      entity: 'Order',
      fields: {
        customerId: theirs!.id,
        lines: [{ productId: item!.id, quantity: '2', unitPrice: '9.5' }],
        ...(n % 2 === 0 && { externalReference: inCrm[n]!.id }),
      },
    })),
  );
  await w.forgetNews(life);
  await w.rest(life, false);

  const preview = await w.ended(await life.sync.startRun('backfill', allFlows, 'preview', 'anna'));
  const half = orders / 2;
  expect(preview.counts.flows.order).toMatchObject({ link: half, createInErp: half, createInCrm: half });
  const run = await w.ended(await life.sync.startRun('backfill', allFlows, 'apply', 'anna'));
  await w.settled(life);
  expect(run.counts.flows.order).toMatchObject({ linked: half, created: orders });
  for (const table of ['crm."order"', 'erp."order"'])
    expect([table, await w.count(table)]).toEqual([table, orders + half]);
  expect(
    await w.sql`select count(*) as n from sync.link where mapping = 'order' and state = 'synced'`,
  ).toEqual([{ n: orders + half }]);
  await life.stop();
  expect(w.errors).toEqual([]);
});
