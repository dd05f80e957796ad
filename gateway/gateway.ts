import { createServer } from 'node:http';
import { createApollo } from './apollo.ts';
import { createAuthenticate } from './auth/auth.ts';
import { countFailures } from './auth/failed-logins.ts';
import { createDesk } from './desk.ts';
import { registerGauges } from './gauges.ts';
import { createClientAddress } from './http/client-address.ts';
import { createFront } from './http/front.ts';
import { isLoopback } from './http/loopback.ts';
import { createObserveHttp } from './http/observe.ts';
import { createOriginGuard } from './http/origin.ts';
import { createPages } from './http/pages.ts';
import { Refusal } from './http/refusal.ts';
import { attachWebSocket } from './http/websocket.ts';
import { createHotSwap } from './life/hot-swap.ts';
import { createReadiness } from './life/readiness.ts';
import { DEFAULT_LIMITS } from './limits/limits.ts';
import { drain, listen } from './listen.ts';
import { QUIET } from './log.ts';
import { createMetrics } from './metrics.ts';
import type { Gateway, GatewayOptions } from './options.ts';
import { createServed } from './served.ts';

/**
 * Starts a gateway; resolves once it listens. Rejects on a composition error, an unsafe configuration, or a port that is
 * taken.
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const {
    host = '127.0.0.1',
    port = 4000,
    log = QUIET,
    production = false,
    trustedDocuments,
    tracer,
  } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const auth = options.auth ?? { kind: 'open' };
  if (auth.kind === 'open' && !isLoopback(host))
    throw new Error(`Without configured auth the gateway listens on loopback only, not on ${host}.`);
  const metrics = createMetrics();
  const authenticate = countFailures(
    createAuthenticate(auth, () => serving.now()?.rights.scopes ?? [], log),
    limits.failedLoginsPerMinute,
    metrics,
  );
  const { subgraphs = [], supergraphSdl, supergraphProblem: problem = () => null } = options;
  const apollo = createApollo(log, options.plugins ?? []);
  const servedBy = { limits, introspection: !production, metrics, tracer, log, engine: options.engine };
  const serving = createHotSwap(
    (from) => createServed({ ...from, secret: options.subgraphSecret }, servedBy),
    apollo,
    log,
  );
  if (supergraphSdl !== null) await serving.swap({ subgraphs, supergraphSdl });
  const desk = createDesk({
    limits,
    log,
    metrics,
    tracer,
    served: () => serving.now() ?? refuseForNow(problem()),
    apollo,
    addressOf: createClientAddress(options.trustedProxies ?? []),
    production,
    ...(trustedDocuments ? { trustedDocuments } : {}),
  });
  const guard = createOriginGuard(options.origins ?? [], auth.kind === 'open');
  const pages = createPages({
    graphiql: production ? undefined : options.graphiql,
    console: options.console,
    examples: options.examples ?? [],
    ready: createReadiness(
      () => ({ served: serving.now(), problem: problem() }),
      async () => (await options.health?.()) ?? [],
    ),
    metrics: async () => metrics.text() + ((await options.metrics?.()) ?? ''),
  });
  const server = createServer(
    { headersTimeout: 10_000, requestTimeout: 30_000, maxHeaderSize: 32_768 },
    createFront({ desk, guard, authenticate, pages, observe: createObserveHttp(metrics, tracer) }),
  );
  const sockets = attachWebSocket(server, { desk, guard, authenticate });
  const stopMeasuring = registerGauges(metrics, {
    running: desk.admission.running,
    waiting: desk.admission.waiting,
    sockets: sockets.count,
    streams: desk.streams.open,
    connections: () => serving.now()?.connections ?? new Map(),
    supergraph: () => (serving.now() === null ? 'none' : problem() === null ? 'current' : 'last_good'),
  });
  const address = await listen(server, port, host).catch(async (error: unknown) => {
    stopMeasuring();
    await apollo.stop();
    await serving.stop();
    throw error;
  });
  log.info(
    { url: address.url, auth: auth.kind },
    auth.kind === 'open' ? 'listening for this machine only, as no auth is configured' : 'listening',
  );

  return {
    ...address,
    swap: async (next) => {
      const { connections } = await serving.swap(
        'supergraphSdl' in next ? { subgraphs, ...next } : { subgraphs: next },
      );
      log.info({ subgraphs: [...connections.keys()] }, 'serving a new supergraph');
    },
    supergraphSdl: () => serving.now()?.engine.supergraphSdl ?? null,
    stop: async () => {
      stopMeasuring();
      desk.endAll();
      sockets.close();
      await drain(server);
      await apollo.stop();
      await serving.stop();
    },
  };
}

function refuseForNow(problem: string | null): never {
  throw new Refusal(503, 'NOT_READY', `There is no graph to ask yet. ${problem ?? 'It is being read.'}`, {
    'retry-after': '1',
  });
}
