import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { FeedChange } from '../../sync/core/connector.ts';
import { freshLink } from '../../sync/engine/fresh-link.ts';
import { createWrittenVersions } from '../../sync/engine/written.ts';
import { captureChanges, feedCursor, type Taker } from '../../sync/store/changes.ts';
import { claimNamed, giveLanesBack, ring, settleLanes } from '../../sync/store/lanes.ts';
import { enrolWorker } from '../../sync/store/leases.ts';
import { saveLinks } from '../../sync/store/save-links.ts';
import { anyway } from '../../sync/store/sql.ts';
import { releaseWaiting } from '../../sync/store/waits.ts';
import { testDatabase } from '../support/database.ts';

const { sql } = await testDatabase();
await sql`insert into sync.feed (side) values ('crm'), ('erp') on conflict do nothing`;
let cursor = 0;

const told = (id: string, version: string | null): FeedChange => ({
  cursor: String(++cursor),
  entity: 'Customer',
  id,
  kind: version === null ? 'deleted' : 'updated',
  version,
  at: '2026-01-01T00:00:00Z',
  actor: 'anna',
});
const take = async (
  changes: readonly FeedChange[],
  news: readonly FeedChange[] = changes,
  taker: Taker | undefined = undefined,
) =>
  captureChanges(sql, {
    side: 'crm',
    after: await feedCursor(sql, 'crm'),
    changes,
    news,
    mappingsOf: () => ['customer'],
    taker,
  });
const rungFor = async (key: string) =>
  (await sql<{ rung: object; cause: object }[]>`select rung, cause from sync.lane where key = ${key}`)[0];

/** A pair that has seen its CRM record at version 5. */
async function linked() {
  const [id, crmId] = [randomUUID(), randomUUID()];
  await saveLinks(sql, [
    {
      ...freshLink(id, 'customer', null, { crmId, erpId: randomUUID() }),
      state: 'synced',
      crmVersion: '5',
    },
  ]);
  return { lane: `link:${id}`, crmId };
}

describe('a batch of changes', () => {
  test('that begins beyond the stored cursor does not move it: what lies between was forgotten', async () => {
    await take([told(randomUUID(), '1')]);
    const stored = await feedCursor(sql, 'crm');
    const beyond = told(randomUUID(), '1').cursor;
    const batch = [told(randomUUID(), '1')];
    expect(
      await captureChanges(sql, {
        side: 'crm',
        after: beyond,
        changes: batch,
        news: batch,
        mappingsOf: () => ['customer'],
      }),
    ).toMatchObject({
      joined: false,
    });
    expect(await feedCursor(sql, 'crm')).toBe(stored);
  });

  test('of an author who floods rings behind live work, and takes no lane over that waits for an edit', async () => {
    const [bulk, both] = [randomUUID(), randomUUID()];
    const batch = (ids: readonly string[], flooding: readonly string[]) => async () => {
      const changes = ids.map((id) => told(id, '1'));
      return captureChanges(sql, {
        side: 'crm',
        after: await feedCursor(sql, 'crm'),
        changes,
        news: changes,
        mappingsOf: () => ['customer'],
        bulk: new Set(flooding),
        flooding: new Set(flooding),
      });
    };
    const priorityOf = async (id: string) =>
      (await sql`select priority from sync.lane where key = ${`rec:crm:Customer:${id}`}`)[0];
    expect(await batch([bulk, both], ['anna'])()).toMatchObject({ rung: 2, bulk: 2 });
    expect([await priorityOf(bulk), await priorityOf(both)]).toEqual([{ priority: 1 }, { priority: 1 }]);
    expect(await batch([both], [])()).toMatchObject({ rung: 1, bulk: 0 });
    expect(await batch([both], ['anna'])()).toMatchObject({ rung: 1, bulk: 0 });
    expect(await priorityOf(both)).toEqual({ priority: 0 });
  });

  test('of an author who floods gathers before it is taken, unless somebody edits one of its records by itself', async () => {
    const [bulk, both] = [randomUUID(), randomUUID()];
    const take = async (ids: readonly string[], flooding: readonly string[]) => {
      const changes = ids.map((id) => told(id, '1'));
      const after = await feedCursor(sql, 'crm');
      const mappingsOf = () => ['customer'] as const;
      const batch = { side: 'crm', after, changes, news: changes, mappingsOf } as const;
      await captureChanges(sql, {
        ...batch,
        bulk: new Set(flooding),
        flooding: new Set(flooding),
        floodMs: 60_000,
      });
    };
    const isDue = async (id: string) =>
      (await sql`select run_at <= now() as due from sync.lane where key = ${`rec:crm:Customer:${id}`}`)[0]!
        .due;
    await take([bulk, both], ['anna']);
    expect([await isDue(bulk), await isDue(both)]).toEqual([false, false]);
    await take([both], []);
    expect([await isDue(bulk), await isDue(both)]).toEqual([false, true]);
  });

  test('that another process has read already moves the cursor not back', async () => {
    const [first, second] = [told(randomUUID(), '1'), told(randomUUID(), '1')];
    const before = await feedCursor(sql, 'crm');
    await take([first, second]);
    expect(
      await captureChanges(sql, {
        side: 'crm',
        after: before,
        changes: [first],
        news: [first],
        mappingsOf: () => ['customer'],
      }),
    ).toMatchObject({
      joined: true,
    });
    expect(await feedCursor(sql, 'crm')).toBe(second.cursor);
  });

  test('rings the lanes of its records and moves the cursor, in one', async () => {
    const { lane, crmId } = await linked();
    const stranger = randomUUID();
    const batch = [told(crmId, '6'), told(stranger, '1')];
    expect(await take(batch)).toEqual({
      joined: true,
      rung: 2,
      bulk: 0,
      strange: false,
      echoes: 0,
      taken: [],
    });
    expect(await feedCursor(sql, 'crm')).toBe(batch[1]!.cursor);
    expect(await rungFor(lane)).toMatchObject({
      rung: { [`crm:Customer:${crmId}`]: '6' },
      cause: { kind: 'change', side: 'crm', actor: 'anna', id: batch[0]!.cursor },
    });
    expect(await rungFor(`rec:crm:Customer:${stranger}`)).toMatchObject({
      rung: { [`crm:Customer:${stranger}`]: '1' },
    });
  });

  // The versions of its records are known: alone, none of that would be looked at.
  test.each(['rung before', 'rung after', 'released', 'given back'] as const)(
    'is more than what the sync knows where its lane has other work: %s',
    async (when) => {
      const { lane, crmId } = await linked();
      const release = () => ring(sql, [{ key: lane, mapping: 'customer', cause: { kind: 'release' } }]);
      const news = () =>
        ring(sql, [
          {
            key: lane,
            mapping: 'customer',
            rung: { [`crm:Customer:${crmId}`]: '5' },
            cause: { kind: 'change' },
          },
        ]);
      if (when === 'rung before') await release();
      await news();
      if (when === 'rung after') await release();
      if (when === 'released') {
        await sql`insert into sync.wait (lane, link_id, "on") select lane, id, ${`crm:Customer:${crmId}`} from sync.link where lane = ${lane}`;
        expect(await releaseWaiting(sql, [`crm:Customer:${crmId}`], { kind: 'release' })).toBe(1);
      }
      const token = await enrolWorker(sql);
      const [held] = await claimNamed(sql, token, [lane]);
      if (when === 'given back')
        await giveLanesBack(sql, token, [{ key: lane, n: held!.n, againMs: 0, attempts: 1 }]);
      expect((await rungFor(lane))!.rung).toHaveProperty([anyway], null);
    },
  );

  test('leases what was not in the queue to whoever has nothing to do', async () => {
    const [token, { lane, crmId }, waiting] = [await enrolWorker(sql), await linked(), await linked()];
    await take([told(waiting.crmId, '6')]);
    const batch = [told(crmId, '6'), told(waiting.crmId, '7')];
    const idle = { token, most: 250, paused: [], priority: 0 } as const;
    const { rung, taken } = await take(batch, batch, idle);
    expect(rung).toBe(2);
    const cause = { kind: 'change', side: 'crm', actor: 'anna', id: batch[0]!.cursor, at: batch[0]!.at };
    expect(taken).toEqual([
      {
        key: lane,
        mapping: 'customer',
        n: 1,
        rung: { [`crm:Customer:${crmId}`]: '6' },
        edits: { [`crm:Customer:${crmId}`]: batch[0]!.at },
        cause,
        attempts: 0,
        putOff: 0,
        priority: 0,
        pairs: [{ mapping: 'customer', crmId, erpId: expect.any(String) }],
      },
    ]);
    expect(await claimNamed(sql, token, [lane, waiting.lane]), 'the rest is free').toMatchObject([
      { key: waiting.lane, n: 2 },
    ]);
    await take([told(crmId, '8')], undefined, idle);
    await settleLanes(sql, token, [{ key: lane, n: 1, againMs: null, attempts: 0 }]);
    expect(await claimNamed(sql, token, [lane]), 'what rang meanwhile is due').toMatchObject([{ n: 1 }]);
  });

  test.each([
    ['flows that rest', { most: 250, paused: ['customer'] }],
    ['more than is asked for', { most: 1, paused: [] }],
  ])('leases nothing of %s', async (_, asked) => {
    const token = await enrolWorker(sql);
    const batch = [told((await linked()).crmId, '6'), told((await linked()).crmId, '6')];
    expect((await take(batch, batch, { token, priority: 0, ...asked })).taken).toEqual([]);
  });

  test.each([
    ['the version that the link knows', ['5'], 0],
    ['an older one', ['4'], 0],
    ['a newer one', ['6'], 1],
    ['a newer one with more digits', ['10'], 1],
    ['a delete', [null], 1],
    ['a newer one and then a repeat of an old one', ['6', '4'], 1],
    ['a delete and then a repeat of an old one', [null, '4'], 1],
  ] as const)('with %s', async (_, versions, rung) => {
    const { lane, crmId } = await linked();
    expect((await take(versions.map((version) => told(crmId, version)))).rung).toBe(rung);
    expect((await rungFor(lane)) === undefined).toBe(rung === 0);
  });

  test('tells the lane when a person edited the record, whatever the sync wrote to it since', async () => {
    const { lane, crmId } = await linked();
    const at = (instant: string, version: string, actor = 'anna') => ({
      ...told(crmId, version),
      at: instant,
      actor,
    });
    const edits = async () =>
      (await sql<{ edits: object }[]>`select edits from sync.lane where key = ${lane}`)[0]!.edits;
    await take([at('2026-01-02T00:00:00Z', '6'), at('2026-01-03T00:00:00Z', '7', 'tandem')]);
    expect(await edits()).toEqual({ [`crm:Customer:${crmId}`]: '2026-01-02T00:00:00Z' });
    await take([at('2026-01-04T00:00:00Z', '8', 'tandem')]);
    expect(await edits()).toEqual({ [`crm:Customer:${crmId}`]: '2026-01-02T00:00:00Z' });
    await take([at('2026-01-06T00:00:00Z', '10'), at('2026-01-05T00:00:00Z', '9')]);
    expect(await edits()).toEqual({ [`crm:Customer:${crmId}`]: '2026-01-06T00:00:00Z' });
  });

  test('of which all is our own writing moves the cursor and rings nothing', async () => {
    const { lane, crmId } = await linked();
    const echo = told(crmId, '7');
    expect((await take([echo], [])).rung).toBe(0);
    expect(await feedCursor(sql, 'crm')).toBe(echo.cursor);
    expect(await rungFor(lane)).toBeUndefined();
  });

  test('rings a live lane that a run had rung as live work', async () => {
    const { lane, crmId } = await linked();
    await sql`insert into sync.lane (key, mapping, cause, priority) values (${lane}, 'customer', '{"kind":"run"}', 1)`;
    await take([told(crmId, '6')]);
    const [row] = await sql`select priority, cause ->> 'kind' as kind, n from sync.lane where key = ${lane}`;
    expect(row).toEqual({ priority: 0, kind: 'change', n: 2 });
  });
});

describe('what we have written ourselves', () => {
  test('is no news at exactly that version; everything else is', () => {
    const written = createWrittenVersions();
    written.add({ side: 'crm', entity: 'Customer', id: '1' }, '7');
    const news = (side: 'crm' | 'erp', id: string, version: string | null) =>
      written.news(side, [{ ...told(id, version), entity: 'Customer' }]).length;
    expect(news('crm', '1', '7')).toBe(0);
    expect(news('crm', '1', '8')).toBe(1);
    expect(news('crm', '1', '6')).toBe(1);
    expect(news('crm', '1', null)).toBe(1);
    expect(news('crm', '2', '7')).toBe(1);
    expect(news('erp', '1', '7')).toBe(1);
  });

  test('is no news either where we have written again since', () => {
    const written = createWrittenVersions();
    for (const version of ['7', '9']) written.add({ side: 'crm', entity: 'Customer', id: '1' }, version);
    const batch = ['7', '8', '9'].map((version) => ({ ...told('1', version), entity: 'Customer' }));
    expect(written.news('crm', batch)).toEqual([batch[1]]);
    expect(written.news('crm', batch.slice(0, 1)), 'shown again after the last: somebody went back').toEqual(
      batch.slice(0, 1),
    );
    expect(written.news('crm', batch.slice(2))).toEqual([]);
  });
});
