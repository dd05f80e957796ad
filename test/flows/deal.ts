import type { Json } from '../../sync/core/types.ts';
import type { Known } from './samples.ts';
import type { Fields, World } from './world.ts';

/** The words in which tests tell the story of a deal. */
export function dealsOf(w: World, known: Known) {
  const product = (n: 0 | 1): string => String(known.Product[n].crm);
  const customerId = String(known.Customer[0].crm);
  const ownerId = String(known.User[0].crm);

  /** A CRM quote with these lines (one of three lamps where left out), synced: its documents by id. */
  async function quoted(fields: Fields = {}, lines?: readonly Fields[]) {
    const made = await w.create('crm', 'Quote', {
      customerId,
      ownerId,
      lines: lines ?? [{ productId: product(0), quantity: '3', unitPrice: '100' }],
      ...fields,
    });
    await w.settled();
    return {
      quote: made.id,
      erpQuote: await w.twin('quote', 'crm', made.id),
      erpOrder: await w.twin('quoteOrder', 'crm', made.id),
    };
  }

  /** The CRM order of an accepted quote, with a line per line of the quote. */
  async function ordered(fields: Fields = {}, lines?: readonly Fields[]) {
    const deal = await quoted(fields, lines);
    await w.edit('crm', 'Quote', deal.quote, { status: 'ACCEPTED' });
    await w.settled();
    const taken = await w.lines('crm', 'Quote', deal.quote);
    const order = await w.create('crm', 'Order', {
      customerId,
      ownerId,
      quoteId: deal.quote,
      lines: taken.map(({ lineId, productId, quantity, unitPrice }) => ({
        productId: productId as Json,
        quantity: quantity as Json,
        unitPrice: unitPrice as Json,
        quoteLineId: lineId,
      })),
    });
    await w.settled();
    return { ...deal, order: order.id };
  }

  /** The same, released in the ERP. */
  async function released() {
    const deal = await ordered();
    await w.edit('erp', 'Order', deal.erpOrder, { status: 'RELEASED' });
    await w.settled();
    return deal;
  }

  /** Quantities of a document's lines, in the order shown. */
  const quantities = async (side: 'crm' | 'erp', entity: string, id: string): Promise<readonly number[]> =>
    (await w.lines(side, entity, id)).map((line) => Number(line.quantity));

  return { product, customerId, ownerId, quoted, ordered, released, quantities };
}
