import { expect, it } from 'vitest';
import { fillDemo } from '../../console/demo/fill-demo.ts';
import { importing } from './imported.ts';

const { sql, systems } = await importing();

const counts = async () => {
  const tables = await sql<{ schema: string; name: string }[]>`
    select table_schema as schema, table_name as name from information_schema.columns
    where table_schema in ('crm', 'erp') and column_name = 'create_key' order by 1, 2`;
  const entries = tables.map(async ({ schema, name }) => {
    const [row] = await sql<{ n: number }[]>`select count(*)::int as n from ${sql(schema)}.${sql(name)}`;
    return [`${schema}.${name}`, row!.n] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
};

it('fills both systems with some hundreds of records, and the second time with nothing', async () => {
  await fillDemo(systems, '2026-03-02');
  const filled = await counts();
  for (const name of [
    'crm.customer',
    'erp.customer',
    'crm.contact',
    'erp.contact',
    'crm.product',
    'erp.product',
  ])
    expect(filled[name], name).toBeGreaterThan(150);
  expect(filled).toMatchObject({ 'crm.quote': 200, 'crm.order': 120, 'erp.quote': 60, 'erp.order': 200 });
  await fillDemo(systems, '2026-03-02');
  expect(await counts()).toEqual(filled);
});

it('lets the two halves match as in life', async () => {
  const pairs = await sql<{ spelling: boolean }[]>`
    select e.registration_no <> c.org_number as spelling from crm.customer c join erp.customer e
    on e.registration_no = regexp_replace(c.org_number, '[^0-9]', '', 'g')`;
  expect(pairs.length).toBeGreaterThan(80);
  expect(pairs.every(({ spelling }) => spelling)).toBe(true);
  const stages = await sql<{ status: string }[]>`select distinct status from erp."order"`;
  expect(stages.map(({ status }) => status)).toEqual(
    expect.arrayContaining([
      'OPEN',
      'RELEASED',
      'PARTIALLY_SHIPPED',
      'SHIPPED',
      'INVOICED',
      'CLOSED',
      'CANCELLED',
    ]),
  );
  const [open] = await sql<
    { n: number }[]
  >`select count(*)::int as n from crm.quote_line where product_id is null and product_text is not null`;
  expect(open!.n).toBe(2);
});
