import { type Rights, readRights } from './auth/rights.ts';
import { readDefinitions } from './compose/definitions.ts';
import { composeSupergraph, subgraphAddresses } from './compose/supergraph.ts';
import { createDocuments, type Documents } from './documents.ts';
import { createEstimator, type Estimator } from './limits/cost.ts';
import type { Metrics } from './metrics.ts';
import type { EngineKind, Limits, Log, SubgraphSource } from './options.ts';
import type { Engine } from './plan/engine.ts';
import { openEngine } from './plan/open-engine.ts';
import type { Tracer } from './trace/tracer.ts';
import { tracedTransport } from './trace/transport.ts';
import { connectLocal } from './transport/local.ts';
import { connectRemote } from './transport/remote.ts';
import { type Connection, routeBySubgraph } from './transport/transport.ts';

/** What the gateway serves at a moment; a swap replaces it whole. */
export type Served = {
  readonly engine: Engine;
  readonly documents: Documents;
  readonly rights: Rights;
  readonly estimate: Estimator;
  readonly connections: ReadonlyMap<string, Connection>;
  /** Counts a run that uses the connections; call what it returns when the run has ended. */
  use(): () => void;
  /** Resolves when the last run has ended and everything open to subgraphs is closed. */
  retire(): Promise<void>;
};

/** What to serve: subgraphs to compose, or a supergraph with sources for some of its subgraphs. */
export type ServedFrom = {
  readonly subgraphs: readonly SubgraphSource[];
  readonly supergraphSdl?: string | undefined;
  /** Signs requests to remote subgraphs that have no secret of their own. */
  readonly secret?: string | undefined;
};

/** What everything served shares. */
export type ServedBy = {
  readonly limits: Limits;
  readonly introspection: boolean;
  readonly metrics: Metrics;
  readonly tracer: Tracer | undefined;
  readonly log: Log;
  readonly engine: EngineKind | undefined;
};

/** Composes and connects. Throws a CompositionError, or what asking a subgraph for its SDL throws. */
export async function createServed(
  from: ServedFrom,
  { limits, introspection, metrics, tracer, log, engine: kind }: ServedBy,
): Promise<Served> {
  const known = from.subgraphs.map((source) => withSecret(source, from.secret));
  const supergraphSdl =
    from.supergraphSdl ?? composeSupergraph(await readDefinitions(known, limits.subgraphMs));
  const sources = new Map(known.map((source) => [source.name, source]));
  const connections = new Map<string, Connection>();
  for (const [name, url] of subgraphAddresses(supergraphSdl)) {
    const source = withSecret(sources.get(name) ?? { kind: 'remote', name, url }, from.secret);
    connections.set(
      name,
      source.kind === 'local'
        ? connectLocal(source, limits.subgraphMs)
        : connectRemote(source, limits.subgraphMs),
    );
  }
  const transport = observed(connections, metrics);
  const engine = await openEngine(supergraphSdl, tracer ? tracedTransport(tracer, transport) : transport, {
    engine: kind,
    log,
  });
  return {
    engine,
    rights: readRights(engine.full),
    estimate: createEstimator(engine.full),
    documents: createDocuments(engine.schema, limits, introspection),
    connections,
    ...countRuns(async () => {
      await Promise.all([...connections.values()].map((connection) => connection.close?.()));
    }),
  };
}

function withSecret(source: SubgraphSource, secret: string | undefined): SubgraphSource {
  if (source.kind === 'local' || source.secret !== undefined || secret === undefined) return source;
  return { ...source, secret };
}

function observed(connections: ReadonlyMap<string, Connection>, metrics: Metrics) {
  const labels = new Map(
    [...connections.keys()].map((subgraph) => [
      subgraph,
      { success: { subgraph, outcome: 'success' }, unavailable: { subgraph, outcome: 'unavailable' } },
    ]),
  );
  return routeBySubgraph(connections, (subgraph, seconds, answered) => {
    const known = labels.get(subgraph);
    if (known)
      metrics.observe(
        'graphql_subgraph_request_duration_seconds',
        'Requests to subgraphs.',
        answered ? known.success : known.unavailable,
        seconds,
      );
  });
}

function countRuns(close: () => Promise<void>): Pick<Served, 'use' | 'retire'> {
  let runs = 0;
  let idle: (() => void) | undefined;
  return {
    use: () => {
      runs++;
      let ended = false;
      return () => {
        if (ended) return;
        ended = true;
        runs--;
        if (runs === 0) idle?.();
      };
    },
    retire: async () => {
      if (runs > 0)
        await new Promise<void>((resolve) => {
          idle = resolve;
        });
      await close();
    },
  };
}
