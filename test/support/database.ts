import { afterAll, afterEach, inject, type RunnerTask } from 'vitest';
import { connect, type Database, type Sql } from '../../drizzle/postgres/open.ts';
import type { WatchStatement } from '../../drizzle/postgres/watch.ts';
import type { MappingName } from '../../sync/core/types.ts';
import { resumeFlow } from '../../sync/store/backlogs.ts';
import { createFromTemplate, giveUpDatabase, urlOf } from './databases.ts';

let count = 0;

/**
 * A migrated, empty database for one test file; await it at the top of the file, not in a hook. It is dropped when all tests of the
 * file have passed, else kept for an hour for you to look at, and its connection string is printed.
 */
export async function testDatabase(watch?: WatchStatement): Promise<Omit<Database, 'description' | 'away'>> {
  const { url: server, socketFolder } = inject('server');
  const name = `test_${Date.now().toString(36)}_${process.pid}_${count++}`;
  await createFromTemplate(server, name);
  const database = connect(urlOf(server, name), socketFolder, watch);
  afterEach(async ({ task }) => {
    if (hasFailed(task)) await goOnAll(database.sql);
  });
  // biome-ignore lint/correctness/noEmptyPattern: vitest wants to see here which fixtures are used.
  afterAll(async ({}, file) => {
    await database.close();
    if (!hasFailed(file)) await giveUpDatabase(server, name);
    else console.log(`Kept the database of ${file.name}: ${database.url}`);
  });
  return database;
}

/** A test that failed between pausing a flow and resuming it must not have the tests behind it wait for what never travels. */
async function goOnAll(sql: Sql): Promise<void> {
  const [there] = await sql`select 1 from pg_catalog.pg_class where oid = to_regclass('sync.flow')`;
  if (!there) return;
  const resting = await sql<{ mapping: MappingName }[]>`select mapping from sync.flow where paused`;
  for (const { mapping } of resting) await resumeFlow(sql, mapping, 'test');
}

function hasFailed(task: RunnerTask): boolean {
  return task.result?.state === 'fail' || ('tasks' in task && task.tasks.some(hasFailed));
}
