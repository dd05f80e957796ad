import { describe, expect, it } from 'vitest';
import { defaultCompany } from '../../subgraphs/system/company.ts';
import { prune } from '../../sync/store/retention.ts';
import { allFlows, openRuns } from './world.ts';

const w = await openRuns();

describe('a reconciliation', () => {
  it('finds what no change announced, lists it, and repairs it when asked to', async () => {
    const life = await w.live();
    const [edited, gone, kept, drifted] = await w.all(
      'crm',
      ['Edited', 'Gone', 'Kept', 'Drifted'].map((name) => ({
        kind: 'create' as const,
        entity: 'Customer',
        fields: { name },
      })),
    );
    await w.settled(life);
    const links = await w.sql<{ id: string; crmId: string; erpId: string }[]>`
      select id, crm_id as "crmId", erp_id as "erpId" from sync.link where mapping = 'customer'`;
    const of = (id: string) => links.find((link) => link.crmId === id)!;
    // The flow rests while its news is lost: an outage that the feed did not survive.
    await w.rest(life, true);
    await w.edit('crm', 'Customer', edited!.id, { name: 'Edited unseen' });
    await w.crm.write([{ kind: 'delete', entity: 'Customer', id: gone!.id }], {
      actor: 'anna',
      origin: 'person',
    });
    const stranger = await w.create('erp', 'Customer', { name: 'Stranger' });
    await w.forgetNews(life);
    // Behind both versions' backs, as a restored backup does it.
    await w.sql.begin(async (tx) => {
      await tx`set local session_replication_role = replica`;
      await tx`update erp.customer set name = 'Drifted away' where id = ${of(drifted!.id).erpId}`;
    });
    await w.rest(life, false);

    const listed = await w.ended(
      await life.sync.startRun('reconciliation', allFlows, 'preview', 'anna', true),
    );
    expect(listed.counts.flows.customer).toMatchObject({
      missed: 1,
      gone: 1,
      drifted: 1,
      'without link': 1,
      equal: 1,
    });
    // All that it walks: links, and the records of both systems.
    expect(listed.counts.done).toBe(listed.counts.seen);
    expect(listed.counts.total).toBe(listed.counts.done);
    expect(listed.samples.customer!.missed![0]).toMatchObject({
      crmId: edited!.id,
      fields: [{ field: 'name', verdict: 'crm ahead' }],
    });
    expect(listed.samples.customer!['without link']![0]).toMatchObject({ side: 'erp', id: stranger.id });
    expect((await w.read('erp', 'Customer', of(edited!.id).erpId))!.fields.name).toBe('Edited');
    expect(await w.sql`select key, link_id as "linkId" from sync.issue where closed_at is null`).toEqual([
      { key: `gone:${of(gone!.id).id}`, linkId: of(gone!.id).id },
    ]);

    const repaired = await w.ended(
      await life.sync.startRun('reconciliation', allFlows, 'apply', 'anna', true),
    );
    await w.settled(life);
    expect(repaired.state).toBe('done');
    expect((await w.read('erp', 'Customer', of(edited!.id).erpId))!.fields.name).toBe('Edited unseen');
    expect((await w.read('erp', 'Customer', of(gone!.id).erpId))!.archived).toBe(true);
    expect((await w.read('crm', 'Customer', drifted!.id))!.fields.name).toBe('Drifted away');
    expect(
      await w.sql`select state, crm_id is not null as paired from sync.link where erp_id = ${stranger.id} and not lone`,
    ).toEqual([{ state: 'synced', paired: true }]);
    expect(await w.sql`select key from sync.issue where closed_at is null`).toEqual([]);

    const quiet = await w.ended(
      await life.sync.startRun('reconciliation', allFlows, 'preview', 'anna', true),
    );
    const { customer } = quiet.counts.flows;
    expect(customer).toMatchObject({ equal: 4 });
    for (const name of ['missed', 'gone', 'drifted', 'without link'])
      expect(customer).not.toHaveProperty([name]);
    expect(kept).toBeDefined();
    await life.stop();
    expect(w.errors).toEqual([]);
  });

  it('comes by itself at its hour, finds what no change announced, and repairs it', async () => {
    const first = await w.live();
    const customer = await w.create('crm', 'Customer', { name: 'Before the night' });
    await w.settled(first);
    await w.rest(first, true);
    await w.edit('crm', 'Customer', customer.id, { name: 'Edited unseen at night' });
    await w.forgetNews(first);
    await w.rest(first, false);
    await first.stop();
    // There has been something to reconcile for a day, and nobody has done it lately.
    await w.sql`update sync.link set created_at = now() - interval '2 days'`;
    await w.sql`delete from sync.run`;
    const [now] = await w.sql<{ hour: number }[]>`
      select extract(hour from now() at time zone ${defaultCompany.timeZone})::int as hour`;
    const life = await w.live(undefined, { reconcileAt: now!.hour });
    await w.until('the nightly run', async () => (await w.count('sync.run')) === 1);
    const [run] = await w.sql<{ id: string; kind: string; by: string }[]>`select id, kind, by from sync.run`;
    expect(run).toMatchObject({ kind: 'reconciliation', by: 'tandem' });
    await w.ended(run!.id);
    await w.settled(life);
    const [link] = await w.sql<
      { erpId: string }[]
    >`select erp_id as "erpId" from sync.link where crm_id = ${customer.id}`;
    expect((await w.read('erp', 'Customer', link!.erpId))!.fields.name).toBe('Edited unseen at night');
    await life.stop();
    expect(w.errors).toEqual([]);
  });

  it('calls equal what it has compared, and nothing else', async () => {
    const life = await w.live();
    await w.create('crm', 'Customer', { name: 'Compared' });
    await w.settled(life);
    await life.sync.pause('customer', true, null, 'test');
    const unseen = await w.create('crm', 'Customer', { name: 'Not linked yet' });
    await w.create('crm', 'Contact', { lastName: 'Waits for it', customerId: unseen.id });
    await w.settled(life);
    const counts = async (full: boolean) => {
      const run = await life.sync.startRun(
        'reconciliation',
        ['customer', 'contact'],
        'preview',
        'anna',
        full,
      );
      return (await w.ended(run)).counts.flows;
    };
    const [quick, full] = [await counts(false), await counts(true)];
    expect(quick.customer).toMatchObject({ 'not moved': expect.any(Number) });
    expect(quick.customer).not.toHaveProperty('equal');
    expect(full.customer).toMatchObject({ equal: quick.customer!['not moved'] });
    for (const { contact } of [quick, full]) {
      expect(contact).toMatchObject({ 'without counterpart': 1 });
      expect(contact).not.toHaveProperty('equal');
    }
    await life.sync.pause('customer', false, null, 'test');
    await w.settled(life);
    await life.stop();
  });

  it('does not bring back what a person has unlinked', async () => {
    const life = await w.live();
    const customer = await w.create('crm', 'Customer', { name: 'Unlinked on purpose' });
    await w.settled(life);
    const [link] = await w.sql<{ id: string }[]>`select id from sync.link where crm_id = ${customer.id}`;
    await life.sync.unlink(link!.id, 'both', { mode: 'apply', actor: 'anna' });
    await w.ended(await life.sync.startRun('reconciliation', ['customer'], 'apply', 'anna'));
    await w.ended(await life.sync.startRun('backfill', ['customer'], 'apply', 'anna'));
    await w.settled(life);
    expect(await w.sql`select 1 from sync.link where crm_id = ${customer.id} and state <> 'ended'`).toEqual(
      [],
    );
    await life.stop();
  });
});

describe('what is kept', () => {
  it('prunes events and settled findings, tells the oldest cursor, and keeps what waits for a person', async () => {
    const life = await w.live();
    const last = Number((await w.sql<{ pos: string }[]>`select pos::text from sync.event_head`)[0]!.pos);
    const half = Math.floor(last / 2);
    await w.sql`update sync.event set at = now() - interval '100 days' where pos <= ${half}`;
    await w.sql`
      insert into sync.issue (id, key, code, mapping, message, opened_at, closed_at)
      values ('old-open', 'a', 'STATE', 'customer', 'open', now() - interval '200 days', null),
        ('old-closed', 'b', 'STATE', 'customer', 'closed', now() - interval '200 days', now() - interval '100 days')`;
    await w.sql`
      insert into sync.dead_letter (id, lane, mapping, code, message, attempts, cause, at)
      values ('old-letter', 'x', 'customer', 'STATE', 'm', 1, '{"kind":"change"}', now() - interval '200 days')`;
    await w.sql`insert into sync.planned_act (token, act, versions, at) values ('old', '{}', '{}', now() - interval '2 days'), ('new', '{}', '{}', now())`;
    await w.sql`insert into sync.claim (mapping, value, lane, until) values ('customer', 'v', 'l', now() - interval '1 hour')`;

    expect(await prune(w.sql, 90)).toEqual({ events: half, findings: 1, plannedActs: 1, claims: 1 });
    expect(await w.sql`select id from sync.issue where id like 'old-%'`).toEqual([{ id: 'old-open' }]);
    expect(await w.sql`select id from sync.dead_letter where id = 'old-letter'`).toHaveLength(1);
    expect(await w.sql`select token from sync.planned_act`).toEqual([{ token: 'new' }]);

    const stop = new AbortController();
    const first = async (after: string | null) => {
      for await (const batch of life.sync.events(after, stop.signal)) return batch[0]!.cursor;
      return null;
    };
    await expect(first('0')).rejects.toMatchObject({
      code: 'CURSOR_EXPIRED',
      detail: { oldest: String(half) },
    });
    expect(await first(String(half))).toBe(String(half + 1));
    expect(await first(null)).toBe(String(half + 1));
    expect(await prune(w.sql, 90)).toEqual({ events: 0, findings: 0, plannedActs: 0, claims: 0 });
    stop.abort();
    await life.stop();
  });
});
