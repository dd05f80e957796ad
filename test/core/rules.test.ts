import { describe, expect, test } from 'vitest';
import { text } from '../../sync/core/codecs/text.ts';
import { defineMapping, type EntityShape } from '../../sync/core/define-mapping.ts';
import type { FieldRule } from '../../sync/core/mapping.ts';
import { isTyped, soleAuthor } from '../../sync/core/rules.ts';
import { mappings } from '../../sync/mappings/index.ts';
import { rule } from './fixture.ts';

test('a field that travels one way has one author', () => {
  const authors = (['both', 'off', 'toErp', 'toCrm'] as const).map((way) => soleAuthor(rule({ way })));
  expect(authors).toEqual([null, null, 'crm', 'erp']);
});

describe('people type', () => {
  const given = (crm: boolean, erp: boolean) => ({ crm, erp });

  test.each<readonly [string, Partial<FieldRule>, boolean]>([
    ['what travels both ways', {}, true],
    ['what one side keeps to itself', { given: given(true, false) }, true],
    ['what the other does', { given: given(false, true) }, true],
    ['not what both do', { given: given(true, true) }, false],
    ['what both sides lack a property for', { crm: null, erp: null }, true],
    ['in the CRM what travels from there', { way: 'toErp', given: given(false, true) }, true],
    ['not what the CRM gives', { way: 'toErp', given: given(true, false) }, false],
    ['not what is read off the CRM’s record', { way: 'toErp', crm: null }, false],
    ['in the ERP what travels from there', { way: 'toCrm', given: given(true, false) }, true],
    ['not what the ERP gives', { way: 'toCrm', given: given(false, true) }, false],
    ['what the ERP alone edits', { way: 'toCrm' }, true],
    ['not what follows from another pair', { derived: true }, false],
    ['not the order of lines', { order: true }, false],
  ])('%s', (_, row, typed) => {
    expect(isTyped(rule(row))).toBe(typed);
  });
});

test('what a system gives is read off its declaration: what nobody may write there, and ids', () => {
  const type = { kind: 'text' } as const;
  const entity = (access?: 'read' | 'sync') =>
    ({ name: 'Thing', properties: { p: { type, ...(access && { access }) } } }) as const;
  const row = { row: 1, codec: text, way: 'both', wins: 'crm', rule: '' } as const;
  const made = defineMapping(entity('read'), entity(), {
    name: 'product',
    links: { kind: 'every' },
    creates: { crm: true, erp: true },
    onDelete: { crm: 'archive', erp: 'archive' },
    match: [],
    fields: {
      a: { ...row, crm: 'p', erp: 'p' },
      b: { ...row, crm: 'id', erp: null },
    },
  });
  expect(made.fields.a!.given).toEqual({ crm: true, erp: false });
  expect(made.fields.b!.given).toEqual({ crm: true, erp: false });
});

test('the kind of JSON that a field is typed as is read off the CRM’s property, or the ERP’s where the CRM has none', () => {
  const kinds = {
    int: 'number',
    decimal: 'number',
    money: 'number',
    boolean: 'boolean',
    address: 'address',
    texts: 'list',
    list: 'list',
    text: 'text',
    date: 'text',
  } as const;
  const types = Object.keys(kinds).map((kind) => [kind, { type: { kind } as never }] as const);
  const whole: EntityShape = { name: 'Thing', properties: Object.fromEntries(types) };
  // A property of this name is no answer to a row that names none.
  const bare: EntityShape = { name: 'Thing', properties: { null: { type: { kind: 'boolean' } as never } } };
  const row = { row: 1, codec: text, way: 'both', wins: 'crm', rule: '' } as const;
  const takes = (side: 'crm' | 'erp') => {
    const [crm, erp] = side === 'crm' ? [whole, bare] : [bare, whole];
    const fields = Object.fromEntries(
      [...Object.keys(kinds), 'id'].map((kind) => [
        kind,
        { ...row, crm: null, erp: null, [side]: kind } as never,
      ]),
    );
    const flow = {
      name: 'product',
      links: { kind: 'every' },
      creates: { crm: true, erp: true },
      onDelete: { crm: 'archive', erp: 'archive' },
      match: [],
    } as const;
    const made = defineMapping(crm, erp, { ...flow, fields });
    return Object.fromEntries(Object.entries(made.fields).map(([field, rule]) => [field, rule.takes]));
  };
  expect(takes('crm')).toEqual({ ...kinds, id: 'text' });
  expect(takes('erp')).toEqual({ ...kinds, id: 'text' });
});

test('totals follow, amounts and prices are typed', () => {
  const order = mappings.find(({ name }) => name === 'order')!;
  const typed = (table: Readonly<Record<string, FieldRule>>, fields: readonly string[]) =>
    fields.filter((field) => isTyped(table[field]!));
  expect(typed(order.fields, ['id', 'orderNumber', 'netAmount', 'taxAmount', 'totalAmount'])).toEqual([]);
  expect(typed(order.lines!, ['lineId', 'netAmount', 'taxAmount', 'grossAmount', 'lineStatus'])).toEqual([]);
  const hand = ['quantity', 'unitPrice', 'discountPercent', 'discountAmount'];
  expect(typed(order.lines!, hand)).toEqual(hand);
});
