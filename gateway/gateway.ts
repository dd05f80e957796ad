import { createServer } from 'node:http';
import { startApollo } from './apollo.ts';
import { createAuthenticate } from './auth.ts';
import { createDesk } from './desk.ts';
import { registerGauges } from './gauges.ts';
import { createFront } from './http/front.ts';
import { isLoopback } from './http/loopback.ts';
import { createObserveHttp } from './http/observe.ts';
import { createOriginGuard } from './http/origin.ts';
import { createPages } from './http/pages.ts';
import { attachWebSocket } from './http/websocket.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { drain, listen } from './listen.ts';
import { QUIET } from './log.ts';
import { createMetrics } from './metrics.ts';
import type { Gateway, GatewayOptions } from './options.ts';
import { createReadiness } from './readiness.ts';
import { compareSchemas } from './schema-changes.ts';
import { createServed, type ServedFrom } from './served.ts';

/** Starts a gateway; resolves once it listens. Rejects on a composition error or an unsafe configuration. */
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
  const authenticate = createAuthenticate(auth, () => served.rights.scopes, log);

  const metrics = createMetrics();
  const load = (from: ServedFrom) =>
    createServed(
      { ...from, secret: options.subgraphSecret },
      { limits, introspection: !production, metrics, tracer, log, engine: options.engine },
    );
  let served = await load({ subgraphs: options.subgraphs ?? [], supergraphSdl: options.supergraphSdl });
  const apollo = await startApollo(served, log, options.plugins ?? []);
  const desk = createDesk({
    limits,
    log,
    metrics,
    tracer,
    served: () => served,
    apollo,
    production,
    ...(trustedDocuments ? { trustedDocuments } : {}),
  });
  const guard = createOriginGuard(options.origins ?? [], auth.kind === 'open');
  const pages = createPages({
    graphiql: production ? undefined : options.graphiql,
    console: options.console,
    examples: options.examples ?? [],
    ready: createReadiness(
      () => served,
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
    connections: () => served.connections,
  });
  const address = await listen(server, port, host).catch(async (error: unknown) => {
    stopMeasuring();
    await apollo.stop();
    await served.retire();
    throw error;
  });
  log.info(
    { url: address.url, auth: auth.kind },
    auth.kind === 'open' ? 'listening for this machine only, as no auth is configured' : 'listening',
  );

  const retiring = new Set<Promise<void>>();
  return {
    ...address,
    swap: async (next) => {
      const fresh = await load(
        'supergraphSdl' in next ? { subgraphs: options.subgraphs ?? [], ...next } : { subgraphs: next },
      );
      const old = served;
      served = fresh;
      const { breaking } = compareSchemas(old.engine.schema, fresh.engine.schema);
      if (breaking.length > 0) log.warn({ breaking }, 'the new supergraph can break clients of the old one');
      apollo.update(fresh);
      // Streams may go on with the old one for hours; only stopping waits for it.
      const retired = old.retire().finally(() => retiring.delete(retired));
      retiring.add(retired);
      log.info({ subgraphs: [...fresh.connections.keys()] }, 'serving a new supergraph');
    },
    supergraphSdl: () => served.engine.supergraphSdl,
    stop: async () => {
      stopMeasuring();
      desk.endAll();
      sockets.close();
      await drain(server);
      await apollo.stop();
      await Promise.all([served.retire(), ...retiring]);
    },
  };
}
