import postgres from 'postgres';
import { migrate, schemaDigest } from '../../drizzle/migrate.ts';

/** One process at a time makes a template. */
const templateLock = 0x7a4d_e303;

/** Databases of failed tests, and templates of older schemas, are kept this long, in milliseconds. */
const keptMs = 60 * 60 * 1000;

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
    await admin.unsafe(`create database ${name} template ${template}`);
    await remember(admin, name);
  } finally {
    await admin.end();
  }
}

/** Drops a database, whoever is connected to it. */
export async function dropDatabase(server: string, name: string): Promise<void> {
  const admin = adminOf(server);
  try {
    await admin.unsafe(`drop database if exists ${name} with (force)`);
  } finally {
    await admin.end();
  }
}

/** Drops what earlier runs left behind and nobody has used for an hour. */
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

async function makeTemplate(admin: postgres.Sql, server: string, template: string): Promise<void> {
  await admin`select pg_advisory_lock(${templateLock})`;
  try {
    if (await exists(admin, template)) return;
    const unfinished = `test_${template}`;
    await admin.unsafe(`drop database if exists ${unfinished} with (force)`);
    await admin.unsafe(`create database ${unfinished}`);
    await remember(admin, unfinished);
    await migrate(urlOf(server, unfinished));
    await admin.unsafe(`alter database ${unfinished} rename to ${template}`);
  } finally {
    await admin`select pg_advisory_unlock(${templateLock})`;
  }
}

async function exists(admin: postgres.Sql, name: string): Promise<boolean> {
  const [row] = await admin`select from pg_database where datname = ${name}`;
  return row !== undefined;
}

/** PostgreSQL keeps no time of creation, so it is written into the comment. */
async function remember(admin: postgres.Sql, name: string): Promise<void> {
  await admin.unsafe(`comment on database ${name} is '${Date.now()}'`);
}

function adminOf(server: string): postgres.Sql {
  return postgres(server, { max: 1, fetch_types: false, onnotice: () => {} });
}
