import { Pool } from 'undici';
import { CALLER_HEADER, signCaller } from '../caller.ts';
import type { RemoteSubgraph } from '../options.ts';
import type { SubgraphAnswer, SubgraphCall } from '../plan/run.ts';
import { Unavailable } from '../plan/subgraph-error.ts';
import { createBreaker } from './breaker.ts';
import { exchange } from './exchange.ts';
import { subscribeRemote } from './stream.ts';
import type { Connection } from './transport.ts';

/** Largest answer of a subgraph that is read, bytes: a runaway list must not take the gateway's memory. */
const MAX_ANSWER_BYTES = 64_000_000;

/** How long a subgraph has to show that it is there, milliseconds. */
const CHECK_MS = 2_000;

/** Connections kept to one subgraph. */
const CONNECTIONS = 128;

/** Reaches a subgraph over HTTP. `ms` is the time it has for one answer. */
export function connectRemote(source: RemoteSubgraph, ms: number): Connection {
  const { origin, pathname, search } = new URL(source.url);
  const path = pathname + search;
  const pool = new Pool(origin, {
    connections: CONNECTIONS,
    pipelining: 1,
    connect: { timeout: ms },
    headersTimeout: ms,
    bodyTimeout: ms,
  });
  const breaker = createBreaker(source.name);
  const streams = subscribeRemote(source, ms);

  const send = async (call: SubgraphCall): Promise<SubgraphAnswer> => {
    const body = call.body();
    const { run } = call;
    const headers: Record<string, string> = {
      ...run.caller.headers,
      'content-type': 'application/json',
      accept: 'application/json, application/graphql-response+json;q=0.9',
      'x-request-id': run.caller.requestId,
    };
    if (source.secret !== undefined) headers[CALLER_HEADER] = signCaller(run.caller, body, source.secret);
    const { status, text } = await exchange(
      pool,
      { path, headers, body, signal: run.signal },
      MAX_ANSWER_BYTES,
    );
    return readAnswer(text, status);
  };

  return {
    execute: (call) =>
      breaker.run(async () => {
        try {
          return await send(call);
        } catch (error) {
          // Only where nothing can have happened twice: queries change nothing.
          if (call.operation.kind !== 'query' || call.run.signal.aborted || !isPassing(error))
            throw unavailable(error);
        }
        try {
          return await send(call);
        } catch (error) {
          throw unavailable(error);
        }
      }, call.run.signal),
    subscribe: streams.subscribe,
    isLeftAlone: breaker.isOpen,
    check: () => checkRemote(source, pool, path),
    close: async () => {
      await streams.close();
      await pool.close();
    },
  };
}

/** Any answer will do: a subgraph that refuses our question is there. */
async function checkRemote(source: RemoteSubgraph, pool: Pool, path: string): Promise<string | null> {
  const body = '{"query":"{__typename}"}';
  const headers = { 'content-type': 'application/json', ...signedByGateway(source, body) };
  try {
    const answer = await pool.request({
      path,
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.timeout(CHECK_MS),
    });
    await answer.body.dump();
    return answer.statusCode < 500 ? null : `answers ${answer.statusCode}`;
  } catch {
    return 'cannot be reached';
  }
}

function signedByGateway(source: RemoteSubgraph, body: string): Record<string, string> {
  if (source.secret === undefined) return {};
  const caller = { subject: 'gateway', scopes: [], headers: {}, requestId: 'gateway' };
  return { [CALLER_HEADER]: signCaller(caller, body, source.secret) };
}

/** A subgraph could not be reached, or did not tell its SDL; it may be there a moment later. */
export class SdlUnavailable extends Error {}

/** Asks a subgraph for its SDL. Throws SdlUnavailable. */
export async function fetchSubgraphSdl(source: RemoteSubgraph, ms: number): Promise<string> {
  const body = JSON.stringify({ query: '{_service{sdl}}' });
  const response = await fetch(source.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...signedByGateway(source, body),
    },
    body,
    signal: AbortSignal.timeout(ms),
  }).catch((error: unknown) => {
    throw new SdlUnavailable(`Subgraph ${source.name} cannot be reached at ${source.url}.`, { cause: error });
  });
  const answer = readAnswer(await response.text(), response.status);
  const service = answer.data?._service as { readonly sdl?: string } | null | undefined;
  if (typeof service?.sdl !== 'string')
    throw new SdlUnavailable(
      `Subgraph ${source.name} does not tell its SDL: ${answer.errors?.[0]?.message ?? 'no answer'}`,
    );
  return service.sdl;
}

function readAnswer(text: string, status: number): SubgraphAnswer {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new Unavailable(`answered ${status} with something that is not JSON`);
  }
  if (
    answer === null ||
    typeof answer !== 'object' ||
    !('data' in answer || 'errors' in answer) ||
    status > 500
  )
    throw new Unavailable(`answered ${status} with something that is no GraphQL answer`);
  return answer as SubgraphAnswer;
}

/** Whether a connection broke rather than a subgraph being slow: trying again at once may help. */
function isPassing(error: unknown): boolean {
  const code = (error as { readonly code?: unknown }).code;
  return (
    code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE' || error instanceof Unavailable
  );
}

function unavailable(error: unknown): Unavailable {
  if (error instanceof Unavailable) return error;
  return new Unavailable(error instanceof Error ? error.message : String(error), { cause: error });
}
