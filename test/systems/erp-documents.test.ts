import { describe, expect, test } from 'vitest';
import { createErp } from '../../subgraphs/erp/system.ts';
import type { Author, LineChange } from '../../sync/core/connector.ts';
import { testDatabase } from '../support/database.ts';
import { accepted, create, importer, linesOf, person, refused, sync, update } from './systems.ts';

const { sql } = await testDatabase();
const erp = createErp({ sql });

const customer = await create(erp, 'Customer', {
  name: 'Acme',
  invoiceAddress: { countryCode: 'NO', city: 'Oslo' },
});
const stocked = (inventory: string, more = {}) =>
  create(erp, 'Product', { description: 'Chair', unitPrice: '100', inventory, ...more });
const item = await stocked('1000');
const line = (fields = {}) => ({ itemNo: item.fields.itemNo!, quantity: '1', ...fields });
const order = (fields = {}) =>
  create(erp, 'Order', { customerNo: customer.fields.customerNo!, lines: [line()], ...fields });
const amounts = ({ fields }: { fields: Record<string, unknown> }) => [
  fields.amount,
  fields.vatAmount,
  fields.amountInclVat,
];
const fresh = async (entity: string, id: string) => (await erp.read(entity, [id])).get(id)!;

describe('totals, computed by hand', () => {
  test('price from the item, VAT of its group', async () => {
    const made = await order({ lines: [line({ quantity: '10' })] });
    expect(amounts(made)).toEqual(['1000.00', '250.00', '1250.00']);
    expect(linesOf(made)[0]).toMatchObject({
      unitPrice: '100',
      vatPercent: '25',
      lineStatus: 'OPEN',
      lineNo: 10000,
      priceOverridden: false,
    });
  });

  test.for([undefined, '100'])(
    'another item brings its price, unless one is given: %s',
    async (unitPrice) => {
      const made = await order();
      const other = await stocked('5', { unitPrice: '120' });
      const lineId = String(linesOf(made)[0]!.lineId);
      const fields = { productId: other.id, ...(unitPrice && { unitPrice }) };
      const [result] = await erp.write(
        [
          {
            kind: 'update',
            entity: 'Order',
            id: made.id,
            fields: {},
            lineChanges: [{ kind: 'change', lineId, fields }],
          },
        ],
        person,
      );
      const after = accepted(result);
      expect(linesOf(after)[0]).toMatchObject(
        unitPrice
          ? { unitPrice: '100', priceOverridden: true }
          : { unitPrice: '120', priceOverridden: false },
      );
    },
  );

  describe('an edit of a line that does not name its item', async () => {
    const boxed = await stocked('1000', {
      unitPrice: '10',
      itemUnits: [{ code: 'SET', qtyPerBase: '12' }],
      roundingPrecision: '1',
    });
    const inSets = () =>
      order({ lines: [{ itemNo: boxed.fields.itemNo!, quantity: '2', unitCode: 'SET' }, line()] });
    const edit = async (made: Awaited<ReturnType<typeof order>>, fields: object) => {
      const lineId = String(linesOf(made)[0]!.lineId);
      const lineChanges = [{ kind: 'change', lineId, fields }] as never;
      return await update(erp, 'Order', made.id, { fields: {}, lineChanges });
    };

    test.for([
      [{ unitCode: 'UNIT' }, { unitPrice: '10', qtyPerBase: '1', priceOverridden: false, amount: '20.00' }],
      [
        { unitCode: 'UNIT', unitPrice: '9' },
        { unitPrice: '9', qtyPerBase: '1', priceOverridden: true },
      ],
      [{ unitPrice: '130' }, { unitPrice: '130', qtyPerBase: '12', priceOverridden: true }],
      [{ unitPrice: null }, { unitPrice: '120', qtyPerBase: '12', priceOverridden: false }],
      [{ quantity: '3' }, { quantity: '3', unitPrice: '120', amount: '360.00' }],
    ] as const)('takes price and base quantity from it: %j', async ([fields, expected]) => {
      expect(linesOf(accepted(await edit(await inSets(), fields)))[0]).toMatchObject(expected);
    });

    test('is judged by its units and decimals', async () => {
      const made = await inSets();
      expect(refused(await edit(made, { unitCode: 'ZZZ' }))).toMatchObject({
        code: 'BAD_USER_INPUT',
        field: 'lines[0].unitCode',
        message: expect.stringContaining('UNIT, SET'),
      });
      expect(refused(await edit(made, { quantity: '2.5' }))).toMatchObject({ field: 'lines[0].quantity' });
    });

    test('a typed price stays with another unit, and gives way once it is cleared', async () => {
      const typed = accepted(await edit(await inSets(), { unitPrice: '130' }));
      const other = accepted(await edit(typed, { unitCode: 'UNIT' }));
      expect(linesOf(other)[0]).toMatchObject({ unitPrice: '130', qtyPerBase: '1', priceOverridden: true });
      const cleared = accepted(await edit(other, { unitPrice: null }));
      expect(linesOf(cleared)[0]).toMatchObject({ unitPrice: '10', priceOverridden: false });
    });

    test('reserves what the line is for', async () => {
      const made = accepted(await edit(await inSets(), { unitCode: 'UNIT' }));
      accepted(await update(erp, 'Order', made.id, { status: 'RELEASED' }));
      expect((await fresh('Product', boxed.id)).fields.reservedQuantity).toBe('2');
    });

    test('a unit that the item has lost, and its new decimals, hold up no other edit', async () => {
      const sold = await stocked('9', { unitPrice: '10', itemUnits: [{ code: 'SET', qtyPerBase: '12' }] });
      const made = await order({
        lines: [{ itemNo: sold.fields.itemNo!, quantity: '2.5', unitCode: 'SET', unitPrice: '99' }],
      });
      accepted(await update(erp, 'Product', sold.id, { itemUnits: [], roundingPrecision: '1' }));
      const [archived] = await erp.write([{ entity: 'Product', kind: 'archive', id: sold.id }], person);
      expect(archived).toMatchObject({ kind: 'archived' });
      const { lineId } = linesOf(made)[0]!;
      const whole = {
        lineId: lineId!,
        description: 'Chairs',
        quantity: '2.5',
        unitCode: 'SET',
        unitPrice: '99',
      };
      accepted(await update(erp, 'Order', made.id, { lines: [whole], workDescription: 'Call first' }));
      const after = accepted(await edit(made, { unitPrice: '98' }));
      expect(linesOf(after)[0]).toMatchObject({ description: 'Chairs', qtyPerBase: '12', unitPrice: '98' });
      expect(refused(await edit(made, { quantity: '3.5' }))).toMatchObject({ field: 'lines[0].quantity' });
    });
  });

  test('line discounts: percent typed, amount typed, the other derived', async () => {
    const made = await order({
      lines: [
        line({ quantity: '3', lineDiscountPercent: '10' }),
        line({ quantity: '3', unitPrice: '33.33', lineDiscountAmount: '10' }),
      ],
    });
    // 300 - 30 = 270; 99.99 - 10.00 = 89.99
    expect(linesOf(made)[0]).toMatchObject({
      lineDiscountAmount: '30.00',
      lineDiscountTyped: 'PERCENT',
      amount: '270.00',
      vatAmount: '67.50',
    });
    // 10 / 99.99 = 10.0010001 %
    expect(linesOf(made)[1]).toMatchObject({
      lineDiscountPercent: '10.001',
      lineDiscountTyped: 'AMOUNT',
      amount: '89.99',
      vatAmount: '22.50',
      priceOverridden: true,
    });
    expect(amounts(made)).toEqual(['359.99', '90.00', '449.99']);
  });

  test('a header discount is shared to the last cent, freight is not discounted', async () => {
    const made = await order({
      headerDiscountPercent: '10',
      lines: [
        line({ unitPrice: '0.05' }),
        line({ unitPrice: '0.05' }),
        line({ unitPrice: '0.05' }),
        { type: 'CHARGE', lineCode: 'FREIGHT', unitPrice: '10' },
      ],
    });
    // 10 % of 0.15 = 0.015 → 0.02; running shares 0.01, 0.01, 0.02
    expect(made.fields.headerDiscountAmount).toBe('0.02');
    expect(linesOf(made).map((one) => one.amount)).toEqual(['0.04', '0.05', '0.04', '10.00']);
    expect(made.fields.amount).toBe('10.13');
    expect(made.fields.headerDiscountTyped).toBe('PERCENT');
  });

  test.each([person, importer])(
    'no discount of more than the whole is taken from $origin',
    async (author) => {
      const attempt = async (fields: object) => {
        const own = { customerNo: customer.fields.customerNo!, ...fields };
        return refused((await erp.write([{ entity: 'Order', kind: 'create', fields: own }], author))[0]);
      };
      for (const value of ['100.01', '150', '-150'])
        expect(await attempt({ headerDiscountPercent: value, lines: [line()] })).toMatchObject({
          code: 'BAD_USER_INPUT',
          field: 'headerDiscountPercent',
          value,
        });
      expect(await attempt({ lines: [line({ lineDiscountPercent: '150' })] })).toMatchObject({
        code: 'BAD_USER_INPUT',
        field: 'lines[0].lineDiscountPercent',
      });
      const made = await order({ headerDiscountPercent: '100' });
      expect(made.fields).toMatchObject({ amount: '0.00' });
      expect(
        refused(await update(erp, 'Order', made.id, { headerDiscountPercent: '101' }, author)),
      ).toMatchObject({ field: 'headerDiscountPercent' });
    },
  );

  test('a credit is discounted like an invoice, and nothing by more than there is', async () => {
    const credit = (fields = {}) => order({ lines: [line({ unitPrice: '-910.55' })], ...fields });
    const percent = await credit({ headerDiscountPercent: '10' });
    // 10 % of -910.55 = -91.055 → -91.06; -910.55 + 91.06 = -819.49; VAT -204.8725 → -204.87
    expect(percent.fields.headerDiscountAmount).toBe('-91.06');
    expect(amounts(percent)).toEqual(['-819.49', '-204.87', '-1024.36']);
    expect(amounts(await credit({ headerDiscountAmount: '-1000' }))).toEqual(['0.00', '0.00', '0.00']);
    expect(amounts(await credit({ headerDiscountAmount: '50' }))[0]).toBe('-910.55');
    expect(amounts(await order({ headerDiscountAmount: '150' }))[0]).toBe('0.00');
  });

  test('prices that include VAT', async () => {
    const made = await order({
      pricesIncludeVat: true,
      headerDiscountAmount: '12.50',
      lines: [line({ unitPrice: '125' }), line({ unitPrice: '125' })],
    });
    // 250.00 - 12.50 = 237.50; shares 6.25 each; 118.75 / 1.25 = 95.00
    expect(amounts(made)).toEqual(['190.00', '47.50', '237.50']);
    expect(linesOf(made)[0]).toMatchObject({ amount: '95.00', vatAmount: '23.75', amountInclVat: '118.75' });
    const listed = await order({ pricesIncludeVat: true });
    expect(linesOf(listed)[0]).toMatchObject({ unitPrice: '125', amount: '100.00' });
  });

  test('yen have no cents, dinars three', async () => {
    const yen = await order({ currencyCode: 'JPY', lines: [line({ quantity: '3', unitPrice: '333.5' })] });
    // 1000.5 → 1001; VAT 250.25 → 250
    expect(amounts(yen)).toEqual(['1001', '250', '1251']);
    const dinar = await order({ currencyCode: 'KWD', lines: [line({ quantity: '3', unitPrice: '0.3335' })] });
    // 1.0005 → 1.001; VAT 0.25025 → 0.250
    expect(amounts(dinar)).toEqual(['1.001', '0.250', '1.251']);
    expect(
      refused(
        (
          await erp.write(
            [
              {
                entity: 'Order',
                kind: 'create',
                fields: {
                  customerNo: customer.fields.customerNo!,
                  currencyCode: 'JPY',
                  headerDiscountAmount: '1.5',
                  lines: [line({ unitPrice: '9' })],
                },
              },
            ],
            person,
          )
        )[0],
      ),
    ).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'headerDiscountAmount',
    });
  });

  test('a debtor abroad pays no VAT', async () => {
    const abroad = await create(erp, 'Customer', { name: 'Export', vatBusinessGroup: 'EXPORT' });
    expect(amounts(await order({ customerNo: abroad.fields.customerNo! }))).toEqual([
      '100.00',
      '0.00',
      '100.00',
    ]);
  });

  test('the discount typed later stays, the other is derived', async () => {
    const made = await order({ headerDiscountPercent: '10', lines: [line({ quantity: '2' })] });
    const amount = accepted(await update(erp, 'Order', made.id, { headerDiscountAmount: '50' }));
    expect(amount.fields).toMatchObject({
      headerDiscountPercent: '25',
      headerDiscountTyped: 'AMOUNT',
      amount: '150.00',
    });
    const grown = accepted(
      await update(erp, 'Order', made.id, {
        fields: {},
        lineChanges: [
          { kind: 'change', lineId: linesOf(made)[0]!.lineId as string, fields: { quantity: '4' } },
        ],
      }),
    );
    expect(grown.fields).toMatchObject({
      headerDiscountAmount: '50.00',
      headerDiscountPercent: '12.5',
      amount: '350.00',
    });
    const percent = accepted(await update(erp, 'Order', made.id, { headerDiscountPercent: '10' }));
    expect(percent.fields).toMatchObject({
      headerDiscountAmount: '40.00',
      headerDiscountTyped: 'PERCENT',
      amount: '360.00',
    });
    const none = accepted(await update(erp, 'Order', made.id, { headerDiscountPercent: null }));
    expect(none.fields).toMatchObject({
      headerDiscountAmount: null,
      headerDiscountTyped: null,
      amount: '400.00',
    });
  });
});

test.each(['change', 'remove'] as const)(
  'of a line that one write changes and %ss both are refused',
  async (kind) => {
    const made = await order({ lines: [line({ quantity: '2' })] });
    const lineId = linesOf(made)[0]!.lineId as string;
    const second = kind === 'remove' ? { kind, lineId } : { kind, lineId, fields: { unitPrice: '5' } };
    const result = await update(erp, 'Order', made.id, {
      fields: {},
      lineChanges: [{ kind: 'change', lineId, fields: { quantity: '4' } }, second],
    });
    expect(refused(result)).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'lineChanges[1].lineId',
      value: lineId,
      message: expect.stringContaining('changed twice in one write'),
    });
    expect((await fresh('Order', made.id)).version).toBe(made.version);
  },
);

describe('states and stock', () => {
  test('release reserves, shipping takes stock, invoicing moves the balance, the header follows', async () => {
    const chair = await stocked('50', { itemUnits: [{ code: 'BOX', qtyPerBase: '10' }] });
    const payer = await create(erp, 'Customer', { name: 'Payer' });
    const made = await order({
      customerNo: payer.fields.customerNo!,
      lines: [{ itemNo: chair.fields.itemNo!, quantity: '2', unitCode: 'BOX' }],
    });
    expect(amounts(made)).toEqual(['2000.00', '500.00', '2500.00']);
    const stock = async () => {
      const { fields } = await fresh('Product', chair.id);
      return [fields.inventory, fields.reservedQuantity];
    };
    expect(await stock()).toEqual(['50', '0']);
    accepted(await update(erp, 'Order', made.id, { status: 'RELEASED' }));
    expect(await stock()).toEqual(['50', '20']);
    const lineId = linesOf(made)[0]!.lineId as string;
    const ship = (fields: Record<string, string>) =>
      update(erp, 'Order', made.id, { fields: {}, lineChanges: [{ kind: 'change', lineId, fields }] });
    const part = accepted(await ship({ quantityShipped: '1' }));
    expect(part.fields.status).toBe('PARTIALLY_SHIPPED');
    expect(linesOf(part)[0]!.lineStatus).toBe('PARTIAL');
    expect(part.fields.lastShipmentDate).toMatch(/^\d{4}-/);
    expect(await stock()).toEqual(['40', '10']);
    expect(refused(await ship({ quantityShipped: '0.5' })).code).toBe('STATE');
    expect(refused(await ship({ quantity: '0.5' })).code).toBe('STATE');
    expect(refused(await ship({ quantityShipped: '3' })).code).toBe('BAD_USER_INPUT');
    expect(accepted(await ship({ quantityShipped: '2' })).fields.status).toBe('SHIPPED');
    expect(await stock()).toEqual(['30', '0']);
    const half = accepted(await ship({ quantityInvoiced: '1' }));
    expect(half.fields.status).toBe('PARTIALLY_INVOICED');
    expect((await fresh('Customer', payer.id)).fields.balance).toBe('1250.00');
    const all = accepted(await ship({ quantityInvoiced: '2' }));
    expect(all.fields.status).toBe('INVOICED');
    expect(linesOf(all)[0]!.lineStatus).toBe('INVOICED');
    expect((await fresh('Customer', payer.id)).fields.balance).toBe('2500.00');
    expect(refused(await update(erp, 'Order', made.id, { billToAddress: { countryCode: 'SE' } })).code).toBe(
      'STATE',
    );
  });

  test('a proposal reserves nothing, is released by nobody, and is accepted as OPEN', async () => {
    const made = await order({ status: 'PROPOSAL' });
    expect(refused(await update(erp, 'Order', made.id, { status: 'RELEASED' }))).toMatchObject({
      code: 'STATE',
      field: 'status',
    });
    expect(accepted(await update(erp, 'Order', made.id, { status: 'OPEN' })).fields.status).toBe('OPEN');
    expect(refused(await update(erp, 'Order', made.id, { status: 'PROPOSAL' })).code).toBe('STATE');
  });

  test('a hold asks for its reason and returns where it was', async () => {
    const made = await order();
    accepted(await update(erp, 'Order', made.id, { status: 'RELEASED' }));
    expect(refused(await update(erp, 'Order', made.id, { status: 'ON_HOLD' })).field).toBe('holdReasonCode');
    expect(
      accepted(await update(erp, 'Order', made.id, { status: 'ON_HOLD', holdReasonCode: 'CREDIT' })).fields
        .heldStatus,
    ).toBe('RELEASED');
    const back = accepted(await update(erp, 'Order', made.id, { status: 'RELEASED' }));
    expect(back.fields).toMatchObject({ heldStatus: null, holdReasonCode: null });
  });

  test('the status SHIPPED ships everything; a cancelled order frees its reservation', async () => {
    const chair = await stocked('5');
    const made = await order({
      status: 'RELEASED',
      lines: [{ itemNo: chair.fields.itemNo!, quantity: '2' }],
    });
    const shipped = accepted(await update(erp, 'Order', made.id, { status: 'SHIPPED' }));
    expect(linesOf(shipped)[0]).toMatchObject({ quantityShipped: '2', lineStatus: 'SHIPPED' });
    const other = await order({
      status: 'RELEASED',
      lines: [{ itemNo: chair.fields.itemNo!, quantity: '3' }],
    });
    expect((await fresh('Product', chair.id)).fields).toMatchObject({
      inventory: '3',
      reservedQuantity: '3',
    });
    accepted(await update(erp, 'Order', other.id, { status: 'CANCELLED' }));
    expect((await fresh('Product', chair.id)).fields).toMatchObject({
      inventory: '3',
      reservedQuantity: '0',
    });
    expect(refused(await update(erp, 'Order', other.id, { status: 'OPEN' })).code).toBe('STATE');
  });

  test('an import creates what is shipped already, and takes nothing from the shelf', async () => {
    const chair = await stocked('5');
    const made = await create(
      erp,
      'Order',
      {
        customerNo: customer.fields.customerNo!,
        orderNo: 'N10248',
        status: 'SHIPPED',
        lines: [{ itemNo: chair.fields.itemNo!, quantity: '4', quantityShipped: '4' }],
      },
      importer,
    );
    expect(made.fields).toMatchObject({ orderNo: 'N10248', status: 'SHIPPED' });
    expect((await fresh('Product', chair.id)).fields).toMatchObject({
      inventory: '5',
      reservedQuantity: '0',
    });
  });

  test('a retired item is refused on new lines and kept on existing ones; its number and unit freeze', async () => {
    const chair = await stocked('5');
    const made = await order({ lines: [{ itemNo: chair.fields.itemNo!, quantity: '1' }] });
    expect(refused(await update(erp, 'Product', chair.id, { itemNo: 'OTHER' })).code).toBe('STATE');
    expect(refused(await update(erp, 'Product', chair.id, { baseUnitCode: 'BOX' })).code).toBe('STATE');
    accepted(await update(erp, 'Product', chair.id, { salesBlocked: true }));
    const lineId = linesOf(made)[0]!.lineId as string;
    accepted(
      await update(erp, 'Order', made.id, {
        lines: [{ lineId, itemNo: chair.fields.itemNo!, quantity: '2' }],
      }),
    );
    expect(
      refused(
        await update(erp, 'Order', made.id, {
          fields: {},
          lineChanges: [{ kind: 'add', fields: { itemNo: chair.fields.itemNo!, quantity: '1' } }],
        }),
      ).code,
    ).toBe('STATE');
    const add = {
      fields: {},
      lineChanges: [{ kind: 'add' as const, fields: { itemNo: chair.fields.itemNo!, quantity: '1' } }],
    };
    expect(linesOf(accepted(await update(erp, 'Order', made.id, add, sync)))).toHaveLength(2);
  });

  test('a blocked debtor gets no documents and no goods', async () => {
    const debtor = await create(erp, 'Customer', { name: 'Late' });
    const made = await order({ customerNo: debtor.fields.customerNo!, status: 'RELEASED' });
    accepted(await update(erp, 'Customer', debtor.id, { blocked: 'SHIP' }));
    const lineId = linesOf(made)[0]!.lineId as string;
    expect(
      refused(
        await update(erp, 'Order', made.id, {
          fields: {},
          lineChanges: [{ kind: 'change', lineId, fields: { quantityShipped: '1' } }],
        }),
      ).message,
    ).toContain('blocked');
    accepted(await update(erp, 'Customer', debtor.id, { blocked: 'ALL' }));
    expect(
      refused(
        (
          await erp.write([{ entity: 'Quote', kind: 'create', fields: { customerId: debtor.id } }], person)
        )[0],
      ).code,
    ).toBe('STATE');
  });

  test('an accepted quote is locked whole', async () => {
    const made = await create(erp, 'Quote', {
      customerNo: customer.fields.customerNo!,
      lines: [line()],
      workDescription: 'As agreed',
    });
    accepted(await update(erp, 'Quote', made.id, { status: 'ACCEPTED' }));
    for (const fields of [{ requestedDeliveryDate: '2031-01-01' }, { workDescription: null }, { lines: [] }])
      expect(refused(await update(erp, 'Quote', made.id, fields))).toMatchObject({
        code: 'STATE',
        field: Object.keys(fields)[0],
      });
    // What it shows already changes nothing.
    accepted(await update(erp, 'Quote', made.id, { workDescription: 'As agreed', status: 'ACCEPTED' }));
  });

  test('a quote locks its lines outside OPEN', async () => {
    const made = await create(erp, 'Quote', { customerNo: customer.fields.customerNo!, lines: [line()] });
    accepted(await update(erp, 'Quote', made.id, { status: 'RELEASED' }));
    expect(refused(await update(erp, 'Quote', made.id, { lines: [] })).code).toBe('STATE');
    accepted(await update(erp, 'Quote', made.id, { status: 'OPEN', lines: [] }));
    accepted(await update(erp, 'Quote', made.id, { status: 'REJECTED' }));
    expect(refused(await update(erp, 'Quote', made.id, { status: 'OPEN' })).code).toBe('STATE');
  });
});

test('the salesperson block comes from the card, may be edited while open, and follows the debtor', async () => {
  const anna = await create(erp, 'Salesperson', {
    name: 'Anna',
    email: 'anna@example.com',
    phone: '+47 22',
    title: 'Rep',
  });
  const bo = await create(erp, 'Salesperson', { name: 'Bo', blocked: true });
  expect([anna.fields.code, bo.fields.code]).toEqual(['SP0001', 'SP0002']);
  const debtor = await create(erp, 'Customer', { name: 'Sold', salespersonCode: 'SP0001' });
  const made = await order({ customerNo: debtor.fields.customerNo! });
  expect(made.fields).toMatchObject({
    salespersonCode: 'SP0001',
    salespersonId: anna.id,
    salespersonName: 'Anna',
    salespersonPhone: '+47 22',
  });
  const edited = accepted(await update(erp, 'Order', made.id, { salespersonTitle: 'Boss' }));
  expect(edited.fields.salespersonTitle).toBe('Boss');
  expect(refused(await update(erp, 'Order', made.id, { salespersonCode: 'SP0002' })).code).toBe('STATE');
  // The sync is told which field it is, and leaves that one out.
  expect(refused(await update(erp, 'Order', made.id, { salespersonId: bo.id }, sync))).toMatchObject({
    code: 'BAD_USER_INPUT',
    field: 'salespersonId',
  });
  expect(
    accepted(await update(erp, 'Order', made.id, { salespersonCode: 'SP0002' }, importer)).fields,
  ).toMatchObject({ salespersonName: 'Bo', salespersonBlocked: true, salespersonTitle: null });
  // What is sold is sold.
  const past = { status: 'CLOSED', salespersonId: bo.id, customerNo: debtor.fields.customerNo! };
  expect((await create(erp, 'Order', past, sync)).fields.salespersonName).toBe('Bo');
});

describe('no two lines of a document have one number', () => {
  const numbered = (author?: Author) =>
    create(
      erp,
      'Order',
      { customerNo: customer.fields.customerNo!, lines: [line({ lineNo: 10_000 }), line()] },
      author,
    );
  const numbers = (record: Parameters<typeof linesOf>[0]) => linesOf(record).map(({ lineNo }) => lineNo);
  const changed = (
    made: Awaited<ReturnType<typeof numbered>>,
    lineChanges: readonly LineChange[],
    author: Author,
  ) => update(erp, 'Order', made.id, { fields: {}, lineChanges }, author);

  test('a person is told which one is taken', async () => {
    const made = await numbered();
    const [first, second] = linesOf(made).map(({ lineId }) => String(lineId)) as [string, string];
    const add: LineChange = { kind: 'add', fields: line({ lineNo: 20_000 }) };
    expect(refused(await changed(made, [add], person))).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: expect.stringMatching(/^lines\[\d\]\.lineNo$/),
      value: 20_000,
      message: expect.stringContaining(
        'is taken by another line of this document; give another number, or none to get the next.',
      ),
    });
    const move: LineChange = { kind: 'change', lineId: second, fields: { lineNo: 10_000 } };
    expect(refused(await changed(made, [move], person)).message).toMatch(
      /lineNo: 10000 is taken by another line of this document; give another number\./,
    );
    const swap: LineChange = { kind: 'change', lineId: first, fields: { lineNo: 20_000 } };
    const after = accepted(await changed(made, [swap, move], person));
    expect(linesOf(after).map(({ lineId }) => lineId)).toEqual([second, first]);
    const both = {
      customerNo: customer.fields.customerNo!,
      lines: [line({ lineNo: 5 }), line({ lineNo: 5 })],
    };
    const [twice] = await erp.write([{ kind: 'create', entity: 'Order', fields: both }], person);
    expect(refused(twice)).toMatchObject({ code: 'BAD_USER_INPUT', value: 5 });
  });

  test.each([sync, importer])('$origin gets the next that is free', async (author) => {
    const made = await numbered(author);
    const add: LineChange = { kind: 'add', fields: line({ lineNo: 10_000 }) };
    const after = accepted(await changed(made, [add, add], author));
    expect(numbers(after)).toEqual([10_000, 10_001, 10_002, 20_000]);
  });

  test('one without a number comes after one that is given in the same write', async () => {
    const add = (fields = {}): LineChange => ({ kind: 'add', fields: line(fields) });
    const after = accepted(await changed(await numbered(), [add(), add({ lineNo: 30_000 })], person));
    expect(numbers(after)).toEqual([10_000, 20_000, 30_000, 40_000]);
  });
});

test('references by id and by code are one', async () => {
  const contact = await create(erp, 'Contact', {
    lastName: 'Li',
    companyNo: customer.fields.customerNo!,
    isPrimary: true,
  });
  expect(contact.fields.customerId).toBe(customer.id);
  const holder = await fresh('Customer', customer.id);
  expect(holder.fields).toMatchObject({
    primaryContactId: contact.id,
    primaryContactNo: contact.fields.contactNo,
  });
  expect(refused(await update(erp, 'Contact', contact.id, { companyNo: 'NOBODY' }))).toMatchObject({
    code: 'UNKNOWN_REFERENCE',
    field: 'companyNo',
  });
  accepted(await update(erp, 'Contact', contact.id, { isPrimary: false }));
  expect((await fresh('Customer', customer.id)).fields.primaryContactNo).toBeNull();
});
