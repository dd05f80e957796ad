import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createData } from '../../drizzle/postgres/data-folder.ts';
import { DataFolderError } from '../../drizzle/postgres/data-folder-error.ts';
import { postgres } from '../../drizzle/postgres/driver.ts';
import { startEmbedded } from '../../drizzle/postgres/embedded.ts';
import { isAlive, readPostmaster } from '../../drizzle/postgres/postmaster.ts';
import { withoutDurability } from '../../drizzle/postgres/tuning.ts';
import { serverProcess } from './server-process.ts';

const isRoot = process.getuid?.() === 0;
const nobody = 65534;
const home = mkdtempSync(join(tmpdir(), 'tandem-embedded-'));
chmodSync(home, 0o755);
// One folder for most tests, since making one takes longest.
const folder = join(home, 'one');
const settings = withoutDurability;

afterAll(() => rmSync(home, { recursive: true, force: true }));

test('the first start makes the data, the second one finds it, and a stopped server is gone', async () => {
  const first = await startEmbedded({ folder, settings });
  expect(first.how).toBe('created');
  await query(first.url, 'create table kept as select 42 as answer');
  await first.stop();
  expect(readPostmaster(first.data)).toBeUndefined();
  const second = await startEmbedded({ folder, settings });
  expect(second.how).toBe('started');
  expect(second.url).toBe(first.url);
  expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  await second.stop();
});

test('nobody else can read the password, and a connection without it is refused', async () => {
  const server = await startEmbedded({ folder, settings });
  expect(statSync(join(server.data, 'tandem.json')).mode & 0o077).toBe(0);
  expect(statSync(server.data).mode & 0o077).toBe(0);
  const url = new URL(server.url);
  url.password = 'guess';
  await expect(query(url.href, 'select 1')).rejects.toThrow('password authentication failed');
  await server.stop();
});

test('a server left behind by a killed process is joined', async () => {
  const killed = await serverProcess(folder);
  await killed.kill();
  const server = await startEmbedded({ folder, settings });
  expect(server.how).toBe('adopted');
  expect(await query(server.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  await server.stop();
  expect(readPostmaster(server.data)).toBeUndefined();
});

test('two processes share one server, and the last one stops it', async () => {
  const [one, other] = await Promise.all([serverProcess(folder), serverProcess(folder)]);
  expect([one.how, other.how].toSorted()).toEqual(['adopted', 'started']);
  await one.stop();
  expect(await query(other.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  await other.stop();
  expect(readPostmaster(other.data)).toBeUndefined();
});

test('several processes that start at once in a new folder make it once', async () => {
  const all = await Promise.all([1, 2, 3].map(() => serverProcess(join(home, 'race'))));
  expect(new Set(all.map(({ url }) => url)).size).toBe(1);
  await Promise.all(all.map((process) => process.stop()));
  expect(readPostmaster(all[0]?.data ?? '')).toBeUndefined();
});

test('servers of two folders run side by side', async () => {
  const [one, other] = await Promise.all([
    startEmbedded({ folder, settings }),
    startEmbedded({ folder: join(home, 'race'), settings }),
  ]);
  expect(one.url).not.toBe(other.url);
  await one.stop();
  expect(await query(other.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await other.stop();
});

test('after a kill of server and process the data is there again', async () => {
  const killed = await serverProcess(folder);
  const postmaster = readPostmaster(killed.data);
  await killed.kill();
  process.kill(postmaster?.pid ?? 0, 'SIGKILL');
  const server = await startEmbedded({ folder, settings });
  expect(server.how).toBe('started');
  expect(await query(server.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  await server.stop();
});

test('a server that dies while it is used comes back under the same address', async () => {
  const lines: string[] = [];
  const back = Promise.withResolvers<void>();
  const server = await startEmbedded({
    folder,
    settings,
    log: (line) => {
      lines.push(line);
      if (line.includes('is back')) back.resolve();
    },
  });
  const died = readPostmaster(server.data);
  process.kill(died?.pid ?? 0, 'SIGKILL');
  await back.promise;
  expect(await query(server.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  expect(readPostmaster(server.data)?.pid).not.toBe(died?.pid);
  await server.stop();
  expect(lines).toHaveLength(2);
});

// As on a disk that is full: nothing starts there until somebody has made room.
test('a server that cannot be started again is tried until it can, and tells why meanwhile', async () => {
  const lines: string[] = [];
  const awaited = new Map<string, () => void>();
  const told = (what: string) => new Promise<void>((resolve) => awaited.set(what, resolve));
  const server = await startEmbedded({
    folder,
    settings,
    log: (line) => {
      lines.push(line);
      for (const [what, resolve] of awaited) if (line.includes(what)) resolve();
    },
  });
  expect(server.away()).toBeNull();
  const [refused, taken, back] = [told('configuration file'), told('TCP/IP sockets'), told('is back')];
  const needed = join(server.data, 'postgresql.conf');
  renameSync(needed, `${needed}.away`);
  process.kill(readPostmaster(server.data)?.pid ?? 0, 'SIGKILL');
  await refused;
  expect(server.away()).toContain('could not access the server configuration file');
  // Meanwhile somebody has taken its port, under which its clients look for it.
  const other = createServer().listen(Number(new URL(server.url).port), '127.0.0.1');
  renameSync(`${needed}.away`, needed);
  await taken;
  other.close();
  await back;
  expect(server.away()).toBeNull();
  expect(await query(server.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  await server.stop();
  // Each reason told once, however often it was tried.
  expect(lines.filter((line) => line.includes('could not be started'))).toHaveLength(2);
});

test('a process number that now belongs to another program is no server', async () => {
  const server = await startEmbedded({ folder, settings });
  const file = join(server.data, 'postmaster.pid');
  const written = readFileSync(file, 'utf8');
  await server.stop();
  // As after a restart of a container, where numbers begin anew: this one is ours.
  writeFileSync(file, written.replace(/^\d+/, `${process.pid}`), { mode: 0o600 });
  expect(isAlive({ pid: process.pid, port: 1, status: '' }, server.data)).toBe(false);
  const again = await startEmbedded({ folder, settings });
  expect(again.how).toBe('started');
  await again.stop();
});

test('data that is half there is told with the reason and a remedy, and leaves no server running', async () => {
  const damaged = join(home, 'damaged');
  const server = await startEmbedded({ folder: damaged, settings });
  await server.stop();
  rmSync(join(server.data, 'base'), { recursive: true });
  const told = startEmbedded({ folder: damaged, settings });
  await expect(told).rejects.toBeInstanceOf(DataFolderError);
  await expect(told).rejects.toThrow(
    `PostgreSQL could not be started in ${server.data}: database "postgres" does not exist: The database subdirectory "base/5" is missing. Its log is ${join(damaged, 'postgres.log')}. Mend that, put a backup of the folder in its place, or name another one with --data or TANDEM_DATA.`,
  );
  expect(readPostmaster(server.data)).toBeUndefined();
  rmSync(join(server.data, 'global'), { recursive: true });
  await expect(startEmbedded({ folder: damaged, settings })).rejects.toThrow(
    /could not be started in .*: could not (find|open|read).*global.* Mend that/,
  );
});

test('a data folder that cannot be made is told with what stood in the way, and leaves nothing behind', async () => {
  const bin = join(home, 'full-disk');
  mkdirSync(bin);
  const initdb = join(bin, 'initdb');
  writeFileSync(
    initdb,
    '#!/bin/sh\necho "initdb: error: could not write: No space left on device" >&2\nexit 1\n',
    {
      mode: 0o755,
    },
  );
  const data = join(bin, 'data');
  const told = createData({ bin, major: 18 }, data, undefined);
  await expect(told).rejects.toBeInstanceOf(DataFolderError);
  await expect(told).rejects.toThrow(
    `${initdb} failed: initdb: error: could not write: No space left on device. Mend that, or name another folder with --data or TANDEM_DATA.`,
  );
  expect(readdirSync(bin)).toEqual(['initdb']);
});

test('data of a PostgreSQL that is not here is told with its version and a remedy', async () => {
  const foreign = join(home, 'foreign');
  const server = await startEmbedded({ folder: foreign, settings });
  await server.stop();
  writeFileSync(join(server.data, 'PG_VERSION'), '12\n');
  const told = startEmbedded({ folder: foreign, settings });
  await expect(told).rejects.toBeInstanceOf(DataFolderError);
  await expect(told).rejects.toThrow(
    'The data folder was made by PostgreSQL 12, which is not here: install it, or move the data folder away to start anew.',
  );
});

test.runIf(isRoot)('root keeps the data elsewhere when the project is closed to the server', async () => {
  const closed = join(home, 'closed');
  mkdirSync(closed, { mode: 0o700 });
  const lines: string[] = [];
  const inner = join(closed, '.tandem');
  const server = await startEmbedded({ folder: inner, settings, log: (line) => lines.push(line) });
  expect(server.data.startsWith(closed)).toBe(false);
  expect(lines.join()).toContain(server.data);
  await server.stop();
  const again = await startEmbedded({ folder: inner, settings });
  expect(again).toMatchObject({ how: 'started', data: server.data });
  await again.stop();
  rmSync(server.data, { recursive: true });
});

test.runIf(isRoot)('an ordinary user runs the server himself, and root may take over', async () => {
  const own = join(home, 'own');
  mkdirSync(own);
  chownSync(own, nobody, nobody);
  const first = await serverProcess(own, nobody);
  expect(first.how).toBe('created');
  expect(statSync(first.data).uid).toBe(nobody);
  await first.stop();
  const server = await startEmbedded({ folder: own, settings });
  expect(server.how).toBe('started');
  await server.stop();
  await (await serverProcess(own, nobody)).stop();
});

test.runIf(isRoot)('an ordinary user is told whose folder it is', async () => {
  expect(existsSync(folder)).toBe(true);
  await expect(serverProcess(folder, nobody)).rejects.toThrow(
    /cannot be written: permission denied \(EACCES\).*TANDEM_DATA/,
  );
});

async function query(url: string, text: string): Promise<unknown[]> {
  const sql = postgres(url, { max: 1, fetch_types: false });
  try {
    return [...(await sql.unsafe(text))];
  } finally {
    await sql.end();
  }
}
