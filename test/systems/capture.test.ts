import { expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';

const { sql } = await testDatabase();

test('the schema stands and raw SQL is captured', async () => {
  await sql`insert into crm.customer (id, name, currency, owner_id) values ('c1', 'Acme', 'EUR', 'u1')`;
  await sql`update crm.customer set name = 'Acme Ltd' where id = 'c1'`;
  await sql`update crm.customer set name = 'Acme Ltd' where id = 'c1'`;
  await sql`update crm.customer set archived = true where id = 'c1'`;
  await sql`delete from crm.customer where id = 'c1'`;
  await sql`select crm.sequence_changes(100)`;
  const rows = await sql`select pos, entity, id, kind, version from crm.change order by pos`;
  expect(rows.map((row) => `${row.pos} ${row.kind} ${row.version}`)).toEqual([
    '1 created 1',
    '2 updated 2',
    '3 archived 3',
    '4 deleted null',
  ]);
});

test('a line edited by raw SQL moves its header', async () => {
  await sql`insert into erp.order (id, customer_id, customer_no, bill_to_address, ship_to_address, payment_terms_code, vat_business_group, amount, vat_amount, amount_incl_vat, order_no, order_date)
    values ('o1', 'c', 'C', '{}', '{}', 'N', 'D', 0, 0, 0, 'O1', '2026-01-01')`;
  await sql`insert into erp.order_line (line_id, document_id, line_no, unit_code, unit_price, vat_product_group, vat_percent, amount, vat_amount, amount_incl_vat)
    values ('l1', 'o1', 1, 'PCS', 1, 'S', 25, 0, 0, 0)`;
  await sql`update erp.order_line set quantity = 3 where line_id = 'l1'`;
  await sql`update erp.order_line set quantity = 3 where line_id = 'l1'`;
  await sql`delete from erp.order where id = 'o1'`;
  expect(await sql`select from erp.order_line`).toHaveLength(0);
  const rows = await sql`select kind, version from erp.change order by seq`;
  expect(rows.map((row) => `${row.kind} ${row.version}`)).toEqual([
    'created 1',
    'updated 2',
    'updated 3',
    'deleted null',
  ]);
});
