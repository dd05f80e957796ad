import { afterAll, expect, test } from 'vitest';
import { openClient } from '../../drizzle/postgres/client.ts';
import { NoAnswer } from '../../drizzle/postgres/deadline.ts';
import { testDatabase } from '../support/database.ts';
import { openDeafProxy } from '../support/deaf-proxy.ts';

const { sql: admin, url } = await testDatabase();
const server = new URL(url);
const proxy = await openDeafProxy(server.hostname, Number(server.port));
server.port = String(proxy.port);
/** Statements that are ended after 1.5 s, and given up after 1.9. */
const sql = openClient(server.href, undefined, { max: 2, statementMs: 1_500 });
await admin`create table kept (n int)`;
afterAll(async () => {
  await sql.end({ timeout: 1 });
  await proxy.close();
});

const stored = (n: number) => admin`select n from kept where n = ${n}`;

test('a statement that waits for a lock is ended by the server, and the client goes on', async () => {
  await admin.begin(async (tx) => {
    await tx`lock table kept in access exclusive mode`;
    await expect(sql`insert into kept values (1)`).rejects.toMatchObject({ code: '57014' });
  });
  await sql`insert into kept values (2)`;
  expect([await stored(1), await stored(2)]).toEqual([[], [{ n: 2 }]]);
});

test('an answer that never comes fails its statement with unknown outcome, and the next one is answered', async () => {
  await sql`select 1`;
  proxy.deafen();
  const [first, second] = await Promise.allSettled([sql`insert into kept values (3)`, sql`select 3`]);
  // The second went over a connection of its own, which is not to blame.
  expect([first, second]).toMatchObject([
    { status: 'rejected', reason: expect.any(NoAnswer) },
    { status: 'fulfilled' },
  ]);
  expect(String((first as PromiseRejectedResult).reason)).toMatch(
    /not answered a statement for 1.875 s.*not known/,
  );
  // It had come there.
  expect(await stored(3)).toEqual([{ n: 3 }]);
  expect(await sql`select 4 as n`).toEqual([{ n: 4 }]);
});

test('nor does a transaction wait for ever, nor one in a single flight', async () => {
  const deaf = sql.begin(async (tx) => {
    await tx`insert into kept values (5)`;
    proxy.deafen();
    await tx`insert into kept values (5)`;
  });
  await expect(deaf).rejects.toBeInstanceOf(NoAnswer);
  expect(await stored(5)).toEqual([]);
  await sql.begin((tx) => tx`insert into kept values (6)`);
  proxy.deafen();
  await expect(sql.atOnce((tx) => [tx`insert into kept values (7)`])).rejects.toBeInstanceOf(NoAnswer);
  await sql.atOnce((tx) => [tx`insert into kept values (8)`]);
  expect([await stored(6), await stored(7), await stored(8)]).toEqual([[{ n: 6 }], [{ n: 7 }], [{ n: 8 }]]);
});

test('nor a client of one connection that holds a lock of its session', async () => {
  const alone = sql.alone();
  await alone`select pg_advisory_lock(1)`;
  proxy.deafen();
  await expect(alone`select 1`).rejects.toBeInstanceOf(NoAnswer);
  expect(await alone`select 2 as n`).toEqual([{ n: 2 }]);
  await alone.end({ timeout: 1 });
});
