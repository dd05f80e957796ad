import { openSubject } from './subject.ts';
import { describeSubgraph } from './suite.ts';

describeSubgraph('erp', await openSubject('erp'), {
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
