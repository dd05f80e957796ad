import { afterAll, expect, test } from 'vitest';
import { openClient } from '../../drizzle/postgres/client.ts';
import { freshLink } from '../../sync/engine/fresh-link.ts';
import { hideLone, type LoneRecord, savingLone } from '../../sync/store/lone.ts';
import { testDatabase } from '../support/database.ts';

/**
 * Several write the rows of the same lone records: steps that look at them, and acts that end and revive their links.
 * Whoever comes second waits for the first; nobody waits for who waits for him.
 */
const { sql, url } = await testDatabase();
const other = openClient(url, undefined, { max: 1 });
afterAll(() => other.end({ timeout: 1 }));

const ids = ['a', 'b'] as const;
const lone = (recordId: string): LoneRecord => ({
  id: `row:${recordId}`,
  mapping: 'quote',
  side: 'crm',
  recordId,
  endedLink: null,
  record: null,
  values: {},
  version: '1',
  archived: false,
  lines: [{ id: `line:${recordId}`, lineId: `l${recordId}`, values: {} }],
});
const links = ids.map((crmId) => freshLink(`link:${crmId}`, 'quote', null, { crmId, erpId: `${crmId}2` }));

const ways = [
  [
    'a look',
    (tx: typeof sql, order: readonly (0 | 1)[]) =>
      savingLone(
        tx,
        order.map((n) => lone(ids[n])),
      ),
  ],
  [
    'an act',
    (tx: typeof sql, order: readonly (0 | 1)[]) => [
      hideLone(
        tx,
        order.map((n) => links[n]!),
      ),
    ],
  ],
] as const;

test.each(ways.flatMap(([first, one]) => ways.map(([second, two]) => [first, second, one, two] as const)))(
  'behind %s that has them in the one order, %s that has them in the other waits its turn',
  async (_, __, one, two) => {
    await sql.atOnce((tx) => savingLone(tx, ids.map(lone)));
    const before = await deadlocks();
    let both: Promise<unknown> = Promise.resolve();
    await other.begin(async (tx) => {
      await tx`select 1 from sync.link where lone and crm_id = 'a' for update`;
      const first = sql.atOnce((its) => one(its as typeof sql, [0, 1]));
      await waiting(1);
      const second = sql.atOnce((its) => two(its as typeof sql, [1, 0]));
      await waiting(2);
      both = Promise.all([first, second]);
    });
    await both;
    expect(await deadlocks()).toBe(before);
  },
);

async function waiting(n: number): Promise<void> {
  const count = async () =>
    (
      await sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    ).length;
  while ((await count()) < n) await sql`select pg_sleep(0.01)`;
}

/** How many the server has found in this database. */
async function deadlocks(): Promise<number> {
  const [row] = await sql<
    [{ n: number }]
  >`select pg_stat_get_db_deadlocks(oid) as n from pg_database where datname = current_database()`;
  return row.n;
}
