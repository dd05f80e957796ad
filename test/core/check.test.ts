import { expect, test } from 'vitest';
import { crm } from '../../subgraphs/crm/entities.ts';
import { erp } from '../../subgraphs/erp/entities.ts';
import { checkMappings, type Shapes } from '../../sync/core/check.ts';
import { text } from '../../sync/core/codecs/text.ts';
import { defineMapping } from '../../sync/core/define-mapping.ts';
import { errors, isErrorCode, meaningOf, retryOf, SyncError } from '../../sync/core/errors.ts';
import { homesOf, mappingsOfEntity } from '../../sync/core/home.ts';
import type { Mapping } from '../../sync/core/mapping.ts';
import type { MappingName, Side } from '../../sync/core/types.ts';
import { mappings } from '../../sync/mappings/index.ts';

const shapes: Shapes = { crm: crm.entities, erp: erp.entities };
/** Rows of the tables that say what has to be mapped. */
const rows = {
  customer: 26,
  contact: 20,
  product: 21,
  quote: 27,
  quoteOrder: 22,
  order: 28,
  userOrder: 14,
  lines: 20,
};
const byName = Object.fromEntries(mappings.map((mapping) => [mapping.name, mapping])) as Record<
  MappingName,
  Mapping
>;
const { customer, order, quoteOrder } = byName;
const changed = (mapping: Mapping, fields: Partial<Record<string, object>>): Mapping => ({
  ...mapping,
  fields: Object.fromEntries(Object.entries(mapping.fields).map(([f, r]) => [f, { ...r, ...fields[f] }])),
});

test('the mappings are sound: every row is there, every property exists, no two write one ERP field at one stage', () => {
  expect(checkMappings(mappings, shapes, rows)).toEqual([]);
});

test('what is wrong is named with its remedy', () => {
  expect(checkMappings([changed(order, { notes: { erp: 'workDescripton' } })], shapes)).toEqual([
    'order.notes: the ERP has no property workDescripton. Correct the row or declare it.',
  ]);
  const lacking = {
    ...order,
    fields: Object.fromEntries(Object.entries(order.fields).filter(([f]) => f !== 'notes')),
  };
  expect(checkMappings([lacking], shapes, rows)).toEqual(['order: row 25 of order is missing. Map it.']);
  expect(checkMappings([{ ...order, erp: 'Ordr' }], shapes)[0]).toBe(
    'order: the ERP has no entity Ordr. Declare it.',
  );
  expect(checkMappings([changed(order, { status: { states: undefined } })], shapes)).toEqual([
    'order.status: wins by rank without a state map. Name the map.',
  ]);
  expect(checkMappings([{ ...order, match: [{ fields: ['nothing'], score: 1 }] }], shapes)).toEqual([
    'order: match key nothing is no field. Correct it.',
  ]);
  const twice = checkMappings([changed(quoteOrder, { orderDate: { content: false } }), order], shapes);
  expect(twice).toContain(
    'quoteOrder.orderDate and order.orderDate both write Order.orderDate at stage ordered. Let one of them carry it.',
  );
});

test('a native name that a system does not have is a compile error', () => {
  const row = { row: 1, codec: text, way: 'both', wins: 'latest', rule: '' } as const;
  const rest = {
    name: 'customer',
    links: { kind: 'every' },
    creates: { crm: true, erp: true },
    onDelete: { crm: 'archive', erp: 'archive' },
  } as const;
  const { Customer } = crm.entities;
  const other = erp.entities.Customer;
  const good = defineMapping(Customer, other, {
    ...rest,
    match: [{ fields: ['name'], score: 1 }],
    fields: { name: { ...row, crm: 'name', erp: 'name' } },
  });
  expect(good.fields.name?.required).toEqual({ crm: true, erp: true });
  const optional = defineMapping(Customer, other, {
    ...rest,
    match: [],
    fields: {
      notes: { ...row, crm: 'legalName', erp: null },
      website: { ...row, crm: null, erp: 'homePage' },
    },
  });
  for (const { required } of Object.values(optional.fields))
    expect(required).toEqual({ crm: false, erp: false });
  defineMapping(Customer, other, {
    ...rest,
    match: [],
    // @ts-expect-error the CRM's customer has no nmae
    fields: { name: { ...row, crm: 'nmae', erp: 'name' } },
  });
  defineMapping(Customer, other, {
    ...rest,
    // @ts-expect-error no field of this mapping
    match: [{ fields: ['email'], score: 1 }],
    fields: { name: { ...row, crm: 'name', erp: 'name' } },
  });
});

test('an entity has one home: the flow that takes in its new records, and through which references to them go', () => {
  expect(homesOf(mappings)).toEqual({
    crm: {
      Customer: 'customer',
      Contact: 'contact',
      Product: 'product',
      Quote: 'quote',
      Order: 'order',
      User: 'user',
    },
    erp: {
      Customer: 'customer',
      Contact: 'contact',
      Product: 'product',
      Quote: 'quote',
      Order: 'order',
      Salesperson: 'user',
    },
  });
  const names = (side: Side, entity: string) =>
    mappingsOfEntity(byName, side, entity).map(({ name }) => name);
  expect(names('erp', 'Order')).toEqual(['order', 'quoteOrder', 'userOrder']);
  expect(names('crm', 'Customer')).toEqual(['customer']);
  expect(names('crm', 'Nothing')).toEqual([]);
  const { between: _, ...rival } = quoteOrder;
  expect(checkMappings([...mappings.filter((each) => each !== quoteOrder), rival], shapes)).toEqual([
    'quote and quoteOrder both take in a new Quote of the CRM. Mark what only relates such records as between.',
    'order and quoteOrder both take in a new Order of the ERP. Mark what only relates such records as between.',
  ]);
});

test('every error says what to do about it, and an unknown code is a fault of our own', () => {
  for (const [code, { description, retry }] of Object.entries(errors)) {
    expect(isErrorCode(code)).toBe(true);
    expect(description).toMatch(/\.$/u);
    expect(retryOf(code)).toBe(retry);
    expect(meaningOf(code)).toBe(description);
  }
  expect(isErrorCode('toString')).toBe(false);
  expect(retryOf('NONSENSE')).toBe('later');
  expect(meaningOf('NONSENSE')).toBe('NONSENSE.');
  expect(Object.hasOwn(new SyncError('STALE', 'x'), 'cause'), 'a log shows no empty cause').toBe(false);
  const error = new SyncError('STALE', 'Customer 7 has version 3, not 2.', {
    detail: { id: '7' },
    cause: 'x',
  });
  expect([error.code, error.retry, error.detail, error.cause, error.name]).toEqual([
    'STALE',
    'replan',
    { id: '7' },
    'x',
    'SyncError',
  ]);
});

test('a pair, the stages of content and the rows of the lines are looked at, too', () => {
  const { carries: _, ...never } = order;
  const named = (mapping: Mapping, wanted = {}) => checkMappings([mapping], shapes, wanted);
  expect(named(changed(order, { discountPercent: { pair: 'nothing' } }))).toEqual([
    'order.discountPercent: its pair nothing is no field. Name the other half.',
  ]);
  const content = named(never);
  expect(content.length).toBeGreaterThan(0);
  for (const told of content)
    expect(told).toMatch(/^order\.\w+: content of a mapping that never carries any\. Say when it does\.$/u);
  const zero = Object.fromEntries(Object.keys(order.fields).map((field) => [field, { row: 0 }]));
  expect(named(changed(never as Mapping, zero))).toEqual([]);
  const lines = Object.fromEntries(Object.entries(order.lines!).filter(([, { row }]) => row !== 20));
  expect(named({ ...order, lines }, { order: 28, lines: 20 })).toEqual([
    'order: row 20 of lines is missing. Map it.',
  ]);
  // That the lines as a whole are a row of the header is no row of theirs.
  expect(named({ ...order, linesRow: 20, lines }, { lines: 20 })).toEqual([
    'order: row 20 of lines is missing. Map it.',
  ]);
  const { linesRow: __, ...without } = order;
  expect(named(without, { order: 28 })).toEqual([
    `order: row ${order.linesRow} of order is missing. Map it.`,
  ]);
  expect(named({ ...without, lines: { ...lines } }, { lines: 20 })).toHaveLength(1);
  const { lines: ___, ...header } = customer;
  expect(named(header, { customer: 27, lines: 20 })).toEqual([
    'customer: row 27 of customer is missing. Map it.',
  ]);
  const misnamed = { ...order, lines: { ...order.lines!, unit: { ...order.lines!.unit!, crm: 'unti' } } };
  expect(named(misnamed)).toEqual([
    'order.lines.unit: the CRM has no property unti. Correct the row or declare it.',
  ]);
});

test('two mappings may write one ERP field at different stages, and one may write it twice', () => {
  const field = customer.fields.name!;
  const of = (name: string, more: object, on: Partial<Mapping> = {}): Mapping =>
    ({
      ...customer,
      name,
      between: true,
      match: [],
      fields: { [name]: { ...field, ...more } },
      ...on,
    }) as Mapping;
  const writers = (...all: readonly Mapping[]) => checkMappings(all, shapes).length;
  expect(writers(of('a', {}), of('b', {}))).toBe(6);
  expect(writers(of('a', {}), of('a', {}))).toBe(0);
  expect(writers(of('a', { stages: ['quote'] }), of('b', { stages: ['shipped'] }))).toBe(0);
  for (const more of [{ derived: true }, { way: 'toCrm' }, { way: 'off' }, { erp: null }])
    expect(writers(of('a', {}), of('b', more)), JSON.stringify(more)).toBe(0);
  expect(writers(of('a', { erp: null }), of('b', { erp: null }))).toBe(0);
  expect(writers(of('a', { way: 'toErp' }), of('b', {}))).toBe(6);
  const [early, late] = [{ carries: ['quote', 'accepted'] }, { carries: ['ordered', 'shipped'] }] as const;
  expect(writers(of('a', { content: true }, early), of('b', { content: true }, late))).toBe(0);
  expect(writers(of('a', { content: true }, early), of('b', { content: true }, early))).toBe(2);
  // What is no content is written by a link of the order only once there is one.
  expect(writers(of('a', {}, early), of('b', {}, late))).toBe(2);
});
