import { describe, expect, test } from 'vitest';
import type { Side } from '../../sync/core/types.ts';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { type Fields, openWorld } from './world.ts';

/**
 * Systems fill in anew what hangs on a product or a customer, unless it is given. What the sync writes there leaves everything
 * else as it stands: a text that somebody typed is not the product's.
 */
const w = await openWorld();
const known = await knownRecords(w);
const { quoted, ordered, product, customerId } = dealsOf(w, known);

const other = await w.create('crm', 'Customer', {
  name: 'Another customer',
  paymentTerms: 'NET60',
  billingAddress: { line1: 'Elsewhere 9', city: 'Bergen', country: 'NO' },
});
const zero = await w.create('crm', 'Product', {
  sku: 'OTHER',
  name: 'Another lamp',
  listPrice: '250',
  baseUnit: 'C62',
  taxCategory: 'Z',
});
await w.settled();
const erpItem = await w.twin('product', 'crm', zero.id);

const own: Fields = { quantity: '3', unitPrice: '100', description: 'As agreed by phone', taxCategory: 'S' };

/** Of each document's first line what people type. */
async function shown(documents: readonly (readonly [Side, string, string])[]) {
  const lines = await Promise.all(documents.map((each) => w.lines(...each)));
  return lines.map(([line]) => [
    line!.description,
    line!.taxCategory ?? line!.vatProductGroup,
    Number(line!.unitPrice),
  ]);
}

const noStrangeEdits = async (id: string): Promise<void> => {
  const events = await Promise.all((await w.links({ id })).map((link) => w.events(link.id)));
  const told = events.flat().flatMap(({ fields }) => fields.filter(({ why }) => why === 'edited'));
  expect(told.filter(({ field, winner }) => field === 'description' && winner === 'erp')).toEqual([]);
};

describe('another product on a line whose text, tax and price were given', () => {
  test.for(['quote', 'order'] as const)('in the CRM, of a %s', async (kind) => {
    const deal =
      kind === 'quote'
        ? { ...(await quoted({}, [{ productId: product(0), ...own }])), order: '' }
        : await ordered({}, [{ productId: product(0), ...own }]);
    const [entity, id] =
      kind === 'quote' ? (['Quote', deal.quote] as const) : (['Order', deal.order] as const);
    const [line] = await w.lines('crm', entity, id);
    await w.editLines('crm', entity, id, [
      { kind: 'change', lineId: line!.lineId, fields: { ...own, productId: zero.id } },
    ]);
    await w.settled();
    const at = (taken: string) => ['As agreed by phone', taken, 100];
    expect(
      await shown([
        ['crm', entity, id],
        ['erp', 'Order', deal.erpOrder],
      ]),
    ).toEqual([at('S'), at('STANDARD')]);
    expect((await w.lines('erp', 'Order', deal.erpOrder))[0]!.productId).toBe(erpItem);
    if (kind === 'quote') expect(await shown([['erp', 'Quote', deal.erpQuote]])).toEqual([at('STANDARD')]);
    await noStrangeEdits(id);
  });

  test('in the ERP', async () => {
    const deal = await quoted({}, [{ productId: product(0), ...own }]);
    const [line] = await w.lines('erp', 'Order', deal.erpOrder);
    const { description, vatProductGroup, unitPrice } = line!;
    await w.editLines('erp', 'Order', deal.erpOrder, [
      {
        kind: 'change',
        lineId: line!.lineId,
        fields: {
          productId: erpItem,
          description: description!,
          vatProductGroup: vatProductGroup!,
          unitPrice: unitPrice!,
        },
      },
    ]);
    await w.settled();
    expect(
      await shown([
        ['crm', 'Quote', deal.quote],
        ['erp', 'Quote', deal.erpQuote],
      ]),
    ).toEqual([
      ['As agreed by phone', 'S', 100],
      ['As agreed by phone', 'STANDARD', 100],
    ]);
    expect((await w.lines('crm', 'Quote', deal.quote))[0]!.productId).toBe(zero.id);
  });

  test('in the CRM, while the ERP gives the line another tax', async () => {
    const deal = await quoted({}, [{ productId: product(0), ...own }]);
    const [here] = await w.lines('crm', 'Quote', deal.quote);
    const [there] = await w.lines('erp', 'Order', deal.erpOrder);
    for (const flow of ['quote', 'quoteOrder'] as const)
      await w.sync.pause(flow, true, 'two at once', 'test');
    await w.editLines('erp', 'Order', deal.erpOrder, [
      { kind: 'change', lineId: there!.lineId, fields: { vatProductGroup: 'EXEMPT' } },
    ]);
    await w.editLines('crm', 'Quote', deal.quote, [
      { kind: 'change', lineId: here!.lineId, fields: { productId: zero.id, taxCategory: 'S' } },
    ]);
    for (const flow of ['quote', 'quoteOrder'] as const) await w.sync.pause(flow, false, null, 'test');
    await w.settled();
    const [crm, erp] = await shown([
      ['crm', 'Quote', deal.quote],
      ['erp', 'Order', deal.erpOrder],
    ]);
    expect([crm![1], erp![1]]).toEqual(['E', 'EXEMPT']);
  });
});

test('another customer on a document whose address and terms were given', async () => {
  const given = {
    shippingAddress: { line1: 'Site 9', city: 'Oslo', country: 'NO' },
    paymentTerms: 'NET60',
  };
  await w.edit('crm', 'Customer', customerId, { paymentTerms: 'NET30' });
  await w.settled();
  const deal = await ordered(given);
  await w.edit('crm', 'Order', deal.order, { ...given });
  await w.settled();
  await w.edit('crm', 'Customer', other.id, { paymentTerms: 'NET30' });
  await w.settled();
  await w.edit('crm', 'Order', deal.order, { customerId: other.id });
  await w.settled();
  const crm = await w.fields('crm', 'Order', deal.order);
  const erp = await w.fields('erp', 'Order', deal.erpOrder);
  expect(erp.customerId).toBe(await w.twin('customer', 'crm', other.id));
  expect([crm.paymentTerms, erp.paymentTermsCode]).toEqual(['NET60', 'NET60']);
  expect([crm.shippingAddress, erp.shipToAddress]).toEqual([
    expect.objectContaining({ line1: 'Site 9' }),
    expect.objectContaining({ street: 'Site 9' }),
  ]);
});

describe('another unit on a line', async () => {
  await w.edit('erp', 'Product', erpItem, { itemUnits: [{ code: 'SET', qtyPerBase: '12' }] });
  await w.settled();
  const inSets = (fields: Fields = {}) =>
    quoted({}, [{ productId: zero.id, quantity: '2', unit: 'SET', ...fields }]);
  const priced = async (deal: Awaited<ReturnType<typeof quoted>>) => {
    const documents: readonly (readonly [Side, string, string])[] = [
      ['crm', 'Quote', deal.quote],
      ['erp', 'Quote', deal.erpQuote],
      ['erp', 'Order', deal.erpOrder],
    ];
    const lines = await Promise.all(documents.map((each) => w.lines(...each)));
    return lines.map(([line]) => [line!.unit ?? line!.unitCode, Number(line!.unitPrice)]);
  };

  test.for([
    ['crm', 'Quote', { unit: 'C62' }],
    ['erp', 'Quote', { unitCode: 'UNIT' }],
    ['erp', 'Order', { unitCode: 'UNIT' }],
  ] as const)('has its price in all documents: %s %s', async ([side, entity, fields]) => {
    const deal = await inSets();
    expect((await priced(deal)).map(([, price]) => price)).toEqual([3000, 3000, 3000]);
    const id = side === 'crm' ? deal.quote : entity === 'Quote' ? deal.erpQuote : deal.erpOrder;
    const [line] = await w.lines(side, entity, id);
    await w.editLines(side, entity, id, [{ kind: 'change', lineId: line!.lineId, fields }]);
    await w.settled();
    expect(await priced(deal)).toEqual([
      ['C62', 250],
      ['UNIT', 250],
      ['UNIT', 250],
    ]);
  });

  test('leaves a typed price in all of them', async () => {
    const deal = await inSets({ unitPrice: '2900' });
    const [line] = await w.lines('crm', 'Quote', deal.quote);
    await w.editLines('crm', 'Quote', deal.quote, [
      { kind: 'change', lineId: line!.lineId, fields: { unit: 'C62' } },
    ]);
    await w.settled();
    expect(await priced(deal)).toEqual([
      ['C62', 2900],
      ['UNIT', 2900],
      ['UNIT', 2900],
    ]);
  });
});
