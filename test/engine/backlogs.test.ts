import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import type { FeedChange } from '../../sync/core/connector.ts';
import type { MappingName } from '../../sync/core/types.ts';
import {
  dropBacklog,
  goOnElsewhere,
  openBacklogs,
  pauseFlow,
  resumeFlow,
  ringBacklog,
} from '../../sync/store/backlogs.ts';
import { captureChanges } from '../../sync/store/changes.ts';
import { testDatabase } from '../support/database.ts';

const { sql } = await testDatabase();
const mappingsOf = (entity: string): readonly MappingName[] =>
  entity === 'Customer'
    ? ['customer']
    : entity === 'Order'
      ? ['order', 'quoteOrder', 'userOrder']
      : ['product'];

const told = (cursor: number, id: string, more: Partial<FeedChange> = {}): FeedChange => ({
  cursor: String(cursor),
  entity: 'Customer',
  id,
  kind: 'updated',
  at: `2026-01-01T00:00:${String(cursor).padStart(2, '0')}Z`,
  actor: 'anna',
  version: String(cursor),
  ...more,
});
const feed = async () =>
  (await sql<{ cursor: string }[]>`select cursor from sync.feed where side = 'erp'`)[0]!.cursor;
const capture = async (changes: readonly FeedChange[]) =>
  captureChanges(sql, { side: 'erp', after: await feed(), changes, news: changes, mappingsOf });
const backlogs = () =>
  sql`select mapping, cursor, up_to as "upTo", changes from sync.backlog where side = 'erp' order by 1`;
const lanes = () =>
  sql<
    { key: string; mapping: string; edits: object }[]
  >`select key, mapping, edits from sync.lane order by key`;

/** Links of an ERP record, all in one lane but that of its user. */
async function linked(mappings: readonly MappingName[]) {
  const [erp, lane] = [randomUUID(), `deal:${randomUUID()}`];
  for (const mapping of mappings) {
    const link = `${mapping}-${randomUUID()}`;
    await sql`
      insert into sync.link (id, mapping, crm_id, erp_id, lane, state, linked_by, agreed, erp_version)
      values (${link}, ${mapping}, ${randomUUID()}, ${erp}, ${mapping === 'userOrder' ? `link:${link}` : lane}, 'synced', '{}', '{}', '0')`;
  }
  return { erp, lane };
}

/** What a flow that goes on reads in one part. */
async function readAll(mapping: MappingName, changes: readonly FeedChange[]): Promise<boolean> {
  const backlog = (await openBacklogs(sql, 'erp')).find((each) => each.mapping === mapping)!;
  const behind = changes.filter(
    ({ cursor, entity }) =>
      Number(cursor) > Number(backlog.cursor) &&
      Number(cursor) <= Number(backlog.upTo) &&
      mappingsOf(entity).includes(mapping),
  );
  return ringBacklog(sql, backlog, { changes: behind, mappingsOf, cursor: backlog.upTo, isLast: true });
}

beforeEach(async () => {
  await sql`delete from sync.lane`;
  await sql`delete from sync.backlog`;
  await sql`update sync.flow set paused = false`;
  await sql`
    insert into sync.feed (side, cursor) values ('crm', null), ('erp', '0') on conflict (side) do update set cursor = excluded.cursor`;
});

describe('what is captured while a flow rests', () => {
  test('rings nothing of it, is counted for it, and moves the feed alone', async () => {
    const { erp } = await linked(['customer']);
    await pauseFlow(sql, 'customer', null, 'anna');
    await capture([told(1, erp), told(2, erp), told(3, 'p', { entity: 'Product' })]);
    expect(await feed()).toBe('3');
    expect(await backlogs()).toEqual([{ mapping: 'customer', cursor: '0', upTo: null, changes: 2 }]);
    expect((await lanes()).map(({ mapping }) => mapping)).toEqual(['product']);
    // Another process has read it, too.
    await captureChanges(sql, {
      side: 'erp',
      after: '0',
      changes: [told(1, erp)],
      news: [told(1, erp)],
      mappingsOf,
    });
    expect(await backlogs()).toMatchObject([{ changes: 2 }]);
  });

  test('moves the feed alone where it is our own writing, and leaves nothing to look through', async () => {
    const looked = async () =>
      (await sql<{ looked: string | null }[]>`select looked from sync.backlog where side = 'erp'`)[0]!.looked;
    const echo = (after: string, cursor: number) =>
      captureChanges(sql, { side: 'erp', after, changes: [told(cursor, 'ours')], news: [], mappingsOf });
    await pauseFlow(sql, 'customer', null, 'anna');
    await sql`update sync.backlog set looked = '0'`;
    expect(await echo('0', 1)).toMatchObject({ joined: true, rung: 0, taken: [], strange: false });
    expect([await feed(), await looked()]).toEqual(['1', '1']);
    // What somebody has still to look through stays so.
    await sql`update sync.backlog set looked = '0'`;
    expect(await echo('1', 2)).toMatchObject({ joined: true });
    expect([await feed(), await looked()]).toEqual(['2', '0']);
    // A database that has forgotten the last moves is told so, and nothing moves.
    expect(await echo('3', 4)).toMatchObject({ joined: false });
    expect([await feed(), await looked()]).toEqual(['2', '0']);
    expect([await lanes(), await backlogs()]).toMatchObject([[], [{ cursor: '0', changes: 0 }]]);
  });

  test('of a record in several flows: the flow that its lane would have been of decides', async () => {
    const { erp, lane } = await linked(['order', 'quoteOrder', 'userOrder']);
    const order = { entity: 'Order' };
    await pauseFlow(sql, 'quoteOrder', null, 'anna');
    await capture([told(1, erp, order)]);
    expect((await lanes()).map(({ mapping }) => mapping).toSorted()).toEqual(['order', 'userOrder']);
    await sql`delete from sync.lane`;
    await pauseFlow(sql, 'order', null, 'anna');
    await capture([told(2, erp, order)]);
    expect((await lanes()).map(({ mapping }) => mapping)).toEqual(['userOrder']);
    await sql`delete from sync.lane`;
    await resumeFlow(sql, 'order', 'anna');
    expect(await readAll('order', [told(1, erp, order), told(2, erp, order)])).toBe(true);
    expect(await lanes()).toMatchObject([{ key: lane, mapping: 'order' }, { mapping: 'userOrder' }]);
  });

  test('is left to a flow that still rests by the one that shares it, unless that was paused only later', async () => {
    const { erp } = await linked(['order', 'quoteOrder', 'userOrder']);
    const [first, second] = [told(1, erp, { entity: 'Order' }), told(2, erp, { entity: 'Order' })];
    await pauseFlow(sql, 'userOrder', null, 'anna');
    await capture([first]);
    await sql`delete from sync.lane`;
    await pauseFlow(sql, 'order', null, 'anna');
    await resumeFlow(sql, 'userOrder', 'anna');
    await readAll('userOrder', [first]);
    expect((await lanes()).map(({ mapping }) => mapping)).toEqual(['order', 'userOrder']);
    await sql`delete from sync.lane`;
    await pauseFlow(sql, 'userOrder', null, 'anna');
    await capture([second]);
    await resumeFlow(sql, 'userOrder', 'anna');
    await readAll('userOrder', [second]);
    expect((await lanes()).map(({ mapping }) => mapping)).toEqual(['userOrder']);
  });
});

describe('what a flow catches up with', () => {
  test('tells a lane no earlier edit than it knows of, but a later one', async () => {
    const { erp, lane } = await linked(['customer']);
    await pauseFlow(sql, 'customer', null, 'anna');
    await capture([told(1, erp)]);
    await resumeFlow(sql, 'customer', 'anna');
    await capture([told(2, erp)]);
    await readAll('customer', [told(1, erp)]);
    expect(await lanes()).toEqual([
      { key: lane, mapping: 'customer', edits: { [`erp:Customer:${erp}`]: told(2, erp).at } },
    ]);
  });

  test('is read by one process only', async () => {
    const { erp } = await linked(['customer']);
    await pauseFlow(sql, 'customer', null, 'anna');
    await capture([told(1, erp), told(2, erp)]);
    await resumeFlow(sql, 'customer', 'anna');
    const [backlog] = await openBacklogs(sql, 'erp');
    const part = { changes: [told(1, erp)], mappingsOf, cursor: '1', isLast: false };
    expect(await ringBacklog(sql, backlog!, part)).toBe(true);
    await sql`delete from sync.lane`;
    expect(await ringBacklog(sql, backlog!, part)).toBe(false);
    expect(await lanes()).toEqual([]);
    expect(await backlogs()).toEqual([{ mapping: 'customer', cursor: '1', upTo: '2', changes: 1 }]);
  });

  test('is more than whoever read it knows, where the flow was paused and went on meanwhile', async () => {
    const [one, other] = [await linked(['customer']), await linked(['customer'])];
    await pauseFlow(sql, 'customer', null, 'anna');
    await capture([told(1, one.erp)]);
    await resumeFlow(sql, 'customer', 'anna');
    const [backlog] = await openBacklogs(sql, 'erp');
    await pauseFlow(sql, 'customer', null, 'anna');
    await capture([told(2, other.erp)]);
    await resumeFlow(sql, 'customer', 'anna');
    const last = { changes: [told(1, one.erp)], mappingsOf, cursor: '1', isLast: true };
    expect(await ringBacklog(sql, backlog!, last)).toBe(false);
    await dropBacklog(sql, backlog!);
    expect(await backlogs()).toMatchObject([{ cursor: '0', upTo: '2' }]);
  });

  test('is nothing where nothing came', async () => {
    await pauseFlow(sql, 'customer', null, 'anna');
    await resumeFlow(sql, 'customer', 'anna');
    expect(await backlogs()).toEqual([]);
  });
});

test('a flow that a program of before resumes goes on, too; one that rests does not', async () => {
  for (const mapping of ['customer', 'product'] as const) await pauseFlow(sql, mapping, null, 'anna');
  await capture([told(1, 'new')]);
  await sql`update sync.flow set paused = false where mapping = 'customer'`;
  await goOnElsewhere(sql);
  expect(await backlogs()).toMatchObject([
    { mapping: 'customer', upTo: '1' },
    { mapping: 'product', upTo: null },
  ]);
});

test('a flow that was paused before there were backlogs begins with what comes next, and keeps its lanes', async () => {
  const { erp, lane } = await linked(['customer']);
  await capture([told(1, erp)]);
  await sql`insert into sync.flow (mapping, paused) values ('customer', true) on conflict (mapping) do update set paused = true`;
  await sql`update sync.lane set run_at = now() + interval '100 years'`;
  const migration = await readFile('drizzle/migrations/0022_backlog.sql', 'utf8');
  for (const statement of migration.split('--> statement-breakpoint').slice(1)) await sql.unsafe(statement);
  await capture([told(2, 'new')]);
  expect(await backlogs()).toEqual([{ mapping: 'customer', cursor: '1', upTo: null, changes: 1 }]);
  await resumeFlow(sql, 'customer', 'anna');
  expect(await sql`select key, run_at <= now() as due from sync.lane`).toEqual([{ key: lane, due: true }]);
  expect(await backlogs()).toMatchObject([{ cursor: '1', upTo: '2' }]);
});
