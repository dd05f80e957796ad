import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readPostmaster } from '../../drizzle/postgres/postmaster.ts';
import { testDatabase } from '../support/database.ts';
import { newFolder, runPart } from './part.ts';

const { sql, url: DATABASE_URL } = await testDatabase();

/** Systems that nobody finds: none of a process beside this one. */
const nowhere = {
  TANDEM_CRM_URL: 'http://127.0.0.1:1/graphql',
  TANDEM_ERP_URL: 'http://127.0.0.1:1/graphql',
};

/** A port that another program has. */
async function takenPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test('a gateway on a port that is taken says what to do', async () => {
  const port = await takenPort();
  expect(await runPart(['gateway', '--port', `${port}`, '--data', newFolder()], nowhere)).toEqual({
    code: 1,
    said: `127.0.0.1:${port} is taken by another program. Take another port: --port or PORT.\n`,
  });
});

test.each(['crm', 'erp', 'sync'])('%s on a port that is taken leaves no database running', async (part) => {
  const folder = newFolder();
  const port = await takenPort();
  const { code, said } = await runPart([part, '--port', `${port}`, '--data', folder], nowhere);
  expect(code).toBe(1);
  expect(said).toBe(`127.0.0.1:${port} is taken by another program. Take another port: --port or PORT.\n`);
  expect(readPostmaster(join(folder, 'postgres'))).toBeUndefined();
});

/** A change to the address of the database that the tests have. */
const databaseAt = (change: Partial<Pick<URL, 'hostname' | 'port' | 'pathname' | 'password' | 'search'>>) =>
  Object.assign(new URL(DATABASE_URL), change).href;

test.each([
  [
    'a database where nothing listens',
    ['crm'],
    { DATABASE_URL: databaseAt({ port: '1', search: '?password=geheim' }) },
    /^Error: DATABASE_URL postgres:\/\/.*:1\/.* cannot be opened: .*ECONNREFUSED.*\. Start PostgreSQL there, or correct the address\.$/,
  ],
  [
    'a database at a host that nobody knows',
    ['crm'],
    { DATABASE_URL: databaseAt({ hostname: 'nowhere.invalid' }) },
    /^Error: DATABASE_URL .* cannot be opened: .*nowhere\.invalid.*\. Correct the host, or see that its name is known here\.$/,
  ],
  [
    'a database that is not there',
    ['start'],
    { DATABASE_URL: databaseAt({ pathname: '/nowhere' }) },
    /^Error: DATABASE_URL .* cannot be opened: database "nowhere" does not exist\. Create it, or correct its name\.$/,
  ],
  [
    'a wrong password',
    ['sync'],
    { DATABASE_URL: databaseAt({ password: 'geheim' }) },
    /^Error: DATABASE_URL .* cannot be opened: password authentication failed.*\. Correct user and password\.$/,
  ],
  [
    'an address that this machine does not have',
    ['crm', '--host', '192.0.2.1'],
    {
      DATABASE_URL,
      TANDEM_SUBGRAPH_SECRET: 'what only the gateway and its subgraphs know',
      TANDEM_API_KEYS: `ci:${'a'.repeat(64)}:read`,
    },
    /^192\.0\.2\.1 is no address of this machine\. Take one that it has: --host or TANDEM_HOST\.$/,
  ],
  [
    'a subgraph in production that would take unsigned requests',
    ['crm'],
    { NODE_ENV: 'production', DATABASE_URL: databaseAt({ port: '1' }) },
    /^Error: Subgraph crm needs a secret to listen in production: .*\. Set TANDEM_SUBGRAPH_SECRET .*\.$/,
  ],
])('%s is told in one line', async (_, args, env, line) => {
  const { code, said } = await runPart([...args, '--port', '0'], env);
  expect(said.trim()).toMatch(line);
  expect(said).not.toContain('geheim');
  expect(said.trim().split('\n')).toHaveLength(1);
  expect(code).toBe(1);
});

test('a database whose user may not change it is told in one line', async () => {
  const user = `weak_${process.pid}`;
  await sql.unsafe(`create role ${user} login password 'geheim'`);
  onTestFinished(async () => void (await sql.unsafe(`drop role ${user}`)));
  const address = Object.assign(new URL(DATABASE_URL), { username: user, password: 'geheim' }).href;
  const { code, said } = await runPart(['crm', '--port', '0'], { DATABASE_URL: address });
  expect(said).toBe(
    'Error: The database cannot be brought up to date: permission denied for schema drizzle. Take its owner in DATABASE_URL, or let this user create in it.\n',
  );
  expect(code).toBe(1);
});

test.each([
  ['is empty', ''],
  ['was cut short', '{"password":"abc'],
  ['holds no password', '{}'],
])('a data folder whose tandem.json %s is told in one line', async (_, text) => {
  const folder = newFolder();
  const data = join(folder, 'postgres');
  mkdirSync(data);
  writeFileSync(join(data, 'PG_VERSION'), '18\n');
  writeFileSync(join(data, 'tandem.json'), text);
  const { code, said } = await runPart(['crm', '--port', '0', '--data', folder]);
  expect(said).toBe(
    `Error: ${join(data, 'tandem.json')} is empty or damaged, and holds the password of the database. Put a backup of it in its place, or name another folder with --data or TANDEM_DATA.\n`,
  );
  expect(code).toBe(1);
});

test('a data folder without its version is told in one line', async () => {
  const folder = newFolder();
  mkdirSync(join(folder, 'postgres'));
  const { code, said } = await runPart(['crm', '--port', '0', '--data', folder]);
  expect(said).toBe(
    `Error: ${join(folder, 'postgres', 'PG_VERSION')} is missing. Put a backup of the folder in its place, or name another one with --data or TANDEM_DATA.\n`,
  );
  expect(code).toBe(1);
});
