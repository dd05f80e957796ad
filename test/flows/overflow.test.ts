import { describe, expect, test } from 'vitest';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { openWorld } from './world.ts';

/** What a line of the ERP says in COMMENT lines attached to it is part of the line: the CRM shows both as one. */
const w = await openWorld();
const { quoted, ordered, product } = dealsOf(w, await knownRecords(w));

const texts = async (side: 'crm' | 'erp', entity: string, id: string) =>
  (await w.lines(side, entity, id)).map(({ description }) => description);

const noteOf = (lineId: string, description: string) =>
  ({ kind: 'add', fields: { type: 'COMMENT', attachedTo: lineId, position: 1, description } }) as const;

/** Attaches a note to the first line of an ERP document. */
async function noted(entity: 'Quote' | 'Order', id: string, note = 'with a note'): Promise<void> {
  const [line] = await w.lines('erp', entity, id);
  await w.editLines('erp', entity, id, [noteOf(line!.lineId, note)]);
  await w.settled();
}

/** Replaces the only line of a CRM document by another one. */
async function replaced(entity: 'Quote' | 'Order', id: string): Promise<void> {
  const [line] = await w.lines('crm', entity, id);
  expect(line!.description).toMatch(/with a note$/);
  await w.editLines('crm', entity, id, [
    { kind: 'remove', lineId: line!.lineId },
    { kind: 'add', fields: { productId: product(1), quantity: '1', unitPrice: '7', description: 'Instead' } },
  ]);
  await w.settled();
}

test.for(['Quote', 'Order'] as const)(
  'a line that the CRM quote removes goes from both ERP documents with the note that the ERP %s had attached to it',
  async (entity) => {
    const { quote, erpQuote, erpOrder } = await quoted();
    await noted(entity, entity === 'Quote' ? erpQuote : erpOrder);
    await replaced('Quote', quote);
    expect(await texts('crm', 'Quote', quote)).toEqual(['Instead']);
    expect(await texts('erp', 'Quote', erpQuote)).toEqual(['Instead']);
    expect(await texts('erp', 'Order', erpOrder)).toEqual(['Instead']);
  },
);

test('a line that the CRM order removes goes from the ERP order with the note attached to it', async () => {
  const { order, erpOrder } = await ordered();
  await noted('Order', erpOrder);
  await replaced('Order', order);
  expect(await texts('crm', 'Order', order)).toEqual(['Instead']);
  expect(await texts('erp', 'Order', erpOrder)).toEqual(['Instead']);
});

test.for(['Quote', 'Order'] as const)(
  'a line that a person removes in the ERP %s goes from the whole deal, and leaves none of its notes behind as a line',
  async (entity) => {
    const { quote, erpQuote, erpOrder } = await quoted();
    const own = entity === 'Quote' ? erpQuote : erpOrder;
    await noted(entity, own);
    const [line, note] = await w.lines('erp', entity, own);
    await w.editLines('erp', entity, own, [
      { kind: 'remove', lineId: line!.lineId },
      { kind: 'add', fields: { productId: line!.productId!, quantity: '1', description: 'Instead' } },
    ]);
    await w.settled();
    expect(note!.type).toBe('COMMENT');
    expect(await texts('crm', 'Quote', quote)).toEqual(['Instead']);
    expect(await texts('erp', 'Quote', erpQuote)).toEqual(['Instead']);
    expect(await texts('erp', 'Order', erpOrder)).toEqual(['Instead']);
  },
);

/** More than a line of the CRM holds, together with the product's name. */
const long = 'n'.repeat(100);

/** What is listed of the two links of a quote. */
async function listed(quote: string) {
  const [ofQuote, ofOrder] = [await w.linkOf('quote', quote), await w.linkOf('quoteOrder', quote)];
  const issues = async (id: string) => (await w.issues(id)).map(({ code, field }) => `${code} ${field}`);
  return { quote: await issues(ofQuote.id), quoteOrder: await issues(ofOrder.id) };
}

describe.for([
  ['Quote', 'quote'],
  ['Order', 'quoteOrder'],
] as const)('a text of the ERP %s that the CRM cannot hold', ([entity, flow]) => {
  const unfit = { quote: [], quoteOrder: [], [flow]: ['VALUE_DOES_NOT_FIT description'] };

  async function typed() {
    const deal = await quoted();
    const [own, other] = entity === 'Quote' ? [deal.erpQuote, deal.erpOrder] : [deal.erpOrder, deal.erpQuote];
    return { ...deal, own, other, entityOfOther: entity === 'Quote' ? 'Order' : 'Quote' } as const;
  }

  test('goes to no other document, and does once it is short enough', async () => {
    const { quote, own, other, entityOfOther } = await typed();
    const [before] = await texts('crm', 'Quote', quote);
    await noted(entity, own, long);
    expect(await texts('crm', 'Quote', quote)).toEqual([before]);
    expect(await texts('erp', entityOfOther, other)).toEqual([before]);
    expect(await listed(quote)).toEqual(unfit);
    const run = await w.sync.startRun('reconciliation', ['quote', 'quoteOrder'], 'apply', 'test', true);
    await expect.poll(() => w.sql`select state from sync.run where id = ${run}`).toEqual([{ state: 'done' }]);
    await w.settled();
    expect(await texts('erp', entityOfOther, other)).toEqual([before]);
    expect(await listed(quote)).toEqual(unfit);

    const [, note] = await w.lines('erp', entity, own);
    await w.editLines('erp', entity, own, [
      { kind: 'change', lineId: note!.lineId, fields: { description: 'short' } },
    ]);
    await w.settled();
    expect(await texts('crm', 'Quote', quote)).toEqual([`${before} short`]);
    expect(await texts('erp', entityOfOther, other)).toEqual([`${before} short`]);
    expect(await listed(quote)).toEqual({ quote: [], quoteOrder: [] });
  });

  test('goes to no other document with a new line', async () => {
    const { quote, own, other, entityOfOther } = await typed();
    const [line] = await w.lines('erp', entity, own);
    const fields = { type: 'ITEM', productId: line!.productId!, quantity: '2', description: 'Lamp' };
    const lineId = `long-${own}`.slice(0, 36);
    await w.editLines('erp', entity, own, [{ kind: 'add', lineId, fields }, noteOf(lineId, long)]);
    await w.settled();
    const shown = await texts('crm', 'Quote', quote);
    expect(shown).toHaveLength(2);
    expect(await texts('erp', entityOfOther, other)).toEqual(shown);
    expect(await listed(quote)).toEqual(unfit);
  });
});
