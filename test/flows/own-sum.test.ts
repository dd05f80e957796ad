import { expect, test } from 'vitest';
import { createSyncSubgraph } from '../../subgraphs/sync/subgraph.ts';
import { mappings } from '../../sync/mappings/index.ts';
import { at, data, members } from '../sync-subgraph/fixture.ts';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { openWorld } from './world.ts';

/** The CRM's own sum of a quote beside the ERP's totals: a gap over 0.01 is drift. */
const w = await openWorld();
const { quoted, product } = dealsOf(w, await knownRecords(w));
const subgraph = createSyncSubgraph({ sql: w.sql, sync: w.sync, mappings });

const off = async (quote: string) => {
  const { id } = await w.linkOf('quote', quote);
  const { link } = await data(
    subgraph,
    `{ link: node(id: "Link_${id}") { ... on Link { drift { field crm erp verdict why } } } }`,
  );
  return members(at(link, 'drift')).filter(
    ({ verdict }) => !['EQUAL', 'AGREED_DIFFERENCE'].includes(String(verdict)),
  );
};

const twoLines = (selection: string) => [
  { productId: product(0), quantity: '3', unitPrice: '100' },
  { productId: product(1), quantity: '1', unitPrice: '70', selection },
];

test('lines that the customer has not taken are counted by the ERP alone, until it is accepted', async () => {
  const { quote } = await quoted({}, twoLines('OPTIONAL'));
  expect(await off(quote)).toEqual([
    {
      field: 'computedAmount',
      crm: '300.00',
      erp: '370.00',
      verdict: 'HELD',
      why: expect.stringMatching(/300\.00.*370\.00.*not taken/),
    },
  ]);
  const { driftReport } = await data(
    subgraph,
    '{ driftReport(flow: QUOTE, first: 100) { drifted { link { crmId } fields { field } } } }',
  );
  expect(at(driftReport, 'drifted')).toContainEqual({
    link: { crmId: quote },
    fields: [{ field: 'computedAmount' }],
  });
  await w.edit('crm', 'Quote', quote, { status: 'ACCEPTED' });
  await w.settled();
  expect(await off(quote)).toEqual([]);
});

test.for([
  {},
  { pricesIncludeTax: true },
  { discountPercent: '3.3333', freightAmount: '12.34' },
  { currency: 'HUF', discountAmount: '1.25', freightAmount: '7.35' },
])('a quote of which all is taken has none: %o', async (fields) => {
  const { quote } = await quoted(fields, twoLines('REQUIRED'));
  expect(await off(quote)).toEqual([]);
});
