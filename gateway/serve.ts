import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { readDefinitions } from './compose/definitions.ts';
import { composeSupergraph, problemOfSupergraph, type SubgraphDefinition } from './compose/supergraph.ts';
import { createGateway } from './gateway.ts';
import { createLastGood } from './life/last-good.ts';
import { pollForChanges } from './life/poll.ts';
import type { Gateway, GatewayOptions, Log, RemoteSubgraph } from './options.ts';

/** Where the supergraph comes from. */
export type SupergraphSource =
  /** A composed supergraph in a file; its subgraphs are called at the addresses in it. */
  | { readonly kind: 'file'; readonly path: string }
  /** Subgraphs that tell their SDL themselves, to be composed. */
  | {
      readonly kind: 'subgraphs';
      readonly subgraphs: readonly RemoteSubgraph[];
      /** File in which the last good supergraph is kept, for a start while one of them is away. */
      readonly lastGoodFile: string;
    };

/** A gateway of its own: what to serve and how often to look for something new. */
export type ServeOptions = Omit<GatewayOptions, 'subgraphs' | 'supergraphSdl' | 'supergraphProblem'> & {
  readonly source: SupergraphSource;
  readonly log: Log;
  /** Between looks for a new supergraph, seconds. Default 10. */
  readonly pollSeconds?: number;
};

/** How long one subgraph has to tell its SDL, milliseconds. */
const SDL_MS = 5_000;

/** Between looks while the present supergraph cannot be had, milliseconds, where `pollSeconds` is not less. */
const RETRY_MS = 1_000;

/**
 * Serves a supergraph, from a file or composed from the addresses of its subgraphs, and takes up its changes.
 *
 * Of subgraphs it resolves once it listens, whether they answer or not: where they cannot be composed it serves the last
 * good supergraph, and where there is none it is not ready, until they can be. Rejects when the file's supergraph
 * cannot be had or is not usable, or the port is taken.
 */
export async function serve({ source, pollSeconds = 10, ...options }: ServeOptions): Promise<Gateway> {
  let problem: string | null = null;
  const parts = { ...options, supergraphProblem: () => problem };
  const { gateway, look } =
    source.kind === 'file' ? await serveFile(source.path, parts) : await serveComposed(source, parts);
  const tell = (now: string | null) => {
    problem = now;
    if (now === null) options.log.info({}, 'the supergraph can be read again');
    else if (gateway.supergraphSdl() === null)
      options.log.error({ problem }, 'there is no supergraph to serve yet');
    else options.log.error({ problem }, 'keeping the last good supergraph');
  };
  const everyMs = pollSeconds * 1_000;
  const stopPolling = await pollForChanges(look, { everyMs, retryMs: Math.min(RETRY_MS, everyMs) }, tell);
  return {
    ...gateway,
    stop: async () => {
      await stopPolling();
      await gateway.stop();
    },
  };
}

/** A gateway, and how to make it serve what there is now; that throws where it cannot be had. */
type Serving = { readonly gateway: Gateway; look(): Promise<void> };

async function serveFile(path: string, options: GatewayOptions): Promise<Serving> {
  const gateway = await createGateway({ ...options, supergraphSdl: await readSupergraph(path) });
  return { gateway, look: async () => swapIfChanged(gateway, await readSupergraph(path)) };
}

async function serveComposed(
  { subgraphs, lastGoodFile }: SupergraphSource & { readonly kind: 'subgraphs' },
  options: GatewayOptions & { readonly log: Log },
): Promise<Serving> {
  const { log } = options;
  const gateway = await createGateway({ ...options, subgraphs, supergraphSdl: null });
  const compose = createCompose(subgraphs);
  const lastGood = createLastGood(lastGoodFile, log);
  const serveLastGood = async () => {
    const kept = await lastGood.read(subgraphs.map(({ name }) => name));
    if (kept === null) return;
    await gateway.swap({ supergraphSdl: kept.sdl }).then(
      () => log.warn({ file: lastGoodFile, of: kept.of }, 'serving the last good supergraph'),
      (error: unknown) => log.warn({ err: error }, `${lastGoodFile} is not used: it cannot be served`),
    );
  };
  const servePresent = async () => {
    const supergraphSdl = await compose();
    await swapIfChanged(gateway, supergraphSdl);
    await lastGood.keep(supergraphSdl);
  };
  let firstLook = true;
  const look = async () => {
    const first = firstLook;
    firstLook = false;
    try {
      await servePresent();
    } catch (error) {
      if (first) await serveLastGood();
      throw error;
    }
  };
  return { gateway, look };
}

async function readSupergraph(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new Error(
      `The supergraph ${path} cannot be read (${error.message}). Compose one there, or name another file.`,
    );
  });
  const problem = problemOfSupergraph(text);
  if (problem !== null) throw new Error(`${path} is no supergraph: ${problem}`);
  return text;
}

async function swapIfChanged(gateway: Gateway, supergraphSdl: string): Promise<void> {
  if (supergraphSdl !== gateway.supergraphSdl()) await gateway.swap({ supergraphSdl });
}

/**
 * Composes what subgraphs tell of themselves, anew only where one of them tells something else: it takes as long as
 * hundreds of queries, and is asked for every few seconds. Throws a CompositionError, or an SdlUnavailable.
 */
function createCompose(sources: readonly RemoteSubgraph[]): () => Promise<string> {
  let last:
    | { readonly told: readonly SubgraphDefinition[]; readonly supergraph: Promise<string> }
    | undefined;
  return async () => {
    const told = await readDefinitions(sources, SDL_MS);
    // A promise keeps what came of it, be it an error.
    if (!last || !isDeepStrictEqual(told, last.told))
      last = { told, supergraph: Promise.resolve(told).then(composeSupergraph) };
    return last.supergraph;
  };
}
