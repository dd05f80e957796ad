import { expect, test } from 'vitest';
import { openWorld } from './world.ts';

const w = await openWorld();
let n = 0;

/** A linked product under a number of its own. */
async function product() {
  const sku = `TAKEN-${++n}`;
  const made = await w.create('crm', 'Product', {
    sku,
    name: `Product ${n}`,
    listPrice: '100',
    baseUnit: 'C62',
  });
  await w.settled();
  return { sku, crm: made.id, erp: await w.twin('product', 'crm', made.id) };
}
type Product = Awaited<ReturnType<typeof product>>;

const item = ({ erp }: Product) => w.fields('erp', 'Product', erp);
const issuesOf = async ({ crm }: Product) => w.issues((await w.linkOf('product', crm)).id);

/** Two products exchange their numbers in the CRM before the sync hears of it. */
async function swap(a: Product, b: Product): Promise<void> {
  await w.sync.pause('product', true, 'a test', 'test');
  await w.edit('crm', 'Product', a.crm, { sku: `${a.sku}-AWAY` });
  await w.edit('crm', 'Product', b.crm, { sku: a.sku, name: 'B of the swap' });
  await w.edit('crm', 'Product', a.crm, { sku: b.sku, name: 'A of the swap' });
  await w.sync.pause('product', false, null, 'test');
  await w.settled();
}

test('18: a number that another item has is held with an issue that names who has it; the other fields travel, then and later', async () => {
  const [a, gone] = [await product(), await product()];
  await w.remove('crm', 'Product', gone.crm);
  await w.settled();
  await w.edit('crm', 'Product', a.crm, { sku: gone.sku, name: 'Named anew', listPrice: '120' });
  await w.settled();
  expect(await item(a)).toMatchObject({ itemNo: a.sku, description: 'Named anew', unitPrice: '120' });
  expect(await w.linkOf('product', a.crm)).toMatchObject({ state: 'synced' });
  const [issue, ...others] = await issuesOf(a);
  expect(issue).toMatchObject({ code: 'VALUE_TAKEN', field: 'sku' });
  expect(issue!.message).toMatch(new RegExp(`itemNo.*"${gone.sku}".*ERP Product ${gone.erp}`));
  expect(others).toEqual([]);
  await w.edit('crm', 'Product', a.crm, { description: 'Described later' });
  await w.settled();
  expect(await item(a)).toMatchObject({ itemNo: a.sku, longDescription: 'Described later' });
  expect(await issuesOf(a)).toMatchObject([{ field: 'sku' }]);
  expect(await w.deadLetters()).toEqual([]);

  // The other one is nobody's any more: its news is that of a record without a link.
  await w.edit('erp', 'Product', gone.erp, { itemNo: `${gone.sku}-OLD` });
  await w.settled();
  expect(await item(a)).toMatchObject({ itemNo: gone.sku });
  expect(await issuesOf(a)).toEqual([]);
});

test('18: a number that is taken is given up: the issue closes and the new one travels', async () => {
  const [a, gone] = [await product(), await product()];
  await w.remove('crm', 'Product', gone.crm);
  await w.settled();
  await w.edit('crm', 'Product', a.crm, { sku: gone.sku });
  await w.settled();
  expect(await issuesOf(a)).toMatchObject([{ field: 'sku' }]);
  await w.edit('crm', 'Product', a.crm, { sku: `${a.sku}-FREE` });
  await w.settled();
  expect(await item(a)).toMatchObject({ itemNo: `${a.sku}-FREE` });
  expect(await issuesOf(a)).toEqual([]);
  expect(await w.sql`select 1 from sync.wait where "on" like 'moved:%'`).toEqual([]);
});

test('18: an item that is deleted gives its number free', async () => {
  const [a, gone] = [await product(), await product()];
  await w.remove('crm', 'Product', gone.crm);
  await w.settled();
  await w.edit('crm', 'Product', a.crm, { sku: gone.sku });
  await w.settled();
  await w.remove('erp', 'Product', gone.erp);
  await w.settled();
  expect(await item(a)).toMatchObject({ itemNo: gone.sku });
  expect(await issuesOf(a)).toEqual([]);
});

test('two products that swap their numbers: all else travels, and the numbers once one of them is free', async () => {
  const [a, b] = [await product(), await product()];
  await swap(a, b);
  expect(await item(a)).toMatchObject({ itemNo: a.sku, description: 'A of the swap' });
  expect(await item(b)).toMatchObject({ itemNo: b.sku, description: 'B of the swap' });
  expect(await issuesOf(a)).toMatchObject([{ code: 'VALUE_TAKEN', field: 'sku' }]);
  expect(await issuesOf(b)).toMatchObject([{ code: 'VALUE_TAKEN', field: 'sku' }]);
  expect(await w.deadLetters()).toEqual([]);

  await w.edit('crm', 'Product', a.crm, { sku: `${a.sku}-FREE` });
  await w.settled();
  expect(await item(b)).toMatchObject({ itemNo: a.sku });
  await w.edit('crm', 'Product', a.crm, { sku: b.sku });
  await w.settled();
  expect([(await item(a)).itemNo, (await item(b)).itemNo]).toEqual([b.sku, a.sku]);
  expect([...(await issuesOf(a)), ...(await issuesOf(b))]).toEqual([]);
});

test('a number that its owner leaves in the same moment travels, and nothing is left to be said', async () => {
  const [a, b, c] = [await product(), await product(), await product()];
  await w.sync.pause('product', true, 'a test', 'test');
  // Each takes the place of the one before, in the order of which the first attempts are refused.
  await w.edit('crm', 'Product', c.crm, { sku: `${c.sku}-NEXT` });
  await w.edit('crm', 'Product', b.crm, { sku: c.sku });
  await w.edit('crm', 'Product', a.crm, { sku: b.sku });
  await w.sync.pause('product', false, null, 'test');
  await w.settled();
  const numbers = await Promise.all([a, b, c].map(async (each) => (await item(each)).itemNo));
  expect(numbers).toEqual([b.sku, c.sku, `${c.sku}-NEXT`]);
  for (const each of [a, b, c]) expect(await issuesOf(each)).toEqual([]);
  expect(await w.deadLetters()).toEqual([]);
});

test('18: the same from the ERP', async () => {
  const [a, gone] = [await product(), await product()];
  await w.remove('erp', 'Product', gone.erp);
  await w.settled();
  await w.edit('erp', 'Product', a.erp, { itemNo: gone.sku, description: 'Named in the ERP' });
  await w.settled();
  const shown = await w.fields('crm', 'Product', a.crm);
  expect(shown).toMatchObject({ sku: a.sku, name: 'Named in the ERP' });
  expect((await issuesOf(a))[0]!.message).toMatch(new RegExp(`CRM Product ${gone.crm}`));
  await w.edit('crm', 'Product', gone.crm, { sku: `${gone.sku}-OLD` });
  await w.settled();
  expect(await w.fields('crm', 'Product', a.crm)).toMatchObject({ sku: gone.sku });
  expect(await issuesOf(a)).toEqual([]);
});
