import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { takenBy } from '../../drizzle/postgres/open.ts';
import { givenUp } from '../../drizzle/postgres/tuning.ts';
import { childEnvironment } from '../support/child-environment.ts';
import { testDatabase } from '../support/database.ts';

const { sql, url } = await testDatabase();
const name = new URL(url).pathname.slice(1);

test.each([
  { of: 'our own server', how: 'as it is' },
  { of: 'a server that goes on by itself', how: 'by its address' },
])('what a killed process had a statement hold is free at once: $of', async ({ how }) => {
  await sql`create table held as select 0 as n`;
  if (how === 'by its address')
    await sql`alter database ${sql(name)} set client_connection_check_interval = 0`;
  const child = spawn(process.execPath, [`${import.meta.dirname}/statement-main.ts`, how], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...childEnvironment, DATABASE_URL: url },
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  await once(child.stdout, 'data');
  await expect
    .poll(() => sql`select 1 from pg_stat_activity where datname = ${name} and wait_event = 'PgSleep'`)
    .toHaveLength(1);

  child.kill('SIGKILL');
  // As patient as any lock of ours, which is a tenth of what the statement takes.
  expect(await sql`select n from held for update`).toEqual([{ n: 0 }]);
  await sql`drop table held`;
});

test('a server that cannot tell of a process that is no more is asked to do nothing about it', async () => {
  expect(await takenBy(sql, givenUp)).toEqual(givenUp);
  // It says of a value that none of them can have what one on Windows says of any.
  const [name] = Object.keys(givenUp);
  expect(await takenBy(sql, { work_mem: '4MB', [name!]: 'never' })).toEqual({ work_mem: '4MB' });
  await expect(takenBy(sql, { 'no such setting': 1 })).rejects.toThrow('no such setting');
});
