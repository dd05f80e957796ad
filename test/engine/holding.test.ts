import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createBells } from '../../sync/engine/doorbell.ts';
import { holding, type InlineParts } from '../../sync/engine/inline.ts';
import { claimNamed, ring } from '../../sync/store/lanes.ts';
import { enrolWorker } from '../../sync/store/leases.ts';
import { anyway } from '../../sync/store/sql.ts';
import { testDatabase } from '../support/database.ts';

const { sql } = await testDatabase();
const [mine, another] = [await enrolWorker(sql), await enrolWorker(sql)];
const inHand = new Set<string>();
const workers = () => ({ token: mine, settled: createBells(), inHand, wake() {} });
const parts = { sql, workers } as unknown as InlineParts;
const cause = { kind: 'change' } as const;

/** A lane with news that nobody has looked at yet. */
async function withNews() {
  const key = `link:${randomUUID()}`;
  await ring(sql, [{ key, mapping: 'customer', cause, rung: { 'crm:Customer:1': '7' } }]);
  return { key, mapping: 'customer' } as const;
}
const free = (key: string) =>
  sql`select rung from sync.lane where key = ${key} and locked_until is null and run_at <= now()`;

test('lanes that are held are nobody else’s meanwhile, and gone once the work is done', async () => {
  const lane = await withNews();
  const result = await holding(parts, [lane], cause, async () => {
    expect(inHand).toContain(lane.key);
    expect(await claimNamed(sql, another, [lane.key])).toEqual([]);
    return 'done';
  });
  expect(result).toBe('done');
  expect(await sql`select 1 from sync.lane where key = ${lane.key}`).toHaveLength(0);
  expect(inHand.size).toBe(0);
});

test('what rings while lanes are held is due afterwards', async () => {
  const lane = await withNews();
  await holding(parts, [lane], cause, () => ring(sql, [{ ...lane, cause }]));
  expect(await free(lane.key)).toHaveLength(1);
});

test('the news of lanes is not lost with work that fails', async () => {
  const lane = await withNews();
  const work = () => Promise.reject(new Error('The ERP refuses.'));
  await expect(holding(parts, [lane], cause, work)).rejects.toThrow('The ERP refuses.');
  // What was begun over it is looked at, though its record stands as it is known.
  expect(await free(lane.key)).toEqual([{ rung: { [anyway]: null, 'crm:Customer:1': '7' } }]);
  expect(inHand.size).toBe(0);
});
