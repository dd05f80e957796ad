import { CALLER_HEADER, signCaller } from '../gateway/caller.ts';
import { serveSubgraph } from '../gateway/subgraph-server.ts';
import { createSyncSubgraph } from '../subgraphs/sync/subgraph.ts';
import { createGraphqlConnector, type GraphqlConnector } from '../sync/connectors/graphql.ts';
import { mappings } from '../sync/mappings/index.ts';
import { assembleSync, limited } from './assemble.ts';
import { createLog } from './log.ts';
import { openStore } from './open-store.ts';
import { ratesOf, type Settings } from './settings.ts';
import { subgraphAddress } from './subgraph-address.ts';
import { startInTurn, untilStopped } from './until-stopped.ts';

/**
 * The sync subgraph with its workers in a process of its own: it speaks to both systems through their subgraphs at
 * TANDEM_CRM_URL and TANDEM_ERP_URL. Returns the exit code once it was stopped.
 */
export async function sync(settings: Settings): Promise<number> {
  const print = console.log;
  const log = createLog(settings.TANDEM_LOG);
  const address = subgraphAddress('sync', settings);
  const running = await startInTurn(async (running) => {
    const { tracing, database } = await openStore(running, 'sync', settings, log);
    const crm = connectTo('crm', settings.TANDEM_CRM_URL ?? usual.crm, settings.TANDEM_SUBGRAPH_SECRET);
    const erp = connectTo('erp', settings.TANDEM_ERP_URL ?? usual.erp, settings.TANDEM_SUBGRAPH_SECRET);
    running.push({
      name: 'connectors',
      stop: async () => void (await Promise.all([crm.close(), erp.close()])),
    });
    const engine = await assembleSync(
      database.sql,
      limited({ crm, erp }, ratesOf(settings)),
      log,
      undefined,
      {
        massEditShare: settings.TANDEM_MASS_EDIT_SHARE,
      },
    );
    await engine.start();
    running.push({ name: 'sync', stop: () => engine.stop() });
    const server = await serveSubgraph({
      ...createSyncSubgraph({ sql: database.sql, sync: engine, mappings }),
      ...address,
      ready: () =>
        database.sql`select 1`.then(
          () => true,
          () => false,
        ),
      log,
      ...(tracing && { tracer: tracing.tracer }),
    });
    running.push({ name: 'server', stop: () => server.stop() });
    print(`Database: ${database.description}`);
    print(`Systems: ${settings.TANDEM_CRM_URL ?? usual.crm} and ${settings.TANDEM_ERP_URL ?? usual.erp}`);
    print(`Subgraph sync: ${server.url}`);
  }, print);
  return untilStopped(running, settings.npm_lifecycle_event !== undefined, print);
}

/** Where the two systems are when nobody says otherwise: the ports that `tandem crm` and `tandem erp` take. */
const usual = { crm: 'http://127.0.0.1:4001/graphql', erp: 'http://127.0.0.1:4002/graphql' } as const;

/** A system behind its subgraph; with a secret every request is signed, as the gateway signs its own. */
function connectTo(prefix: 'crm' | 'erp', url: string, secret: string | undefined): GraphqlConnector {
  return createGraphqlConnector({
    prefix,
    url,
    ...(secret !== undefined && {
      credentials: (text: string) => ({ [CALLER_HEADER]: signCaller(callerOf(), text, secret) }),
    }),
  });
}

/** The sync itself: it comes in by the door of connectors. */
function callerOf() {
  return { subject: 'tandem', scopes: ['system'], headers: {}, requestId: crypto.randomUUID() };
}
