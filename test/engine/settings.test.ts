import { expect, test } from 'vitest';
import { openSettings } from '../../sync/engine/settings.ts';
import { mappings } from '../../sync/mappings/index.ts';
import { pauseFlow } from '../../sync/store/backlogs.ts';
import { seedSettings } from '../../sync/store/settings.ts';
import type { Sql } from '../../sync/store/sql.ts';
import { testDatabase } from '../support/database.ts';

const { sql } = await testDatabase();
const declared = Object.fromEntries(mappings.map((mapping) => [mapping.name, mapping])) as Parameters<
  typeof openSettings
>[1];

test('settings read before a change and answered after it do not undo the change', async () => {
  await seedSettings(sql, [], ['product']);
  const settings = await openSettings(sql, declared);
  const answers = Promise.withResolvers<void>();
  const read: Promise<unknown>[] = [];
  const slow = ((...asked: Parameters<typeof sql>) => {
    const rows = sql(...asked);
    read.push(rows);
    return rows.then((found) => answers.promise.then(() => found));
  }) as unknown as Sql;
  const old = settings.refresh(slow);
  await Promise.all(read);
  await pauseFlow(sql, 'product', null, 'anna');
  await settings.refresh(sql);
  answers.resolve();
  await old;
  expect(settings.isPaused('product')).toBe(true);
});
