import { describe, expect, it } from 'vitest';
import { allFlows, openRuns } from './world.ts';

const w = await openRuns();

const customers = (side: 'crm' | 'erp', from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => ({
    kind: 'create' as const,
    entity: 'Customer',
    fields: {
      name: `Firm ${from + n}`,
      email: `firm${from + n}@example.com`,
      ...(side === 'erp' && {
        invoiceAddress: { street: 'S 1', city: 'Oslo', postCode: '0150', countryCode: 'NO' },
      }),
    },
  }));

describe('a backfill over what both systems have', () => {
  it('says first what it would do, and writes nothing', async () => {
    const life = await w.live();
    await w.rest(life, true);
    const crm = await w.all('crm', customers('crm', 0, 30));
    const erp = await w.all('erp', customers('erp', 20, 45));
    // Two of one name with nothing that tells them apart from one in the other system: a person decides.
    await w.all('erp', [
      {
        kind: 'create',
        entity: 'Customer',
        fields: {
          name: 'Twin',
          invoiceAddress: { street: 'A', city: 'Oslo', postCode: '1', countryCode: 'NO' },
        },
      },
      {
        kind: 'create',
        entity: 'Customer',
        fields: {
          name: 'Twin',
          invoiceAddress: { street: 'B', city: 'Oslo', postCode: '2', countryCode: 'NO' },
        },
      },
    ]);
    await w.all('crm', [{ kind: 'create', entity: 'Customer', fields: { name: 'Twin' } }]);
    await w.all('crm', [
      { kind: 'create', entity: 'Contact', fields: { lastName: 'Of the linked', customerId: crm[25]!.id } },
      { kind: 'create', entity: 'Contact', fields: { lastName: 'Of the created', customerId: crm[1]!.id } },
    ]);
    await w.all('crm', [
      { kind: 'create', entity: 'Product', fields: { sku: 'P-1', name: 'Product 1', listPrice: '10' } },
    ]);
    await w.all('crm', [
      {
        kind: 'create',
        entity: 'Order',
        fields: { customerId: crm[0]!.id, lines: [{ productText: 'Nobody knows this', quantity: '1' }] },
      },
    ]);
    await w.forgetNews(life);
    const versions = () =>
      w.sql`select id, version from crm.customer union all select id, version from erp.customer order by id`;
    const before = await versions();

    const run = await w.ended(await life.sync.startRun('backfill', allFlows, 'preview', 'anna'));
    expect(run.state).toBe('done');
    const { customer, contact, product, order } = run.counts.flows;
    expect(customer).toMatchObject({ link: 10, createInErp: 20, createInCrm: 15, propose: 3 });
    expect(contact).toEqual({ createInErp: 2 });
    expect(product).toEqual({ createInErp: 1 });
    expect(order).toMatchObject({ block: 1 });
    expect(Object.keys(run.counts.reasons!.order!)).toEqual(['Nobody knows this']);
    expect(run.samples.customer!.link).toHaveLength(5);
    expect(run.samples.customer!.link![0]).toMatchObject({
      key: 'email',
      score: 92,
      title: expect.stringContaining('Firm'),
    });
    expect(run.counts).toMatchObject({
      etaSeconds: 0,
      sizes: { 'crm:Customer': 31, 'erp:Customer': 27, 'crm:Contact': 2 },
    });

    expect(await versions()).toEqual(before);
    // While its flow rests a record is shown; that is no link.
    for (const table of ['link where not lone', 'lane', 'claim', 'event', 'proposal', 'preview_link'].map(
      (name) => `sync.${name}`,
    ))
      expect([table, await w.count(table)]).toEqual([table, 0]);
    expect(erp).toHaveLength(25);
    await life.stop();
  });

  it('does then what it said, behind live work, and counts what became of it', async () => {
    const life = await w.live();
    await w.rest(life, false);
    await w.forgetNews(life);
    const run = await w.ended(await life.sync.startRun('backfill', allFlows, 'apply', 'anna'));
    await w.settled(life);
    expect(run.counts.total).toBe(run.counts.seen);
    const { customer, contact, product } = run.counts.flows;
    expect(customer).toMatchObject({ linked: 10, created: 35, proposed: 3 });
    expect(contact).toMatchObject({ created: 2 });
    expect(product).toMatchObject({ created: 1 });
    expect(await w.sql`select count(*) as n from sync.proposal where resolved_at is null`).toEqual([
      { n: 3 },
    ]);
    expect(
      await w.sql`select distinct cause ->> 'kind' as kind from sync.event where outcome in ('created', 'linked')`,
    ).toEqual([{ kind: 'run' }]);

    // A second one finds nothing to do.
    const again = await w.ended(await life.sync.startRun('backfill', allFlows, 'apply', 'anna'));
    expect(again.counts.flows.customer).toMatchObject({ unchanged: 90 });
    expect(again.counts.flows.customer).not.toHaveProperty('created');
    await life.stop();
    expect(w.errors).toEqual([]);
  });

  it('says of pairs that are linked already what it would do, each pair once', async () => {
    const life = await w.live();
    await life.sync.setField('customer', 'phone', { wins: 'inbox' }, 'test');
    await w.rest(life, true);
    const pairs = await w.sql<{ crmId: string; erpId: string }[]>`
      select crm_id as "crmId", erp_id as "erpId" from sync.link where mapping = 'customer' and state = 'synced' order by id limit 3`;
    for (const { crmId, erpId } of pairs.slice(0, 2)) {
      await w.edit('crm', 'Customer', crmId, { phone: '+4722334455' });
      await w.edit('erp', 'Customer', erpId, { phoneNo: '+4722334466' });
    }
    await w.edit('crm', 'Customer', pairs[2]!.crmId, { legalName: 'Edited meanwhile' });
    const run = await w.ended(await life.sync.startRun('backfill', allFlows, 'preview', 'anna'));
    expect(run.counts.flows.customer).toMatchObject({ conflict: 2, update: 1 });
    expect(run.samples.customer!.conflict!.map(({ crmId }) => crmId).sort()).toEqual(
      pairs
        .slice(0, 2)
        .map(({ crmId }) => crmId)
        .sort(),
    );
    await w.rest(life, false);
    await w.settled(life);
    await life.stop();
    expect(w.errors).toEqual([]);
  });
});
