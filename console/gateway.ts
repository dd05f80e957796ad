import { join } from 'node:path';
import type { Gateway, RemoteSubgraph } from '../gateway/options.ts';
import { type SupergraphSource, serve } from '../gateway/serve.ts';
import { allowedOf } from './allowed.ts';
import { authOf } from './auth.ts';
import { cannotListen } from './cannot-listen.ts';
import { createLog } from './log.ts';
import { pages } from './page.ts';
import { type Settings, SettingsError } from './settings.ts';
import { openTracing } from './tracing.ts';
import { untilStopped } from './until-stopped.ts';

/** What to serve: a composed supergraph, or subgraphs by name and address, asked for changes every `poll` seconds. */
export type GatewayCommand = {
  readonly supergraph?: string;
  readonly subgraph: Readonly<Record<string, string>>;
  readonly poll?: number;
};

/** Where the parts of Tandem are when nobody says otherwise: the ports that they take each in its own process. */
const USUAL = {
  crm: 'http://127.0.0.1:4001/graphql',
  erp: 'http://127.0.0.1:4002/graphql',
  sync: 'http://127.0.0.1:4003/graphql',
} as const;

/** The gateway in a process of its own. Returns the exit code once it was stopped. */
export async function gateway(settings: Settings, command: GatewayCommand): Promise<number> {
  const print = console.log;
  const source = sourceOf(settings, command);
  const production = settings.NODE_ENV === 'production';
  const auth = authOf(settings);
  const allowed = await allowedOf(settings);
  const log = createLog(settings.TANDEM_LOG);
  const tracing = await openTracing(settings, 'gateway', log);
  // Nothing is to be stopped in order yet: while it looks for its subgraphs, a request to end is heeded at once.
  const giveUp = () => process.exit(0);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, giveUp);
  let running: Gateway;
  try {
    running = await serve({
      source,
      pollSeconds: command.poll ?? 10,
      port: settings.PORT,
      host: settings.TANDEM_HOST,
      auth,
      production,
      origins: settings.TANDEM_ORIGINS,
      ...allowed,
      ...(settings.TANDEM_SUBGRAPH_SECRET && { subgraphSecret: settings.TANDEM_SUBGRAPH_SECRET }),
      ...pages(),
      ...(tracing && { tracer: tracing.tracer }),
      log,
    });
  } catch (error) {
    console.error(cannotListen(error) ?? (error instanceof Error ? error.message : error));
    return 1;
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, giveUp);
  const { url } = running;
  for (const line of [
    `Console: ${url}/console`,
    ...(production ? [] : [`GraphiQL: ${url}/`]),
    `GraphQL: ${url}/graphql`,
    source.kind === 'file'
      ? `Supergraph: ${source.path}`
      : `Subgraphs: ${source.subgraphs.map((subgraph) => `${subgraph.name} at ${subgraph.url}`).join(', ')}`,
    ...(running.supergraphSdl() === null ? ['Not ready: it waits until its subgraphs can be composed'] : []),
    ...(auth.kind === 'open' ? ['Auth: none configured, listening for this machine only'] : []),
  ])
    print(line);
  return untilStopped(
    [
      ...(tracing ? [{ name: 'traces', stop: () => tracing.tracer.stop() }] : []),
      { name: 'gateway', stop: () => running.stop() },
    ],
    settings.npm_lifecycle_event !== undefined,
    print,
  );
}

function sourceOf(settings: Settings, { supergraph, subgraph }: GatewayCommand): SupergraphSource {
  const named = Object.entries(subgraph);
  if (supergraph !== undefined && named.length > 0)
    throw new SettingsError(
      '--supergraph and --subgraph exclude each other: a supergraph names its subgraphs.',
    );
  if (supergraph !== undefined) return { kind: 'file', path: supergraph };
  const wrong = named.find(([, url]) => !/^https?:\/\//.test(url) || !URL.canParse(url));
  if (wrong) throw new SettingsError(`--subgraph ${wrong.join('=')} has to be name=http://address.`);
  const addresses =
    named.length > 0
      ? named
      : Object.entries({
          crm: settings.TANDEM_CRM_URL ?? USUAL.crm,
          erp: settings.TANDEM_ERP_URL ?? USUAL.erp,
          sync: settings.TANDEM_SYNC_URL ?? USUAL.sync,
        });
  const secret = settings.TANDEM_SUBGRAPH_SECRET;
  return {
    kind: 'subgraphs',
    lastGoodFile: join(settings.TANDEM_DATA, 'supergraph.graphql'),
    subgraphs: addresses.map(
      ([name, url]): RemoteSubgraph => ({ kind: 'remote', name, url, ...(secret && { secret }) }),
    ),
  };
}
