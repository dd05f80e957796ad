import { afterAll, inject, type RunnerTask } from 'vitest';
import { connect, type Database } from '../../drizzle/postgres/open.ts';
import type { WatchStatement } from '../../drizzle/postgres/watch.ts';
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
  // biome-ignore lint/correctness/noEmptyPattern: vitest wants to see here which fixtures are used.
  afterAll(async ({}, file) => {
    await database.close();
    if (!hasFailed(file)) await giveUpDatabase(server, name);
    else console.log(`Kept the database of ${file.name}: ${database.url}`);
  });
  return database;
}

function hasFailed(task: RunnerTask): boolean {
  return task.result?.state === 'fail' || ('tasks' in task && task.tasks.some(hasFailed));
}
