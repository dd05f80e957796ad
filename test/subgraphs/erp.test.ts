import { expect, it } from 'vitest';
import { openSubject } from './subject.ts';
import { describeSubgraph } from './suite.ts';

const subject = await openSubject('erp');

describeSubgraph('erp', subject, {
  entities: ['Salesperson', 'Customer', 'Contact', 'Product', 'Quote', 'Order'],
  // Documents need an item that is sold and a salesperson who takes orders.
  filled: { Salesperson: { blocked: false }, Product: { baseUnitCode: 'PCS', salesBlocked: false } },
  line: { unitCode: 'PCS' },
  afterwards: { Order: { status: 'ON_HOLD', holdReasonCode: 'CREDIT' } },
  person: {
    // A new customer has no contacts yet.
    Customer: { primaryContactId: null },
    Product: { baseUnitCode: 'PCS' },
    // One of percent and amount is typed.
    Quote: { headerDiscountAmount: null },
    Order: { headerDiscountAmount: null },
  },
  // Nothing is shipped of an order that is only proposed.
  personLine: { unitCode: 'PCS', lineDiscountAmount: null, quantityShipped: '0', quantityInvoiced: '0' },
  change: {
    Salesperson: 'title',
    Customer: 'legalName',
    Contact: 'department',
    Product: 'vendorItemNo',
    Quote: 'workDescription',
    Order: 'workDescription',
  },
});

it('a clerk ships and invoices by patching lines, and the header follows', async () => {
  const { data } = subject;
  const { item, customer } = await data(`mutation {
    item: createErpProduct(input: { description: "Chair", unitPrice: "100", inventory: "10" }) { id }
    customer: createErpCustomer(input: { name: "Clerk AS" }) { id }
  }`);
  const lines = [{ productId: item.id, quantity: '4' }];
  const { order } = await data(
    'mutation($input: CreateErpOrderInput!) { order: createErpOrder(input: $input) { id status amountInclVat lines { lineId } } }',
    { input: { customerId: customer.id, lines } },
  );
  expect(order).toMatchObject({ status: 'OPEN', amountInclVat: '500.00' });
  const patch = async (input: object) =>
    (
      await data(
        'mutation($id: ID!, $input: ErpOrderPatch!) { one: updateErpOrder(id: $id, input: $input) { status lines { lineStatus } } }',
        { id: order.id, input },
      )
    ).one;
  const line = (change: object) => ({
    lineChanges: { change: [{ lineId: order.lines[0].lineId, ...change }] },
  });
  expect(await patch({ status: 'RELEASED' })).toMatchObject({ status: 'RELEASED' });
  expect(await patch(line({ quantityShipped: '1' }))).toEqual({
    status: 'PARTIALLY_SHIPPED',
    lines: [{ lineStatus: 'PARTIAL' }],
  });
  expect(await patch(line({ quantityShipped: '4' }))).toMatchObject({ status: 'SHIPPED' });
  expect(await patch(line({ quantityInvoiced: '4' }))).toMatchObject({ status: 'INVOICED' });
  const after = await data(
    `{ item: erpProduct(id: "${item.id}") { inventory } c: erpCustomer(id: "${customer.id}") { balance } }`,
  );
  expect(after).toEqual({ item: { inventory: '6' }, c: { balance: '500.00' } });
});
