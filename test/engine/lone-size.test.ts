import { expect, test } from 'vitest';
import { openClient } from '../../drizzle/postgres/client.ts';
import { homesOf } from '../../sync/core/home.ts';
import { freshLink } from '../../sync/engine/fresh-link.ts';
import { mappings } from '../../sync/mappings/index.ts';
import { captureChanges } from '../../sync/store/changes.ts';
import { dropLone, flowsBetween, savingLone, shownAlone } from '../../sync/store/lone.ts';
import { saveLinks } from '../../sync/store/save-links.ts';
import { releaseReady } from '../../sync/store/waits.ts';
import { testDatabase } from '../support/database.ts';

const { url } = await testDatabase();
// One connection: it counts what it has read when it is asked.
const sql = openClient(url, undefined, { max: 1 });
const alone = 40_000;
const linked = 10_000;
const own = 20;

/** Rows of the link table that are read meanwhile, by whatever way. */
async function read(work: () => Promise<unknown>): Promise<number> {
  const count = async (): Promise<number> => {
    await sql`select pg_stat_force_next_flush()`;
    const [row] = await sql<{ n: number }[]>`
      select t.seq_tup_read + (select sum(i.idx_tup_read) from pg_stat_user_indexes i where i.relid = t.relid) as n
      from pg_stat_user_tables t where relid = 'sync.link'::regclass`;
    return Number(row!.n);
  };
  const before = await count();
  await work();
  return (await count()) - before;
}

const ids = (side: string) => Array.from({ length: own }, (_, n) => `${side}${n * 7}`);

test('the flows that show no records alone are those between records of others', () => {
  expect(
    mappings
      .filter(({ between }) => between)
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(flowsBetween.toSorted());
});

// Two systems that were filled before they had a sync: all of it is alone until the first backfill.
test('linking a few of many records that are alone reads these few', async () => {
  for (const side of ['crm', 'erp'])
    await sql`
      insert into sync.link (id, mapping, ${sql(`${side}_id`)}, lane, state, linked_by, agreed, lone, record)
      select ${side} || ':' || n, 'customer', ${side} || n, 'link:' || ${side} || ':' || n, 'ended', '{"kind":"create"}', '{}', true, ${side} || ':' || n
      from generate_series(1, ${alone}) n`;
  await sql`analyze sync.link`;
  // The statistics were taken before the first of these was linked.
  await sql`
    insert into sync.link (id, mapping, crm_id, erp_id, lane, state, linked_by, agreed, record)
    select 'live:' || n, 'customer', 'c' || n, 'e' || n, 'link:live:' || n, 'synced', '{"kind":"match"}', '{}', 'crm:' || n
    from generate_series(1, ${linked}) n`;
  const most = own * 20;
  const links = ids('crm').map((crmId, n) =>
    freshLink(`new:${n}`, 'customer', null, { crmId, erpId: ids('erp')[n]! }),
  );
  expect(await read(() => saveLinks(sql, links))).toBeLessThan(most);
  // One user has them all: each of these orders has a link with him.
  await sql`
    insert into sync.link (id, mapping, crm_id, erp_id, lane, state, linked_by, agreed)
    select 'of:' || n, 'userOrder', 'user', 'order' || n, 'link:of:' || n, 'synced', '{"kind":"create"}', '{}'
    from generate_series(1, ${linked}) n`;
  const his = ids('new').map((erpId, n) =>
    freshLink(`his:${n}`, 'userOrder', null, { crmId: 'user', erpId }),
  );
  expect(await read(() => saveLinks(sql, his))).toBeLessThan(most);
  const lone = ids('erp').map((recordId) => ({
    id: `again:${recordId}`,
    mapping: 'customer' as const,
    side: 'erp' as const,
    recordId: `${recordId}1`,
    endedLink: null,
    record: null,
    values: {},
    version: '1',
    archived: false,
    lines: null,
  }));
  expect(await read(() => sql.atOnce((tx) => savingLone(tx, lone)))).toBeLessThan(most);
  expect(await read(() => shownAlone(sql, 'customer', 'crm', ids('crm')))).toBeLessThan(most);
  expect(await read(async () => dropLone(sql, lone))).toBeLessThan(most);
});

test('and so do the news of some of them, and a look at what waits for them', async () => {
  const news = ids('c').map((id, n) => ({
    cursor: String(n + 1),
    entity: 'Customer',
    id,
    kind: 'updated' as const,
    version: '2',
    actor: 'kari',
    at: '2026-11-27T12:00:00Z',
  }));
  const captured = () =>
    captureChanges(sql, {
      side: 'crm',
      after: null,
      changes: news,
      news,
      mappingsOf: () => ['customer'],
    });
  expect(await read(captured)).toBeLessThan(own * 20);
  for (const side of ['crm', 'erp'] as const)
    await sql`
      insert into sync.wait (lane, link_id, "on", since)
      select 'link:live:' || n, 'live:' || n, ${side} || ':Customer:' || ${side[0]!} || n, now() - interval '1 minute'
      from generate_series(1, ${own}) n`;
  const homes = homesOf(mappings);
  let rung = 0;
  const looked = async () => {
    rung = await releaseReady(sql, homes, null);
  };
  expect(await read(looked)).toBeLessThan(own * 20);
  expect(rung).toBe(own);
});
