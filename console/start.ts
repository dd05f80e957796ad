import { migrate } from '../drizzle/migrate.ts';
import { openDatabase } from '../drizzle/postgres/open.ts';
import type { Settings } from './settings.ts';
import { untilStopped } from './until-stopped.ts';

/** Everything in one process: database, both systems, sync and gateway. Returns the exit code once it was stopped. */
export async function start(settings: Settings): Promise<number> {
  const log = console.log;
  const database = await openDatabase({
    databaseUrl: settings.DATABASE_URL,
    dataFolder: settings.TANDEM_DATA,
    log,
  });
  await migrate(database.url);
  log(`Database: ${database.description}`);
  log(`Ready in ${(performance.now() / 1000).toFixed(2)} s. Ctrl-C stops it.`);
  const running = [{ name: 'database', stop: () => database.close() }];
  return untilStopped(running, settings.npm_lifecycle_event !== undefined, log);
}
