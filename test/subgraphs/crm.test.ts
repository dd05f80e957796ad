import { openSubject } from './subject.ts';
import { describeSubgraph } from './suite.ts';

describeSubgraph('crm', await openSubject('crm'), {
  entities: ['User', 'Customer', 'Contact', 'Product', 'Quote', 'Order'],
  filled: {},
  line: {},
  person: {},
  personLine: {},
  change: {
    User: 'jobTitle',
    Customer: 'legalName',
    Contact: 'department',
    Product: 'category',
    Quote: 'notes',
    Order: 'notes',
  },
  empty: {},
});
