import type { TransactionSql } from 'postgres';
import { afterAll, expect, inject, test } from 'vitest';
import { openClient } from '../../drizzle/postgres/client.ts';
import { testDatabase } from '../support/database.ts';
import { openDeafProxy } from '../support/deaf-proxy.ts';

const { sql: admin, url } = await testDatabase();
const sql = openClient(url, inject('server').socketFolder);
await sql`create table pair (n int, half int)`;
afterAll(() => sql.end({ timeout: 1 }));

/** Ends the server's end of a transaction's connection. */
const cut = (pid: number) => admin`select pg_terminate_backend(${pid})`;
const pidOf = async (tx: TransactionSql): Promise<number> =>
  (await tx<{ pid: number }[]>`select pg_backend_pid() as pid`)[0]!.pid;
const stored = (n: number) => sql`select half from pair where n = ${n} order by half`;

test('a transaction that comes through is stored, one that throws is not, and its error is told', async () => {
  const answer = await sql.begin(async (tx) => {
    await Promise.all([tx`insert into pair values (1, 1)`, tx`insert into pair values (1, 2)`]);
    return 'done';
  });
  expect(answer).toBe('done');
  expect(await stored(1)).toEqual([{ half: 1 }, { half: 2 }]);
  await expect(
    sql.begin(async (tx) => {
      await tx`insert into pair values (2, 1)`;
      throw new Error('changed my mind');
    }),
  ).rejects.toThrow('changed my mind');
  expect(await stored(2)).toEqual([]);
});

test('a statement that failed unheard fails the transaction', async () => {
  await expect(
    sql.begin(async (tx) => {
      await tx`insert into pair values (3, 1)`;
      await tx`select 1 / 0`.catch(() => {});
    }),
  ).rejects.toThrow('rolled back');
  expect(await stored(3)).toEqual([]);
});

test('cut between two statements: the second is not sent over another connection', async () => {
  await expect(
    sql.begin(async (tx) => {
      await tx`insert into pair values (4, 1)`;
      await cut(await pidOf(tx));
      // The driver hears of it while nothing is under way.
      await admin`select pg_sleep(0.05)`;
      await tx`insert into pair values (4, 2)`;
    }),
  ).rejects.toThrow();
  expect(await stored(4)).toEqual([]);
});

test('cut in the middle of a statement: what was to follow fails, too', async () => {
  await expect(
    sql.begin(async (tx) => {
      await tx`insert into pair values (5, 1)`;
      const pid = await pidOf(tx);
      const [first, second] = await Promise.allSettled([
        tx`select pg_sleep(5)`,
        tx`insert into pair values (5, 2)`,
        cut(pid),
      ]);
      expect([first.status, second.status]).toEqual(['rejected', 'rejected']);
    }),
  ).rejects.toThrow();
  expect(await stored(5)).toEqual([]);
});

test('a hundred transactions whose connections are cut at random: each is there whole or not at all', async () => {
  const attempt = (n: number) =>
    sql.begin(async (tx) => {
      const pid = await pidOf(tx);
      await tx`insert into pair values (${n}, 1)`;
      const cutting = n % 2 === 0 ? cut(pid) : null;
      await tx`insert into pair values (${n}, 2)`;
      await cutting;
    });
  const results = await Promise.allSettled(Array.from({ length: 100 }, (_, n) => attempt(1000 + n)));
  const halves = await sql<{ n: number; halves: number }[]>`
    select n, count(*)::int as halves from pair where n >= 1000 group by n`;
  expect(halves.every((row) => row.halves === 2)).toBe(true);
  const there = new Set(halves.map((row) => row.n));
  for (const [n, { status }] of results.entries())
    if (status === 'fulfilled') expect(there.has(1000 + n)).toBe(true);
  expect(results.some(({ status }) => status === 'fulfilled')).toBe(true);
  expect(results.some(({ status }) => status === 'rejected')).toBe(true);
});

test('a flight is stored as a whole, in the order in which it was written', async () => {
  await sql.atOnce((tx) => [
    tx`insert into pair values (20, 1)`,
    tx`update pair set half = 2 where n = 20`,
    tx`insert into pair values (20, 3)`,
  ]);
  expect(await stored(20)).toEqual([{ half: 2 }, { half: 3 }]);
});

test('of a flight of which one statement fails nothing is stored, and the first error is told', async () => {
  await expect(
    sql.atOnce((tx) => [
      tx`insert into pair values (21, 1)`,
      tx`select 1 / 0`,
      tx`insert into pair values (21, 2)`,
    ]),
  ).rejects.toThrow('division by zero');
  expect(await stored(21)).toEqual([]);
  // The connection is as good as new.
  await sql.atOnce((tx) => [tx`insert into pair values (23, 1)`]);
  expect(await stored(23)).toEqual([{ half: 1 }]);
});

test('what travels behind a flight sees it committed, and its failure is nothing to the flight', async () => {
  let seen: Promise<unknown> | null = null;
  await sql.atOnce(
    (tx) => [tx`insert into pair values (26, 1)`],
    (one) => {
      // Inside the transaction its row would be of one that is in progress.
      const after = one`select half, pg_xact_status(xmin::text::xid8) as writer from pair where n = 26`;
      seen = after;
      return after;
    },
  );
  expect(await seen).toEqual([{ half: 1, writer: 'committed' }]);
  let failed: Promise<unknown> = Promise.resolve();
  await sql.atOnce(
    (tx) => [tx`insert into pair values (27, 1)`],
    (one) => {
      const after = one`select 1 / 0`;
      failed = after;
      return after;
    },
  );
  expect(await stored(27)).toEqual([{ half: 1 }]);
  await expect(failed).rejects.toThrow('division by zero');
});

test('and is carried out where the flight fails', async () => {
  let seen: Promise<unknown> | null = null;
  await expect(
    sql.atOnce(
      (tx) => [tx`select 1 / 0`],
      (one) => {
        const after = one`select 1 as one`;
        seen = after;
        return after;
      },
    ),
  ).rejects.toThrow('division by zero');
  expect(await seen).toEqual([{ one: 1 }]);
});

test('statements that travel together have one connection, and fail each by itself', async () => {
  const [first, failed, last] = await sql.together((one) =>
    Promise.allSettled([
      one`select pg_backend_pid() as pid`,
      one`select 1 / 0`,
      one`select pg_backend_pid() as pid`,
    ]),
  );
  expect(failed.status).toBe('rejected');
  expect(first.status === 'fulfilled' && first.value).toEqual(last.status === 'fulfilled' && last.value);
});

test('a flight whose connection is cut fails as a whole', async () => {
  await expect(
    sql.atOnce((tx) => [
      tx`insert into pair values (24, 1)`,
      tx`select pg_terminate_backend(pg_backend_pid())`,
      tx`insert into pair values (24, 2)`,
    ]),
  ).rejects.toThrow();
  expect(await stored(24)).toEqual([]);
});

// The driver sends what it had queued over a new connection once the old one has ended.
test.each([0, 1, 5])(
  'flights of a client that ends after %i s: each is there whole or not at all',
  async (timeout) => {
    const first = 10_000 + timeout * 1_000;
    await Promise.all(
      Array.from({ length: 30 }, async (_, i) => {
        const client = openClient(url, inject('server').socketFolder, { max: 1 });
        const flight = flightOf(client, first + i);
        for (let turn = 0; turn < i; turn++) await new Promise<void>((go) => setImmediate(go));
        await Promise.allSettled([flight, client.end({ timeout })]);
      }),
    );
    expect(await torn(first)).toEqual([]);
  },
);

test('nor does a busy process send half of one, which hears of the end and of an answer at once', async () => {
  for (let i = 0; i < 60; i++) {
    const client = openClient(url, inject('server').socketFolder, { max: 1 });
    await client.begin((tx) => tx`select 1`);
    const flight = flightOf(client, 20_000 + i);
    flight.catch(() => {});
    const ended = new Promise<void>((resolve) => {
      setImmediate(() => {
        stand(2 + (i % 5));
        void client.end({ timeout: 0 }).then(resolve);
        process.nextTick(() => stand(i % 3));
      });
    });
    await Promise.allSettled([flight, ended]);
  }
  await rested();
  expect(await torn(20_000)).toEqual([]);
});

test('and a client whose connection is lost asks for no other one, whatever still waits', async () => {
  const server = new URL(url);
  const proxy = await openDeafProxy(server.hostname, Number(server.port));
  server.port = String(proxy.port);
  const client = openClient(server.href, undefined, { max: 1 });
  await expect(
    client.atOnce((tx) => [
      tx`select pg_terminate_backend(pg_backend_pid())`,
      ...Array.from({ length: 5 }, (_, i) => tx`insert into pair values (${25_000 + i}, ${i})`),
    ]),
  ).rejects.toThrow();
  // The next has a connection of its own, and lasts longer than the driver waits before it would connect again.
  await client.atOnce((tx) => [tx`select pg_sleep(0.1)`]);
  expect(proxy.opened()).toBe(2);
  await client.end({ timeout: 1 });
  await proxy.close();
});

test('a client that ends lets the transactions under way come to their end', async () => {
  const client = openClient(url, inject('server').socketFolder, { max: 1 });
  const transactions = Array.from({ length: 10 }, (_, i) =>
    client.begin(async (tx) => {
      await tx`insert into pair values (${30_000 + i}, 1)`;
      await tx`select pg_sleep(0.02)`;
      await tx`insert into pair (half, n) values (2, ${30_000 + i})`;
    }),
  );
  await Promise.all([client.end({ timeout: 5 }), ...transactions]);
  const [row] = await sql<{ n: number }[]>`
    select count(*)::int as n from pair where n between 30000 and 30009`;
  expect(row!.n).toBe(20);
});

/** Statements that a connection has not seen before are sent one by one, and the rest of the flight waits in a queue. */
const flightOf = (client: typeof sql, n: number) =>
  client.atOnce((tx) => [
    tx`insert into pair values (${n}, 1)`,
    tx`insert into pair (n, half) select ${n}::int, 2`,
    tx`insert into pair (half, n) values (3, ${n})`,
    tx`insert into pair (half, n) select 4, ${n}::int`,
  ]);

/** Flights from this number on that are there in part. */
const torn = async (first: number) =>
  sql<{ n: number; halves: number }[]>`
    select n, count(*)::int as halves from pair where n between ${first} and ${first + 999} group by n having count(*) <> 4`;

/** Keeps this process from anything else for so many ms. */
function stand(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

/** Waits until no other connection is at work in this database. */
async function rested(): Promise<void> {
  await expect
    .poll(async () => {
      const [row] = await sql<{ n: number }[]>`
        select count(*)::int as n from pg_stat_activity where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()`;
      return row!.n;
    })
    .toBe(0);
}

test('a transaction that the server gives up so that another can go on is begun anew', async () => {
  await sql`create table row (id text primary key, n int not null)`;
  await sql`insert into row values ('a', 0), ('b', 0)`;
  const holding: Promise<unknown>[] = [];
  const calls: string[] = [];
  const both = (first: string, second: string) =>
    sql.begin(async (tx) => {
      calls.push(first);
      const mine = tx`update row set n = n + 1 where id = ${first}`.execute();
      holding.push(mine);
      await mine;
      // The first time each has its row before it asks for the other's.
      while (holding.length < 2) await admin`select pg_sleep(0.01)`;
      await Promise.all(holding.slice(0, 2));
      await tx`update row set n = n + 10 where id = ${second}`;
      return first;
    });
  expect(await Promise.all([both('a', 'b'), both('b', 'a')])).toEqual(['a', 'b']);
  expect(calls).toHaveLength(3);
  expect(await sql`select n from row`).toEqual([{ n: 11 }, { n: 11 }]);
});

test('so is a flight', async () => {
  await sql`create table other (id text primary key, n int not null)`;
  await sql`insert into other values ('a', 0), ('b', 0)`;
  const gate = sql.alone();
  await gate`select pg_advisory_lock(1)`;
  let flown: Promise<void> | undefined;
  await sql.begin(async (tx) => {
    // It is the flight that gives way.
    await tx`set local deadlock_timeout = '1min'`;
    await tx`update other set n = 1 where id = 'b'`;
    flown = sql.atOnce((one) => [
      one`update other set n = n + 10 where id = 'a'`,
      one`select pg_advisory_xact_lock(1)`,
      one`update other set n = n + 10 where id = 'b'`,
    ]);
    await waiting('advisory');
    const mine = tx`update other set n = n + 1 where id = 'a'`.execute();
    await waiting('transactionid');
    await gate.end();
    await mine;
  });
  await flown;
  expect(await sql`select id, n from other order by id`).toEqual([
    { id: 'a', n: 11 },
    { id: 'b', n: 11 },
  ]);
});

/** Until somebody in this database waits for such a lock. */
async function waiting(locktype: string): Promise<void> {
  const asked = () => admin`
    select 1 from pg_locks l join pg_stat_activity a using (pid)
    where a.datname = current_database() and l.locktype = ${locktype} and not l.granted`;
  while ((await asked()).length === 0) await admin`select pg_sleep(0.01)`;
}
