import type { Sql } from '../drizzle/postgres/open.ts';
import { allowedOf } from './allowed.ts';
import { authOf } from './auth.ts';
import { fillDemo } from './demo/fill-demo.ts';
import { openHouse } from './house.ts';
import { createLog } from './log.ts';
import { openStore } from './open-store.ts';
import { pages } from './page.ts';
import { ratesOf, type Settings } from './settings.ts';
import { startInTurn, untilStopped } from './until-stopped.ts';

/** Everything in one process: database, both systems, sync and gateway. Returns the exit code once it was stopped. */
export async function start(settings: Settings): Promise<number> {
  const print = console.log;
  const log = createLog(settings.TANDEM_LOG === 'info' ? 'warn' : settings.TANDEM_LOG);
  const production = settings.NODE_ENV === 'production';
  const allowed = await allowedOf(settings);
  const auth = authOf(settings);
  const running = await startInTurn(async (running) => {
    const { tracing, database } = await openStore(running, 'start', settings, log);
    const wantsDemo = settings.TANDEM_DEMO && (await isEmpty(database.sql));
    const house = await openHouse({
      sql: database.sql,
      away: database.away,
      log,
      port: settings.PORT,
      host: settings.TANDEM_HOST,
      auth,
      rates: ratesOf(settings),
      massEditShare: settings.TANDEM_MASS_EDIT_SHARE,
      production,
      origins: settings.TANDEM_ORIGINS,
      allowed,
      pages: pages(),
      tracer: tracing?.tracer,
      before: async (systems) => {
        if (wantsDemo) await fillDemo(systems);
      },
    });
    running.push({ name: 'sync and gateway', stop: () => house.close() });
    const { url } = house.gateway;
    for (const line of [
      '',
      'Tandem: one graph over your CRM and your ERP, kept in step.',
      '',
      `  Console       ${url}/console     flows, records side by side, what needs a person, runs`,
      ...(production ? [] : [`  GraphiQL      ${url}/            examples and subscriptions to run`]),
      `  GraphQL       ${url}/graphql     HTTP, WebSocket (graphql-transport-ws) and SSE`,
      `  Health        ${url}/health/ready`,
      `  Metrics       ${url}/metrics`,
      `  Database      ${database.description}`,
      ...(wantsDemo ? ['  Demo company  filled in; it is being matched and synced right now'] : []),
      ...(auth.kind === 'open' ? ['  Auth          none configured: listening for this machine only'] : []),
      '',
      `Ready in ${(performance.now() / 1000).toFixed(2)} s. Ctrl-C stops it.`,
    ])
      print(line);
  }, print);
  return untilStopped(running, settings.npm_lifecycle_event !== undefined, print);
}

/** The demo company moves in only where nothing was ever stored. */
async function isEmpty(sql: Sql): Promise<boolean> {
  const [row] = await sql<{ empty: boolean }[]>`
    select not exists (select 1 from crm.customer) and not exists (select 1 from erp.customer)
      and not exists (select 1 from sync.link) as empty`;
  return row!.empty;
}
