import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import type PostgresJs from 'postgres';
import { DatabaseUrlError } from './postgres/database-url-error.ts';
import { postgres } from './postgres/driver.ts';

/** Where the migrations and the hand-written SQL lie; another place is for tests. */
export type MigrationSources = { readonly migrations: string; readonly sql: string };

/** What a migration did: how many migrations and how many SQL files were applied. */
export type Migrated = { readonly migrations: number; readonly files: number };

/** One process migrates at a time; the others wait for this advisory lock and then find nothing to do. */
const migrationLock = 0x7a4d_e302;

const sources: MigrationSources = {
  migrations: join(import.meta.dirname, 'migrations'),
  sql: join(import.meta.dirname, 'sql'),
};

/**
 * Brings a database up to date: drizzle's migrations, then every file of `drizzle/sql` (triggers, functions) that is
 * new or changed, in the order of their names. Those files must be repeatable (`create or replace`), since all of them
 * are applied again after each new migration. Throws when the database comes from another history of migrations.
 */
export async function migrate(url: string, { migrations, sql: folder } = sources): Promise<Migrated> {
  // One connection, so that drizzle works under the lock; and our own, because drizzle changes the client it is given.
  const client = postgres(url, { max: 1, fetch_types: false, onnotice: () => {} });
  try {
    await client`select pg_advisory_lock(${migrationLock})`;
    const before = await appliedMigrations(client);
    const wanted = readMigrationFiles({ migrationsFolder: migrations });
    const missing = wanted.filter(({ hash }) => !before.some((applied) => applied.hash === hash));
    checkHistory(before, wanted);
    if (missing.length > 0) await applyMigrations(client, migrations);
    const files = await applyFiles(client, folder, wanted.at(-1)?.hash ?? '');
    return { migrations: missing.length, files };
  } catch (error) {
    throw forbidden(error) ?? error;
  } finally {
    await client.end({ timeout: 1 });
  }
}

/** What is said where the database's user may not do what a migration does; null for any other error. */
function forbidden(error: unknown): DatabaseUrlError | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ((cause as { code?: unknown }).code === '42501')
      return new DatabaseUrlError(
        `The database cannot be brought up to date: ${cause.message}. Take its owner in DATABASE_URL, or let this user create in it.`,
        { cause: error },
      );
  return null;
}

/** A digest of all that `migrate` would apply: two databases with the same one have the same schema. */
export function schemaDigest({ migrations, sql: folder } = sources): string {
  const hash = createHash('sha256');
  for (const migration of readMigrationFiles({ migrationsFolder: migrations })) hash.update(migration.hash);
  for (const { name, text } of readFiles(folder)) hash.update(`${name}\0${text}\0`);
  return hash.digest('hex').slice(0, 16);
}

/** Drizzle is loaded where there is something to migrate: it imports the driver itself, which has to come from us first. */
async function applyMigrations(client: PostgresJs.Sql, migrationsFolder: string): Promise<void> {
  const [{ drizzle }, { migrate: apply }] = await Promise.all([
    import('drizzle-orm/postgres-js'),
    import('drizzle-orm/postgres-js/migrator'),
  ]);
  await apply(drizzle(client), { migrationsFolder });
}

type Applied = { readonly hash: string; readonly created_at: string };

async function appliedMigrations(client: PostgresJs.Sql): Promise<readonly Applied[]> {
  const [table] = await client<
    { name: string | null }[]
  >`select to_regclass('drizzle.__drizzle_migrations') as name`;
  if (!table?.name) return [];
  return client<Applied[]>`select hash, created_at from drizzle.__drizzle_migrations order by created_at`;
}

/** drizzle applies what is newer than the last applied migration, and would pass over all else in silence. */
function checkHistory(
  applied: readonly Applied[],
  wanted: readonly { hash: string; folderMillis: number }[],
): void {
  const remedy = 'Restore the migrations this database was made with, or use another database.';
  const unknown = applied.filter(({ hash }) => !wanted.some((migration) => migration.hash === hash));
  const dateOf = (ms: string | number): string => new Date(Number(ms)).toISOString();
  const known = wanted.at(-1)?.folderMillis ?? 0;
  const isWhole = wanted.every(({ hash }) => applied.some((migration) => migration.hash === hash));
  if (unknown.length > 0 && isWhole && unknown.every(({ created_at }) => Number(created_at) > known))
    throw new DatabaseUrlError(
      `This database is newer than this program: it has ${unknown.length === 1 ? '1 migration' : `${unknown.length} migrations`}, the last one of ${dateOf(unknown.at(-1)!.created_at)}, beyond that of ${dateOf(known)}, the last one known here. Run the newer program, or restore a backup from before the upgrade. Nothing was changed.`,
    );
  if (unknown.length > 0)
    throw new DatabaseUrlError(
      `This database has a migration of ${dateOf(unknown[0]!.created_at)} that drizzle/migrations does not know. ${remedy}`,
    );
  const last = Math.max(...applied.map((migration) => Number(migration.created_at)));
  const skipped = wanted.filter(
    ({ hash, folderMillis }) => folderMillis <= last && !applied.some((migration) => migration.hash === hash),
  );
  if (skipped.length > 0) {
    const when = skipped.map(({ folderMillis }) => new Date(folderMillis).toISOString()).join(', ');
    throw new DatabaseUrlError(
      `The migration of ${when} is older than the last one this database has, and was never applied. Generate it again, so that it comes last.`,
    );
  }
}

async function applyFiles(client: PostgresJs.Sql, folder: string, lastMigration: string): Promise<number> {
  await client`create table if not exists drizzle.tandem_sql (name text primary key, hash text not null)`;
  const known = await client<{ name: string; hash: string }[]>`select name, hash from drizzle.tandem_sql`;
  const files = readFiles(folder).map(({ name, text }) => ({
    name,
    text,
    hash: createHash('sha256').update(`${lastMigration}\0${text}`).digest('hex'),
  }));
  const changed = files.filter(
    ({ name, hash }) => !known.some((file) => file.name === name && file.hash === hash),
  );
  await client.begin(async (sql) => {
    for (const { name, text, hash } of changed) {
      await sql
        .unsafe(text)
        .simple()
        .catch((cause: Error & { position?: string }) => {
          const line = text.slice(0, Number(cause.position ?? 0)).split('\n').length;
          throw new Error(`drizzle/sql/${name}:${line}: ${cause.message}`, { cause });
        });
      await sql`insert into drizzle.tandem_sql values (${name}, ${hash}) on conflict (name) do update set hash = excluded.hash`;
    }
  });
  return changed.length;
}

function readFiles(folder: string): readonly { name: string; text: string }[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
}
