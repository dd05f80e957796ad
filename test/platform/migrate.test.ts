import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, inject, test } from 'vitest';
import { type MigrationSources, migrate } from '../../drizzle/migrate.ts';
import { postgres } from '../../drizzle/postgres/driver.ts';
import { giveUpDatabase, urlOf } from '../support/databases.ts';

const { url: server } = inject('server');
const folder = mkdtempSync(join(tmpdir(), 'tandem-migrate-'));
const sources: MigrationSources = { migrations: join(folder, 'migrations'), sql: join(folder, 'sql') };

let count = 0;
let name: string;
let url: string;

beforeEach(async () => {
  rmSync(folder, { recursive: true });
  mkdirSync(join(folder, 'migrations/meta'), { recursive: true });
  mkdirSync(join(folder, 'sql'));
  name = `test_${Date.now().toString(36)}_${process.pid}_migrate${count++}`;
  url = urlOf(server, name);
  await run(server, `create database ${name} strategy file_copy`);
});

afterEach(() => giveUpDatabase(server, name));

afterAll(() => rmSync(folder, { recursive: true }));

test('many starts at once apply each migration once', async () => {
  migrations({ when: 1, text: 'create table one (n int)' }, { when: 2, text: 'create table two (n int)' });
  const results = await Promise.all([1, 2, 3, 4, 5, 6].map(() => migrate(url, sources)));
  expect(results.map((result) => result.migrations).toSorted()).toEqual([0, 0, 0, 0, 0, 2]);
});

test('a migration that was passed over is named', async () => {
  migrations(
    { when: 1, text: 'create table one (n int)' },
    { when: 3000, text: 'create table three (n int)' },
  );
  await migrate(url, sources);
  migrations(
    { when: 1, text: 'create table one (n int)' },
    { when: 2000, text: 'create table two (n int)' },
    { when: 3000, text: 'create table three (n int)' },
  );
  await expect(migrate(url, sources)).rejects.toThrow(
    /The migration of 1970-01-01T00:00:02.000Z .* Generate it again/,
  );
});

test('a database of another history is refused', async () => {
  migrations({ when: 1000, text: 'create table one (n int)' });
  await migrate(url, sources);
  migrations({ when: 2000, text: 'create table two (n int)' });
  await expect(migrate(url, sources)).rejects.toThrow(
    /migration of 1970-01-01T00:00:01.000Z .* does not know/,
  );
  expect(await run(url, `select to_regclass('two')::text as two`)).toEqual([{ two: null }]);
});

test('a database that a newer program brought up to date is refused, and left as it is', async () => {
  const one = { when: 1000, text: 'create table one (n int)' };
  migrations(one, { when: 2000, text: 'create table two (n int)' }, { when: 3000, text: 'select 3' });
  sql('10-one.sql', `insert into one values (1)`);
  await migrate(url, sources);
  migrations(one);
  sql('10-one.sql', `insert into one values (2)`);
  await expect(migrate(url, sources)).rejects.toThrow(
    'This database is newer than this program: it has 2 migrations, the last one of 1970-01-01T00:00:03.000Z, beyond that of 1970-01-01T00:00:01.000Z, the last one known here. Run the newer program, or restore a backup from before the upgrade. Nothing was changed.',
  );
  expect(await run(url, 'select n from one')).toEqual([{ n: 1 }]);
});

test('hand-written SQL is applied when it is new, changed, or when a migration came', async () => {
  migrations({ when: 1, text: 'create table log (name text)' });
  sql('10-one.sql', `insert into log values ('one')`);
  sql('20-two.sql', `insert into log values ('two')`);
  expect(await migrate(url, sources)).toEqual({ migrations: 1, files: 2 });
  expect(await migrate(url, sources)).toEqual({ migrations: 0, files: 0 });
  sql('10-one.sql', `insert into log values ('one again')`);
  expect(await migrate(url, sources)).toEqual({ migrations: 0, files: 1 });
  migrations(
    { when: 1, text: 'create table log (name text)' },
    { when: 2, text: 'create table two (n int)' },
  );
  expect(await migrate(url, sources)).toEqual({ migrations: 1, files: 2 });
  const log = await run(url, 'select name from log');
  expect(log.map((row) => row.name)).toEqual(['one', 'two', 'one again', 'one again', 'two']);
});

test('a mistake in hand-written SQL is found by file and line, and nothing of it stays', async () => {
  migrations({ when: 1, text: 'create table log (name text)' });
  sql('10-one.sql', `insert into log values ('one');\n\nselect wrong;`);
  await expect(migrate(url, sources)).rejects.toThrow(
    'drizzle/sql/10-one.sql:3: column "wrong" does not exist',
  );
  expect(await run(url, 'select name from log')).toEqual([]);
});

test('the migrations make what the tables say', () => {
  const root = join(import.meta.dirname, '../..');
  const config = readFileSync(join(root, 'drizzle/config.ts'), 'utf8');
  const copy = join(root, 'node_modules/.cache/tandem/schema-check');
  rmSync(copy, { recursive: true, force: true });
  cpSync(join(root, 'drizzle/migrations'), join(copy, 'migrations'), { recursive: true });
  const out = join(copy, 'migrations').slice(root.length + 1);
  writeFileSync(join(copy, 'config.ts'), config.replace('./drizzle/migrations', `./${out}`));
  const before = readdirSync(join(copy, 'migrations'));
  const made = spawnSync(
    'drizzle-kit',
    ['generate', '--config', join(copy, 'config.ts').slice(root.length + 1)],
    {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  expect(made.stderr + made.stdout).toContain('No schema changes');
  expect(readdirSync(join(copy, 'migrations'))).toEqual(before);
});

function migrations(...list: readonly { when: number; text: string }[]): void {
  const entries = list.map(({ when, text }, idx) => {
    writeFileSync(join(sources.migrations, `${when}.sql`), text);
    return { idx, version: '7', when, tag: `${when}`, breakpoints: true };
  });
  writeFileSync(
    join(sources.migrations, 'meta/_journal.json'),
    JSON.stringify({ version: '7', dialect: 'postgresql', entries }),
  );
}

function sql(file: string, text: string): void {
  writeFileSync(join(sources.sql, file), text);
}

async function run(database: string, text: string): Promise<Record<string, unknown>[]> {
  const client = postgres(database, { max: 1, fetch_types: false, onnotice: () => {} });
  try {
    return [...(await client.unsafe(text))];
  } finally {
    await client.end();
  }
}
