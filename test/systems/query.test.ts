import { expect, test } from 'vitest';
import { createCrm } from '../../subgraphs/crm/system.ts';
import { Refusal } from '../../subgraphs/system/failures.ts';
import type { Query } from '../../subgraphs/system/system.ts';
import type { Write } from '../../sync/core/connector.ts';
import { testDatabase } from '../support/database.ts';
import { accepted, create, linesOf, person } from './systems.ts';

const { sql } = await testDatabase();
const crm = createCrm({ sql });
const rows = [
  { name: 'Ada 100%', creditLimit: '10', billingAddress: { country: 'NO', city: 'Oslo' } },
  { name: 'Bo_b', creditLimit: '9.5', billingAddress: { country: 'SE' } },
  { name: 'Cy', email: 'cy@example.com' },
  { name: 'Dy', creditLimit: '100' },
  { name: 'ada two', creditLimit: '10' },
];
const made = (
  await crm.write(
    rows.map((fields): Write => ({ entity: 'Customer', kind: 'create', fields })),
    person,
  )
).map(accepted);
const names = async (query: Query) =>
  (await crm.query('Customer', query)).edges.map(({ node }) => node.fields.name);

test('comparisons', async () => {
  expect(await names({ where: { name: { contains: 'ADA' } } })).toEqual(['Ada 100%', 'ada two']);
  expect(await names({ where: { name: { contains: '0%' } } })).toEqual(['Ada 100%']);
  expect(await names({ where: { name: { startsWith: 'bo_' } } })).toEqual(['Bo_b']);
  expect(await names({ where: { creditLimit: { gte: '10', lt: '100' } } })).toEqual(['Ada 100%', 'ada two']);
  expect(await names({ where: { creditLimit: { in: ['9.50', null] } } })).toEqual(['Bo_b', 'Cy']);
  expect(await names({ where: { not: { creditLimit: { gt: '5' } } } })).toEqual(['Cy']);
  expect(
    await names({
      where: { or: [{ email: { isNull: false } }, { billingAddress: { city: { eq: 'Oslo' } } }] },
    }),
  ).toEqual(['Ada 100%', 'Cy']);
  expect(await names({ search: 'two ada' })).toEqual(['ada two']);
  await expect(names({ where: { nothing: { eq: 1 } } })).rejects.toThrow(Refusal);
  await expect(names({ where: { creditLimit: { gt: "1'; drop" } } })).rejects.toThrow('exact decimal');
});

test('pages forward and backward meet all records once, nulls last, with the exact total', async () => {
  for (const direction of ['ASC', 'DESC'] as const) {
    const orderBy = { property: 'creditLimit', direction };
    const all = await names({ orderBy });
    expect(all.at(-1)).toBe('Cy');
    const forward: unknown[] = [];
    let page = await crm.query('Customer', { orderBy, first: 2 });
    for (;;) {
      expect(page.total).toBe(5);
      forward.push(...page.edges.map(({ node }) => node.fields.name));
      if (!page.hasNextPage) break;
      page = await crm.query('Customer', { orderBy, first: 2, after: page.edges.at(-1)!.cursor });
    }
    expect(forward).toEqual(all);
    const backward: unknown[] = [];
    page = await crm.query('Customer', { orderBy, last: 2 });
    for (;;) {
      backward.unshift(...page.edges.map(({ node }) => node.fields.name));
      if (!page.hasPreviousPage) break;
      page = await crm.query('Customer', { orderBy, last: 2, before: page.edges[0]!.cursor });
    }
    expect(backward).toEqual(all);
  }
  await expect(names({ after: 'junk' })).rejects.toThrow('cursor');
});

test('the pages of many records at once', async () => {
  const [first, second, third] = made;
  const contact = (customerId: string, lastName: string) => create(crm, 'Contact', { customerId, lastName });
  for (const name of ['x', 'y', 'z']) await contact(first!.id, name);
  await contact(second!.id, 'w');
  const pages = await crm.queryWithin('Contact', 'customerId', [first!.id, second!.id, third!.id], {
    first: 2,
    orderBy: { property: 'lastName', direction: 'DESC' },
  });
  const shown = [...pages.values()].map(({ edges, total, hasNextPage }) => [
    edges.map(({ node }) => node.fields.lastName),
    total,
    hasNextPage,
  ]);
  expect(shown).toEqual([
    [['z', 'y'], 3, true],
    [['w'], 1, false],
    [[], 0, false],
  ]);
});

test('look-ups answer with at most three live records each', async () => {
  const found = await crm.find([
    { entity: 'Customer', where: { creditLimit: '10.00' } },
    { entity: 'Customer', where: { name: 'Nobody' } },
    { entity: 'Customer', where: { name: null } },
    { entity: 'Customer', where: { name: 'Cy', email: 'cy@EXAMPLE.com' } },
  ]);
  expect(found.map((records) => records.map(({ id }) => id))).toEqual([
    [made[0]!.id, made[4]!.id],
    [],
    [],
    [made[2]!.id],
  ]);
});

test('lines by their id, each with the id of its document', async () => {
  const quote = await create(crm, 'Quote', { lines: [{ kind: 'TEXT', description: 'hello' }] });
  const lineId = linesOf(quote)[0]!.lineId as string;
  const lines = await crm.readLines('Quote', [lineId, 'nobody']);
  expect(lines.get(lineId)).toEqual({ documentId: quote.id, line: linesOf(quote)[0] });
  expect(lines.size).toBe(1);
});

test('list walks all records in id order', async () => {
  const first = await crm.list('Customer', null, 3);
  const rest = await crm.list('Customer', first.at(-1)!.id, 100);
  expect([...first, ...rest].map(({ id }) => id)).toEqual(made.map(({ id }) => id).toSorted());
});
