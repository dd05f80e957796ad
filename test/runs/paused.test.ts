import { describe, expect, it } from 'vitest';
import type { Connector } from '../../sync/core/connector.ts';
import type { Side } from '../../sync/core/types.ts';
import { resumeFlow } from '../../sync/store/backlogs.ts';
import { openRuns, type Process } from './world.ts';

const w = await openRuns();

/** Pairs of customers, by their CRM and ERP ids. */
async function pairs(life: Process, prefix: string, n: number) {
  for (let from = 0; from < n; from += 500)
    await w.all(
      'crm',
      Array.from({ length: Math.min(500, n - from) }, (_, i) => ({
        kind: 'create' as const,
        entity: 'Customer',
        fields: { name: `${prefix} ${from + i}` },
      })),
    );
  await w.settled(life);
  return w.sql<{ link: string; crm: string; erp: string }[]>`
    select l.id as link, l.crm_id as crm, l.erp_id as erp from sync.link l join crm.customer c on c.id = l.crm_id
    where l.mapping = 'customer' and l.state = 'synced' and c.name like ${`${prefix} %`} order by l.id`;
}

const pause = ({ sync }: Process) => sync.pause('customer', true, 'moving house', 'anna');
const resume = ({ sync }: Process) => sync.pause('customer', false, null, 'anna');

const remove = (id: string) =>
  w.crm.write([{ kind: 'delete', entity: 'Customer', id }], { actor: 'anna', origin: 'person' });

/** How many of these are shown although they have no link. */
const shown = (records: readonly { readonly id: string }[]) =>
  w.count(
    `sync.link where lone and record is not null and coalesce(crm_id, erp_id) in (${records.map(({ id }) => `'${id}'`).join()})`,
  );

/** A process whose readers of one feed can be held up: those that begin from then on, behind so many batches. */
async function heldUp(held: Side, behind = 0) {
  let gate: PromiseWithResolvers<void> | null = null;
  const through = (side: Side, connector: Connector): Connector =>
    side !== held
      ? connector
      : {
          ...connector,
          async *changes(after, signal) {
            const own = gate;
            let batches = 0;
            for await (const changes of connector.changes(after, signal)) {
              if (own && batches++ >= behind) await own.promise;
              yield changes;
            }
          },
        };
  return {
    life: await w.live(through),
    hold() {
      gate = Promise.withResolvers<void>();
    },
    release() {
      gate?.resolve();
      gate = null;
    },
  };
}

/** Five edits of a customer, as either side names what is edited. */
const edits = [
  { crm: 'name', erp: 'name', value: (n: number) => `Renamed ${n}` },
  { crm: 'legalName', erp: 'legalName', value: (n: number) => `Legal ${n}` },
  { crm: 'website', erp: 'homePage', value: (n: number) => `https://${n}.example` },
  { crm: 'email', erp: 'email', value: (n: number) => `post@${n}.example` },
  { crm: 'invoiceEmail', erp: 'invoiceEmail', value: (n: number) => `bill@${n}.example` },
] as const;

describe('a paused flow', () => {
  it('keeps a cursor per side, however much is edited, and each edit arrives once when it goes on', async () => {
    const life = await w.live();
    const own = await pairs(life, 'Long', 2_000);
    await pause(life);
    const at = await w.sql`select side, cursor from sync.feed order by side`;
    for (const [k, edit] of edits.entries()) {
      const side: Side = k % 2 === 0 ? 'crm' : 'erp';
      for (let from = 0; from < own.length; from += 500)
        await w.all(
          side,
          own.slice(from, from + 500).map((ids, i) => ({
            kind: 'update',
            entity: 'Customer',
            id: ids[side],
            fields: { [edit[side]]: edit.value(from + i) },
          })),
        );
    }
    await w.settled(life);
    expect(await w.count('sync.lane')).toBe(0);
    expect(await w.sql`select mapping, side, cursor, changes from sync.backlog order by side`).toEqual(
      at.map(({ side, cursor }) => ({
        mapping: 'customer',
        side,
        cursor,
        changes: side === 'crm' ? 6_000 : 4_000,
      })),
    );
    await resume(life);
    await w.settled(life);
    expect(await w.count('sync.backlog')).toBe(0);
    const told = await w.sql<{ field: string; n: number; twice: number }[]>`
      select field, count(*) as n, count(*) filter (where times > 1) as twice from (
        select e.link_id, f ->> 'field' as field, f ->> 'side' as side, count(*) as times
        from sync.event e, jsonb_array_elements(e.fields) f
        where e.outcome = 'updated' and f ->> 'field' <> 'ownerId' and e.link_id = any(${own.map(({ link }) => link)}::text[]) group by 1, 2, 3) each
      group by field order by field`;
    expect(told).toEqual(
      ['email', 'invoiceEmail', 'legalName', 'name', 'website'].map((field) => ({
        field,
        n: 2_000,
        twice: 0,
      })),
    );
    const [left] = await w.sql<{ differing: number }[]>`
      select count(*) as differing from sync.link l join crm.customer c on c.id = l.crm_id join erp.customer e on e.id = l.erp_id
      where l.mapping = 'customer' and c.name like 'Renamed %' and (c.name, c.legal_name, c.website, c.email, c.invoice_email)
        is distinct from (e.name, e.legal_name, e.home_page, e.email, e.invoice_email)`;
    expect(left).toEqual({ differing: 0 });
    await life.stop();
    expect(w.errors).toEqual([]);
  });

  it('shows what has no link, however many came, and links what is left of it when it goes on', async () => {
    const life = await w.live();
    await pause(life);
    const made = await w.all(
      'erp',
      Array.from({ length: 700 }, (_, n) => ({
        kind: 'create',
        entity: 'Customer',
        fields: {
          name: `Stranger ${n}`,
          invoiceAddress: { street: `S ${n}`, city: 'Oslo', countryCode: 'NO' },
        },
      })),
    );
    const brief = await w.create('crm', 'Customer', { name: 'Brief' });
    await w.edit('crm', 'Customer', brief.id, { name: 'Brief, edited' });
    await w.settled(life);
    expect(await shown([...made, brief])).toBe(701);
    await remove(brief.id);
    await w.settled(life);
    expect(await shown([...made, brief])).toBe(700);
    expect(await w.count('sync.lane')).toBe(0);
    await resume(life);
    await w.settled(life);
    expect(await shown([...made, brief])).toBe(0);
    expect(await w.count(`crm.customer where name like 'Stranger %'`)).toBe(700);
    expect(await w.count(`erp.customer where name like 'Brief%'`)).toBe(0);
    await life.stop();
    expect(w.errors).toEqual([]);
  });

  it('shows no longer what was deleted just before it goes on', async () => {
    const { life, hold, release } = await heldUp('crm');
    await pause(life);
    const brief = await w.create('crm', 'Customer', { name: 'Gone before a look' });
    await w.settled(life);
    expect(await shown([brief])).toBe(1);
    hold();
    await remove(brief.id);
    await w.until('it is passed over', async () => (await w.count('sync.backlog where changes = 2')) === 1);
    // Nobody has looked: the process dies, and the flow goes on before another one comes.
    const dead = life.kill();
    release();
    await dead;
    await resumeFlow(w.sql, 'customer', 'anna');
    const next = await w.live();
    await w.settled(next);
    expect(await shown([brief])).toBe(0);
    await next.stop();
    expect(w.errors).toEqual([]);
  });

  it('is left alone by a reconciliation: its feed has what it has to hear', async () => {
    const life = await w.live();
    const own = await pairs(life, 'Reconciled', 3);
    await pause(life);
    await w.edit('crm', 'Customer', own[0]!.crm, { name: 'Reconciled, edited' });
    await remove(own[1]!.crm);
    await w.create('erp', 'Customer', { name: 'Reconciled, new' });
    await w.settled(life);
    const run = await w.ended(await life.sync.startRun('reconciliation', ['customer'], 'apply', 'anna'));
    expect(run.counts.flows.customer).toMatchObject({ 'left until it goes on': 3 });
    expect(await w.count('sync.lane')).toBe(0);
    expect(await w.count('sync.issue where closed_at is null')).toBe(0);
    await resume(life);
    await w.settled(life);
    expect(await w.count(`erp.customer where name = 'Reconciled, edited'`)).toBe(1);
    expect((await w.read('erp', 'Customer', own[1]!.erp))!.archived).toBe(true);
    expect(await w.count(`crm.customer where name = 'Reconciled, new'`)).toBe(1);
    await life.stop();
    expect(w.errors).toEqual([]);
  });
});

describe('a flow that catches up', () => {
  it('holds no live edit up, but one that met another during the pause: of these the later stands', async () => {
    const { life, hold, release } = await heldUp('crm');
    const [met, free] = await pairs(life, 'Live', 2);
    const product = await w.create('crm', 'Product', { sku: 'LIVE', name: 'Live' });
    await w.settled(life);
    await pause(life);
    await w.edit('crm', 'Customer', met!.crm, { name: 'Earlier' });
    await w.settled(life);
    hold();
    await resume(life);
    await w.edit('erp', 'Customer', free!.erp, { name: 'Live and free' });
    await w.edit('crm', 'Product', product.id, { name: 'Live lamp' });
    await w.edit('erp', 'Customer', met!.erp, { name: 'Later' });
    await w.until('what is free has travelled', async () => {
      const name = (await w.read('crm', 'Customer', free!.crm))!.fields.name;
      return name === 'Live and free' && (await w.count(`erp.product where description = 'Live lamp'`)) === 1;
    });
    await w.until(
      'the edit waits for what it met',
      async () => (await w.count(`sync.lane where priority = 1 and locked_until is null`)) === 1,
    );
    expect((await w.read('crm', 'Customer', met!.crm))!.fields.name).toBe('Earlier');
    release();
    await w.settled(life);
    for (const [side, id] of [
      ['crm', met!.crm],
      ['erp', met!.erp],
    ] as const)
      expect((await w.read(side, 'Customer', id))!.fields.name).toBe('Later');
    await life.stop();
    expect(w.errors).toEqual([]);
  });

  it('can be paused once more in the middle of it', async () => {
    const { life, hold, release } = await heldUp('crm', 1);
    const own = await pairs(life, 'Again', 700);
    const rename = (ids: readonly { readonly crm: string }[], word: string) =>
      w.all(
        'crm',
        ids.map(({ crm }, n) => ({
          kind: 'update',
          entity: 'Customer',
          id: crm,
          fields: { name: `${word} ${n}` },
        })),
      );
    const cursor = async () =>
      (await w.sql`select cursor, up_to as "upTo" from sync.backlog where side = 'crm'`)[0]!;
    await pause(life);
    const begun = await cursor();
    await rename(own, 'Once');
    await w.settled(life);
    hold();
    await resume(life);
    await w.until('a part is read', async () => (await cursor()).cursor !== begun.cursor);
    await pause(life);
    const half = await cursor();
    expect(half.upTo).toBeNull();
    release();
    await rename(own.slice(0, 50), 'Twice');
    await w.settled(life);
    expect(await cursor()).toEqual(half);
    expect(await w.count(`erp.customer where name ~ '^(Once|Twice) '`)).toBe(0);
    await resume(life);
    await w.settled(life);
    expect(await w.count(`erp.customer where name like 'Once %'`)).toBe(650);
    expect(await w.count(`erp.customer where name like 'Twice %'`)).toBe(50);
    expect(await w.count('sync.backlog')).toBe(0);
    const [told] = await w.sql<{ n: number }[]>`
      select count(*) as n from sync.event e, jsonb_array_elements(e.fields) f
      where f ->> 'field' = 'name' and f ->> 'after' ~ '^(Once|Twice) '`;
    expect(told).toEqual({ n: 700 });
    await life.stop();
    expect(w.errors).toEqual([]);
  });
});
