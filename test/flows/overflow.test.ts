import { expect, test } from 'vitest';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { openWorld } from './world.ts';

/** What a line of the ERP says in COMMENT lines attached to it is part of the line: the CRM shows both as one. */
const w = await openWorld();
const { quoted, ordered, product } = dealsOf(w, await knownRecords(w));

const texts = async (side: 'crm' | 'erp', entity: string, id: string) =>
  (await w.lines(side, entity, id)).map(({ description }) => description);

/** Attaches a note to the first line of an ERP document. */
async function noted(entity: 'Quote' | 'Order', id: string): Promise<void> {
  const [line] = await w.lines('erp', entity, id);
  const fields = { type: 'COMMENT', attachedTo: line!.lineId, position: 1, description: 'with a note' };
  await w.editLines('erp', entity, id, [{ kind: 'add', fields }]);
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
