import { readFile } from 'node:fs/promises';
import { createGateway } from './gateway.ts';
import type { Gateway, GatewayOptions, Log, RemoteSubgraph } from './options.ts';
import { pollForChanges } from './poll.ts';
import { composeSupergraph, problemOfSupergraph } from './supergraph.ts';
import { fetchSubgraphSdl, SdlUnavailable } from './transport/remote.ts';

/** Where the supergraph comes from. */
export type SupergraphSource =
  /** A composed supergraph in a file; its subgraphs are called at the addresses in it. */
  | { readonly kind: 'file'; readonly path: string }
  /** Subgraphs that tell their SDL themselves, to be composed. */
  | { readonly kind: 'subgraphs'; readonly subgraphs: readonly RemoteSubgraph[] };

/** A gateway of its own: what to serve and how often to look for something new. */
export type ServeOptions = Omit<GatewayOptions, 'subgraphs' | 'supergraphSdl'> & {
  readonly source: SupergraphSource;
  readonly log: Log;
  /** Between looks for a new supergraph, seconds; 0 never looks. Default 10. */
  readonly pollSeconds?: number;
  /** How long subgraphs that start at the same time may take to tell their SDL, seconds. Default 0: now or never. */
  readonly patienceSeconds?: number;
};

/** How long one subgraph has to tell its SDL, milliseconds. */
const SDL_MS = 10_000;

/** Between attempts while subgraphs are not there yet, milliseconds. */
const ATTEMPT_MS = 250;

/**
 * Serves a supergraph, from a file or composed from the addresses of its subgraphs, and takes up its changes.
 * Resolves once it listens. Rejects when the first supergraph cannot be had or is not usable.
 */
export async function serve(options: ServeOptions): Promise<Gateway> {
  const { source, pollSeconds = 10, patienceSeconds = 0, ...rest } = options;
  const read = () => (source.kind === 'file' ? readSupergraph(source.path) : composeFrom(source.subgraphs));
  const supergraphSdl = await readFirst(read, patienceSeconds * 1_000, rest.log);
  const gateway = await createGateway({
    ...rest,
    supergraphSdl,
    subgraphs: source.kind === 'file' ? [] : source.subgraphs,
  });
  if (pollSeconds === 0) return gateway;
  const stopPolling = pollForChanges(() => swapIfChanged(gateway, read), pollSeconds * 1_000, rest.log);
  return {
    ...gateway,
    stop: async () => {
      await stopPolling();
      await gateway.stop();
    },
  };
}

async function readSupergraph(path: string): Promise<string> {
  const text = await readFile(path, 'utf8');
  const problem = problemOfSupergraph(text);
  if (problem !== null) throw new Error(`${path} is no supergraph: ${problem}`);
  return text;
}

async function readFirst(read: () => Promise<string>, patienceMs: number, log: Log): Promise<string> {
  const until = Date.now() + patienceMs;
  let lastProblem: string | undefined;
  for (;;)
    try {
      return await read();
    } catch (error) {
      // A file that is not there and parts that do not fit will not mend themselves.
      if (!(error instanceof SdlUnavailable) || Date.now() >= until) throw error;
      if (error.message !== lastProblem) log.info({ problem: error.message }, 'waiting for the subgraphs');
      lastProblem = error.message;
      await new Promise((resolve) => setTimeout(resolve, ATTEMPT_MS));
    }
}

async function swapIfChanged(gateway: Gateway, read: () => Promise<string>): Promise<void> {
  const supergraphSdl = await read();
  if (supergraphSdl !== gateway.supergraphSdl()) await gateway.swap({ supergraphSdl });
}

async function composeFrom(sources: readonly RemoteSubgraph[]): Promise<string> {
  const definitions = sources.map(async (source) => ({
    name: source.name,
    url: source.url,
    sdl: source.sdl ?? (await fetchSubgraphSdl(source, SDL_MS)),
  }));
  return composeSupergraph(await Promise.all(definitions));
}
