import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { audited } from '../../subgraphs/sync/audited.ts';
import type { SyncContext } from '../../subgraphs/sync/context.ts';
import { testDatabase } from '../support/database.ts';

const { sql } = await testDatabase();

test('an act that was done is not told as refused where its end cannot be written', async () => {
  const correlationId = randomUUID();
  // The database goes away between the act and its end, and is back for whoever would write something else down.
  let away = 1;
  const failing = ((...asked: Parameters<typeof sql>) => {
    const text = asked[0] as unknown as readonly string[];
    if (text.join('').includes('update sync.act') && away-- > 0) return Promise.reject(new Error('away'));
    return sql(...asked);
  }) as unknown as typeof sql;
  const context = { sql: failing, actor: 'anna', correlationId } as unknown as SyncContext;
  const act = async () => ({ outcome: 'UNLINKED' });
  await expect(audited(context, 'unlink', { reason: 'a mistake' }, act)).rejects.toThrow('away');
  expect(
    await sql`select name, reason, outcome from sync.act where correlation_id = ${correlationId}`,
  ).toEqual([{ name: 'unlink', reason: 'a mistake', outcome: null }]);
});
