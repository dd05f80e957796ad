import { migrate } from '../drizzle/migrate.ts';
import { openDatabase, type Sql } from '../drizzle/postgres/open.ts';
import { serveSubgraph } from '../gateway/subgraph-server.ts';
import type { SystemSubgraph } from '../subgraphs/system/schema.ts';
import type { System } from '../subgraphs/system/system.ts';
import { startCalendar } from './calendar.ts';
import { createLog } from './log.ts';
import type { Settings } from './settings.ts';
import { subgraphAddress } from './subgraph-address.ts';
import { openTracing } from './tracing.ts';
import { startInTurn, untilStopped } from './until-stopped.ts';

/** Opens one built-in system over a migrated database. */
export type OpenSystem = (options: { readonly sql: Sql }) => {
  readonly system: System;
  readonly subgraph: SystemSubgraph;
  readonly close: () => Promise<void>;
};

/** A built-in system's subgraph in a process of its own. Returns the exit code once it was stopped. */
export async function serveSystem(part: string, open: OpenSystem, settings: Settings): Promise<number> {
  const print = console.log;
  const log = createLog(settings.TANDEM_LOG);
  const address = subgraphAddress(part, settings);
  const running = await startInTurn(async (running) => {
    const tracing = await openTracing(settings, part, log);
    if (tracing) running.push({ name: 'traces', stop: () => tracing.tracer.stop() });
    const database = await openDatabase({
      databaseUrl: settings.DATABASE_URL,
      dataFolder: settings.TANDEM_DATA,
      log: print,
      watch: tracing?.watch,
    });
    running.push({ name: 'database', stop: () => database.close() });
    await migrate(database.url);
    const { system, subgraph, close } = open({ sql: database.sql });
    running.push({ name: subgraph.name, stop: close });
    const server = await serveSubgraph({
      ...subgraph,
      ...address,
      ready: () =>
        system.check().then(
          () => true,
          () => false,
        ),
      log,
      ...(tracing && { tracer: tracing.tracer }),
    });
    const calendar = startCalendar([system], log);
    running.push(
      { name: 'calendar', stop: () => calendar.stop() },
      { name: 'server', stop: () => server.stop() },
    );
    print(`Database: ${database.description}`);
    print(`Subgraph ${subgraph.name}: ${server.url}`);
  }, print);
  return untilStopped(running, settings.npm_lifecycle_event !== undefined, print);
}
