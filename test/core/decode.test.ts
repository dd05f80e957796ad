import { describe, expect, test } from 'vitest';
import { decodeRecord, encodeLine, encodeWrite } from '../../sync/core/decode.ts';
import { driftBetween } from '../../sync/core/drift.ts';
import type { Json, SideState, Values } from '../../sync/core/types.ts';
import { customer } from '../../sync/mappings/customer.ts';
import { order } from '../../sync/mappings/order.ts';
import { quoteOrder } from '../../sync/mappings/quote-order.ts';
import { lookup, record } from './fixture.ts';

type Line = Readonly<Record<string, Json>>;
const item = (n: number, more: Line = {}): Line => ({
  lineId: `e${n}`,
  lineNo: n * 10_000,
  type: 'ITEM',
  productId: `e-${n}`,
  ...more,
});
const freight: Line = { lineId: 'f', type: 'CHARGE', lineCode: 'FREIGHT', quantity: '1', unitPrice: '12.50' };
const long = `${'word '.repeat(30)}end`;
const erpOrder = (lines: readonly Line[]) => decodeRecord(order, 'erp', record({ lines }, 'e-1'), lookup, 5);

describe('decoding', () => {
  test('ids, references and codes come under CRM names; a value nobody can read is left out and listed', () => {
    const fields = {
      name: ' Acme  AS ',
      salespersonId: 'new-3',
      paymentTermsCode: 'X9',
      phoneNo: 'call me',
      currencyCode: null,
    };
    const state = decodeRecord(customer, 'erp', record(fields, 'e-1'), lookup, 7);
    expect(state.values).toEqual({ name: 'Acme AS', ownerId: '?erp:Salesperson:new-3', currency: 'EUR' });
    expect(state.at).toBe(7);
    expect(state.held.map((h) => [h.field, h.kind, h.value, h.side])).toEqual([
      ['phone', 'unreadable', 'call me', 'erp'],
      ['paymentTerms', 'unmapped', 'X9', 'erp'],
      ['ownerId', 'waits', 'new-3', 'erp'],
    ]);
    expect(state.held[1]!.message).toBe(
      'paymentTerms "X9" is a code of the ERP that list paymentTerms does not map. Map it.',
    );
    expect(decodeRecord(customer, 'crm', record({}, 'c-1'), lookup, 1)).toEqual({
      values: { id: 'c-1' },
      held: [],
      at: 1,
    });
  });

  test('the freight line is a field of the header and not a line', () => {
    const state = erpOrder([item(1), freight]);
    expect(state.values.freightAmount).toBe('12.5');
    expect(state.lines?.map((l) => l.lineId)).toEqual(['e1']);
    expect(erpOrder([{ ...freight, quantity: '2' }]).values.freightAmount).toBe('25');
    expect(erpOrder([{ ...freight, unitPrice: '0.00' }]).values.freightAmount).toBeNull();
    expect(erpOrder([]).values.freightAmount).toBeNull();
    expect('freightAmount' in decodeRecord(order, 'erp', record({}, 'e-1'), lookup, 1).values).toBe(false);
    expect(erpOrder([item(1, { type: 'CHARGE', lineCode: 'TOLL' })]).lines).toHaveLength(1);
    expect(
      erpOrder([item(1, { type: 'CHARGE', lineCode: 'TOLL', unitPrice: '9' })]).values.freightAmount,
    ).toBeNull();
    const crm = decodeRecord(order, 'crm', record({ freightAmount: '10', lines: [] }, 'c-1'), lookup, 1);
    expect(crm.values.freightAmount).toBe('10');
  });

  test('COMMENT lines fold back into the line they are attached to, in order; others are text lines', () => {
    const comments = [
      { lineId: 'x2', type: 'COMMENT', attachedTo: 'e1', position: 2, description: 'third' },
      { lineId: 'x1', type: 'COMMENT', attachedTo: 'e1', position: 1, description: 'second' },
      { lineId: 'x3', type: 'COMMENT', attachedTo: 'gone', description: 'alone', lineNo: 30_000 },
    ];
    const state = erpOrder([item(1, { description: 'first' }), ...comments]);
    expect(state.lines?.map((l) => [l.lineId, l.values.kind, l.values.description])).toEqual([
      ['e1', 'PRODUCT', 'first second third'],
      ['x3', 'TEXT', 'alone'],
    ]);
  });

  test('only the typed half of a discount has a value', () => {
    const both = { discountPercent: '10.0000', discountAmount: '5.00' };
    const of = (discountTyped: Json) => {
      const { discountPercent, discountAmount } = decodeRecord(
        order,
        'crm',
        record({ ...both, discountTyped }),
        lookup,
        1,
      ).values;
      return [discountPercent, discountAmount];
    };
    expect(of('PERCENT')).toEqual(['10', null]);
    expect(of('AMOUNT')).toEqual([null, '5']);
  });

  test('a line that the customer has not taken stays behind; a typed product that nobody knows waits', () => {
    const lines = [
      { lineId: 'c1', selection: 'OPTIONAL', kind: 'PRODUCT', productId: 'c-1' },
      { lineId: 'c2', selection: 'REQUIRED', kind: 'PRODUCT', productId: null, productText: 'GTXPro' },
    ];
    const state = decodeRecord(quoteOrder, 'crm', record({ lines }), lookup, 1);
    expect(state.lines?.map((l) => l.behind ?? false)).toEqual([true, false]);
    expect(state.lines?.[1]?.held).toMatchObject([{ field: 'productId', kind: 'waits', line: 'c2' }]);
    expect(state.lines?.[1]?.held[0]?.message).toContain('no product has the number, name or alias "GTXPro"');
  });
});

describe('encoding', () => {
  const document = { lines: [item(1, { description: 'short' }), freight] };

  test('freight becomes the charge line: added, changed, removed, or left as it is', () => {
    const of = (freightAmount: Json, lines: readonly Line[]) =>
      encodeWrite(order, 'erp', { freightAmount }, { lookup, current: record({ lines }, 'e-1') });
    expect(of('9', []).lineChanges).toMatchObject([
      { kind: 'add', fields: { lineCode: 'FREIGHT', type: 'CHARGE', unitPrice: '9', quantity: '1' } },
    ]);
    expect(of('9', [freight]).lineChanges).toEqual([
      { kind: 'change', lineId: 'f', fields: { quantity: '1', unitPrice: '9' } },
    ]);
    expect(of(null, [freight]).lineChanges).toEqual([{ kind: 'remove', lineId: 'f' }]);
    expect(of('12.5', [freight]).lineChanges).toEqual([]);
    expect(of(null, []).lineChanges).toEqual([]);
    expect(of('9', []).fields).toEqual({});
    expect(encodeWrite(order, 'crm', { freightAmount: '9' }, { lookup, current: null })).toMatchObject({
      fields: { freightAmount: '9' },
      lineChanges: [],
    });
  });

  test('a value that is taken away is written as empty beside others, in the ERP and in the CRM', () => {
    for (const side of ['crm', 'erp'] as const) {
      const { fields } = encodeWrite(
        customer,
        side,
        { phone: null, name: 'Acme' },
        { lookup, current: null },
      );
      expect(fields).toMatchObject({ [side === 'crm' ? 'phone' : 'phoneNo']: null, name: 'Acme' });
    }
  });

  test('a long description goes on in COMMENT lines, and comes back as it was', () => {
    const of = (description: string, lines: readonly Line[]) =>
      encodeLine(order, 'erp', { description }, { lookup, document: { lines }, lineId: 'e1' });
    const { fields, comments } = of(long, document.lines);
    expect(String(fields.description).length).toBeLessThanOrEqual(100);
    expect(comments).toMatchObject([
      { kind: 'add', fields: { type: 'COMMENT', attachedTo: 'e1', position: 1 } },
    ]);
    const added = comments.map((c, n) => ({ ...('fields' in c ? c.fields : {}), lineId: `x${n}` }));
    const lines = [item(1, fields), ...added];
    expect(erpOrder(lines).lines?.[0]?.values.description).toBe(long);
    expect(of('short', lines).comments).toEqual([{ kind: 'remove', lineId: 'x0' }]);
    expect(of(long, lines).comments).toEqual([]);
    expect(of(`${long} and more`, lines).comments).toMatchObject([{ kind: 'change', lineId: 'x0' }]);
    const crm = encodeLine(order, 'crm', { description: long }, { lookup, document: {}, lineId: 'c1' });
    expect(crm).toMatchObject({
      fields: {},
      held: [{ field: 'description', kind: 'unfit', line: 'c1' }],
      comments: [],
    });
  });

  test('references are written as ids, placeholders and derived fields never', () => {
    const values = {
      customerId: 'link-Customer-4',
      ownerId: 'link-User-missing',
      id: 'c-1',
      erpOrderNumber: 'O1',
    };
    const { fields, held } = encodeWrite(order, 'erp', values, { lookup, current: null });
    expect(fields).toEqual({ customerId: 'e-4', externalReference: 'c-1', orderNo: 'O1' });
    expect(held).toMatchObject([{ field: 'ownerId', kind: 'waits' }]);
    expect(encodeWrite(order, 'crm', { id: 'c-1' }, { lookup, current: null }).fields).toEqual({});
  });

  test('a write-in becomes the configured item', () => {
    const { fields } = encodeLine(
      order,
      'erp',
      { kind: 'WRITE_IN', productId: null, description: 'Odd job' },
      { lookup, document: {}, lineId: 'n' },
    );
    expect(fields).toEqual({ type: 'ITEM', itemNo: 'WRITE-IN', description: 'Odd job' });
  });
});

describe('drift', () => {
  const state = (values: Values): SideState => ({ values, held: [], at: 1 });
  const verdict = (crm: Json, erp: Json, base: readonly [Json, Json] | null) =>
    driftBetween(customer, {
      base: base && { crm: { name: base[0] }, erp: { name: base[1] } },
      crm: state({ name: crm }),
      erp: state({ name: erp }),
      lineLinks: [],
    }).find(({ field }) => field === 'name')?.verdict;

  test.each([
    ['a', 'a', ['a', 'a'], 'equal'],
    ['b', 'b', ['a', 'a'], 'equal'],
    ['long', 'lon', ['long', 'lon'], 'agreed difference'],
    ['b', 'a', ['a', 'a'], 'crm ahead'],
    ['a', 'b', ['a', 'a'], 'erp ahead'],
    ['b', 'c', ['a', 'a'], 'conflict'],
    ['b', 'c', null, 'conflict'],
    ['?crm:x', 'c', null, 'held'],
  ] as const)('CRM %s, ERP %s, base %j: %s', (crm, erp, base, wanted) =>
    expect(verdict(crm, erp, base)).toBe(wanted),
  );

  test('lines are compared by their links; one that is missing is told', () => {
    const crm = { ...state({}), lines: [{ lineId: 'c1', values: { quantity: '1' }, held: [] }] };
    const base = { crm: { quantity: '1' }, erp: { quantity: '1' } };
    const links = [{ id: 'l1', crmLineId: 'c1', erpLineId: 'e1', base, ended: false }];
    const of = (lines: SideState['lines']) =>
      driftBetween(order, {
        base: null,
        crm,
        erp: { ...state({}), lines: lines ?? [] },
        lineLinks: links,
        stage: 'ordered',
      })
        .filter(({ line, verdict }) => line && verdict !== 'equal' && verdict !== 'agreed difference')
        .map(({ field, line, verdict }) => [field, line, verdict]);
    expect(of([{ lineId: 'e1', values: { quantity: '2' }, held: [] }])).toEqual([
      ['quantity', 'l1', 'erp ahead'],
    ]);
    expect(of([{ lineId: 'e1', values: { quantity: '1' }, held: [] }])).toEqual([]);
    expect(of([])).toEqual([['line', 'l1', 'erp ahead']]);
  });
});

describe('lines of the ERP', () => {
  const comment = (n: number, attachedTo: Json, description: Json, more: Line = {}): Line => ({
    lineId: `x${n}`,
    type: 'COMMENT',
    attachedTo,
    position: n,
    description,
    ...more,
  });
  const shown = (lines: readonly Line[]) =>
    erpOrder(lines).lines?.map(({ lineId, values }) => [lineId, values.description ?? null]);

  test('only what is a comment and hangs on a line of the document folds back', () => {
    const first = item(1, { description: 'first' });
    expect(shown([first, comment(1, 'e1', 'second')])).toEqual([['e1', 'first second']]);
    expect(shown([first, { ...comment(1, 'e1', 'second'), type: 'ITEM' }])).toEqual([
      ['e1', 'first'],
      ['x1', 'second'],
    ]);
    expect(shown([first, comment(1, null, 'alone')])).toEqual([
      ['e1', 'first'],
      ['x1', 'alone'],
    ]);
    expect(shown([item(1), comment(1, 'e1', 'only')])).toEqual([['e1', 'only']]);
    expect(shown([first, comment(1, 'e1', 'second', { position: null }), comment(2, 'e1', 'third')])).toEqual(
      [['e1', 'first second third']],
    );
    expect(shown([first, comment(2, 'e1', 'third'), comment(1, 'e1', 'second', { position: null })])).toEqual(
      [['e1', 'first second third']],
    );
  });

  test('a charge with another code, and an item with that of the freight, are lines', () => {
    const ids = (lines: readonly Line[]) => erpOrder(lines).lines?.map(({ lineId }) => lineId);
    expect(ids([freight, item(1)])).toEqual(['e1']);
    expect(ids([{ ...freight, lineCode: 'TOLL' }])).toEqual(['f']);
    expect(ids([{ ...freight, type: 'ITEM' }])).toEqual(['f']);
    const crm = decodeRecord(order, 'crm', record({ lines: [freight] }), lookup, 1);
    expect(crm.lines?.map(({ lineId }) => lineId)).toEqual(['f']);
    const charges = [
      item(1, { lineCode: 'FREIGHT', unitPrice: '1' }),
      { ...freight, lineCode: 'TOLL' },
      freight,
    ];
    expect(erpOrder(charges).values.freightAmount).toBe('12.5');
  });

  test.each([
    [{ unitPrice: '12.50', quantity: '1' }, '12.5'],
    [{ unitPrice: '0.1', quantity: '3' }, '0.3'],
    [{ unitPrice: '0.00', quantity: '3' }, null],
    [{ unitPrice: null, quantity: '3' }, null],
    [{ unitPrice: '5', quantity: null }, '5'],
    [{ unitPrice: 'x', quantity: 'y' }, null],
    [{ unitPrice: '5', quantity: 'y' }, '5'],
    [{ lineDiscountAmount: '2.50' }, '10'],
    [{ quantity: '3', lineDiscountAmount: '7.5' }, '30'],
    [{ lineDiscountAmount: '12.50' }, null],
    [{ lineDiscountAmount: null }, '12.5'],
    [{ lineDiscountAmount: 'x' }, '12.5'],
    // To the cent as the ERP does: quantity × price first, half a cent away from zero, then the discount.
    [{ unitPrice: '9.999' }, '10'],
    [{ unitPrice: '3.335', quantity: '3' }, '10.01'],
    [{ unitPrice: '-3.335', quantity: '3' }, '-10.01'],
    [{ unitPrice: '3.333', quantity: '3', lineDiscountAmount: '5.00' }, '5'],
    [{ unitPrice: '0.004' }, null],
  ])('freight of %j is %j', (fields, amount) => {
    expect(erpOrder([{ ...freight, ...fields }]).values.freightAmount).toBe(amount);
  });

  test.each([
    ['JPY', '10'],
    ['KWD', '9.999'],
    [null, '10'],
  ])('freight is rounded to the decimals of its document’s currency: %s', (currencyCode, amount) => {
    const fields = { currencyCode, lines: [{ ...freight, unitPrice: '9.9994' }] };
    expect(decodeRecord(order, 'erp', record(fields, 'e-1'), lookup, 1).values.freightAmount).toBe(amount);
  });

  test('freight that comes to the amount once rounded is left as it is, by the currency that is written', () => {
    const lines = [{ ...freight, unitPrice: '9.999' }];
    const change = (values: Readonly<Record<string, Json>>) =>
      encodeWrite(order, 'erp', values, { lookup, current: record({ lines }, 'e-1') }).lineChanges;
    expect(change({ freightAmount: '10' })).toEqual([]);
    expect(change({ freightAmount: '10', currency: 'KWD' })).toMatchObject([{ fields: { unitPrice: '10' } }]);
    expect(change({ freightAmount: '20' })).toMatchObject([{ fields: { unitPrice: '20' } }]);
  });

  const changes = (freightAmount: Json, lines: readonly Line[]) =>
    encodeWrite(order, 'erp', { freightAmount }, { lookup, current: record({ lines }, 'e-1') }).lineChanges;

  test('freight of nothing, or of what is no number, removes the line', () => {
    const gone = [{ kind: 'remove', lineId: 'f' }];
    expect([changes('0.00', [freight]), changes('x', [freight])]).toEqual([gone, gone]);
    expect([changes('0', []), changes('x', [])]).toEqual([[], []]);
    expect(changes('12.50', [{ ...freight, quantity: '2' }])).toEqual([
      { kind: 'change', lineId: 'f', fields: { quantity: '1', unitPrice: '12.5' } },
    ]);
    expect(encodeWrite(order, 'erp', { notes: 'n' }, { lookup, current: null }).lineChanges).toEqual([]);
  });

  test('freight that is written takes a discount of its line away, and names none where there is none', () => {
    const undiscounted = { lineDiscountPercent: null, lineDiscountAmount: null };
    const change = (fields: object) => [{ kind: 'change', lineId: 'f', fields }];
    const discounted = { ...freight, lineDiscountPercent: '20', lineDiscountAmount: '2.50' };
    expect(changes('10', [discounted])).toEqual([]);
    expect(changes('12.5', [discounted])).toEqual(
      change({ quantity: '1', unitPrice: '12.5', ...undiscounted }),
    );
    const ofNothing = { ...freight, unitPrice: '0', lineDiscountPercent: '20', lineDiscountAmount: '0.00' };
    expect(changes('9', [ofNothing])).toEqual(change({ quantity: '1', unitPrice: '9', ...undiscounted }));
    for (const lineDiscountAmount of [null, '0', '0.00', 'x'])
      expect(changes('9', [{ ...freight, lineDiscountAmount }])).toEqual(
        change({ quantity: '1', unitPrice: '9' }),
      );
    const [added] = changes('9', []);
    expect(added).toMatchObject({ kind: 'add' });
    expect(Object.keys((added as { fields: Line }).fields)).not.toContain('lineDiscountAmount');
  });

  test('a description that the ERP does not show is no empty one', () => {
    const of = (line: Line) => erpOrder([line]).lines?.[0]?.values;
    expect(of(item(1))).not.toHaveProperty('description');
    expect(of(item(1, { description: '' }))).toHaveProperty('description', null);
  });

  const encoded = (description: Json, lines: readonly Line[], side: 'crm' | 'erp' = 'erp') =>
    encodeLine(order, side, { description }, { lookup, document: { lines }, lineId: 'e1' });

  test('a description that is shorter now takes its comments away; another text changes them', () => {
    const there = [comment(1, 'e1', 'second'), comment(2, 'e1', 'third')];
    expect(encoded('short', there).comments).toEqual([
      { kind: 'remove', lineId: 'x1' },
      { kind: 'remove', lineId: 'x2' },
    ]);
    const pieces = encoded(long, []).comments;
    expect(pieces).toMatchObject([
      { kind: 'add', fields: { type: 'COMMENT', attachedTo: 'e1', position: 1 } },
    ]);
    const text = (pieces[0] as { fields: Line }).fields.description!;
    expect(encoded(long, [comment(1, 'e1', text)]).comments).toEqual([]);
    expect(encoded(long, [comment(1, 'e1', 'other')]).comments).toEqual([
      { kind: 'change', lineId: 'x1', fields: { description: text } },
    ]);
    expect(encoded(null, there).comments).toEqual([
      { kind: 'remove', lineId: 'x1' },
      { kind: 'remove', lineId: 'x2' },
    ]);
    expect(encoded(null, []).comments).toEqual([]);
    expect(encoded(long, there, 'crm').comments).toEqual([]);
    expect(
      encodeLine(order, 'erp', { unit: 'C62' }, { lookup, document: {}, lineId: 'e1' }).comments,
    ).toEqual([]);
  });

  test('a line is written in view of what stands there', () => {
    const of = (type: string) =>
      encodeLine(
        order,
        'erp',
        { kind: 'PRODUCT' },
        { lookup, document: { lines: [item(1, { type })] }, lineId: 'e1' },
      ).fields;
    expect(of('ITEM')).toMatchObject({ type: 'ITEM' });
  });
});

describe('what is told of a value', () => {
  const message = (phone: Json) =>
    decodeRecord(customer, 'erp', record({ phoneNo: phone }, 'e-1'), lookup, 1).held[0]!.message;

  test('names the field and shows the value, cut where it is long', () => {
    expect(message('call me')).toMatch(/^phone "call me" is no phone number/u);
    expect(message(true)).toMatch(/^phone true is no phone number/u);
    expect(message('x'.repeat(78))).toContain(`phone "${'x'.repeat(78)}" is`);
    expect(message('x'.repeat(79))).toContain(`phone "${'x'.repeat(76)}… is`);
  });
});

describe('the halves of a discount', () => {
  const of = (values: Values) => encodeWrite(order, 'crm', values, { lookup, current: null }).fields;
  test.each<readonly [Values, object]>([
    [{ discountPercent: '5', discountAmount: null }, { discountPercent: '5' }],
    [{ discountPercent: null, discountAmount: '5' }, { discountAmount: '5' }],
    [
      { discountPercent: null, discountAmount: null },
      { discountPercent: null, discountAmount: null },
    ],
    [{ discountPercent: null }, { discountPercent: null }],
    [{ discountAmount: null }, { discountAmount: null }],
  ])('%j is written as %j', (values, fields) => {
    expect(of(values)).toEqual(fields);
  });
});
