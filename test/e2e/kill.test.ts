import { expect, test } from 'vitest';
import { assembleSync, openSystems } from '../../console/assemble.ts';
import type { Author, Write } from '../../sync/core/connector.ts';
import type { SystemRecord } from '../../sync/core/types.ts';
import { testDatabase } from '../support/database.ts';
import { patienceMs } from '../support/patience.ts';
import { kill, startProcess } from './house-process.ts';

const { sql, url } = await testDatabase();
const person: Author = { actor: 'anna', origin: 'person' };

test('killed twice in a burst of creates and edits over all flows: nothing lost, nothing doubled', async () => {
  const systems = openSystems(sql);
  const write = async (side: 'crm' | 'erp', writes: readonly Write[]): Promise<readonly SystemRecord[]> =>
    (await systems[side].write(writes, person)).map((result) => {
      if (!('record' in result)) throw new Error(JSON.stringify(result));
      return result.record;
    });
  const make = (
    side: 'crm' | 'erp',
    entity: string,
    n: number,
    fields: (i: number) => Record<string, unknown>,
  ) =>
    write(
      side,
      Array.from({ length: n }, (_, i) => ({ kind: 'create', entity, fields: fields(i) }) as Write),
    );

  let child = await startProcess(url);
  const users = await make('crm', 'User', 10, (i) => ({
    fullName: `Seller ${i}`,
    email: `seller${i}@s.example`,
  }));
  const customers = await make('crm', 'Customer', 40, (i) => ({
    name: `Burst customer ${i}`,
    ownerId: users[i % 10]!.id,
  }));
  const products = await make('crm', 'Product', 30, (i) => ({
    sku: `B-${i}`,
    name: `Burst product ${i}`,
    listPrice: '10',
  }));
  await linked(1);
  await kill(child);

  // While nobody listens, and while somebody does: edits and creates on both sides.
  const contacts = await make('crm', 'Contact', 40, (i) => ({
    lastName: `Burst contact ${i}`,
    customerId: customers[i]!.id,
  }));
  child = await startProcess(url);
  const quotes = await make('crm', 'Quote', 60, (i) => ({
    customerId: customers[i % 40]!.id,
    ownerId: users[i % 10]!.id,
    lines: [{ productId: products[i % 30]!.id, quantity: '2', unitPrice: '10' }],
  }));
  const orders = await make('crm', 'Order', 40, (i) => ({
    customerId: customers[i]!.id,
    ownerId: users[i % 10]!.id,
    lines: [{ productId: products[i % 30]!.id, quantity: '3', unitPrice: '10' }],
  }));
  const erpCustomers = await make('erp', 'Customer', 30, (i) => ({ name: `Burst debtor ${i}` }));
  const erpItems = await make('erp', 'Product', 30, (i) => ({
    itemNo: `E-${i}`,
    description: `Burst item ${i}`,
  }));
  await make('erp', 'Order', 30, (i) => ({
    customerId: erpCustomers[i]!.id,
    lines: [{ productId: erpItems[i]!.id, quantity: '4', unitPrice: '5' }],
  }));
  await write(
    'crm',
    customers.map(({ id }, i) => ({
      kind: 'update',
      entity: 'Customer',
      id,
      fields: { legalName: `Edited ${i}` },
    })),
  );
  await linked(150);
  await kill(child);
  await write(
    'crm',
    quotes
      .slice(0, 20)
      .map(({ id }) => ({ kind: 'update', entity: 'Quote', id, fields: { status: 'ACCEPTED' } })),
  );
  await write(
    'crm',
    contacts.map(({ id }, i) => ({
      kind: 'update',
      entity: 'Contact',
      id,
      fields: { jobTitle: `Job ${i}` },
    })),
  );
  await write(
    'erp',
    erpCustomers.map(({ id }, i) => ({
      kind: 'update',
      entity: 'Customer',
      id,
      fields: { legalName: `Edited debtor ${i}` },
    })),
  );
  await write(
    'crm',
    users.map(({ id }, i) => ({ kind: 'update', entity: 'User', id, fields: { jobTitle: `Title ${i}` } })),
  );

  const errors: string[] = [];
  const sync = await assembleSync(sql, systems, {
    error: (_detail, text) => errors.push(text),
    info: () => {},
  });
  await sync.start();
  await sync.quiet(AbortSignal.timeout(patienceMs));
  await sync.stop();
  await systems.close();
  expect(errors).toEqual([]);
  expect(await sql`select key, rung, attempts from sync.lane`).toEqual([]);
  expect(await sql`select code, message from sync.dead_letter where closed_at is null`).toEqual([]);

  // Everything is in step, but for proposals that wait for the CRM order of their quote.
  expect(
    await sql`
      select mapping, state, crm_id, erp_id, waits_for, agreed ->> 'status' as status from sync.link
      where state not in ('synced', 'ended') and not exists
        (select from erp."order" o where o.id = erp_id and o.source_quote_reference is not null) limit 3`,
  ).toEqual([]);

  const count = async (table: string): Promise<number> =>
    Number((await sql.unsafe(`select count(*) as n from ${table}`))[0]!.n);
  for (const [crm, erp, n] of [
    ['crm.customer', 'erp.customer', 70],
    ['crm.contact', 'erp.contact', 40],
    ['crm.product', 'erp.product', 60],
    ['crm.quote', 'erp.quote', 60],
  ] as const)
    expect([crm, await count(crm), await count(erp)]).toEqual([crm, n, n]);
  // An ERP order per quote and per order of either side; a CRM order for all but the quotes' own.
  expect(await count('erp."order"')).toBe(60 + orders.length + 30);
  expect(await count('crm."order"')).toBe(orders.length + 30);
  expect(await count('erp.salesperson')).toBe(await count('crm."user"'));

  const differing = {
    customers: await sql`
      select c.name from crm.customer c full join erp.customer e on e.external_reference = c.id
      where c.id is null or e.id is null or c.name is distinct from e.name or c.legal_name is distinct from e.legal_name`,
    contacts: await sql`
      select c.last_name from crm.contact c full join erp.contact e on e.external_reference = c.id
      where c.id is null or e.id is null or c.job_title is distinct from e.job_title or c.last_name is distinct from e.last_name`,
    quotes: await sql`
      select c.quote_number from crm.quote c full join erp.quote e on e.external_reference = c.id
      where c.id is null or e.id is null or c.total_amount is distinct from e.amount_incl_vat
        or (c.status = 'ACCEPTED') <> (e.status = 'ACCEPTED')`,
    proposals: await sql`
      select c.quote_number from crm.quote c left join erp."order" e on e.source_quote_reference = c.id
      where e.id is null or (c.status = 'ACCEPTED') <> (e.status = 'OPEN') or c.erp_order_number is distinct from e.order_no`,
    orders: await sql`
      select c.order_number from crm."order" c full join (select * from erp."order" where source_quote_reference is null) e on e.external_reference = c.id
      where c.id is null or e.id is null or c.total_amount is distinct from e.amount_incl_vat`,
    lines: await sql`
      select e.order_no from erp."order" e join erp.order_line l on l.document_id = e.id group by e.id, e.order_no having count(*) <> 1`,
    blocks: await sql`
      select e.order_no from erp."order" e join erp.salesperson s on s.id = e.salesperson_id join crm."user" u on u.id = s.external_reference
      where e.salesperson_title is distinct from u.job_title or s.title is distinct from u.job_title`,
    unlinked:
      await sql`select mapping, state, crm_id, erp_id from sync.link where state not in ('synced', 'ended') and not (mapping = 'order' and crm_id is null)`,
  };
  for (const [what, rows] of Object.entries(differing)) expect([what, rows]).toEqual([what, []]);

  /** Waits until so many links are in step: the burst is under way. */
  async function linked(n: number): Promise<void> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const [row] = await sql`select count(*)::int as n from sync.link where state = 'synced'`;
      if (row!.n >= n) return;
      if (Date.now() > deadline) throw new Error(`Only ${row!.n} of ${n} links came.`);
    }
  }
});
