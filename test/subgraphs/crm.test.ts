import { openSubject } from './subject.ts';
import { describeSubgraph } from './suite.ts';

describeSubgraph('crm', await openSubject('crm'), {
  entities: ['User', 'Customer', 'Contact', 'Product', 'Quote', 'Order'],
  filled: { Product: { baseUnit: 'C62' } },
  line: { unit: 'C62' },
  afterwards: { Order: { status: 'ON_HOLD', holdReason: 'STOCK' } },
  person: {
    // A new customer has no contacts yet.
    Customer: { primaryContactId: null },
    Product: { baseUnit: 'C62' },
    // One of percent and amount is typed; a quote is revised once.
    Quote: { discountAmount: null, revisionOfId: null },
    Order: { discountAmount: null },
  },
  personLine: { unit: 'C62', discountAmount: null },
  change: {
    User: 'jobTitle',
    Customer: 'legalName',
    Contact: 'department',
    Product: 'category',
    Quote: 'notes',
    Order: 'notes',
  },
});
