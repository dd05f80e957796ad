import type { Sql } from '../../drizzle/postgres/open.ts';

/** Customers per statement: as many as the engine takes into one step. */
const batch = 250;

/**
 * The same final writes for customers that only the CRM has, by hand-written set-based SQL in batches: the ERP's
 * record, what travels back, the link with its base, the event; triggers run. Answers customers per
 * second. What it wrote stays: measure last.
 */
export async function bySql(sql: Sql, most: number): Promise<number> {
  const found = await sql<{ id: string }[]>`
    select id from crm.customer where email like '%customer%1.example' order by id limit ${most}`;
  const ids = found.map((row) => row.id);
  const from = performance.now();
  for (let at = 0; at < ids.length; at += batch) await write(sql, ids.slice(at, at + batch));
  return (ids.length / (performance.now() - from)) * 1000;
}

async function write(sql: Sql, ids: string[]): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`select set_config('tandem.writer', '1', true), set_config('tandem.actor', 'bench', true)`;
    await tx`
      insert into erp.customer (id, create_key, version, created_at, updated_at, updated_by, archived, customer_no, name, partner_type,
        email, invoice_address, payment_terms_code, vat_business_group, blocked, balance)
      select 'sql-' || c.id, 'sql:' || c.id, 1, now(), now(), 'bench', false, 'S' || row_number() over () || right(c.id, 8), c.name, 'COMPANY',
        c.email, '{"countryCode":"NO"}', 'NET30', 'DOMESTIC', 'NONE', 0
      from crm.customer c where c.id = any(${ids}::text[])`;
    await tx`update crm.customer set legal_name = name, version = version + 1, updated_at = now(), updated_by = 'bench' where id = any(${ids}::text[])`;
    await tx`
      insert into sync.link (id, mapping, crm_id, erp_id, lane, state, linked_by, agreed, based, crm_version, erp_version, synced_at)
      select 'sql-' || c.id, 'customer', 'sql-' || c.id, 'sql-' || c.id, 'link:sql-' || c.id, 'synced', '{"kind":"create"}',
        to_jsonb(c) - 'id' - 'version' - 'created_at', true, '2', '1', now()
      from crm.customer c where c.id = any(${ids}::text[])`;
    await tx`
      insert into sync.event (id, mapping, link_id, outcome, cause, fields, correlation_id)
      select gen_random_uuid()::text, 'customer', 'sql-' || c.id, 'created', '{"kind":"run"}',
        (select jsonb_agg(jsonb_build_object('field', f.key, 'side', 'erp', 'before', null, 'after', f.value, 'winner', 'crm', 'why', 'created'))
          from jsonb_each(jsonb_strip_nulls(to_jsonb(c))) f), 'bench'
      from crm.customer c where c.id = any(${ids}::text[])`;
  });
}
