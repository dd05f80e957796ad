import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { openClient, type Sql } from '../../drizzle/postgres/client.ts';
import { startEmbedded } from '../../drizzle/postgres/embedded.ts';
import { createFromTemplate, urlOf } from '../support/databases.ts';
import { openSmallDisk } from '../support/small-disk.ts';
import { onStatement } from './on-statement.ts';
import { born, edited, ground, twinOf } from './people.ts';
import { judge } from './referee/judge.ts';
import { type Life, worldOver } from './world.ts';

// F15. PostgreSQL on a disk that is filled to the last byte while both systems are edited: it refuses to write, or it ends
// and cannot be started again until there is room. It takes an account that may mount a disk; elsewhere it is passed over.

const disk = openSmallDisk(300);

describe.skipIf(disk === null)('F15 the disk of the database is full', async () => {
  const { folder, fill, makeRoom, remove } = disk!;
  const lines: string[] = [];
  const server = await startEmbedded({
    folder,
    log: (line) => void lines.push(line),
    // No more of its own log than has to be kept.
    settings: { fsync: 'off', min_wal_size: '32MB', max_wal_size: '64MB' },
  });
  await createFromTemplate(server.url, 'small');
  const w = await worldOver(urlOf(server.url, 'small'), server.socketFolder);
  const on = await ground(w);

  let life: Life | null = null;
  afterEach(async () => {
    makeRoom();
    await life?.kill();
    life = null;
  });
  afterAll(async () => {
    await w.close();
    await server.stop();
    remove();
  });

  /** A life, how many pieces of SQL it has made, and customers that are linked. */
  async function alive() {
    let asked = 0;
    const counted = (sql: Sql): Sql =>
      onStatement(sql, () => {
        asked++;
        return undefined;
      });
    const l = await w.live(counted);
    life = l;
    const ids = Array.from({ length: 50 }, () => born(w, 'customer', 'crm', on).id);
    await w.settled(l);
    return { ...l, ids, asked: () => asked };
  }

  /** Edits customers on one side and the other, and makes new ones. */
  function edit(ids: readonly string[], round: number): void {
    for (const [n, id] of ids.entries())
      if ((n + round) % 2 === 0) edited(w, 'customer', 'crm', id);
      else edited(w, 'customer', 'erp', twinOf(w, 'customer', 'crm', id)!);
    for (const side of ['crm', 'erp'] as const) born(w, 'customer', side, on);
  }

  async function wellAgain(l: Life): Promise<void> {
    await w.settled(l);
    expect(await w.letters()).toEqual([]);
    expect(await judge(w)).toEqual([]);
  }

  test('it refuses to write: all work waits and says why, nothing runs hot, and it goes on with room again', async () => {
    const l = await alive();
    fill();
    for (let round = 0; l.sync.refusal() === null; round++) {
      expect(round, 'rounds of edits without trouble').toBeLessThan(200);
      edit(l.ids, round);
      const before = w.erp.log.length + w.crm.log.length;
      await expect
        .poll(() => l.sync.refusal() !== null || w.erp.log.length + w.crm.log.length > before)
        .toBe(true);
    }
    expect(l.sync.refusal()!.reason).toBe('has no room left on its disk');
    // Until both systems' clocks are looked at again, which is seconds later.
    const [calls, asked, checks] = [w.crm.calls.total + w.erp.calls.total, l.asked(), w.erp.calls.checks];
    await expect.poll(() => w.erp.calls.checks).toBeGreaterThan(checks);
    expect(w.crm.calls.total + w.erp.calls.total - calls).toBeLessThan(100);
    expect(l.asked() - asked).toBeLessThan(5_000);

    makeRoom();
    await wellAgain(l);
    await expect.poll(() => l.sync.refusal()).toBe(null);
    expect(l.errors.map((line) => line.replace(/ \{.*/, ''))).toEqual([
      'the database takes no writes: it has no room left on its disk; all work waits',
      'the database takes writes again',
    ]);
  });

  test('PostgreSQL ends, and cannot be started: it says why, and is there again with room', async () => {
    const l = await alive();
    const admin = openClient(server.url, server.socketFolder, { max: 1 });
    // Before there is no room: a new connection may need some. And old files of its log are not used again.
    await admin`alter system set wal_keep_size = '1GB'`;
    await admin`select pg_reload_conf()`;
    let under = true;
    // Its log needs a new file each time, which there is no room for soon: what it frees as it comes back is taken, too.
    const writing = (async () => {
      while (under) {
        fill();
        await admin`select pg_logical_emit_message(false, 'full', 'disk')`.catch(() => {});
        await admin`select pg_switch_wal()`.catch(() => {});
      }
    })();
    try {
      edit(l.ids, 0);
      await expect.poll(() => server.away()).toContain('No space left on device');
    } finally {
      under = false;
      await writing;
      await admin.end({ timeout: 1 });
    }

    makeRoom();
    await expect.poll(() => server.away()).toBe(null);
    await wellAgain(l);
    // It may have refused to write before it ended.
    expect(l.errors).toContainEqual(
      expect.stringMatching(/^the database cannot be reached: .+; all work waits/),
    );
    // It may have been back for a moment, and ended again.
    expect(lines.at(-1)).toBe('PostgreSQL is back.');
    const kinds = [
      /^PostgreSQL has gone away; starting it again\.$/,
      /could not be started in \S+: could not [^;]+: No space left on device\./,
      /^PostgreSQL is back\.$/,
    ];
    expect(lines.filter((line) => !kinds.some((kind) => kind.test(line)))).toEqual([]);
    for (const kind of kinds) expect(lines).toContainEqual(expect.stringMatching(kind));
  });
});
