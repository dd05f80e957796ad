import { expect, it } from 'vitest';
import { openClient } from '../../drizzle/postgres/client.ts';
import { enrolWorker, heartbeat } from '../../sync/store/leases.ts';
import { type Liveness, openLiveness } from '../../sync/store/liveness.ts';
import { testDatabase } from '../support/database.ts';
import { openDeafProxy } from '../support/deaf-proxy.ts';

const { sql, url } = await testDatabase();

/** A worker with a lane in its hands, enrolled with its lock: without one, whoever looks meanwhile would call it dead. */
async function workerWith(lock: Liveness): Promise<number> {
  const token = await lock.enrol();
  await sql`
    insert into sync.lane (key, mapping, cause, token, locked_until)
    values (${`rec:crm:Customer:${token}`}, 'customer', '{"kind":"change"}', ${token}, now() + interval '1 minute')`;
  return token;
}

/** Looks who lives, with these workers heard of a moment ago: their leases still run. */
async function look(looking: number, silent: readonly number[]): Promise<number> {
  await sql`update sync.worker set alive_until = now() + interval '1.8 seconds' where token = any(${[...silent]}::bigint[])`;
  return (await heartbeat(sql, looking)).freed;
}

const isHeld = async (token: number): Promise<boolean> =>
  (await sql`select 1 from sync.lane where token = ${token}`).length > 0;

it('frees the lanes of a worker that is gone before its lease has run out, and of no other', async () => {
  const enrolled = openLiveness(sql);
  const locks = [openLiveness(sql), openLiveness(sql)] as const;
  const [living, killed, looking] = [
    await workerWith(locks[0]),
    await workerWith(locks[1]),
    await enrolWorker(sql),
  ];
  await locks[0].beat(living);
  await locks[1].beat(killed);
  // Held once more at every sign of life, the lock is still one.
  await locks[1].beat(killed);

  await look(looking, [living, killed]);
  expect([await isHeld(living), await isHeld(killed)]).toEqual([true, true]);
  // Its connection ends with its process.
  await locks[1].close();
  while ((await sql`select 1 from pg_locks where locktype = 'advisory' and objid = ${killed}`).length > 0)
    await sql`select pg_sleep(0.01)`;
  expect(await look(looking, [living, killed])).toBe(1);
  expect([await isHeld(living), await isHeld(killed)]).toEqual([true, false]);
  // Without any sign of life the lease ends, whatever lock there is.
  await sql`update sync.worker set alive_until = now() - interval '1 second' where token = ${living}`;
  expect(await heartbeat(sql, looking)).toEqual({ freed: 1, left: 0 });
  await locks[0].close();
  // One that enrols so is never seen without its lock.
  const token = await enrolled.enrol();
  await look(looking, [token]);
  expect(await sql`select 1 from sync.worker where token = ${token}`).toHaveLength(1);
  await enrolled.close();
});

it('enrols a worker although the first answer never comes', async () => {
  const server = new URL(url);
  const proxy = await openDeafProxy(server.hostname, Number(server.port));
  server.port = String(proxy.port);
  const client = openClient(server.href, undefined, { max: 1, statementMs: 1_500 });
  const liveness = openLiveness(client);
  await liveness.enrol();
  proxy.deafen();
  const token = await liveness.enrol();
  expect(await sql`select 1 from pg_locks where locktype = 'advisory' and objid = ${token}`).toHaveLength(1);
  await liveness.close();
  await client.end({ timeout: 1 });
  await proxy.close();
});
