import type PostgresJs from 'postgres';
import { migrate, schemaDigest } from '../../drizzle/migrate.ts';
import { postgres } from '../../drizzle/postgres/driver.ts';

/** One process at a time makes a template. */
const templateLock = 0x7a4d_e303;

/** Databases of failed tests, and templates of older schemas, are kept this long, in milliseconds. */
const keptMs = 60 * 60 * 1000;

/** So many databases that are done with a process leaves for the end of the run, some 12 MB each: a soak makes more. */
const leftAtMost = 100;

let left = 0;

/** Connection string of another database of the same server. */
export function urlOf(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = database;
  return url.href;
}

/** Makes a database with today's schema: a copy of a template that is migrated once per state of the schema. */
export async function createFromTemplate(server: string, name: string): Promise<void> {
  const admin = adminOf(server);
  try {
    const template = `template_${schemaDigest()}`;
    if (!(await exists(admin, template))) await makeTemplate(admin, server, template);
    // Copying the files costs a tenth of writing every page to the log.
    await admin.unsafe(`create database ${name} template ${template} strategy file_copy`);
    await remember(admin, name, Date.now());
  } finally {
    await admin.end();
  }
}

/**
 * Gives up a database that is done with: it goes when the run ends. Not at once, since ext4 without a journal looks at every
 * file deleted in the last minutes before it makes a new one, and a database is 660 files: the next would take ten times as long.
 */
export async function giveUpDatabase(server: string, name: string): Promise<void> {
  const admin = adminOf(server);
  try {
    if (left++ < leftAtMost) await remember(admin, name, 0);
    else await admin.unsafe(`drop database if exists ${name} with (force)`);
  } finally {
    await admin.end();
  }
}

/** Drops what has been given up, and what earlier runs left behind and nobody has used for an hour. */
export async function dropForgotten(server: string): Promise<void> {
  const admin = adminOf(server);
  try {
    const databases = await admin<{ name: string; used: string | null }[]>`
      select datname as name, shobj_description(oid, 'pg_database') as used from pg_database
      where datname like any (array['test\\_%', 'template\\_%']) and not datistemplate
        and not exists (select from pg_stat_activity activity where activity.datid = pg_database.oid)`;
    for (const { name, used } of databases) {
      if (Date.now() - Number(used) > keptMs)
        await admin.unsafe(`drop database if exists ${name} with (force)`);
    }
  } finally {
    await admin.end();
  }
}

async function makeTemplate(admin: PostgresJs.Sql, server: string, template: string): Promise<void> {
  await admin`select pg_advisory_lock(${templateLock})`;
  try {
    if (await exists(admin, template)) return;
    const unfinished = `test_${template}`;
    await admin.unsafe(`drop database if exists ${unfinished} with (force)`);
    await admin.unsafe(`create database ${unfinished}`);
    await remember(admin, unfinished, Date.now());
    await migrate(urlOf(server, unfinished));
    await admin.unsafe(`alter database ${unfinished} rename to ${template}`);
  } finally {
    await admin`select pg_advisory_unlock(${templateLock})`;
  }
}

async function exists(admin: PostgresJs.Sql, name: string): Promise<boolean> {
  const [row] = await admin`select from pg_database where datname = ${name}`;
  return row !== undefined;
}

/** PostgreSQL keeps no time of creation, so when it was last used is written into the comment. */
async function remember(admin: PostgresJs.Sql, name: string, usedMs: number): Promise<void> {
  await admin.unsafe(`comment on database ${name} is '${usedMs}'`);
}

function adminOf(server: string): PostgresJs.Sql {
  return postgres(server, { max: 1, fetch_types: false, onnotice: () => {} });
}
