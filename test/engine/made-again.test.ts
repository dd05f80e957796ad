import { beforeAll, expect, test } from 'vitest';
import { diesOver } from '../runs/mortal.ts';
import { openRuns, type Process } from '../runs/world.ts';

/**
 * An accepted quote's content is its ERP order's. What its ERP quote shows as the two are linked is nobody's late edit,
 * whoever had made it; what is edited there from then on is.
 */
const w = await openRuns();
let life: Process;
let customerId: string;

beforeAll(async () => {
  life = await w.live();
  const billingAddress = { line1: 'Main 1', city: 'Oslo', postalCode: '0150', country: 'NO' };
  customerId = (await w.create('crm', 'Customer', { name: 'Made Again AS', billingAddress })).id;
  for (const sku of ['LAMP', 'ROPE']) await w.create('crm', 'Product', { sku, name: sku, listPrice: '100' });
  await w.settled(life);
});

const lateEdits = (quote: string) => w.sql<{ side: string; field: string; value: unknown }[]>`
  select side, field, value from sync.issue
  where code = 'LATE_EDIT' and link_id in (select id from sync.link where crm_id = ${quote}) order by opened_at`;

/** A quote that was won long ago, of two lines and a freight. */
async function won(): Promise<string> {
  const products = await w.sql<{ id: string }[]>`select id from crm.product order by sku`;
  const [quote] = await w.all('crm', [
    {
      kind: 'create',
      entity: 'Quote',
      fields: {
        customerId,
        status: 'ACCEPTED',
        freightAmount: '30.00',
        lines: products.map(({ id }, n) => ({ productId: id, quantity: String(n + 3), unitPrice: '100' })),
      },
    },
  ]);
  return quote!.id;
}

/** Made by a process that dies over its ERP quote; the next one finds it. */
async function wonOverADeath(): Promise<string> {
  await life.stop();
  const { died } = await diesOver(w, 'Quote');
  const quote = await won();
  await died;
  life = await w.live();
  await w.settled(life);
  return quote;
}

const erpQuoteOf = async (quote: string): Promise<string> => {
  const [link] = await w.sql<{ erpId: string }[]>`
    select erp_id as "erpId" from sync.link where crm_id = ${quote} and mapping = 'quote' and state = 'synced'`;
  return link!.erpId;
};

test('a quote whose process died as its ERP quote was made has no late edit, until there is one', async () => {
  const quote = await wonOverADeath();
  expect(await lateEdits(quote)).toEqual([]);
  await w.edit('crm', 'Quote', quote, { name: 'Looked at once more' });
  await w.settled(life);
  expect(await lateEdits(quote)).toEqual([]);

  const erpQuote = await erpQuoteOf(quote);
  const [line] = (await w.read('erp', 'Quote', erpQuote))!.fields.lines as {
    lineId: string;
    productId: string;
  }[];
  await w.all('erp', [
    {
      kind: 'update',
      entity: 'Quote',
      id: erpQuote,
      fields: { shipmentMethodCode: 'EXW' },
      lineChanges: [
        { kind: 'change', lineId: line!.lineId, fields: { quantity: '9' } },
        { kind: 'add', fields: { productId: line!.productId, quantity: '1' } },
      ],
    },
  ]);
  await w.settled(life);
  expect((await lateEdits(quote)).map(({ side, field }) => [side, field])).toEqual(
    expect.arrayContaining([
      ['erp', 'deliveryTerms'],
      ['erp', 'quantity'],
      ['erp', 'line'],
    ]),
  );
  expect(await lateEdits(quote)).toHaveLength(3);
  expect(w.errors).toEqual([]);
});

test('a pair that was lost and is found by its stamp differs as it did, which is no edit of anybody', async () => {
  const quote = await won();
  await w.settled(life);
  const [order] = await w.sql<{ id: string; lane: string }[]>`
    select erp_id as id, lane from sync.link where crm_id = ${quote} and mapping = 'quoteOrder'`;
  const [line] = (await w.read('erp', 'Order', order!.id))!.fields.lines as {
    lineId: string;
    productId: string;
  }[];
  const lineChanges = [
    { kind: 'remove', lineId: line!.lineId },
    { kind: 'add', fields: { productId: line!.productId, quantity: '7', unitPrice: '1' } },
  ] as const;
  await w.all('erp', [{ kind: 'update', entity: 'Order', id: order!.id, fields: {}, lineChanges }]);
  await w.settled(life);
  await w.sql`delete from sync.link where lane = ${order!.lane}`;
  await w.edit('crm', 'Quote', quote, { name: 'Found again' });
  await w.settled(life);
  expect((await w.read('erp', 'Quote', await erpQuoteOf(quote)))!.fields.externalDocumentNo).toBe(
    'Found again',
  );
  expect(await lateEdits(quote)).toEqual([]);
  await w.edit('crm', 'Quote', quote, { name: 'Looked at once more' });
  await w.settled(life);
  expect(await lateEdits(quote)).toEqual([]);
  expect(w.errors).toEqual([]);
});
