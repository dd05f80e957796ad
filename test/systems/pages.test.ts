import { expect, test } from 'vitest';
import { openClient } from '../../drizzle/postgres/client.ts';
import { createCrm } from '../../subgraphs/crm/system.ts';
import { createErp } from '../../subgraphs/erp/system.ts';
import { testDatabase } from '../support/database.ts';

const { url } = await testDatabase();
// One connection: it counts what it has read when it is asked.
const sql = openClient(url, undefined, { max: 1 });
const systems = { crm: createCrm({ sql }), erp: createErp({ sql }) };

/** Rows read so far by going through a whole table. */
async function scanned(table: string): Promise<number> {
  await sql`select pg_stat_force_next_flush()`;
  const [row] = await sql<
    { n: number }[]
  >`select seq_tup_read as n from pg_stat_user_tables where relid = ${table}::regclass`;
  return row!.n;
}

test.each(['crm', 'erp'] as const)(
  'a page of contacts of the %s goes through no whole table',
  async (side) => {
    const most = 3_000;
    await sql.unsafe(
      side === 'crm'
        ? `insert into crm.customer (id, name, currency, owner_id, primary_contact_id) select 'c' || n, 'Firm', 'NOK', 'u', 'p' || n from generate_series(1, ${most}) n`
        : `insert into erp.customer (id, customer_no, name, invoice_address, payment_terms_code, vat_business_group, primary_contact_id) select 'c' || n, n, 'Firm', '{}', 'NET30', 'DOMESTIC', 'p' || n from generate_series(1, ${most}) n`,
    );
    await sql.unsafe(
      side === 'crm'
        ? `insert into crm.contact (id, last_name, customer_id) select 'p' || n, 'Name', 'c' || n from generate_series(1, ${most}) n`
        : `insert into erp.contact (id, contact_no, company_no, last_name, customer_id) select 'p' || n, n, n, 'Name', 'c' || n from generate_series(1, ${most}) n`,
    );
    await sql.unsafe(`analyze ${side}.customer, ${side}.contact`);
    const before = await scanned(`${side}.customer`);
    const page = await systems[side].list('Contact', 'p2', 500);
    const read = await systems[side].read(
      'Contact',
      page.map(({ id }) => id),
    );
    expect(page).toHaveLength(500);
    expect(read.size).toBe(500);
    expect(page.every(({ fields }) => fields.isPrimary === true)).toBe(true);
    expect((await scanned(`${side}.customer`)) - before).toBe(0);
  },
);
