import { describe, expect, it } from 'vitest';
import type { Side } from '../../sync/core/types.ts';
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
});
