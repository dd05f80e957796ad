import { describe, expect, test } from 'vitest';
import { createCrm } from '../../subgraphs/crm/system.ts';
import { testDatabase } from '../support/database.ts';
import { accepted, create, importer, linesOf, person, refused, sync, update } from './systems.ts';

const { sql } = await testDatabase();
const crm = createCrm({ sql, company: { currency: 'NOK' } });
const customer = await create(crm, 'Customer', { name: 'Acme', currency: 'EUR' });
const product = await create(crm, 'Product', {
  sku: 'CHAIR',
  name: 'Office chair',
  listPrice: '100',
  priceCurrency: 'EUR',
  taxRate: '25',
  salesUnits: [{ unit: 'SET', factor: '4' }],
  quantityDecimals: 0,
});
const line = (fields = {}) => ({ productId: product.id, quantity: '2', ...fields });
const quote = (fields = {}) => create(crm, 'Quote', { customerId: customer.id, lines: [line()], ...fields });
const order = (fields = {}) => create(crm, 'Order', { customerId: customer.id, lines: [line()], ...fields });
const fresh = async (entity: string, id: string) => (await crm.read(entity, [id])).get(id)!;

test('what an input leaves out is filled in: owner, currency, number, name', async () => {
  const made = await quote();
  expect(made.fields).toMatchObject({
    currency: 'EUR',
    ownerId: 'default-owner',
    revision: 1,
    status: 'DRAFT',
    computedAmount: '200.00',
  });
  expect(made.fields.quoteNumber).toMatch(/^Q\d{5}$/);
  expect(made.fields.name).toBe(made.fields.quoteNumber);
  const bare = await create(crm, 'Quote', {});
  expect(bare.fields).toMatchObject({ customerId: null, currency: 'NOK' });
  const user = await create(crm, 'User', { fullName: 'Åse Nord' });
  expect(user.fields.email).toMatch(/^ase\.nord\.[0-9a-f]{4}@users\.invalid$/);
});

test.for([undefined, '100'])(
  'another product brings its price, unless one is given: %s',
  async (unitPrice) => {
    const made = await quote({ lines: [line()] });
    const other = await create(crm, 'Product', {
      sku: `DEAR-${unitPrice}`,
      name: 'Dear chair',
      listPrice: '120',
      priceCurrency: 'EUR',
    });
    const lineId = String(linesOf(made)[0]!.lineId);
    const fields = { productId: other.id, ...(unitPrice && { unitPrice }) };
    const [result] = await crm.write(
      [
        {
          kind: 'update',
          entity: 'Quote',
          id: made.id,
          fields: {},
          lineChanges: [{ kind: 'change', lineId, fields }],
        },
      ],
      person,
    );
    const after = accepted(result);
    expect(linesOf(after)[0]).toMatchObject(
      unitPrice ? { unitPrice: '100', priceOverridden: true } : { unitPrice: '120', priceOverridden: false },
    );
  },
);

test('lines take text, unit and price from their product, and say when the price was typed', async () => {
  const made = await quote({
    lines: [line(), line({ unit: 'SET' }), line({ unitPrice: '90' })],
    pricesIncludeTax: false,
  });
  expect(
    linesOf(made).map(({ unitPrice, unit, priceOverridden, description }) => [
      unitPrice,
      unit,
      priceOverridden,
      description,
    ]),
  ).toEqual([
    ['100', 'C62', false, 'Office chair'],
    ['400', 'SET', false, 'Office chair'],
    ['90', 'C62', true, 'Office chair'],
  ]);
  const incl = await quote({ pricesIncludeTax: true });
  expect(linesOf(incl)[0]!.unitPrice).toBe('125');
  const fails = async (fields: object) =>
    refused(
      (
        await crm.write(
          [
            {
              entity: 'Quote',
              kind: 'create',
              fields: { customerId: customer.id, lines: [fields as never] },
            },
          ],
          person,
        )
      )[0],
    );
  expect(await fails(line({ unit: 'KGM' }))).toMatchObject({
    code: 'BAD_USER_INPUT',
    field: 'lines[0].unit',
  });
  expect(await fails(line({ quantity: '1.5' }))).toMatchObject({ field: 'lines[0].quantity' });
  expect(await fails({ productId: product.id })).toMatchObject({ field: 'lines[0].quantity' });
  expect(await fails({ quantity: '1' })).toMatchObject({ field: 'lines[0].productId' });
  expect(await fails({ productId: 'nobody', quantity: '1' })).toMatchObject({
    code: 'UNKNOWN_REFERENCE',
    field: 'lines[0].productId',
  });
});

describe('a user who is inactive', async () => {
  const user = await create(crm, 'User', { fullName: 'Gone Guy' });
  const his = await create(crm, 'Customer', { name: 'His customer', ownerId: user.id });
  const [oldQuote, oldOrder] = [await quote({ ownerId: user.id }), await order({ ownerId: user.id })];
  accepted(await update(crm, 'User', user.id, { active: false }));
  const made = async (entity: string, fields: object, author: Parameters<typeof crm.write>[1] = person) => {
    const given = { customerId: customer.id, lines: [line()], ...fields };
    return (await crm.write([{ entity, kind: 'create', fields: given as never }], author))[0];
  };

  test.for(['Quote', 'Order'])('takes no new %s from a person', async (entity) => {
    expect(refused(await made(entity, { ownerId: user.id }))).toMatchObject({
      code: 'STATE',
      field: 'ownerId',
      message: expect.stringContaining('Gone Guy'),
    });
    const { id } = await create(crm, entity, { customerId: customer.id });
    expect(refused(await update(crm, entity, id, { ownerId: user.id }))).toMatchObject({ field: 'ownerId' });
  });

  test.for(['Quote', 'Order'])('gets no %s of his customers by default', async (entity) => {
    const { fields } = await create(crm, entity, { customerId: his.id, lines: [line()] });
    expect(fields.ownerId).toBe('default-owner');
  });

  test('keeps what he has, and what comes of it', async () => {
    for (const { entity, id } of [
      { entity: 'Quote', id: oldQuote.id },
      { entity: 'Order', id: oldOrder.id },
    ])
      accepted(await update(crm, entity, id, { notes: 'Still his', ownerId: user.id }));
    accepted(await made('Order', { ownerId: user.id, quoteId: oldQuote.id }));
    const revised = accepted(await made('Quote', { revisionOfId: oldQuote.id }));
    expect(revised.fields.ownerId).toBe(user.id);
  });

  test.for([sync, importer])('has what %o brings', async (author) => {
    expect(accepted(await made('Order', { ownerId: user.id }, author)).fields.ownerId).toBe(user.id);
  });
});

describe('an edit of a line that does not name its product', () => {
  const edit = async (made: Awaited<ReturnType<typeof quote>>, fields: object) => {
    const lineId = String(linesOf(made)[0]!.lineId);
    const lineChanges = [{ kind: 'change', lineId, fields }] as never;
    return await update(crm, 'Quote', made.id, { fields: {}, lineChanges });
  };
  const inSets = () => quote({ lines: [line({ unit: 'SET' }), line()] });

  test.for([
    [{ unit: 'C62' }, { unitPrice: '100', priceOverridden: false }],
    [
      { unit: 'C62', unitPrice: '90' },
      { unitPrice: '90', priceOverridden: true },
    ],
    [{ unitPrice: '390' }, { unitPrice: '390', priceOverridden: true }],
    [{ unitPrice: null }, { unitPrice: '400', priceOverridden: false }],
  ] as const)('takes the price from it: %j', async ([fields, expected]) => {
    expect(linesOf(accepted(await edit(await inSets(), fields)))[0]).toMatchObject(expected);
  });

  test('is judged by its units and decimals', async () => {
    const made = await inSets();
    expect(refused(await edit(made, { unit: 'ZZZ' }))).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'lines[0].unit',
    });
    expect(refused(await edit(made, { quantity: '1.5' }))).toMatchObject({ field: 'lines[0].quantity' });
  });

  test('a typed price stays with another unit, and gives way once it is cleared', async () => {
    const typed = accepted(await edit(await inSets(), { unitPrice: '390' }));
    const other = accepted(await edit(typed, { unit: 'C62' }));
    expect(linesOf(other)[0]).toMatchObject({ unitPrice: '390', priceOverridden: true });
    const cleared = accepted(await edit(other, { unitPrice: null }));
    expect(linesOf(cleared)[0]).toMatchObject({ unitPrice: '100', priceOverridden: false });
  });

  test('a unit that the product has lost, and its new decimals, hold up no other edit', async () => {
    const sold = await create(crm, 'Product', {
      sku: 'SOLD',
      name: 'Sold chair',
      listPrice: '10',
      priceCurrency: 'EUR',
      salesUnits: [{ unit: 'SET', factor: '12' }],
    });
    const made = await quote({ lines: [{ productId: sold.id, quantity: '2.5', unit: 'SET' }] });
    accepted(
      await update(crm, 'Product', sold.id, { salesUnits: [], quantityDecimals: 0, status: 'RETIRED' }),
    );
    const { lineId } = linesOf(made)[0]!;
    const whole = { lineId: lineId!, description: 'Chairs', quantity: '2.5', unit: 'SET', unitPrice: '120' };
    const after = accepted(await update(crm, 'Quote', made.id, { lines: [whole], notes: 'Call first' }));
    expect(linesOf(after)[0]).toMatchObject({ description: 'Chairs', unit: 'SET', unitPrice: '120' });
    expect(refused(await edit(made, { quantity: '3.5' }))).toMatchObject({ field: 'lines[0].quantity' });
  });
});

test('the own sum counts what the customer takes; the ERP’s totals stand beside it', async () => {
  const made = await quote({
    discountPercent: '10',
    freightAmount: '5',
    lines: [line(), line({ selection: 'OPTIONAL' }), line({ discountAmount: '20' })],
  });
  // 200 + 180 = 380; less 38.00; plus 5.00
  expect(made.fields).toMatchObject({ computedAmount: '347.00', discountAmount: '38.00', netAmount: null });
  expect(linesOf(made)[2]).toMatchObject({ discountPercent: '10', discountTyped: 'AMOUNT' });
  const told = accepted(
    await update(crm, 'Quote', made.id, { netAmount: '347', totalAmount: '433.75' }, sync),
  );
  expect(told.fields).toMatchObject({ netAmount: '347.00', computedAmount: '347.00' });
});

test('the default owner stays active; where he is not, nothing new falls to him, and the setting is named', async () => {
  const own = createCrm({
    sql,
    company: { defaultOwner: { id: 'idle', fullName: 'Idle', email: 'idle@x.example' } },
  });
  const made = await create(own, 'Customer', { name: 'Before' });
  expect(made.fields.ownerId).toBe('idle');
  expect(refused(await update(own, 'User', 'idle', { active: false }))).toMatchObject({
    code: 'STATE',
    field: 'active',
    message: expect.stringContaining('company.defaultOwner'),
  });
  const [putAway] = await own.write([{ entity: 'User', kind: 'archive', id: 'idle' }], person);
  expect(refused(putAway)).toMatchObject({
    code: 'STATE',
    message: expect.stringMatching(/cannot be archived; set company\.defaultOwner/),
  });
  accepted(await update(own, 'User', 'idle', { active: false }, importer));
  for (const author of [person, sync, importer])
    for (const [entity, fields] of [
      ['Customer', { name: 'After' }],
      ['Quote', { customerId: made.id }],
      ['Order', { customerId: made.id, lines: [line()] }],
    ] as const)
      expect(refused((await own.write([{ entity, kind: 'create', fields }], author))[0])).toMatchObject({
        code: 'STATE',
        field: 'ownerId',
        message: expect.stringContaining('company.defaultOwner'),
      });
  accepted(await update(own, 'User', 'idle', { active: true }));
  expect((await create(own, 'Customer', { name: 'Again' })).fields.ownerId).toBe('idle');
});

test.each([person, importer])('no discount of more than the whole is taken from $origin', async (author) => {
  const attempt = async (fields: object) => {
    const write = {
      entity: 'Quote',
      kind: 'create',
      fields: { customerId: customer.id, ...fields },
    } as const;
    return refused((await crm.write([write], author))[0]);
  };
  for (const value of ['100.01', '150', '-150'])
    expect(await attempt({ discountPercent: value, lines: [line()] })).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'discountPercent',
      value,
    });
  expect(await attempt({ lines: [line({ discountPercent: '150' })] })).toMatchObject({
    code: 'BAD_USER_INPUT',
    field: 'lines[0].discountPercent',
  });
  const made = await quote({ discountPercent: '100' });
  expect(made.fields).toMatchObject({ computedAmount: '0.00' });
  expect(refused(await update(crm, 'Quote', made.id, { discountPercent: '101' }, author))).toMatchObject({
    field: 'discountPercent',
  });
});

test('the own sum discounts a credit like an invoice, and nothing by more than there is', async () => {
  const sum = async (unitPrice: string, fields = {}) =>
    (await quote({ lines: [line({ quantity: '1', unitPrice })], ...fields })).fields.computedAmount;
  // 10 % of -910.55 = -91.055 → -91.06
  expect(await sum('-910.55', { discountPercent: '10' })).toBe('-819.49');
  expect(await sum('-910.55', { discountAmount: '-1000' })).toBe('0.00');
  expect(await sum('-910.55', { discountAmount: '50' })).toBe('-910.55');
  expect(await sum('100', { discountAmount: '150' })).toBe('0.00');
});

describe('statuses', () => {
  test('a quote moves forward, is locked from review on, and reopens as DRAFT', async () => {
    const made = await quote();
    accepted(await update(crm, 'Quote', made.id, { status: 'SENT' }));
    expect(refused(await update(crm, 'Quote', made.id, { lines: [] })).code).toBe('STATE');
    expect(refused(await update(crm, 'Quote', made.id, { status: 'APPROVED' })).code).toBe('STATE');
    accepted(await update(crm, 'Quote', made.id, { lines: [] }, sync));
    accepted(await update(crm, 'Quote', made.id, { status: 'DRAFT', lines: [line()] }));
    const won = accepted(await update(crm, 'Quote', made.id, { status: 'ACCEPTED' }));
    expect(won.fields.acceptedAt).toBe(won.updatedAt);
    expect(refused(await update(crm, 'Quote', made.id, { status: 'CANCELLED' })).code).toBe('STATE');
    const other = await create(crm, 'Customer', { name: 'Other' });
    expect(refused(await update(crm, 'Quote', made.id, { customerId: other.id })).field).toBe('customerId');
  });

  test('a revision keeps the number and ends what it revises', async () => {
    const made = await quote();
    const next = await create(crm, 'Quote', { revisionOfId: made.id, lines: [line()] });
    expect(next.fields).toMatchObject({
      quoteNumber: made.fields.quoteNumber,
      revision: 2,
      customerId: customer.id,
    });
    expect((await fresh('Quote', made.id)).fields.status).toBe('REVISED');
    const again = await crm.write(
      [{ entity: 'Quote', kind: 'create', fields: { revisionOfId: made.id } }],
      person,
    );
    expect(refused(again[0])).toMatchObject({ code: 'STATE', field: 'revisionOfId' });
  });

  describe('a revision begins as a copy', async () => {
    const payer = await create(crm, 'Customer', { name: 'Payer' });
    const terms = {
      billToCustomerId: payer.id,
      customerPurchaseOrder: 'PO-1',
      requestedDeliveryDate: '2099-02-02',
      validUntil: '2099-01-31',
      billingAddress: { line1: 'Street 1', city: 'Oslo', country: 'NO' },
      shippingAddress: { line1: 'Dock 9', city: 'Bergen', country: 'NO' },
      paymentTerms: 'NET60',
      deliveryTerms: 'DAP',
      shippingMethod: 'POST',
      priceList: 'VIP',
      pricesIncludeTax: true,
      discountPercent: '10',
      freightAmount: '12.50',
      notes: 'keep me',
    };
    const lines = [
      line({ unitPrice: '90', description: 'As agreed', discountAmount: '20', selection: 'OPTIONAL' }),
      line({ unit: 'SET', quantity: '1' }),
      { kind: 'TEXT', description: 'Thank you' },
      { productText: 'Not yet known', quantity: '1', unitPrice: '7' },
    ];
    const revise = async (fields: object, of: object = {}) => {
      const original = await quote({ ...terms, lines, ...of });
      return { original, next: await create(crm, 'Quote', { revisionOfId: original.id, ...fields }) };
    };
    const about = ({ fields }: { fields: Record<string, unknown> }) =>
      Object.fromEntries(Object.keys(terms).map((name) => [name, fields[name]]));
    const plain = (record: Parameters<typeof linesOf>[0]) =>
      linesOf(record).map(({ lineId: _, ...rest }) => rest);

    test('of header and lines, which are lines of its own', async () => {
      const { original, next } = await revise({});
      expect(about(next)).toEqual(about(original));
      expect(plain(next)).toEqual(plain(original));
      expect(next.fields).toMatchObject({ revision: 2, status: 'DRAFT', discountTyped: 'PERCENT' });
      expect(next.fields.computedAmount).toBe(original.fields.computedAmount);
      const ids = new Set([...linesOf(original), ...linesOf(next)].map(({ lineId }) => lineId));
      expect(ids.size).toBe(8);
      expect(linesOf(await fresh('Quote', original.id))).toHaveLength(4);
    });

    test('but for what is given, an empty one and lines included', async () => {
      const given = { notes: null, freightAmount: null, paymentTerms: 'NET30', discountAmount: '5.00' };
      const { original, next } = await revise({ ...given, lines: [line()] });
      expect(about(next)).toEqual({
        ...about(original),
        notes: null,
        freightAmount: null,
        paymentTerms: 'NET30',
        discountPercent: next.fields.discountPercent,
      });
      expect(next.fields).toMatchObject({ discountAmount: '5.00', discountTyped: 'AMOUNT' });
      expect(linesOf(next)).toHaveLength(1);
      expect(linesOf((await revise({ lines: [] })).next)).toEqual([]);
    });

    test('without what the other customer, currency or tax basis makes another thing', async () => {
      const { next } = await revise({ customerId: payer.id });
      expect(next.fields).toMatchObject({ shippingAddress: null, paymentTerms: null, notes: 'keep me' });
      for (const other of [{ currency: 'NOK' }, { pricesIncludeTax: false }]) {
        const revised = await revise(other, { discountPercent: null, discountAmount: '5.00' });
        expect(revised.next.fields).toMatchObject({ freightAmount: null, discountAmount: null });
        expect(linesOf(revised.next)).toEqual([]);
        expect((await revise(other)).next.fields.discountPercent).toBe('10');
      }
    });

    test('of an offer that has expired, without its last day', async () => {
      const { next } = await revise({}, { validUntil: '2020-01-31' });
      expect(next.fields).toMatchObject({ validUntil: null, status: 'DRAFT' });
    });

    test('with a product that is retired since', async () => {
      const old = await create(crm, 'Product', { sku: 'OLD-CHAIR', name: 'Old chair' });
      const original = await quote({ lines: [line({ productId: old.id, quantity: '1.5' })] });
      accepted(await update(crm, 'Product', old.id, { status: 'RETIRED', quantityDecimals: 0 }));
      const next = await create(crm, 'Quote', { revisionOfId: original.id });
      expect(linesOf(next)).toMatchObject([{ productId: old.id, quantity: '1.5' }]);
    });

    test('where a person makes it: what is imported is as it came', async () => {
      const original = await quote(terms);
      const next = await create(crm, 'Quote', { revisionOfId: original.id }, importer);
      expect(next.fields).toMatchObject({ notes: null, customerId: customer.id, lines: [] });
    });
  });

  test('an order: what the ERP tells is not typed, a hold keeps its rank, a late cancel is refused', async () => {
    const made = await order();
    expect(refused(await update(crm, 'Order', made.id, { status: 'FULFILLED' })).code).toBe('STATE');
    accepted(await update(crm, 'Order', made.id, { status: 'CONFIRMED' }));
    expect(refused(await update(crm, 'Order', made.id, { status: 'SUBMITTED' })).code).toBe('STATE');
    expect(refused(await update(crm, 'Order', made.id, { status: 'ON_HOLD' })).field).toBe('holdReason');
    expect(
      accepted(await update(crm, 'Order', made.id, { status: 'ON_HOLD', holdReason: 'STOCK' })).fields
        .heldStatus,
    ).toBe('CONFIRMED');
    expect(
      accepted(await update(crm, 'Order', made.id, { status: 'CONFIRMED' })).fields.holdReason,
    ).toBeNull();
    accepted(await update(crm, 'Order', made.id, { status: 'PARTIALLY_FULFILLED' }, sync));
    expect(refused(await update(crm, 'Order', made.id, { status: 'CANCELLED' })).code).toBe('STATE');
    expect(refused(await update(crm, 'Order', made.id, { currency: 'USD' })).field).toBe('currency');
  });
});

describe('typed products', () => {
  test('a known number, name or alias resolves at once; an ambiguous one does not', async () => {
    await create(crm, 'Product', { sku: 'GTX-1', name: 'GTX One', aliases: ['GTXOne'] });
    const made = await quote({
      lines: [
        { productText: ' office  CHAIR ', quantity: '1' },
        { productText: 'gtxone', quantity: '1' },
        { productText: 'Nothing', quantity: '1' },
      ],
    });
    expect(linesOf(made).map(({ productId }) => productId !== null)).toEqual([true, true, false]);
    expect(linesOf(made)[0]).toMatchObject({
      productId: product.id,
      unitPrice: '100',
      productText: ' office  CHAIR ',
    });
  });

  test('a product that comes later gives open lines their product, in the same transaction', async () => {
    const made = await quote({ lines: [{ productText: 'Desk  Lamp', quantity: '3' }] });
    const ordered = await order({ lines: [{ productText: 'desk lamp', quantity: '1', unitPrice: '7' }] });
    const lamp = await create(crm, 'Product', {
      sku: 'LAMP',
      name: 'Lamp',
      aliases: ['DESK LAMP'],
      listPrice: '40',
      priceCurrency: 'EUR',
    });
    const resolved = await fresh('Quote', made.id);
    expect(resolved).toMatchObject({ version: '2', fields: { computedAmount: '120.00' } });
    expect(linesOf(resolved)[0]).toMatchObject({ productId: lamp.id, unitPrice: '40', description: 'Lamp' });
    expect(linesOf(await fresh('Order', ordered.id))[0]).toMatchObject({
      productId: lamp.id,
      unitPrice: '7',
      priceOverridden: true,
    });
    expect(
      await sql`select distinct xmin::text from crm.quote where id = ${made.id} union select xmin::text from crm.product where id = ${lamp.id}`,
    ).toHaveLength(1);
  });

  test('a number that order lines use is frozen; a retired product is refused on new lines', async () => {
    const chair = await create(crm, 'Product', { sku: 'OLD', name: 'Old chair' });
    const made = await order({ lines: [{ productId: chair.id, quantity: '1' }] });
    expect(refused(await update(crm, 'Product', chair.id, { sku: 'NEW' })).field).toBe('sku');
    accepted(await update(crm, 'Product', chair.id, { status: 'RETIRED' }));
    const add = {
      fields: {},
      lineChanges: [{ kind: 'add' as const, fields: { productId: chair.id, quantity: '1' } }],
    };
    expect(refused(await update(crm, 'Order', made.id, add)).code).toBe('STATE');
    accepted(await update(crm, 'Order', made.id, { notes: 'kept' }));
  });
});

test('isPrimary is kept with the customer', async () => {
  const holder = await create(crm, 'Customer', { name: 'Holder' });
  const first = await create(crm, 'Contact', { lastName: 'A', customerId: holder.id, isPrimary: true });
  const second = await create(crm, 'Contact', { lastName: 'B', customerId: holder.id });
  accepted(await update(crm, 'Contact', second.id, { isPrimary: true }));
  expect((await fresh('Customer', holder.id)).fields.primaryContactId).toBe(second.id);
  expect((await fresh('Contact', first.id)).fields.isPrimary).toBe(false);
  accepted(await update(crm, 'Contact', second.id, { customerId: customer.id }));
  expect((await fresh('Customer', holder.id)).fields.primaryContactId).toBeNull();
  expect(refused(await update(crm, 'Customer', holder.id, { primaryContactId: second.id })).field).toBe(
    'primaryContactId',
  );
});
