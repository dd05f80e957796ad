import { expect, test } from 'vitest';
import { homesOf } from '../../sync/core/home.ts';
import { createLinkTable } from '../../sync/engine/lookup.ts';
import { mappings } from '../../sync/mappings/index.ts';

const company = { baseCurrency: 'NOK', country: 'NO', timeZone: 'Europe/Oslo', writeInItem: 'MISC' };

test('a pair that is whole stays so, whatever an older look at it shows', () => {
  const table = createLinkTable(homesOf(mappings), company, { code: () => undefined, isShared: () => false });
  const half = {
    id: 'l1',
    mapping: 'customer',
    crmId: 'c1',
    erpId: null,
    state: 'pending',
    endedBy: null,
  } as const;
  table.add([half]);
  expect(table.lookup.link({ side: 'crm', entity: 'Customer', id: 'c1' })).toBeUndefined();
  table.add([{ ...half, erpId: 'e1', state: 'synced' }]);
  table.add([half]);
  expect(table.lookup.link({ side: 'crm', entity: 'Customer', id: 'c1' })).toBe('l1');
  expect(table.lookup.record('l1', 'erp')).toBe('e1');
});
