import { expect, test } from 'vitest';
import { openWorld } from './world.ts';

const w = await openWorld();

// An item that was deleted is created anew under its number. The CRM's product of it is put away, but still bears the
// number, so no second one can be made: that is no answer to a create, and nobody's product is to follow it away.
test('an item that comes back under the number of a deleted one is neither put away nor merged into the survivor', async () => {
  const old = await w.create('erp', 'Product', { itemNo: 'AGAIN-1', description: 'The old one' });
  await w.settled();
  const { crmId } = await w.linkOf('product', old.id);
  await w.remove('erp', 'Product', old.id);
  await w.settled();
  const survivor = await w.read('crm', 'Product', crmId!);
  expect(survivor.archived).toBe(true);

  const fresh = await w.create('erp', 'Product', { itemNo: 'AGAIN-1', description: 'The new one' });
  await w.settled();
  expect(await w.read('erp', 'Product', fresh.id)).toMatchObject({ archived: false, version: fresh.version });
  expect(await w.read('crm', 'Product', crmId!)).toEqual(survivor);
  const issues = await w.sql`select code, message from sync.issue where closed_at is null`;
  expect(issues).toEqual([{ code: 'DUPLICATE', message: expect.stringMatching(/AGAIN-1/) }]);

  // Whoever brings the product back settles it, at the next attempt: the two bear one number.
  await w.written('crm', { kind: 'restore', entity: 'Product', id: crmId! });
  await w.edit('erp', 'Product', fresh.id, { description: 'The new one, edited' });
  await w.settled();
  expect(await w.linkOf('product', fresh.id)).toMatchObject({ crmId, state: 'synced' });
  expect(await w.read('erp', 'Product', fresh.id)).toMatchObject({ archived: false });
  expect(await w.sql`select code from sync.issue where closed_at is null`).toEqual([]);
});
