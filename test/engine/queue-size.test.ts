import { expect, test } from 'vitest';
import { openClient } from '../../drizzle/postgres/client.ts';
import { claimLanes, type Lane, nextDue, ring, settleLanes } from '../../sync/store/lanes.ts';
import { enrolWorker, renewLeases } from '../../sync/store/leases.ts';
import { testDatabase } from '../support/database.ts';

const { url } = await testDatabase();
// One connection: it counts what it has read when it is asked.
const sql = openClient(url, undefined, { max: 1 });
const waiting = 3_000;
const own = 20;
const taking = { most: own, priority: 0, paused: [] } as const;

/** Rows of the queue read so far, by whatever way. */
async function read(): Promise<number> {
  await sql`select pg_stat_force_next_flush()`;
  const [row] = await sql<{ n: number }[]>`
    select seq_tup_read + idx_tup_fetch as n from pg_stat_user_tables where relid = 'sync.lane'::regclass`;
  return row!.n;
}

/** A long queue of which the statistics say that it is empty, as they were taken when it was. */
async function suddenlyLong(): Promise<void> {
  const rings = (of: string, n: number) =>
    Array.from({ length: n }, (_, i) => ({
      key: `${of}:${i}`,
      mapping: 'customer' as const,
      cause: { kind: 'change' as const },
    }));
  await ring(sql, rings('before', waiting));
  await sql`delete from sync.lane where key <> 'before:${sql.unsafe(String(waiting - 1))}'`;
  await sql`vacuum (analyze, truncate false) sync.lane`;
  await ring(sql, rings('now', waiting));
}

test('a flow that rests is passed over, however many of its lanes wait: who claims or asks when one is due reads others', async () => {
  await suddenlyLong();
  const rest = { ...taking, paused: ['customer', 'quote'] };
  const ringOf = (mapping: 'order' | 'product' | 'quote') =>
    ring(
      sql,
      Array.from({ length: own / 2 }, (_, i) => ({
        key: `${mapping}:${i}`,
        mapping,
        cause: { kind: 'change' as const },
      })),
    );
  for (const mapping of ['order', 'quote', 'product'] as const) await ringOf(mapping);
  const token = await enrolWorker(sql);
  const before = await read();
  expect(await nextDue(sql, rest)).toBeLessThanOrEqual(0);
  const taken = await claimLanes(sql, token, { ...rest, most: own - 1 });
  expect(
    keysOf(taken).filter((key) => key.startsWith('order:')),
    'those that came first go first',
  ).toHaveLength(own / 2);
  expect(taken).toHaveLength(own - 1);
  expect(await claimLanes(sql, token, rest)).toHaveLength(1);
  expect(await claimLanes(sql, token, rest)).toEqual([]);
  expect(await nextDue(sql, rest)).toBeNull();
  expect((await read()) - before).toBeLessThan(10 * own);
  await sql`delete from sync.lane`;
  await sql`delete from sync.worker`;
});

const keysOf = (lanes: readonly Lane[]): string[] => lanes.map(({ key }) => key);
const longAgo = (token: number, seconds: number) =>
  sql`update sync.lane set locked_until = locked_until - ${seconds} * interval '1 second' where token = ${token}`;

test.each<[string, (token: number, lanes: readonly Lane[]) => Promise<unknown>, number?]>([
  ['claims some', (token) => claimLanes(sql, token, taking)],
  [
    'gives back what is done',
    (token, lanes) =>
      settleLanes(
        sql,
        token,
        lanes.map(({ key, n }) => ({ key, n, againMs: null, attempts: 0 })),
      ),
  ],
  [
    'gives back what is to run again',
    (token, lanes) =>
      settleLanes(
        sql,
        token,
        lanes.map(({ key, n }) => ({ key, n, againMs: 10, attempts: 1 })),
      ),
  ],
  ['renews leases', (token, lanes) => renewLeases(sql, token, keysOf(lanes)), 40],
])('who %s reads these alone, however long the queue has become', async (_, act, agoSeconds = 0) => {
  await suddenlyLong();
  const token = await enrolWorker(sql);
  const lanes = await claimLanes(sql, token, taking);
  expect(lanes).toHaveLength(own);
  await longAgo(token, agoSeconds);
  const before = await read();
  await act(token, lanes);
  expect((await read()) - before).toBeLessThan(10 * own);
  await sql`delete from sync.lane`;
  await sql`delete from sync.worker`;
});
