import { describe, expect, test } from 'vitest';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { openWorld } from './world.ts';

const w = await openWorld();
const known = await knownRecords(w);
const { product, customerId, ownerId, quoted, ordered, released, quantities } = dealsOf(w, known);

const change = async (
  side: 'crm' | 'erp',
  entity: string,
  id: string,
  n: number,
  fields: Record<string, string | null>,
) => {
  const lines = await w.lines(side, entity, id);
  return w.editLines(side, entity, id, [{ kind: 'change', lineId: lines[n]!.lineId, fields }]);
};
const status = async (side: 'crm' | 'erp', entity: string, id: string) =>
  (await w.fields(side, entity, id)).status;
const orderLinks = async (erpOrder: string) =>
  (await w.links({ id: erpOrder })).map(({ mapping, crmId, state }) => ({ mapping, crmId, state }));

describe('a quote', () => {
  test('that is imported as ACCEPTED has no edit of anybody: what the ERP fills in of its quote is its own', async () => {
    const customer = await w.create('crm', 'Customer', {
      name: 'Long Since Won AS',
      billingAddress: { line1: 'Havnegata 36', city: 'Ålesund', postalCode: '6002', country: 'NO' },
    });
    await w.settled();
    const [quote] = await w.writeAll(
      'crm',
      [
        {
          kind: 'create',
          entity: 'Quote',
          fields: {
            customerId: customer.id,
            ownerId,
            status: 'ACCEPTED',
            lines: [{ productId: product(0), quantity: '3', unitPrice: '100' }],
          },
        },
      ],
      { actor: 'import', origin: 'import' },
    );
    await w.settled();
    const { erpId, id } = await w.linkOf('quote', quote!.id);
    expect((await w.fields('erp', 'Quote', erpId!)).shipToAddress).toMatchObject({ street: 'Havnegata 36' });
    expect(
      await w.sql`select code, message from sync.issue where closed_at is null and link_id = ${id}`,
    ).toEqual([]);
  });

  test('becomes an ERP quote and a PROPOSAL with equal totals', async () => {
    const deal = await quoted();
    const [quote, erpQuote, erpOrder] = [
      await w.fields('crm', 'Quote', deal.quote),
      await w.fields('erp', 'Quote', deal.erpQuote),
      await w.fields('erp', 'Order', deal.erpOrder),
    ];
    expect([quote.status, erpQuote.status, erpOrder.status]).toEqual(['DRAFT', 'OPEN', 'PROPOSAL']);
    expect([quote.totalAmount, erpQuote.amountInclVat, erpOrder.amountInclVat]).toEqual([
      '375.00',
      '375.00',
      '375.00',
    ]);
    expect(quote.erpQuoteNumber).toBe(erpQuote.quoteNo);
    expect(quote.erpOrderNumber).toBe(erpOrder.orderNo);
    expect(erpOrder.quoteNo).toBe(erpQuote.quoteNo);
    expect(erpOrder.sourceQuoteReference).toBe(deal.quote);
  });

  test('an edit in the PROPOSAL changes the quote and the ERP quote', async () => {
    const deal = await quoted();
    await change('erp', 'Order', deal.erpOrder, 0, { quantity: '5' });
    await w.settled();
    expect(await quantities('crm', 'Quote', deal.quote)).toEqual([5]);
    expect(await quantities('erp', 'Quote', deal.erpQuote)).toEqual([5]);
    expect((await w.fields('crm', 'Quote', deal.quote)).totalAmount).toBe('625.00');
  });

  test('both ERP documents edited at once: the edit captured later wins, the other is an event with both values', async () => {
    const deal = await quoted();
    const flows = ['quote', 'quoteOrder', 'order', 'userOrder'] as const;
    for (const flow of flows) await w.sync.pause(flow, true, 'two at once', 'test');
    await w.edit('erp', 'Order', deal.erpOrder, { shipmentMethodCode: 'DAP' });
    await w.edit('erp', 'Quote', deal.erpQuote, { shipmentMethodCode: 'EXW' });
    for (const flow of flows) await w.sync.pause(flow, false, null, 'test');
    await w.settled();
    expect((await w.fields('crm', 'Quote', deal.quote)).deliveryTerms).toBe('EXW');
    expect((await w.fields('erp', 'Quote', deal.erpQuote)).shipmentMethodCode).toBe('EXW');
    expect((await w.fields('erp', 'Order', deal.erpOrder)).shipmentMethodCode).toBe('EXW');
    const told = (await w.links({ id: deal.quote })).map(({ id }) => w.events(id));
    const fields = (await Promise.all(told)).flat().flatMap((event) => event.fields);
    const both = fields.filter((field) => field.field === 'deliveryTerms' && field.lost !== undefined);
    expect(both.map(({ after, lost }) => [after, lost])).toContainEqual(['EXW', 'DAP']);
  });

  test.for([
    ['Quote', 'Order'],
    ['Order', 'Quote'],
  ] as const)('one line edited in the ERP %s and then in the %s: both edits are everywhere', async (docs) => {
    const deal = await quoted();
    const ids = { Quote: deal.erpQuote, Order: deal.erpOrder };
    const flows = ['quote', 'quoteOrder', 'order', 'userOrder'] as const;
    for (const flow of flows) await w.sync.pause(flow, true, 'two at once', 'test');
    await change('erp', docs[0], ids[docs[0]], 0, { unitPrice: '80', description: 'Earlier' });
    await change('erp', docs[1], ids[docs[1]], 0, { lineDiscountPercent: '10', description: 'Later' });
    for (const flow of flows) await w.sync.pause(flow, false, null, 'test');
    await w.settled();
    const shown = async (side: 'crm' | 'erp', entity: string, id: string) => {
      const [line] = await w.lines(side, entity, id);
      const discount = line![side === 'crm' ? 'discountPercent' : 'lineDiscountPercent'];
      return [Number(line!.unitPrice), Number(discount), line!.description];
    };
    expect(await shown('crm', 'Quote', deal.quote)).toEqual([80, 10, 'Later']);
    expect(await shown('erp', 'Quote', deal.erpQuote)).toEqual([80, 10, 'Later']);
    expect(await shown('erp', 'Order', deal.erpOrder)).toEqual([80, 10, 'Later']);
  });

  test('a line added in the PROPOSAL of an ERP quote that is archived at once is everywhere', async () => {
    const deal = await quoted();
    const flows = ['quote', 'quoteOrder', 'order', 'userOrder'] as const;
    for (const flow of flows) await w.sync.pause(flow, true, 'at once', 'test');
    await w.editLines('erp', 'Order', deal.erpOrder, [
      { kind: 'add', fields: { productId: known.Product[1].erp!, quantity: '5', unitPrice: '10' } },
    ]);
    await w.written('erp', { kind: 'archive', entity: 'Quote', id: deal.erpQuote });
    for (const flow of flows) await w.sync.pause(flow, false, null, 'test');
    await w.settled();
    expect(await w.deadLetters()).toEqual([]);
    for (const [side, entity, id] of [
      ['crm', 'Quote', deal.quote],
      ['erp', 'Quote', deal.erpQuote],
      ['erp', 'Order', deal.erpOrder],
    ] as const)
      expect(await quantities(side, entity, id)).toEqual([3, 5]);
  });

  test('accepted in the CRM: the PROPOSAL opens and the ERP quote is ACCEPTED', async () => {
    const deal = await quoted();
    await w.edit('crm', 'Quote', deal.quote, { status: 'ACCEPTED' });
    await w.settled();
    expect(await status('erp', 'Order', deal.erpOrder)).toBe('OPEN');
    expect(await status('erp', 'Quote', deal.erpQuote)).toBe('ACCEPTED');
    expect((await w.fields('crm', 'Quote', deal.quote)).orderState).toBe('DRAFT');
  });

  test('accepted by an ERP clerk who confirms the PROPOSAL', async () => {
    const deal = await quoted();
    await w.edit('erp', 'Order', deal.erpOrder, { status: 'OPEN' });
    await w.settled();
    const quote = await w.fields('crm', 'Quote', deal.quote);
    expect(quote.status).toBe('ACCEPTED');
    expect(quote.acceptedAt).not.toBeNull();
    expect(await status('erp', 'Quote', deal.erpQuote)).toBe('ACCEPTED');
  });

  test('once accepted, an edit in the ERP order reaches the quote, not the locked ERP quote', async () => {
    const deal = await quoted();
    await w.edit('crm', 'Quote', deal.quote, { status: 'ACCEPTED' });
    await w.settled();
    await change('erp', 'Order', deal.erpOrder, 0, { quantity: '7' });
    await w.settled();
    expect(await quantities('crm', 'Quote', deal.quote)).toEqual([7]);
    expect(await quantities('erp', 'Quote', deal.erpQuote)).toEqual([3]);
    expect((await w.fields('crm', 'Quote', deal.quote)).totalAmount).toBe('875.00');
  });

  test.for([
    ['DECLINED', 'REJECTED'],
    ['EXPIRED', 'EXPIRED'],
    ['CANCELLED', 'CANCELLED'],
  ] as const)('%s in the CRM is %s in the ERP and cancels the PROPOSAL', async ([crm, erp]) => {
    const deal = await quoted();
    await w.edit('crm', 'Quote', deal.quote, { status: crm });
    await w.settled();
    expect(await status('erp', 'Quote', deal.erpQuote)).toBe(erp);
    expect(await status('erp', 'Order', deal.erpOrder)).toBe('CANCELLED');
    expect(await status('crm', 'Quote', deal.quote)).toBe(crm);
  });

  test('a cancelled PROPOSAL cancels the quote', async () => {
    const deal = await quoted();
    await w.edit('erp', 'Order', deal.erpOrder, { status: 'CANCELLED' });
    await w.settled();
    expect(await status('crm', 'Quote', deal.quote)).toBe('CANCELLED');
    expect(await status('erp', 'Quote', deal.erpQuote)).toBe('CANCELLED');
  });

  test('a cancelled confirmed order only sets the reason on the quote', async () => {
    const deal = await quoted();
    await w.edit('crm', 'Quote', deal.quote, { status: 'ACCEPTED' });
    await w.settled();
    await w.edit('erp', 'Order', deal.erpOrder, { status: 'CANCELLED' });
    await w.settled();
    const quote = await w.fields('crm', 'Quote', deal.quote);
    expect([quote.status, quote.closedReason, quote.orderState]).toEqual([
      'ACCEPTED',
      'ORDER_CANCELLED',
      'CANCELLED',
    ]);
  });

  test('gets a PROPOSAL anew, and one only, with the next edit after a clerk has deleted it, however often', async () => {
    const deal = await quoted();
    const seen = new Set([deal.erpOrder]);
    for (const notes of ['once', 'twice']) {
      await w.remove('erp', 'Order', [...seen].at(-1)!);
      await w.settled();
      await w.edit('crm', 'Quote', deal.quote, { notes });
      await w.settled();
      const fresh = await w.twin('quoteOrder', 'crm', deal.quote);
      expect(seen.has(fresh)).toBe(false);
      seen.add(fresh);
      expect(await w.count('erp', 'Order', 'sourceQuoteReference', deal.quote)).toBe(1);
    }
  });

  test.for([
    [{ quantity: '2' }, '60.00', '950.00'],
    [{ lineDiscountPercent: '50' }, '15.00', '893.75'],
    [{ quantity: '3', lineDiscountAmount: '40.00' }, '50.00', '937.50'],
    [{ unitPrice: '9.999' }, '10.00', '887.50'],
    [{ quantity: '3', unitPrice: '3.333', lineDiscountPercent: '50' }, '5.00', '881.25'],
  ] as const)('freight is what its charge line comes to in the ERP: %o', async ([fields, freight, total]) => {
    const deal = await quoted({ freightAmount: '30.00' }, [
      { productId: product(0), quantity: '7', unitPrice: '100' },
    ]);
    const charge = async () => {
      const line = (await w.lines('erp', 'Order', deal.erpOrder)).find(({ type }) => type === 'CHARGE');
      return line!.lineId;
    };
    const changed = { kind: 'change' as const, lineId: await charge(), fields };
    await w.editLines('erp', 'Order', deal.erpOrder, [changed]);
    await w.settled();
    const totals = async () => [
      (await w.fields('crm', 'Quote', deal.quote)).freightAmount,
      (await w.fields('crm', 'Quote', deal.quote)).totalAmount,
      (await w.fields('erp', 'Quote', deal.erpQuote)).amountInclVat,
      (await w.fields('erp', 'Order', deal.erpOrder)).amountInclVat,
    ];
    expect(await totals()).toEqual([freight, total, total, total]);
    await w.edit('crm', 'Quote', deal.quote, { freightAmount: '20.00' });
    await w.settled();
    expect(await totals()).toEqual(['20.00', '900.00', '900.00', '900.00']);
  });

  test('SENT stays SENT although the ERP says RELEASED', async () => {
    const deal = await quoted();
    await w.edit('crm', 'Quote', deal.quote, { status: 'SENT' });
    await w.settled();
    expect(await status('erp', 'Quote', deal.erpQuote)).toBe('RELEASED');
    await w.edit('erp', 'Quote', deal.erpQuote, { externalDocumentNo: 'touched' });
    await w.settled();
    expect(await status('crm', 'Quote', deal.quote)).toBe('SENT');
    expect(await status('erp', 'Order', deal.erpOrder)).toBe('PROPOSAL');
  });

  test('born in the ERP becomes a CRM quote with its PROPOSAL', async () => {
    const made = await w.create('erp', 'Quote', {
      customerId: known.Customer[0].erp,
      lines: [{ productId: known.Product[0].erp, quantity: '2', unitPrice: '50' }],
    });
    await w.settled();
    const quote = await w.twin('quote', 'erp', made.id);
    const erpOrder = await w.twin('quoteOrder', 'crm', quote);
    expect((await w.fields('crm', 'Quote', quote)).totalAmount).toBe('125.00');
    expect(await status('erp', 'Order', erpOrder)).toBe('PROPOSAL');
    expect(await quantities('erp', 'Order', erpOrder)).toEqual([2]);
  });

  test('lines the customer has not taken stay behind in the PROPOSAL', async () => {
    const deal = await quoted({}, [
      { productId: product(0), quantity: '1', unitPrice: '10' },
      { productId: product(1), quantity: '2', unitPrice: '10', selection: 'OPTIONAL' },
    ]);
    expect(await quantities('erp', 'Order', deal.erpOrder)).toEqual([1]);
    const lines = await w.lines('crm', 'Quote', deal.quote);
    await w.editLines('crm', 'Quote', deal.quote, [
      { kind: 'change', lineId: lines[1]!.lineId, fields: { selection: 'REQUIRED' } },
    ]);
    await w.settled();
    expect(await quantities('erp', 'Order', deal.erpOrder)).toEqual([1, 2]);
    await w.editLines('crm', 'Quote', deal.quote, [
      { kind: 'change', lineId: lines[0]!.lineId, fields: { selection: 'REJECTED' } },
    ]);
    await w.settled();
    expect(await quantities('erp', 'Order', deal.erpOrder)).toEqual([2]);
    expect(await quantities('crm', 'Quote', deal.quote)).toEqual([1, 2]);
  });
});

describe('the order of a deal', () => {
  test('the CRM order takes over the ERP order: one order, the same ids, child links moved', async () => {
    const deal = await ordered();
    expect(await w.twin('order', 'crm', deal.order)).toBe(deal.erpOrder);
    expect(await orderLinks(deal.erpOrder)).toEqual(
      expect.arrayContaining([
        { mapping: 'order', crmId: deal.order, state: 'synced' },
        { mapping: 'quoteOrder', crmId: deal.quote, state: 'synced' },
      ]),
    );
    expect(await w.count('erp', 'Order', 'sourceQuoteReference', deal.quote)).toBe(1);
    const [line] = await w.lines('crm', 'Order', deal.order);
    const [erpLine] = await w.lines('erp', 'Order', deal.erpOrder);
    expect(erpLine!.lineExternalReference).toBe(line!.lineId);
    expect(await quantities('erp', 'Order', deal.erpOrder)).toEqual([3]);
    expect((await w.fields('crm', 'Order', deal.order)).totalAmount).toBe('375.00');
  });

  test('the unified order keeps its link from the PROPOSAL on', async () => {
    const deal = await quoted();
    const before = await w.linkOf('order', deal.erpOrder);
    expect(before.crmId).toBeNull();
    await w.edit('crm', 'Quote', deal.quote, { status: 'ACCEPTED' });
    const order = await w.create('crm', 'Order', {
      customerId,
      quoteId: deal.quote,
      lines: [{ productId: product(0), quantity: '3', unitPrice: '100' }],
    });
    await w.settled();
    expect((await w.linkOf('order', deal.erpOrder)).id).toBe(before.id);
    expect((await w.linkOf('order', order.id)).erpId).toBe(deal.erpOrder);
    expect(await quantities('erp', 'Order', deal.erpOrder)).toEqual([3]);
  });

  test('a CRM order of a quote that nobody accepted accepts it, and opens the PROPOSAL', async () => {
    const deal = await quoted();
    await w.create('crm', 'Order', {
      customerId,
      quoteId: deal.quote,
      lines: [{ productId: product(0), quantity: '3', unitPrice: '100' }],
    });
    await w.settled();
    expect(await status('erp', 'Order', deal.erpOrder)).toBe('OPEN');
    expect(await status('crm', 'Quote', deal.quote)).toBe('ACCEPTED');
    expect(await status('erp', 'Quote', deal.erpQuote)).toBe('ACCEPTED');
  });

  test('an ERP edit of the order reaches the CRM order and leaves the quote as it was', async () => {
    const deal = await ordered();
    await change('erp', 'Order', deal.erpOrder, 0, { quantity: '9' });
    await w.settled();
    expect(await quantities('crm', 'Order', deal.order)).toEqual([9]);
    expect(await quantities('crm', 'Quote', deal.quote)).toEqual([3]);
  });

  test('born in the ERP gets its CRM order', async () => {
    const made = await w.create('erp', 'Order', {
      customerId: known.Customer[0].erp,
      salespersonId: known.User[0].erp,
      lines: [{ productId: known.Product[1].erp, quantity: '4', unitPrice: '25' }],
    });
    await w.settled();
    const order = await w.fields('crm', 'Order', await w.twin('order', 'erp', made.id));
    expect([order.totalAmount, order.ownerId, order.status]).toEqual(['125.00', ownerId, 'DRAFT']);
  });

  test('a PROPOSAL born in the ERP gets none', async () => {
    const made = await w.create('erp', 'Order', {
      customerId: known.Customer[0].erp,
      status: 'PROPOSAL',
      lines: [{ productId: known.Product[1].erp, quantity: '4' }],
    });
    await w.settled();
    expect(
      (await w.links({ id: made.id })).filter((link) => link.crmId !== null && link.mapping === 'order'),
    ).toEqual([]);
  });

  test('a CRM order without a quote becomes an ERP order', async () => {
    const order = await w.create('crm', 'Order', {
      customerId,
      ownerId,
      lines: [{ productId: product(0), quantity: '2', unitPrice: '10' }],
    });
    await w.settled();
    const erpOrder = await w.twin('order', 'crm', order.id);
    expect(await status('erp', 'Order', erpOrder)).toBe('OPEN');
    expect((await w.fields('crm', 'Order', order.id)).totalAmount).toBe('25.00');
  });

  test.for([
    ['unitPrice', '80'],
    ['quantity', '8'],
    ['discountPercent', '10'],
  ] as const)(
    'released: an edit of %s in the CRM goes to the inbox, the rest travels',
    async ([field, value]) => {
      const deal = await released();
      expect(await status('crm', 'Order', deal.order)).toBe('CONFIRMED');
      const before = await w.lines('erp', 'Order', deal.erpOrder);
      const [line] = await w.lines('crm', 'Order', deal.order);
      await w.written('crm', {
        kind: 'update',
        entity: 'Order',
        id: deal.order,
        fields: { customerPurchaseOrder: 'PO-late' },
        lineChanges: [{ kind: 'change', lineId: line!.lineId, fields: { [field]: value } }],
      });
      await w.settled();
      const link = await w.linkOf('order', deal.order);
      expect((await w.conflicts(link.id)).map((each) => each.field)).toContain(field);
      expect(link.state).toBe('conflict');
      expect(await w.lines('erp', 'Order', deal.erpOrder)).toEqual(before);
      expect((await w.fields('erp', 'Order', deal.erpOrder)).customerOrderReference).toBe('PO-late');
    },
  );

  test('released: an ERP edit of the price still reaches the CRM', async () => {
    const deal = await released();
    await w.edit('erp', 'Order', deal.erpOrder, { status: 'OPEN' });
    await change('erp', 'Order', deal.erpOrder, 0, { unitPrice: '70' });
    await w.edit('erp', 'Order', deal.erpOrder, { status: 'RELEASED' });
    await w.settled();
    expect(Number((await w.lines('crm', 'Order', deal.order))[0]!.unitPrice)).toBe(70);
    expect(await status('crm', 'Order', deal.order)).toBe('CONFIRMED');
  });

  test('shipped: what the CRM edits is put back, and the state follows the quantities', async () => {
    const deal = await released();
    await change('erp', 'Order', deal.erpOrder, 0, { quantityShipped: '1' });
    await w.settled();
    expect(await status('crm', 'Order', deal.order)).toBe('PARTIALLY_FULFILLED');
    await change('crm', 'Order', deal.order, 0, { unitPrice: '1' });
    await w.settled();
    expect(Number((await w.lines('crm', 'Order', deal.order))[0]!.unitPrice)).toBe(100);
    expect(Number((await w.lines('erp', 'Order', deal.erpOrder))[0]!.unitPrice)).toBe(100);
    await change('erp', 'Order', deal.erpOrder, 0, { quantityShipped: '3' });
    await w.settled();
    expect(await status('crm', 'Order', deal.order)).toBe('FULFILLED');
    await change('erp', 'Order', deal.erpOrder, 0, { quantityInvoiced: '3' });
    await w.settled();
    const order = await w.fields('crm', 'Order', deal.order);
    expect(order.status).toBe('INVOICED');
    expect((await w.lines('crm', 'Order', deal.order))[0]).toMatchObject({ lineStatus: 'INVOICED' });
    expect((await w.fields('crm', 'Quote', deal.quote)).orderState).toBe('INVOICED');
  });

  test('shipped before a person has decided: what was open is over, and both its log and the conflict say why', async () => {
    const deal = await released();
    await change('crm', 'Order', deal.order, 0, { quantity: '8', unitPrice: '90' });
    await w.settled();
    const link = await w.linkOf('order', deal.order);
    expect((await w.conflicts(link.id)).map(({ field }) => field)).toEqual(['quantity', 'unitPrice']);
    await change('erp', 'Order', deal.erpOrder, 0, { quantityShipped: '1' });
    await w.settled();
    const over = await w.sql`
      select field, why, resolved_by as by from sync.conflict where link_id = ${link.id} order by field`;
    const frozen = 'reverted: shipped, only the ERP edits';
    expect(over).toMatchObject(
      ['quantity', 'unitPrice'].map((field) => ({
        field,
        by: 'sync',
        why: `the order is released; over: ${frozen}`,
      })),
    );
    const told = (await w.events(link.id)).flatMap(({ fields }) => fields);
    expect(told.filter(({ why }) => why === frozen)).toMatchObject([
      { field: 'quantity', side: 'crm', lost: '8' },
      { field: 'unitPrice', side: 'crm', lost: '90' },
    ]);
  });

  test('cancelled in the CRM is cancelled in the ERP, and the quote says so', async () => {
    const deal = await ordered();
    await w.edit('crm', 'Order', deal.order, { status: 'CANCELLED' });
    await w.settled();
    expect(await status('erp', 'Order', deal.erpOrder)).toBe('CANCELLED');
    expect((await w.fields('crm', 'Quote', deal.quote)).closedReason).toBe('ORDER_CANCELLED');
  });

  test('cancelled: what the CRM edits is put back, and why is not that it was shipped', async () => {
    const deal = await ordered();
    await w.edit('crm', 'Order', deal.order, { status: 'CANCELLED' });
    await w.settled();
    const late = { customerPurchaseOrder: 'PO too late' };
    await w.edit('crm', 'Order', deal.order, late, { actor: 'import', origin: 'import' });
    await w.settled();
    expect((await w.fields('crm', 'Order', deal.order)).customerPurchaseOrder).toBeNull();
    const events = await w.events((await w.linkOf('order', deal.order)).id);
    expect(events.at(-1)!.fields).toMatchObject([
      { field: 'customerPurchaseOrder', why: 'reverted: closed or cancelled, only the ERP edits' },
    ]);
  });

  test.for([
    ['closed', ['INVOICED', 'CLOSED']],
    ['cancelled', ['CANCELLED']],
  ] as const)(
    '%s: owner, notes and hold reason stay what they are in the ERP, and are put back in the CRM',
    async ([, states]) => {
      const deal = await ordered();
      for (const status of states) {
        await w.edit('erp', 'Order', deal.erpOrder, { status });
        await w.settled();
      }
      const before = await w.read('erp', 'Order', deal.erpOrder);
      const fields = { ownerId: String(known.User[1].crm), notes: 'too late', holdReason: 'OTHER' };
      await w.edit('crm', 'Order', deal.order, fields);
      await w.settled();
      const after = await w.read('erp', 'Order', deal.erpOrder);
      expect([after.version, after.fields]).toEqual([before.version, before.fields]);
      expect(await w.fields('crm', 'Order', deal.order)).toMatchObject({
        ownerId: String(known.User[0].crm),
        notes: null,
        holdReason: null,
      });
      const events = await w.events((await w.linkOf('order', deal.order)).id);
      const why = 'reverted: closed or cancelled, only the ERP edits';
      expect(events.at(-1)!.fields).toMatchObject([
        { field: 'ownerId', side: 'crm', winner: 'erp', why },
        { field: 'notes', side: 'crm', winner: 'erp', why, lost: 'too late' },
        { field: 'holdReason', side: 'crm', winner: 'erp', why, lost: 'OTHER' },
      ]);
    },
  );

  test('closed: what the ERP notes on it reaches the CRM', async () => {
    const deal = await ordered();
    await w.edit('erp', 'Order', deal.erpOrder, { status: 'CANCELLED' });
    await w.settled();
    await w.edit('erp', 'Order', deal.erpOrder, { workDescription: 'the customer called' });
    await w.settled();
    expect((await w.fields('crm', 'Order', deal.order)).notes).toBe('the customer called');
  });

  test('closed and cancelled orders that are imported are made with all that they have', async () => {
    const orders = await w.writeAll(
      'crm',
      (['CLOSED', 'CANCELLED'] as const).map((status) => ({
        kind: 'create',
        entity: 'Order',
        fields: {
          customerId,
          ownerId: String(known.User[1].crm),
          status,
          notes: 'long ago',
          holdReason: 'CREDIT',
          lines: [{ productId: product(0), quantity: '1', unitPrice: '100' }],
        },
      })),
      { actor: 'import', origin: 'import' },
    );
    await w.settled();
    for (const { id } of orders) {
      const made = await w.fields('erp', 'Order', await w.twin('order', 'crm', id));
      expect(made).toMatchObject({
        workDescription: 'long ago',
        holdReasonCode: 'CREDIT',
        salespersonEmail: (await w.fields('crm', 'User', String(known.User[1].crm))).email,
      });
    }
  });

  test('cancelled in the CRM after goods were shipped: not overwritten, said', async () => {
    const deal = await released();
    await change('erp', 'Order', deal.erpOrder, 0, { quantityShipped: '1' });
    await w.settled();
    await w.edit('crm', 'Order', deal.order, { status: 'CANCELLED' }, { actor: 'import', origin: 'import' });
    await w.settled();
    expect(await status('erp', 'Order', deal.erpOrder)).toBe('PARTIALLY_SHIPPED');
    const link = await w.linkOf('order', deal.order);
    expect((await w.conflicts(link.id)).map(({ field, why }) => [field, why])).toEqual([
      ['status', 'the ERP has gone too far to cancel from the CRM'],
    ]);
    expect(await w.issues(link.id)).toMatchObject([{ code: 'LATE_CANCEL', field: 'status' }]);
    await w.edit('erp', 'Order', deal.erpOrder, { workDescription: 'goes on' });
    await w.settled();
    expect(await w.issues(link.id)).toHaveLength(1);

    const [conflict] = await w.conflicts(link.id);
    await w.sync.resolveConflict(conflict!.id, [{ field: 'status', take: 'erp' }], {
      mode: 'apply',
      actor: 'test',
    });
    await w.settled();
    expect(await status('crm', 'Order', deal.order)).toBe('PARTIALLY_FULFILLED');
    expect([await w.issues(link.id), await w.conflicts(link.id)]).toEqual([[], []]);
  });

  test('a hold travels with its reason from either side, and ends from either side', async () => {
    const deal = await released();
    await w.edit('erp', 'Order', deal.erpOrder, { status: 'ON_HOLD', holdReasonCode: 'CREDIT' });
    await w.settled();
    expect(await w.fields('crm', 'Order', deal.order)).toMatchObject({
      status: 'ON_HOLD',
      holdReason: 'CREDIT',
    });
    await w.edit('erp', 'Order', deal.erpOrder, { status: 'RELEASED' });
    await w.settled();
    expect(await w.fields('crm', 'Order', deal.order)).toMatchObject({
      status: 'CONFIRMED',
      holdReason: null,
    });
    await w.edit('crm', 'Order', deal.order, { status: 'ON_HOLD', holdReason: 'CUSTOMER' });
    await w.settled();
    expect(await w.fields('erp', 'Order', deal.erpOrder)).toMatchObject({
      status: 'ON_HOLD',
      holdReasonCode: 'CUSTOMER',
    });
    await w.edit('crm', 'Order', deal.order, { status: 'CONFIRMED' });
    await w.settled();
    expect(await w.fields('erp', 'Order', deal.erpOrder)).toMatchObject({
      status: 'RELEASED',
      holdReasonCode: null,
    });
  });
});

describe('a revision', () => {
  test('takes over the ERP quote and the PROPOSAL; the old link is superseded', async () => {
    const deal = await quoted();
    const revised = await w.create('crm', 'Quote', {
      revisionOfId: deal.quote,
      lines: [{ productId: product(0), quantity: '6', unitPrice: '90' }],
    });
    await w.settled();
    expect(await w.twin('quote', 'crm', revised.id)).toBe(deal.erpQuote);
    expect(await w.twin('quoteOrder', 'crm', revised.id)).toBe(deal.erpOrder);
    expect(await status('crm', 'Quote', deal.quote)).toBe('REVISED');
    const old = await w.links({ id: deal.quote, live: false });
    expect(old.map(({ mapping, state, endedBy }) => [mapping, state, endedBy]).sort()).toEqual([
      ['quote', 'ended', 'superseded'],
      ['quoteOrder', 'ended', 'superseded'],
    ]);
    expect(await quantities('erp', 'Quote', deal.erpQuote)).toEqual([6]);
    expect(await quantities('erp', 'Order', deal.erpOrder)).toEqual([6]);
    expect(await status('erp', 'Order', deal.erpOrder)).toBe('PROPOSAL');
    expect(await w.fields('erp', 'Quote', deal.erpQuote)).toMatchObject({ versionNo: 2, status: 'OPEN' });
    expect(await w.fields('crm', 'Quote', revised.id)).toMatchObject({ revision: 2, totalAmount: '675.00' });
  });

  test.for([undefined, '6'])(
    'leaves what it does not give as it was, in the ERP too: quantity %s',
    async (quantity) => {
      const deal = await quoted({
        customerPurchaseOrder: 'PO-1',
        deliveryTerms: 'DAP',
        notes: 'keep me',
        validUntil: '2099-01-31',
        freightAmount: '12.50',
        discountPercent: '10',
      });
      const shown = async () => {
        const [offer, order] = [
          await w.fields('erp', 'Quote', deal.erpQuote),
          await w.fields('erp', 'Order', deal.erpOrder),
        ];
        return {
          terms: [offer.shipmentMethodCode, order.shipmentMethodCode],
          notes: [offer.workDescription, order.workDescription],
          discount: [offer.headerDiscountPercent, order.headerDiscountPercent],
          reference: order.customerOrderReference,
          validUntil: offer.validUntilDate,
        };
      };
      const before = await shown();
      const lines = quantity && [{ productId: product(0), quantity, unitPrice: '100' }];
      const revised = await w.create('crm', 'Quote', { revisionOfId: deal.quote, ...(lines && { lines }) });
      await w.settled();
      expect(await w.twin('quote', 'crm', revised.id)).toBe(deal.erpQuote);
      expect(await shown()).toEqual(before);
      expect(before.notes[0]).toBe('keep me');
      // 3 or 6 lamps of 100.00 less 10 %, with 12.50 freight; 25 % tax.
      const total = quantity ? '690.63' : '353.13';
      for (const [entity, id] of [
        ['Quote', deal.erpQuote],
        ['Order', deal.erpOrder],
      ] as const)
        expect((await w.fields('erp', entity, id)).amountInclVat).toBe(total);
      for (const { id } of await w.links({ id: revised.id })) expect(await w.issues(id)).toEqual([]);
    },
  );

  test('of a quote that had no counterpart yet is the deal: the one before is history', async () => {
    const flows = ['quote', 'quoteOrder', 'order'] as const;
    for (const flow of flows) await w.sync.pause(flow, true, 'both at once', 'test');
    const lines = [{ productId: product(0), quantity: '6', unitPrice: '90' }];
    const first = await w.create('crm', 'Quote', { customerId, ownerId, lines });
    const revised = await w.create('crm', 'Quote', { revisionOfId: first.id, lines });
    for (const flow of flows) await w.sync.pause(flow, false, null, 'test');
    await w.settled();
    expect(await w.links({ id: first.id })).toEqual([]);
    const [erpQuote, erpOrder] = [
      await w.twin('quote', 'crm', revised.id),
      await w.twin('quoteOrder', 'crm', revised.id),
    ];
    expect(await w.fields('erp', 'Quote', erpQuote)).toMatchObject({ versionNo: 2, status: 'OPEN' });
    expect(await status('erp', 'Order', erpOrder)).toBe('PROPOSAL');
  });

  test('accepted, it ends in the one ERP order of the deal', async () => {
    const deal = await quoted();
    const revised = await w.create('crm', 'Quote', {
      revisionOfId: deal.quote,
      lines: [{ productId: product(0), quantity: '6', unitPrice: '90' }],
    });
    await w.edit('crm', 'Quote', revised.id, { status: 'ACCEPTED' });
    const order = await w.create('crm', 'Order', {
      customerId,
      quoteId: revised.id,
      lines: [{ productId: product(0), quantity: '6', unitPrice: '90' }],
    });
    await w.settled();
    expect(await w.twin('order', 'crm', order.id)).toBe(deal.erpOrder);
    expect(await w.fields('erp', 'Order', deal.erpOrder)).toMatchObject({
      status: 'OPEN',
      sourceQuoteReference: revised.id,
    });
    expect(await quantities('erp', 'Order', deal.erpOrder)).toEqual([6]);
    expect(await w.count('erp', 'Order', 'sourceQuoteReference', deal.quote)).toBe(0);
  });
});
