import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionResult } from 'graphql';
import { createAdmission } from './admission.ts';
import { startApollo } from './apollo.ts';
import { createAuthenticate } from './auth.ts';
import type { Desk } from './desk.ts';
import { createErrorMask } from './errors.ts';
import { createFront } from './http/front.ts';
import { isLoopback } from './http/loopback.ts';
import { createOriginGuard } from './http/origin.ts';
import { createPages } from './http/pages.ts';
import { Refusal } from './http/refusal.ts';
import { attachWebSocket } from './http/websocket.ts';
import { checkCost, DEFAULT_LIMITS } from './limits.ts';
import { QUIET } from './log.ts';
import type { Gateway, GatewayOptions } from './options.ts';
import { createRateLimit } from './rate.ts';
import { createServed } from './served.ts';

/** How long running requests may take to end when the gateway stops, milliseconds. */
const DRAIN_MS = 8_000;

/** Starts a gateway; resolves once it listens. Rejects on a composition error or an unsafe configuration. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { host = '127.0.0.1', port = 4000, log = QUIET, production = false } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const auth = options.auth ?? { kind: 'open' };
  if (auth.kind === 'open' && !isLoopback(host))
    throw new Error(`Without configured auth the gateway listens on loopback only, not on ${host}.`);

  let served = await createServed(
    { subgraphs: options.subgraphs ?? [], supergraphSdl: options.supergraphSdl },
    limits,
    !production,
  );
  const authenticate = createAuthenticate(auth, () => served.rights.scopes);
  const apollo = await startApollo(served, log, []);
  const mask = createErrorMask(log, production);
  const rateLimit = createRateLimit(limits.perMinute);
  const endings = new Set<() => void>();
  const retiring = new Set<Promise<void>>();
  const desk: Desk = {
    limits,
    log,
    served: () => served,
    apollo,
    admission: createAdmission(limits),
    checks: [
      ({ served: { rights }, operation, caller }) => rights.refusals(operation, caller),
      (request) => checkCost(request, limits),
    ],
    mask,
    textOf: ({ query }) => {
      if (query === undefined) throw new Refusal(400, 'BAD_REQUEST', '"query" is missing.');
      return query;
    },
    present: ({ caller }, result) => presentErrors(result, (errors) => mask(errors, caller.requestId)),
    beginRun: (response) => {
      const over = new AbortController();
      const abort = () => over.abort();
      const timer = setTimeout(abort, limits.operationMs);
      response?.once('close', abort);
      return {
        signal: over.signal,
        end: () => {
          clearTimeout(timer);
          response?.off('close', abort);
        },
      };
    },
    count: (caller, address) => rateLimit(caller.subject ?? address),
    onStop: (end) => {
      endings.add(end);
      return () => endings.delete(end);
    },
  };
  const guard = createOriginGuard(options.origins ?? [], auth.kind === 'open');
  const pages = createPages({
    graphiql: production ? undefined : options.graphiql,
    examples: options.examples ?? [],
    ready: async () => [{ name: 'supergraph', ready: true }, ...((await options.health?.()) ?? [])],
    metrics: async () => (await options.metrics?.()) ?? '',
  });
  const front = createFront({
    desk,
    guard,
    authenticate,
    pages,
  });

  const server = createServer(
    { headersTimeout: 10_000, requestTimeout: 30_000, maxHeaderSize: 32_768 },
    front,
  );
  const sockets = attachWebSocket(server, { desk, guard, authenticate });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  const url = `http://${name}:${taken}`;
  log.info({ url, auth: auth.kind }, auth.kind === 'open' ? 'listening, for this machine only' : 'listening');

  return {
    url,
    port: taken,
    swap: async (next) => {
      const from =
        'supergraphSdl' in next ? { subgraphs: options.subgraphs ?? [], ...next } : { subgraphs: next };
      const fresh = await createServed(from, limits, !production);
      const old = served;
      served = fresh;
      apollo.update(fresh);
      // Streams may go on with the old one for hours; only stopping waits for it.
      const retired = old.retire().finally(() => retiring.delete(retired));
      retiring.add(retired);
    },
    supergraphSdl: () => served.engine.supergraphSdl,
    stop: async () => {
      for (const end of endings) end();
      sockets.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
      await closed;
      clearTimeout(cut);
      await apollo.stop();
      await Promise.all([served.retire(), ...retiring]);
    },
  };
}

function presentErrors(
  result: ExecutionResult,
  mask: (errors: NonNullable<ExecutionResult['errors']>) => NonNullable<ExecutionResult['errors']>,
): ExecutionResult {
  return result.errors ? { ...result, errors: mask(result.errors) } : result;
}
