import { expect, inject, test } from 'vitest';
import { openClient } from '../../drizzle/postgres/client.ts';
import { startHouse } from './house.ts';

// F15. A database that has become read-only, as a standby or one whose host ran out of room, is read as before: all that
// writes is refused in kind, whoever looks is told why, and all goes on by itself once it takes writes again.

const lines: string[] = [];
const keep = (_: object, text: string) => void lines.push(text);
const house = await startHouse({ log: { debug() {}, info: keep, warn() {}, error: keep } });
const { url, socketFolder } = inject('server');

/** Makes the database read-only or not, for all that connect from then on; those that are connected have to come again. */
async function turnReadOnly(on: boolean): Promise<void> {
  const admin = openClient(url, socketFolder, { max: 1 });
  const [row] = await house.sql<{ name: string }[]>`select current_database() as name`;
  await admin.unsafe(`alter database ${row!.name} set default_transaction_read_only = ${on ? 'on' : 'off'}`);
  await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${row!.name}`;
  await admin.end({ timeout: 1 });
}

const page = async (path: string) => {
  const answer = await fetch(`${house.gateway.url}${path}`);
  return { status: answer.status, text: await answer.text() };
};

const create = 'mutation { createCrmCustomer(input: { name: "Typed meanwhile" }) { id } }';
const pause = 'mutation { pauseFlow(flow: CONTACT, reason: "look") { flow } }';
const systems = '{ systems { side healthy error } }';

test('a database that takes no writes is told as that, once, and heals by itself', async () => {
  expect(await page('/health/ready')).toMatchObject({ status: 200 });
  await turnReadOnly(true);
  await expect
    .poll(() => page('/health/ready'))
    .toMatchObject({ status: 503, text: expect.stringContaining('read-only') });
  for (const operation of [create, pause])
    await expect
      .poll(() => house.post(operation))
      .toMatchObject({
        errors: [
          { message: expect.stringContaining('read-only'), extensions: { code: 'SYSTEM_UNAVAILABLE' } },
        ],
      });
  const reason = { healthy: false, error: expect.stringContaining('read-only') };
  await expect
    .poll(() => house.post(systems))
    .toEqual({
      data: {
        systems: [
          { side: 'CRM', ...reason },
          { side: 'ERP', ...reason },
        ],
      },
    });
  await expect.poll(async () => (await page('/metrics')).text).toContain('tandem_database_writable 0');
  for (let n = 0; n < 20; n++) await house.post(create);

  await turnReadOnly(false);
  await expect.poll(() => page('/health/ready')).toMatchObject({ status: 200 });
  await expect.poll(() => house.post(create)).toMatchObject({ data: expect.anything() });
  await expect.poll(async () => (await page('/metrics')).text).toContain('tandem_database_writable 1');
  // Who watches the database tells of it when it looks again; whoever asks may have seen it before.
  await expect
    .poll(() => lines.filter((line) => /read-only|takes (no )?writes/.test(line)))
    .toEqual([
      'the database takes no writes: it is read-only; all work waits',
      'the database takes writes again',
    ]);
});
