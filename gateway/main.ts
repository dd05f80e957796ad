import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { pino } from 'pino';
import { readAuth } from './environment.ts';
import { createGateway } from './gateway.ts';
import type { Gateway, Log, RemoteSubgraph } from './options.ts';
import { pollForChanges } from './poll.ts';
import { composeSupergraph } from './supergraph.ts';
import { fetchSubgraphSdl } from './transport/remote.ts';

type CommandOptions = {
  readonly supergraph?: string;
  readonly subgraph?: readonly string[];
  readonly port: number;
  readonly host: string;
  readonly poll: number;
  readonly production: boolean;
};

/** How long a subgraph has to tell its SDL, milliseconds. */
const SDL_MS = 10_000;

/** The page is beside the gateway in the repository; it is data to it, not code. */
const PAGE = fileURLToPath(new URL('../console/web/generated', import.meta.url));

/** The command `tandem gateway`: serves any supergraph, from a file or composed from subgraphs' addresses. */
export function gatewayCommand(env: Readonly<Record<string, string | undefined>>): Command {
  return new Command('gateway')
    .description('serve a supergraph: from a file, or composed from the addresses of its subgraphs')
    .option('--supergraph <file>', 'the composed supergraph; read again when it changes')
    .option('--subgraph <name=url...>', 'subgraphs to ask for their SDL and compose; several may follow')
    .addOption(
      new Option('--port <number>', 'where to listen').argParser(Number).default(Number(env['PORT'] ?? 4000)),
    )
    .option('--host <name>', 'where to listen', '127.0.0.1')
    .addOption(
      new Option('--poll <seconds>', 'between looks for a new supergraph; 0 never looks')
        .argParser(Number)
        .default(10),
    )
    .option(
      '--production',
      'no introspection and no page; subgraph errors masked',
      env['NODE_ENV'] === 'production',
    )
    .action(async (options: CommandOptions) => {
      const log = pino({ level: env['LOG_LEVEL'] ?? 'info' });
      const stop = await serve(options, env, log);
      const end = () => {
        stop().catch((error: unknown) => {
          log.error({ err: error }, 'stopping failed');
          process.exitCode = 1;
        });
      };
      process.once('SIGTERM', end);
      process.once('SIGINT', end);
    });
}

/** Serves until stopped. Rejects when there is nothing to serve, or the first supergraph is not usable. */
async function serve(
  options: CommandOptions,
  env: Readonly<Record<string, string | undefined>>,
  log: Log,
): Promise<() => Promise<void>> {
  const secret = env['TANDEM_SUBGRAPH_SECRET'];
  const sources = (options.subgraph ?? []).map((text) => readSource(text, secret));
  if ((options.supergraph === undefined) === (sources.length === 0))
    throw new Error('Give either --supergraph or one --subgraph name=url for each subgraph.');
  const read = () => (options.supergraph ? readFile(options.supergraph, 'utf8') : composeFrom(sources));
  const supergraphSdl = await read();
  const gateway = await createGateway({
    supergraphSdl,
    subgraphs: sources,
    port: options.port,
    host: options.host,
    auth: readAuth(env),
    production: options.production,
    graphiql: { folder: PAGE },
    log,
  });
  const stopPolling =
    options.poll > 0
      ? pollForChanges(() => swapIfChanged(gateway, read), options.poll * 1000, log)
      : async () => {};
  return async () => {
    await stopPolling();
    await gateway.stop();
  };
}

async function swapIfChanged(gateway: Gateway, read: () => Promise<string>): Promise<void> {
  const supergraphSdl = await read();
  if (supergraphSdl !== gateway.supergraphSdl()) await gateway.swap({ supergraphSdl });
}

async function composeFrom(sources: readonly RemoteSubgraph[]): Promise<string> {
  const definitions = sources.map(async (source) => ({
    name: source.name,
    url: source.url,
    sdl: await fetchSubgraphSdl(source, SDL_MS),
  }));
  return composeSupergraph(await Promise.all(definitions));
}

function readSource(text: string, secret: string | undefined): RemoteSubgraph {
  const at = text.indexOf('=');
  const name = text.slice(0, at);
  const url = text.slice(at + 1);
  if (at < 1 || !URL.canParse(url)) throw new Error(`--subgraph ${text} is not name=url.`);
  return { kind: 'remote', name, url, ...(secret === undefined ? {} : { secret }) };
}

if (import.meta.main)
  gatewayCommand(process.env)
    .parseAsync(process.argv)
    .catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    });
