import { migrate } from '../drizzle/migrate.ts';
import { type Database, openDatabase } from '../drizzle/postgres/open.ts';
import type { Log } from '../gateway/options.ts';
import type { Settings } from './settings.ts';
import { openTracing, type Tracing } from './tracing.ts';
import type { Running } from './until-stopped.ts';

/** What every part of the house stands on. */
export interface Store {
  readonly tracing: Tracing | undefined;
  readonly database: Database;
}

/** Opens a part's traces and its database, and brings that up to date; both are among what is `running` as soon as they are. */
export async function openStore(
  running: Running[],
  part: string,
  settings: Settings,
  log: Log,
): Promise<Store> {
  const tracing = await openTracing(settings, part, log);
  if (tracing) running.push({ name: 'traces', stop: () => tracing.tracer.stop() });
  const database = await openDatabase({
    databaseUrl: settings.DATABASE_URL,
    dataFolder: settings.TANDEM_DATA,
    log: console.log,
    watch: tracing?.watch,
  });
  running.push({ name: 'database', stop: () => database.close() });
  await migrate(database.url);
  return { tracing, database };
}
