import { describe, expect, test } from 'vitest';
import { keptBeside } from '../../sync/core/decode.ts';
import { lineRemoval } from '../../sync/core/erp-lines.ts';

import { order } from '../../sync/mappings/order.ts';
import { quote } from '../../sync/mappings/quote.ts';

describe('what a write leaves as it stands and gives all the same', () => {
  const line = {
    productId: 'I1',
    description: 'By phone',
    unitCode: 'PCS',
    unitPrice: '100',
    vatProductGroup: 'STANDARD',
    vatPercent: '25',
    quantity: '3',
  };

  test('with another item: its text, unit, price and tax, but not what the ERP computes', () => {
    expect(keptBeside(quote.lines!, 'erp', { fields: { productId: 'I2' }, current: line })).toEqual({
      description: 'By phone',
      unitCode: 'PCS',
      unitPrice: '100',
      vatProductGroup: 'STANDARD',
    });
  });

  test('in the CRM, whose tax rate is the ERP’s, that as well', () => {
    const current = {
      productId: 'p1',
      description: 'By phone',
      taxRate: '25',
      taxCategory: 'S',
      unit: 'C62',
    };
    expect(keptBeside(quote.lines!, 'crm', { fields: { productId: 'p2' }, current })).toEqual({
      description: 'By phone',
      taxRate: '25',
      taxCategory: 'S',
      unit: 'C62',
    });
  });

  test('with another unit the price alone', () => {
    expect(keptBeside(quote.lines!, 'erp', { fields: { unitCode: 'BOX' }, current: line })).toEqual({
      unitPrice: '100',
    });
  });

  test('not what the write gives itself, an empty one included, nor what is empty', () => {
    const fields = { productId: 'I2', description: null, unitPrice: '90' };
    const current = { ...line, unitCode: null };
    expect(keptBeside(quote.lines!, 'erp', { fields, current })).toEqual({ vatProductGroup: 'STANDARD' });
  });

  test.each([
    ['the same item', { productId: 'I1' }],
    ['no item', { quantity: '4' }],
  ])('nothing with %s', (_, fields) => {
    expect(keptBeside(quote.lines!, 'erp', { fields, current: line })).toEqual({});
  });

  const head = {
    customerId: 'C1',
    billToAddress: 'a',
    shipToAddress: 'b',
    paymentTermsCode: 'NET60',
    shipmentMethodCode: 'EXW',
    shippingAgentCode: 'DHL',
    priceGroupCode: 'VIP',
    workDescription: 'text',
  };
  const { customerId: _, workDescription: __, priceGroupCode, ...ofOrder } = head;

  test('with another customer its addresses and terms, of a quote its price list, too', () => {
    const of = { fields: { customerId: 'C2' }, current: head };
    expect(keptBeside(quote.fields, 'erp', of)).toEqual({ ...ofOrder, priceGroupCode });
    expect(keptBeside(order.fields, 'erp', of)).toEqual(ofOrder);
  });

  test('with another payer its address and payment terms', () => {
    const of = { fields: { billToCustomerId: 'C2' }, current: { ...head, billToCustomerId: 'C1' } };
    expect(keptBeside(order.fields, 'erp', of)).toEqual({ billToAddress: 'a', paymentTermsCode: 'NET60' });
  });
});

describe('a line that is removed', () => {
  const document = {
    lines: [
      { lineId: 'a', lineNo: 10, type: 'ITEM' },
      { lineId: 'a1', lineNo: 20, type: 'COMMENT', attachedTo: 'a' },
      { lineId: 'b', lineNo: 30, type: 'ITEM' },
      { lineId: 'b1', lineNo: 40, type: 'COMMENT', attachedTo: 'b' },
    ],
  };

  test('goes in the ERP with the comments attached to it, and with no others', () => {
    expect(lineRemoval(document, 'erp', 'a')).toEqual([
      { kind: 'remove', lineId: 'a' },
      { kind: 'remove', lineId: 'a1' },
    ]);
  });

  test('in the CRM alone', () => {
    expect(lineRemoval(document, 'crm', 'a')).toEqual([{ kind: 'remove', lineId: 'a' }]);
  });
});
