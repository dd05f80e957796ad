import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { CALLER_HEADER, type Caller, signCaller } from '../caller.ts';
import type { RemoteSubgraph } from '../options.ts';
import type { SubgraphAnswer, SubgraphCall } from '../plan/run.ts';
import { createEventBuffer } from './event-buffer.ts';
import { subscribeSse } from './sse.ts';
import type { Connection } from './transport.ts';

/** Events of one subscription that may wait for a slow client; beyond it the stream ends with SLOW_CONSUMER. */
const MAX_WAITING = 256;

/** Between pings on a quiet socket, milliseconds, so that a dead subgraph is noticed. */
const KEEP_ALIVE_MS = 10_000;

/** Subscribes at a subgraph, by one shared WebSocket or, at an http(s) address, by one SSE stream each. */
export function subscribeRemote(
  source: RemoteSubgraph,
  ms: number,
): Required<Pick<Connection, 'subscribe' | 'close'>> {
  const url = source.subscriptionUrl ?? source.url.replace(/^http/, 'ws');
  if (url.startsWith('http'))
    return { subscribe: (call) => subscribeSse(source, url, call, ms), close: async () => {} };
  let client: Client | undefined;
  return {
    subscribe: async (call) => {
      client ??= connect(source, url);
      return subscribeSocket(client, source, call);
    },
    close: async () => {
      await client?.dispose();
    },
  };
}

function connect(source: RemoteSubgraph, url: string): Client {
  const gateway: Caller = { subject: 'gateway', scopes: [], headers: {}, requestId: 'connection' };
  return createClient({
    url,
    webSocketImpl: WebSocket,
    lazy: true,
    retryAttempts: 0,
    keepAlive: KEEP_ALIVE_MS,
    connectionParams: () =>
      source.secret === undefined ? {} : { [CALLER_HEADER]: signCaller(gateway, '', source.secret) },
  });
}

function subscribeSocket(
  client: Client,
  source: RemoteSubgraph,
  call: SubgraphCall,
): AsyncIterable<SubgraphAnswer> {
  const { operation, variables, run } = call;
  let unsubscribe: () => void = () => {};
  const stop = () => unsubscribe();
  const buffer = createEventBuffer<SubgraphAnswer>(MAX_WAITING, missed, () => {
    run.signal.removeEventListener('abort', stop);
    unsubscribe();
  });
  run.signal.addEventListener('abort', stop, { once: true });
  unsubscribe = client.subscribe<Record<string, unknown>>(
    {
      query: operation.text,
      operationName: operation.name ?? null,
      variables: variables() ?? {},
      ...(source.secret === undefined
        ? {}
        : { extensions: { [CALLER_HEADER]: signCaller(run.caller, operation.text, source.secret) } }),
    },
    {
      next: (result) => buffer.push(result as SubgraphAnswer),
      complete: () => buffer.end(),
      error: (error) => {
        // A refusal comes as a list of GraphQL errors, a broken connection as anything else.
        if (Array.isArray(error)) buffer.push({ errors: error as NonNullable<SubgraphAnswer['errors']> });
        else buffer.push(lost(source.name));
        buffer.end();
      },
    },
  );
  return buffer.events;
}

function lost(name: string): SubgraphAnswer {
  return { errors: [{ message: `${name} cannot be reached.`, extensions: { code: 'SYSTEM_UNAVAILABLE' } }] };
}

function missed(): SubgraphAnswer {
  const message = 'Events came faster than they were read; resume from the last cursor.';
  return { errors: [{ message, extensions: { code: 'SLOW_CONSUMER' } }] };
}
