import type { Sql } from '../drizzle/postgres/open.ts';
import { createGateway } from '../gateway/gateway.ts';
import type { AuthOptions, Gateway, GatewayOptions, Log } from '../gateway/options.ts';
import type { Tracer } from '../gateway/trace/tracer.ts';
import { createCrmSubgraph } from '../subgraphs/crm/schema.ts';
import { createErpSubgraph } from '../subgraphs/erp/schema.ts';
import { createSyncSubgraph } from '../subgraphs/sync/subgraph.ts';
import { type Sync, syncMetrics } from '../sync/index.ts';
import { mappings } from '../sync/mappings/index.ts';
import type { Allowed } from './allowed.ts';
import { assembleSync, limited, openSystems, type Systems } from './assemble.ts';
import { startCalendar } from './calendar.ts';

/** What the one-process start is made of. */
export interface HouseOptions {
  /** Client of a migrated database; it stays the caller's to close. */
  readonly sql: Sql;
  /** Why the database is not there at present, where somebody knows better than its clients. */
  readonly away?: () => string | null;
  readonly log: Log;
  /** How many calls each system takes; no limit where left out. */
  readonly rates?: Parameters<typeof limited>[1];
  /** The share of a flow that edits in bulk may come to before they are held, see `SyncOptions`. */
  readonly massEditShare?: number | undefined;
  readonly port?: number;
  readonly host?: string;
  readonly auth?: AuthOptions;
  readonly production?: boolean;
  readonly origins?: readonly string[];
  /** What callers may send, see allowed.ts; anything within the usual limits where left out. */
  readonly allowed?: Allowed;
  /** What browsers are served, see page.ts. */
  readonly pages?: Pick<GatewayOptions, 'graphiql' | 'examples' | 'console'>;
  /** Records traces; it stays the caller's to stop. */
  readonly tracer?: Tracer | undefined;
  /** Called with both systems before the sync starts: fills the demo company. */
  readonly before?: (systems: Systems) => Promise<void>;
}

/** Everything in one process: both systems, the sync with its workers, three subgraphs, the gateway. */
export interface House extends Systems {
  readonly sync: Sync;
  readonly gateway: Gateway;
}

/** Opens the house; resolves once the gateway listens and the workers run. `close` stops it in order. */
export async function openHouse(options: HouseOptions): Promise<House> {
  const { sql, log } = options;
  const systems = openSystems(sql);
  await options.before?.(systems);
  const sync = await assembleSync(sql, limited(systems, options.rates ?? {}), log, undefined, {
    massEditShare: options.massEditShare,
  });
  await sync.start();
  const calendar = startCalendar([systems.crm, systems.erp], log);
  const subgraphs = [
    createCrmSubgraph({ system: systems.crm }),
    createErpSubgraph({ system: systems.erp }),
    createSyncSubgraph({ sql, sync, mappings }),
  ];
  const gateway = await createGateway({
    subgraphs: subgraphs.map((subgraph) => ({ ...subgraph, kind: 'local' as const })),
    log,
    port: options.port ?? 0,
    host: options.host ?? '127.0.0.1',
    auth: options.auth ?? { kind: 'open' },
    production: options.production ?? false,
    origins: options.origins ?? [],
    ...options.allowed,
    ...options.pages,
    ...(options.tracer && { tracer: options.tracer }),
    health: async () => [await databaseHealth(options, sync)],
    metrics: () => syncMetrics(sql, sync.breakers(), sync.refusal()),
  }).catch(async (error: unknown) => {
    await calendar.stop();
    await sync.stop();
    await systems.close();
    throw error;
  });
  return {
    ...systems,
    sync,
    gateway,
    async close() {
      await gateway.stop();
      await calendar.stop();
      await sync.stop();
      await systems.close();
    },
  };
}

async function databaseHealth({ sql, away }: HouseOptions, sync: Sync) {
  try {
    const [row] = await sql<{ readOnly: boolean }[]>`
      select current_setting('transaction_read_only') = 'on' as "readOnly"`;
    const reason = row?.readOnly ? 'is read-only' : sync.refusal()?.reason;
    if (reason !== undefined)
      return { name: 'database', ready: false, detail: `The database takes no writes: it ${reason}.` };
    return { name: 'database', ready: true };
  } catch (error) {
    const reason = away?.() ?? (error instanceof Error ? error.message : String(error));
    return { name: 'database', ready: false, detail: `The database cannot be reached: ${reason}` };
  }
}
