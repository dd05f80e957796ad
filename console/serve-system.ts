import type { Sql } from '../drizzle/postgres/open.ts';
import { serveSubgraph } from '../gateway/subgraph-server.ts';
import type { SystemSubgraph } from '../subgraphs/system/schema.ts';
import type { System } from '../subgraphs/system/system.ts';
import { startCalendar } from './calendar.ts';
import { createLog } from './log.ts';
import { openStore } from './open-store.ts';
import type { Settings } from './settings.ts';
import { subgraphAddress } from './subgraph-address.ts';
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
    const { tracing, database } = await openStore(running, part, settings, log);
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
