import { expect, test } from 'vitest';
import { openWorld } from './world.ts';

const w = await openWorld();
let n = 0;

/** A linked product with what it is besides. */
async function product(more: Readonly<Record<string, string>> = {}) {
  const made = await w.create('erp', 'Product', {
    itemNo: `FROZEN-${++n}`,
    description: `Product ${n}`,
    unitPrice: '100',
    ...more,
  });
  await w.settled();
  return { sku: `FROZEN-${n}`, erp: made.id, crm: await w.twin('product', 'erp', made.id) };
}
type Product = Awaited<ReturnType<typeof product>>;

const item = ({ erp }: Product) => w.fields('erp', 'Product', erp);
const issuesOf = async ({ crm }: Product) => w.issues((await w.linkOf('product', crm)).id);

/** An open quote with one line of it, in both systems. */
async function quoted({ crm }: Product): Promise<void> {
  const customer = await w.create('crm', 'Customer', {
    name: `Customer ${n}`,
    billingAddress: { country: 'NO' },
  });
  await w.create('crm', 'Quote', {
    customerId: customer.id,
    lines: [{ productId: crm, quantity: '1' }],
  });
  await w.settled();
}

test('18: a number that the ERP has on documents holds up itself alone: name, price and retirement travel, then and later', async () => {
  const a = await product();
  await quoted(a);
  await w.edit('crm', 'Product', a.crm, { sku: `${a.sku}-NEW`, name: 'Named anew' });
  await w.settled();
  expect(await item(a)).toMatchObject({ itemNo: a.sku, description: 'Named anew' });
  const [issue, ...others] = await issuesOf(a);
  expect(issue).toMatchObject({ code: 'VALUE_FROZEN', field: 'sku' });
  expect(issue!.message).toMatch(
    new RegExp(
      `itemNo is frozen: document lines use ${a.sku}.*The CRM's sku "${a.sku}-NEW" stays there alone`,
    ),
  );
  expect(others).toEqual([]);
  await w.edit('crm', 'Product', a.crm, { listPrice: '120', status: 'RETIRED' });
  await w.settled();
  expect(await item(a)).toMatchObject({ itemNo: a.sku, unitPrice: '120', salesBlocked: true });
  expect(await w.deadLetters()).toEqual([]);

  await w.edit('crm', 'Product', a.crm, { sku: a.sku });
  await w.settled();
  expect(await issuesOf(a)).toEqual([]);
  expect(await w.linkOf('product', a.crm)).toMatchObject({ state: 'synced' });
});

test('18: a base unit that the ERP has stock in holds up itself alone, and goes back to what the ERP has when it is typed there', async () => {
  const a = await product({ inventory: '5' });
  await w.edit('crm', 'Product', a.crm, { baseUnit: 'KGM', name: 'By weight' });
  await w.settled();
  expect(await item(a)).toMatchObject({ baseUnitCode: 'UNIT', description: 'By weight' });
  expect(await issuesOf(a)).toMatchObject([{ code: 'VALUE_FROZEN', field: 'baseUnit' }]);
  await w.edit('crm', 'Product', a.crm, { baseUnit: 'C62' });
  await w.settled();
  expect(await issuesOf(a)).toEqual([]);
  expect(await w.deadLetters()).toEqual([]);
});

test('18: a number that is frozen in the ERP goes on by itself once no document has it', async () => {
  const a = await product();
  await quoted(a);
  const [quote] = await w.sql`select id from erp.quote order by created_at desc limit 1`;
  const [order] = await w.sql`select id from erp.order order by created_at desc limit 1`;
  expect([quote, order]).not.toContain(undefined);
  await w.edit('crm', 'Product', a.crm, { sku: `${a.sku}-NEW` });
  await w.settled();
  expect(await issuesOf(a)).toMatchObject([{ field: 'sku' }]);
  await w.remove('erp', 'Order', order!.id as string);
  await w.remove('erp', 'Quote', quote!.id as string);
  await w.settled();
  await w.edit('crm', 'Product', a.crm, { name: 'Looked at again' });
  await w.settled();
  expect(await item(a)).toMatchObject({ itemNo: `${a.sku}-NEW` });
  expect(await issuesOf(a)).toEqual([]);
});
