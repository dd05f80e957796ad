import { expect, test } from 'vitest';
import { createCrm } from '../../subgraphs/crm/system.ts';
import { CursorExpired, Refusal } from '../../subgraphs/system/failures.ts';
import type { System } from '../../subgraphs/system/system.ts';
import type { FeedChange, Write } from '../../sync/core/connector.ts';
import { testDatabase } from '../support/database.ts';
import { holdingBack } from '../support/held.ts';
import { accepted, create, person, update } from './systems.ts';

const { sql } = await testDatabase();
const crm = createCrm({ sql });

/** Reads until `enough` says so. */
async function collect(
  system: System,
  after: string | null,
  enough: (changes: readonly FeedChange[]) => boolean,
): Promise<FeedChange[]> {
  const read: FeedChange[] = [];
  const stop = new AbortController();
  for await (const batch of system.changes(after, stop.signal)) {
    read.push(...batch);
    if (enough(read)) stop.abort();
  }
  return read;
}

test('eight writers with long transactions lose nothing, for readers of this process and of another', async () => {
  const other = createCrm({ sql });
  const records = await Promise.all(
    Array.from({ length: 40 }, (_, n) => create(crm, 'Customer', { name: `C ${n}` })),
  );
  const start = await crm.head();
  const total = 8 * 25;
  const done = (changes: readonly FeedChange[]) => changes.length >= total;
  const readers = [collect(crm, start, done), collect(crm, start, done), collect(other, start, done)];
  let turn = 0;
  await Promise.all(
    Array.from({ length: 8 }, async (_, writer) => {
      for (let n = 0; n < 25; n++) {
        const { id } = records[(writer * 7 + n * 3) % records.length]!;
        if (writer % 2 === 0) {
          await update(crm, 'Customer', id, { name: `${writer} ${n} ${turn++}` });
          continue;
        }
        // A transaction that takes its number in the feed early and commits late, after others.
        await sql.begin(async (tx) => {
          await tx`update crm.customer set name = ${`${writer} ${n} ${turn++}`} where id = ${id}`;
          await tx`select pg_sleep(${(n % 5) / 200})`;
        });
      }
    }),
  );
  for (const read of await Promise.all(readers)) {
    expect(read.map(({ cursor }) => Number(cursor))).toEqual(read.map((_, n) => Number(start) + n + 1));
    expect(read).toHaveLength(total);
    for (const { id, version } of records) {
      const versions = read.filter((change) => change.id === id).map((change) => Number(change.version));
      expect(versions).toEqual(versions.map((_, n) => Number(version) + n + 1));
    }
  }
  await other.close();
});

test('a cursor resumes without a hole while writing goes on', async () => {
  const start = await crm.head();
  const writes = Array.from(
    { length: 30 },
    (_, n): Write => ({ entity: 'User', kind: 'create', fields: { fullName: `U ${n}` } }),
  );
  const writing = (async () => {
    for (const write of writes) await crm.write([write], person);
  })();
  const read: FeedChange[] = [];
  while (read.length < writes.length) {
    const after = read.at(-1)?.cursor ?? start;
    read.push(...(await collect(crm, after, () => true)));
  }
  await writing;
  expect(read.map(({ cursor }) => Number(cursor))).toEqual(read.map((_, n) => Number(start) + n + 1));
});

test('now means only what comes', async () => {
  const before = Number(await crm.head());
  let told = false;
  const reading = collect(crm, 'now', () => true).finally(() => {
    told = true;
  });
  // The reader finds out by itself where now is, so writing goes on until it has heard something.
  while (!told) await create(crm, 'User', { fullName: 'Now' });
  expect(Number((await reading)[0]!.cursor)).toBeGreaterThan(before);
});

test('what piled up while nobody read is before now', async () => {
  const before = Number(await crm.head());
  await sql`insert into crm.user (full_name, email) select 'U', 'u@example.com' from generate_series(1, 12000)`;
  expect(Number(await crm.head())).toBe(before + 12_000);
});

test('actor, kind and version are told, deletes included', async () => {
  const later = collect(crm, await crm.head(), (changes) => changes.some(({ kind }) => kind === 'deleted'));
  const made = await create(crm, 'User', { fullName: 'Eve' });
  await update(crm, 'User', made.id, { jobTitle: 'Rep' });
  await crm.write([{ entity: 'User', kind: 'archive', id: made.id }], person);
  await crm.write([{ entity: 'User', kind: 'delete', id: made.id }], person);
  const told = (await later).filter(({ id }) => id === made.id);
  expect(told.map(({ kind, version, actor, entity }) => [entity, kind, version, actor])).toEqual([
    ['User', 'created', '1', 'kari'],
    ['User', 'updated', '2', 'kari'],
    ['User', 'archived', '3', 'kari'],
    ['User', 'deleted', null, 'kari'],
  ]);
});

test('a cursor older than what is kept is refused with the oldest that works', async () => {
  await sql`update crm.change set at = now() - interval '40 days' where pos <= 10`;
  const oldest = await crm.prune('30 days');
  expect(oldest).toBe('10');
  const expired = collect(crm, '3', () => true);
  await expect(expired).rejects.toThrow(CursorExpired);
  await expect(expired).rejects.toMatchObject({ code: 'CURSOR_EXPIRED', oldest: '10' });
  expect((await collect(crm, oldest, () => true))[0]?.cursor).toBe('11');
  expect((await collect(crm, null, () => true))[0]?.cursor).toBe('11');
  await expect(collect(crm, 'junk', () => true)).rejects.toThrow(Refusal);
  await expect(collect(crm, '99999999', () => true)).rejects.toThrow('beyond the feed');
});

test('aborting ends a waiting reader, closing ends all', async () => {
  const system = createCrm({ sql });
  const stop = new AbortController();
  const ends = [
    (async () => {
      for await (const _ of system.changes('now', stop.signal));
    })(),
    collect(system, 'now', () => false),
  ];
  stop.abort();
  await ends[0];
  await system.close();
  expect(await ends[1]).toEqual([]);
});

test('a raw edit of one record wakes readers by the poll alone', async () => {
  const made = await create(crm, 'Customer', { name: 'Raw' });
  const woken = collect(crm, await crm.head(), (changes) => changes.some(({ id }) => id === made.id));
  await sql`update crm.customer set name = 'Raw 2' where id = ${made.id}`;
  expect((await woken)[0]).toMatchObject({ kind: 'updated', version: '2' });
  expect(accepted(await update(crm, 'Customer', made.id, { name: 'Raw 2' }))).toMatchObject({ version: '2' });
});

test('a change is shown outside no sooner than its position is on the disk, and to the sync in the same database at once', async () => {
  let disk: Promise<unknown> = Promise.resolve();
  const near = createCrm({ sql: holdingBack(sql, 'pg_logical_emit_message', () => disk), withSync: true });
  const stop = new AbortController();
  const after = await near.head();
  const turning = Promise.withResolvers<void>();
  disk = turning.promise;
  const shown: string[] = [];
  const read = async (who: string, inside: boolean) => {
    for await (const _ of near.changes(after, stop.signal, inside)) return shown.push(who);
    return 0;
  };
  const outside = read('outside', false);
  const inside = read('inside', true);
  await create(near, 'Customer', { name: 'On its way' });
  await inside;
  shown.push('disk');
  turning.resolve();
  await outside;
  expect(shown).toEqual(['inside', 'disk', 'outside']);
  stop.abort();
  await near.close();
});

test('the last edit of a record in a part of the feed is told at once, however long the part is', async () => {
  const [a, b] = [await create(crm, 'Customer', { name: 'A' }), await create(crm, 'Customer', { name: 'B' })];
  const after = await crm.head();
  await update(crm, 'Customer', a.id, { name: 'A1' });
  await update(crm, 'Customer', a.id, { name: 'A2' });
  const last = (await crm.read('Customer', [a.id])).get(a.id)!;
  await sql`
    insert into crm.change (entity, id, kind, version, actor, at)
    select 'Customer', case n when 1 then ${a.id} else 'o' || n end, 'updated', 9, case n when 1 then 'tandem' else 'anna' end, now()
    from generate_series(1, 6000) n`;
  const upTo = (await crm.head())!;
  await update(crm, 'Customer', b.id, { name: 'B1' });
  const records = [a, b].map(({ id }) => ({ entity: 'Customer', id }));
  const asked = { records, after, upTo, besides: 'tandem' };
  expect(await crm.edits!(asked)).toMatchObject([{ id: a.id, version: last.version }]);
  expect(await crm.edits!({ ...asked, upTo: (await crm.head())! })).toHaveLength(2);
  expect(await crm.edits!({ ...asked, records: [] })).toEqual([]);
  const oldest = await crm.prune('0 seconds');
  expect(Number(oldest)).toBeGreaterThan(Number(after));
  await expect(crm.edits!(asked)).rejects.toThrow(CursorExpired);
});
