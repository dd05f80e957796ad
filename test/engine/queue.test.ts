import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { bury, closeLetters } from '../../sync/store/dead-letters.ts';
import { forgetIntents, noteIntents, sentAgain } from '../../sync/store/intents.ts';
import {
  claimLanes,
  claimNamed,
  holdLanes,
  nextDue,
  type Ring,
  ring,
  settleLanes,
} from '../../sync/store/lanes.ts';
import {
  dismissWorker,
  enrolWorker,
  freeForgotten,
  heartbeat,
  renewLeases,
  seemForgotten,
} from '../../sync/store/leases.ts';
import { claimTwins, releaseTwins } from '../../sync/store/twins.ts';
import { testDatabase } from '../support/database.ts';

const { sql } = await testDatabase();
const change = { kind: 'change' } as const;
const news = (key: string, more: Partial<Ring> = {}): Ring => ({
  key,
  mapping: 'customer',
  cause: change,
  ...more,
});
const all = 100;
const laneOf = async (key: string) =>
  (
    await sql<{ n: number; held: boolean; attempts: number; priority: number; dueMs: number }[]>`
      select n, locked_until is not null as held, attempts, priority,
        extract(epoch from run_at - now())::float8 * 1000 as "dueMs" from sync.lane where key = ${key}`
  )[0];

/** A lane of its own for every test, and a worker that has just leased it. */
async function leased(more: Partial<Ring> = {}) {
  const key = `link:${randomUUID()}`;
  const token = await enrolWorker(sql);
  await ring(sql, [news(key, more)]);
  const [lane] = await claimNamed(sql, token, [key]);
  return { key, token, lane: lane! };
}

/** The worker's process is gone, and long enough for everyone to know. */
const die = (token: number) =>
  sql`update sync.worker set alive_until = now() - interval '1 second' where token = ${token}`;

describe('a lane', () => {
  test('is one row however often it rings, and remembers what rang', async () => {
    const key = `link:${randomUUID()}`;
    await ring(sql, [news(key, { rung: { 'crm:Customer:1': '3' } })]);
    await ring(sql, [news(key, { rung: { 'erp:Customer:2': '5' } })]);
    const token = await enrolWorker(sql);
    expect(await claimNamed(sql, token, [key])).toMatchObject([
      { key, n: 2, rung: { 'crm:Customer:1': '3', 'erp:Customer:2': '5' } },
    ]);
    await settleLanes(sql, token, [{ key, n: 2, againMs: null, attempts: 0 }]);
  });

  test('that rang with two versions of a record is looked at whatever the link knows', async () => {
    const { key, token, lane } = await leased({ rung: { 'crm:Customer:1': '3' } });
    expect(lane.rung).toEqual({ 'crm:Customer:1': '3' });
    await ring(sql, [news(key, { rung: { 'crm:Customer:1': '2' } })]);
    const [row] = await sql<{ rung: object }[]>`select rung from sync.lane where key = ${key}`;
    expect(row!.rung).toEqual({ 'crm:Customer:1': null });
    await dismissWorker(sql, token);
    await sql`delete from sync.lane where key = ${key}`;
  });

  test('is gone once it is settled, and belongs to one worker until then', async () => {
    const { key, token } = await leased();
    const other = await enrolWorker(sql);
    expect(await claimNamed(sql, other, [key])).toEqual([]);
    expect(
      (await claimLanes(sql, other, { most: all, priority: 0, paused: [] })).map((lane) => lane.key),
    ).not.toContain(key);
    expect([...(await holdLanes(sql as never, other, [key]))]).toEqual([]);
    expect([...(await holdLanes(sql as never, token, [key]))]).toEqual([key]);
    await settleLanes(sql, other, [{ key, n: 1, againMs: null, attempts: 0 }]);
    expect(await laneOf(key)).toMatchObject({ held: true });
    await settleLanes(sql, token, [{ key, n: 1, againMs: null, attempts: 0 }]);
    expect(await laneOf(key)).toBeUndefined();
  });

  test('that rings while it is worked on runs again, at once', async () => {
    const { key, token, lane } = await leased();
    await ring(sql, [news(key)]);
    await settleLanes(sql, token, [{ key, n: lane.n, againMs: null, attempts: 0 }]);
    expect(await laneOf(key)).toMatchObject({ n: 1, held: false });
    expect((await laneOf(key))!.dueMs).toBeLessThanOrEqual(0);
    await sql`delete from sync.lane where key = ${key}`;
  });

  test('that rings while it failed runs again at once, with its attempts counted', async () => {
    const { key, token, lane } = await leased();
    await ring(sql, [news(key)]);
    await settleLanes(sql, token, [{ key, n: lane.n, againMs: 60_000, attempts: 3 }]);
    expect(await laneOf(key)).toMatchObject({ attempts: 3, held: false });
    expect((await laneOf(key))!.dueMs).toBeLessThanOrEqual(0);
    await sql`delete from sync.lane where key = ${key}`;
  });

  test('that is to run again does so after its pause, not before', async () => {
    const { key, token, lane } = await leased();
    await settleLanes(sql, token, [{ key, n: lane.n, againMs: 60_000, attempts: 1 }]);
    expect((await laneOf(key))!.dueMs).toBeGreaterThan(50_000);
    expect(
      (await claimLanes(sql, token, { most: all, priority: 0, paused: [] })).map((each) => each.key),
    ).not.toContain(key);
    await sql`delete from sync.lane where key = ${key}`;
  });

  test('of live work and one of a run are never in one step, and a run takes no live lane over', async () => {
    const [late, live] = [`link:run-${randomUUID()}`, `link:live-${randomUUID()}`];
    await ring(sql, [news(late, { priority: 1, cause: { kind: 'run', id: 'r' } })]);
    await ring(sql, [news(live)]);
    await ring(sql, [news(live, { priority: 1, cause: { kind: 'run', id: 'r' } })]);
    const token = await enrolWorker(sql);
    const taken = (priority: 0 | 1) => claimLanes(sql, token, { most: all, priority, paused: [] });
    expect(await taken(0)).toMatchObject([{ key: live, priority: 0, cause: change }]);
    expect(await taken(1)).toMatchObject([{ key: late, priority: 1, cause: { kind: 'run', id: 'r' } }]);
    await sql`delete from sync.lane where key in (${late}, ${live})`;
  });

  test('of a paused flow stays where it is', async () => {
    const key = `link:${randomUUID()}`;
    await ring(sql, [news(key)]);
    const token = await enrolWorker(sql);
    expect(await claimLanes(sql, token, { most: all, priority: 0, paused: ['customer'] })).toEqual([]);
    // Or whoever finds nothing to take would ask again and again for as long as the flow rests.
    expect(await nextDue(sql, { priority: 0, paused: ['customer'] })).toBeNull();
    expect(await nextDue(sql, { priority: 0, paused: ['product'] })).toBeLessThanOrEqual(0);
    expect(
      (await claimLanes(sql, token, { most: all, priority: 0, paused: ['product'] })).map((each) => each.key),
    ).toEqual([key]);
    await sql`delete from sync.lane where key = ${key}`;
  });
});

describe('a lane of a flow that catches up', () => {
  test('is taken at once where it is live, and otherwise only when both feeds are read', async () => {
    const [live, late] = [`link:live-${randomUUID()}`, `link:late-${randomUUID()}`];
    await ring(sql, [news(live), news(late, { priority: 1 })]);
    await sql`insert into sync.backlog (mapping, side, cursor, up_to) values ('customer', 'erp', '1', '2')`;
    const token = await enrolWorker(sql);
    const taken = async (priority: 0 | 1) =>
      (await claimLanes(sql, token, { most: all, priority, paused: [] })).map(({ key }) => key);
    expect(await taken(0)).toEqual([live]);
    expect(await taken(1)).toEqual([]);
    expect(await nextDue(sql, { priority: 1, paused: [] })).toBeNull();
    await sql`delete from sync.backlog`;
    expect(await taken(1)).toEqual([late]);
    await sql`delete from sync.lane where key in (${live}, ${late})`;
  });
});

describe('a worker', () => {
  test('that dies loses its lanes to the next sign of life of another', async () => {
    const { key, token } = await leased();
    const other = await enrolWorker(sql);
    await heartbeat(sql, other);
    expect(await laneOf(key), 'a living one keeps them').toMatchObject({ held: true });
    await die(token);
    expect(await heartbeat(sql, other)).toEqual({ freed: 1, left: 0 });
    expect(
      (await claimLanes(sql, other, { most: all, priority: 0, paused: [] })).map((lane) => lane.key),
    ).toEqual([key]);
    expect([...(await holdLanes(sql as never, token, [key]))], 'and can record nothing any more').toEqual([]);
    await dismissWorker(sql, other);
    await sql`delete from sync.lane where key = ${key}`;
  });

  test('that was taken for dead and lives enrols again by its heartbeat, and keeps what nobody has taken', async () => {
    const token = await enrolWorker(sql);
    await die(token);
    await heartbeat(sql, await enrolWorker(sql));
    expect(await sql`select 1 from sync.worker where token = ${token}`).toHaveLength(0);
    await heartbeat(sql, token);
    expect(await sql`select 1 from sync.worker where token = ${token} and alive_until > now()`).toHaveLength(
      1,
    );
  });

  test('that gives its sign of life late is not waited for by another that gives one', async () => {
    const [late, other] = [await enrolWorker(sql), await enrolWorker(sql)];
    await die(late);
    await sql.begin(async (tx) => {
      const [own] = await tx<{ pid: number }[]>`
        update sync.worker set alive_until = now() where token = ${late} returning pg_backend_pid() as pid`;
      const beat = heartbeat(sql, other).then(() => 'gone on');
      let isOver = false;
      const waits = async (): Promise<string> => {
        while (!isOver) {
          const [met] =
            await sql`select 1 from pg_stat_activity where ${own!.pid} = any(pg_blocking_pids(pid))`;
          if (met) return 'waits';
        }
        return 'over';
      };
      const waiting = waits();
      expect(await Promise.race([beat, waiting])).toBe('gone on');
      isOver = true;
      await waiting;
    });
  });

  test('that dies loses its lanes one by one where others have locked some: a sign of life waits for none', async () => {
    const [{ key, token }, other] = [await leased(), await enrolWorker(sql)];
    const second = `${key}:2`;
    await ring(sql, [news(second)]);
    await claimNamed(sql, token, [second]);
    await die(token);
    await sql.begin(async (tx) => {
      await tx`select 1 from sync.lane where key = ${key} for update`;
      expect(await heartbeat(sql, other)).toEqual({ freed: 1, left: 1 });
      expect([await laneOf(key), await laneOf(second)]).toMatchObject([{ held: true }, { held: false }]);
    });
    expect(await heartbeat(sql, other)).toEqual({ freed: 1, left: 0 });
    expect(await laneOf(key)).toMatchObject({ held: false });
    await sql`delete from sync.lane where key = any(${[key, second]}::text[])`;
  });

  test('whose lease is over loses the lane although it lives', async () => {
    const { key, token } = await leased();
    await sql`update sync.lane set locked_until = now() - interval '1 second' where key = ${key}`;
    const other = await enrolWorker(sql);
    expect(await heartbeat(sql, other)).toEqual({ freed: 1, left: 0 });
    await heartbeat(sql, token);
    expect(await laneOf(key)).toMatchObject({ held: false });
    await sql`delete from sync.lane where key = ${key}`;
  });

  test('that leaves in order gives its lanes back at once', async () => {
    const { key, token } = await leased();
    await dismissWorker(sql, token);
    expect(await laneOf(key)).toMatchObject({ held: false });
    await sql`delete from sync.lane where key = ${key}`;
  });

  test('frees what it leased and forgot, and nothing that it has in hand or has just leased', async () => {
    const { key, token } = await leased();
    const longAgo = () =>
      sql`update sync.lane set locked_until = locked_until - interval '10 seconds' where key = ${key}`;
    expect(await seemForgotten(sql, token, [])).toEqual([]);
    expect(await freeForgotten(sql, token, [key])).toBe(0);
    await longAgo();
    expect(await seemForgotten(sql, token, [key])).toEqual([]);
    expect(await seemForgotten(sql, token, [])).toEqual([key]);
    expect(await freeForgotten(sql, token, [key])).toBe(1);
    expect(await laneOf(key)).toMatchObject({ held: false });
    await sql`delete from sync.lane where key = ${key}`;
  });
});

describe('whoever locks several lanes at once', () => {
  /** What it does, and what makes it necessary. */
  interface Act {
    readonly after?: (token: number) => PromiseLike<unknown>;
    readonly act: (token: number, keys: readonly string[]) => Promise<unknown>;
  }
  const leasedAgo = (seconds: number) => (token: number) =>
    sql`update sync.lane set locked_until = locked_until - ${seconds} * interval '1 second' where token = ${token}`;
  const acts: Readonly<Record<string, Act>> = {
    'a worker that frees what it forgot': {
      after: leasedAgo(10),
      act: (token, keys) => freeForgotten(sql, token, keys),
    },
    'a worker that renews its leases': {
      after: leasedAgo(40),
      act: (token, keys) => renewLeases(sql, token, keys),
    },
    'a worker that leaves': { act: (token) => dismissWorker(sql, token) },
    'a ring': {
      act: (_, keys) =>
        ring(
          sql,
          keys.map((key) => news(key)),
        ),
    },
  };

  test.each(Object.entries(acts))('%s: takes them in the order of their keys', async (_, { after, act }) => {
    const id = randomUUID();
    // The table has them in another order than that of their keys.
    const keys = ['c', 'a', 'b'].map((name) => `link:${id}:${name}`);
    const [last, first] = keys as [string, string];
    const token = await enrolWorker(sql);
    for (const key of keys) await ring(sql, [news(key)]);
    for (const key of keys) await claimNamed(sql, token, [key]);
    await after?.(token);
    const acting = await sql.begin(async (tx) => {
      await tx`select 1 from sync.lane where key = ${first} for update`;
      const [own] = await tx<{ pid: number }[]>`select pg_backend_pid() as pid`;
      const under = act(token, keys);
      await expect
        .poll(() => sql`select 1 from pg_stat_activity where ${own!.pid} = any(pg_blocking_pids(pid))`)
        .toHaveLength(1);
      // Were it locked already, each of the two would wait for the other.
      await tx`select 1 from sync.lane where key = ${last} for update nowait`;
      return { under };
    });
    await acting.under;
    await sql`delete from sync.lane where key = any(${keys}::text[])`;
  });
});

describe('a creation', () => {
  const claim = (lane: string, ...values: string[]) =>
    values.map((value) => ({ mapping: 'customer' as const, value, lane }));

  test('claims what it could be found by: of two twins one goes on', async () => {
    expect([...(await claimTwins(sql, claim('rec:a', 'org:1', 'mail:1')))]).toEqual(['rec:a']);
    expect([...(await claimTwins(sql, claim('rec:b', 'org:1', 'mail:2')))]).toEqual([]);
    expect([...(await claimTwins(sql, claim('rec:a', 'org:1')))], 'its own claim is no obstacle').toEqual([
      'rec:a',
    ]);
    await releaseTwins(sql, ['rec:a', 'rec:b']);
    expect([...(await claimTwins(sql, claim('rec:c', 'org:1')))]).toEqual(['rec:c']);
    await releaseTwins(sql, ['rec:c']);
  });

  test('of two twins in one batch one goes on', async () => {
    const won = await claimTwins(sql, [...claim('rec:d', 'org:9'), ...claim('rec:e', 'org:9')]);
    expect([...won]).toEqual(['rec:d']);
    await releaseTwins(sql, ['rec:d', 'rec:e']);
  });

  const intent = (key: string) =>
    ({
      key,
      side: 'erp',
      entity: 'Customer',
      reference: null,
      source: `crm:Customer:${key}`,
      mapping: 'customer',
      lane: `rec:crm:Customer:${key}`,
      linkLane: `link:${key}`,
    }) as const;

  test('is noted before it is sent; noted again, it tells since when', async () => {
    expect([...(await noteIntents(sql, [intent('k1')]))]).toEqual([]);
    await sql`update sync.intent set at = now() - interval '5 seconds' where key = 'k1'`;
    const again = await noteIntents(sql, [intent('k1'), intent('k2')]);
    expect([...again.keys()]).toEqual(['k1']);
    expect(again.get('k1')!.ms).toBeGreaterThanOrEqual(5_000);
    await sentAgain(sql, ['k1']);
    expect((await noteIntents(sql, [intent('k1')])).get('k1')!.ms).toBeLessThan(5_000);
    await forgetIntents(sql, ['k1', 'k2']);
    expect([...(await noteIntents(sql, [intent('k1')]))]).toEqual([]);
    await forgetIntents(sql, ['k1']);
  });
});

describe('a dead letter', () => {
  const letter = (id: string, lane: string) => ({
    id,
    lane,
    mapping: 'customer' as const,
    linkId: null,
    code: 'FORBIDDEN',
    message: 'no',
    request: null,
    answer: null,
    attempts: 1,
    cause: change,
  });
  const open = (lane: string) =>
    sql<{ id: string; message: string }[]>`
      select id, message from sync.dead_letter where lane = ${lane} and closed_at is null`;

  test('is one per lane, under the id it had first, and closes when its lane comes through', async () => {
    await bury(sql, [letter('l1', 'lane:x'), letter('l9', 'lane:y')]);
    await bury(sql, [{ ...letter('l2', 'lane:x'), message: 'no again' }]);
    expect(await open('lane:x')).toEqual([{ id: 'l1', message: 'no again' }]);
    await closeLetters(sql, ['lane:x']);
    expect(await open('lane:x')).toEqual([]);
    expect(await open('lane:y')).toEqual([{ id: 'l9', message: 'no' }]);
    await bury(sql, [letter('l3', 'lane:x')]);
    expect(await open('lane:x')).toEqual([{ id: 'l3', message: 'no' }]);
  });
});
