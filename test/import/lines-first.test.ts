import { expect, it } from 'vitest';
import { importing } from './imported.ts';

// The one test of its file: nothing has been asked of this database before.
const { run, write } = await importing();

it('checks documents with lines of a second file as the first thing that a process does', async () => {
  write('lines.csv', 'order,item,n\nR1,B1,2\n');
  const map = {
    system: 'erp',
    entity: 'Order',
    key: 'o:{id}',
    fields: { customerId: { template: 'd:{c}', lookup: { entity: 'Customer', by: 'key' } }, orderNo: 'id' },
    lines: [
      {
        file: 'lines.csv',
        match: { order: 'id' },
        key: '{item}',
        fields: { itemNo: 'item', quantity: 'n', unitPrice: { value: '1' } },
      },
    ],
  };
  const { result, refused } = await run(map, 'id,c\nR1,ACME\n', { check: true });
  expect(refused).toEqual([]);
  expect(result).toMatchObject({ rows: 1, created: 0, refused: 0 });
});
