import { describe, expect, it } from 'vitest';
import { allFlows, openRuns } from './world.ts';

const w = await openRuns();

const oslo = { line1: 'A 1', city: 'Oslo', postalCode: '0150', country: 'NO' };
const address = { street: 'A 1', city: 'Oslo', postCode: '0150', countryCode: 'NO' };
const crmFirm = (fields: object) => ({ kind: 'create' as const, entity: 'Customer', fields: { ...fields } });
const erpFirm = (fields: object) => crmFirm({ invoiceAddress: address, ...fields });

const linksOf = (id: string) => w.sql<
  { crm: string | null; erp: string | null; state: string; by: string }[]
>`
  select crm_id as crm, erp_id as erp, state, linked_by ->> 'key' as by from sync.link
  where mapping = 'customer' and (crm_id = ${id} or erp_id = ${id}) and not lone`;

describe('twins spelt differently', () => {
  it('that were there before the sync are found in a backfill, as its preview says', async () => {
    const life = await w.live();
    await w.rest(life, true);
    const [mail, org, gamma] = await w.all('crm', [
      crmFirm({ name: 'Alfa', email: 'office@alfa.example' }),
      crmFirm({ name: 'Beta', orgNumber: '923 609 016', billingAddress: oslo }),
      crmFirm({ name: 'Gamma Trading AS', billingAddress: oslo }),
      crmFirm({ name: 'Delta', email: 'office@delta.example' }),
    ]);
    const there = await w.all('erp', [
      erpFirm({ name: 'ALFA AS', email: 'Office@ALFA.example' }),
      erpFirm({ name: 'Gamma Trading A/S' }),
      erpFirm({ name: 'Quite another name', registrationNo: '923.609.016' }),
      erpFirm({ name: 'DELTA', email: 'office@delta.example' }),
      erpFirm({ name: 'Delta Nord', email: 'OFFICE@delta.example' }),
    ]);
    await w.all('crm', [
      {
        kind: 'create',
        entity: 'Contact',
        fields: { firstName: 'Åse', lastName: 'Nordmann', email: 'ase@alfa.example', customerId: mail!.id },
      },
    ]);
    await w.all('erp', [
      {
        kind: 'create',
        entity: 'Contact',
        fields: {
          firstName: 'Aase',
          lastName: 'Nordmann',
          email: 'Ase@Alfa.example',
          customerId: there[0]!.id,
        },
      },
    ]);
    await w.forgetNews(life);
    await w.rest(life, false);
    const preview = await w.ended(await life.sync.startRun('backfill', allFlows, 'preview', 'anna'));
    // Alfa by its e-mail and Beta by its number; Gamma by its name alone, from either side; Delta twice in the ERP.
    expect(preview.counts.flows.customer).toMatchObject({ link: 2, propose: 5 });
    expect(preview.counts.flows.contact).toMatchObject({ link: 1 });

    const run = await w.ended(await life.sync.startRun('backfill', allFlows, 'apply', 'anna'));
    await w.settled(life);
    expect(run.counts.flows.customer).toMatchObject({ linked: 2, proposed: 5 });
    expect(run.counts.flows.customer).not.toHaveProperty('created');
    expect(await w.sql`select count(*) as n from sync.proposal where resolved_at is null`).toEqual([
      { n: 5 },
    ]);
    expect(run.counts.flows.contact).toMatchObject({ linked: 1 });
    expect(await linksOf(mail!.id)).toEqual([
      { crm: mail!.id, erp: there[0]!.id, state: 'synced', by: 'email' },
    ]);
    expect(await linksOf(org!.id)).toEqual([
      { crm: org!.id, erp: there[2]!.id, state: 'synced', by: 'orgNumber' },
    ]);
    for (const id of [gamma!.id, there[1]!.id])
      expect(await linksOf(id)).toMatchObject([{ state: 'pending' }]);
    expect(await w.count('erp.customer')).toBe(5);
    expect(await w.count('crm.customer')).toBe(4);
    // What still waits for a person's answer is told of by every preview.
    const again = await w.ended(await life.sync.startRun('backfill', allFlows, 'preview', 'anna'));
    expect(again.counts.flows.customer).toMatchObject({ propose: 5 });
    expect(again.samples.customer!.propose![0]).toMatchObject({
      id: expect.any(String),
      title: expect.any(String),
    });
    await life.stop();
    expect(w.errors).toEqual([]);
  });

  it('that come while the sync runs end as one link or as a proposal, never as two pairs', async () => {
    const life = await w.live();
    const ours = await w.create('crm', 'Customer', { name: 'Epsilon', email: 'Post@Epsilon.example' });
    await w.settled(life);
    expect(await linksOf(ours.id)).toMatchObject([{ state: 'synced' }]);
    // A second one in the ERP, spelt otherwise: it looks like the first, which has its counterpart.
    const again = await w.create('erp', 'Customer', {
      name: 'EPSILON AS',
      email: 'post@EPSILON.example',
      invoiceAddress: address,
    });
    await w.settled(life);
    const [proposal] = await w.sql<{ candidates: { id: string; linkedTo: string | null }[] }[]>`
      select candidates from sync.proposal where record_id = ${again.id} and resolved_at is null`;
    expect(proposal!.candidates).toMatchObject([{ id: ours.id, linkedTo: expect.any(String) }]);
    // Both at once, while the flow rests: they meet in one step.
    await life.sync.pause('customer', true, null, 'test');
    const one = await w.create('crm', 'Customer', { name: 'Zeta', email: 'zeta@zeta.example' });
    const other = await w.create('erp', 'Customer', {
      name: 'ZETA',
      email: 'ZETA@zeta.example',
      invoiceAddress: address,
    });
    await w.settled(life);
    await life.sync.pause('customer', false, null, 'test');
    await w.settled(life);
    // Whichever comes first: they are linked, or one is there twice by then and a person is asked.
    const [pair] = await linksOf(other.id);
    if (pair!.state === 'synced') expect(pair).toMatchObject({ crm: one.id, erp: other.id, by: 'email' });
    else
      expect(
        await w.sql`select candidates from sync.proposal where record_id = ${other.id} and resolved_at is null`,
      ).toMatchObject([{ candidates: [{ id: one.id, score: 92 }] }]);
    await life.stop();
    expect(w.errors).toEqual([]);
  });
});
