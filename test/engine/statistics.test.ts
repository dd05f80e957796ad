import { expect, test } from 'vitest';
import { openClient } from '../../drizzle/postgres/client.ts';
import { freshStatistics } from '../../sync/store/statistics.ts';
import { testDatabase } from '../support/database.ts';

const { url } = await testDatabase();
// One connection: it counts what it has done when it is asked.
const sql = openClient(url, undefined, { max: 1 });

async function looks(): Promise<number> {
  await sql`select pg_stat_force_next_flush()`;
  const [row] = await sql<{ n: number }[]>`
    select analyze_count::int as n from pg_stat_user_tables where relid = 'sync.link'::regclass`;
  return row!.n;
}

test('the database looks anew whenever a run has come half as far again', async () => {
  const errors: unknown[] = [];
  const look = freshStatistics(sql, (error) => errors.push(error));
  const after: number[] = [];
  for (const seen of [499, 1, 249, 1, 374, 1]) {
    await look(seen);
    after.push(await looks());
  }
  expect(after).toEqual([0, 1, 1, 2, 2, 3]);
  expect(errors).toEqual([]);
});

test('a look that fails is told, and is no failure of the run', async () => {
  const gone = openClient(url, undefined, { max: 1 });
  await gone.end();
  const told: string[] = [];
  await freshStatistics(gone, (_, what) => told.push(what))(500);
  expect(told).toEqual(['statistics of what a run fills']);
});
