import { CALLER_HEADER, type Caller, signCaller } from '../caller.ts';
import type { RemoteSubgraph } from '../options.ts';
import type { SubgraphCall } from '../plan/run.ts';
import { Unavailable } from '../plan/subgraph-error.ts';
import { createBreaker } from './breaker.ts';
import { createHttpPool, type HttpPool, headerLine } from './http/pool.ts';
import { type Reply, readAnswer, reply } from './reply.ts';
import { createShare } from './share.ts';
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
  const address = new URL(source.url);
  const path = address.pathname + address.search;
  const pool = createHttpPool(address, { connections: CONNECTIONS, ms, answerBytes: MAX_ANSWER_BYTES });
  const breaker = createBreaker(source.name);
  const share = createShare<Reply>();
  const streams = subscribeRemote(source, ms);

  const send = async (call: SubgraphCall, body: string, signal: AbortSignal): Promise<Reply> => {
    const headers = headersFor(call.run.caller, body, source.secret);
    const { status, text } = await pool.post({ path, headers, body, signal });
    return reply(text, status, call.read);
  };
  const ask = (call: SubgraphCall, body: string, signal: AbortSignal): Promise<Reply> =>
    breaker.run(async () => {
      try {
        return await send(call, body, signal);
      } catch (error) {
        // Only where nothing can have happened twice: queries change nothing.
        if (call.operation.kind !== 'query' || signal.aborted || !isPassing(error)) throw unavailable(error);
      }
      try {
        return await send(call, body, signal);
      } catch (error) {
        throw unavailable(error);
      }
    }, signal);

  return {
    execute: async (call) => {
      const body = call.body();
      const { caller, signal } = call.run;
      if (call.operation.kind !== 'query') return (await ask(call, body, signal))(call.read);
      const key = askedBy(caller, source.secret) + body;
      const take = await share(key, signal, (whoever) => ask(call, body, whoever));
      return take(call.read);
    },
    subscribe: streams.subscribe,
    isLeftAlone: breaker.isOpen,
    check: () => checkRemote(source, pool, path),
    close: async () => {
      await streams.close();
      await pool.close();
    },
  };
}

const JSON_HEADERS =
  headerLine('content-type', 'application/json') +
  headerLine('accept', 'application/json, application/graphql-response+json;q=0.9');

function headersFor(caller: Caller, body: string, secret: string | undefined): string {
  let headers = JSON_HEADERS + headerLine('x-request-id', caller.requestId);
  for (const name in caller.headers) headers += headerLine(name, caller.headers[name]!);
  if (secret !== undefined) headers += headerLine(CALLER_HEADER, signCaller(caller, body, secret));
  return headers;
}

/** The same for callers between whom a subgraph could not tell: what is sent of them, but for the request's id. */
function askedBy({ subject, scopes, headers }: Caller, secret: string | undefined): string {
  return JSON.stringify(secret === undefined ? headers : [subject, scopes, headers]);
}

/** Whom a subgraph takes the gateway for when it asks on its own behalf. */
const GATEWAY: Caller = { subject: 'gateway', scopes: [], headers: {}, requestId: 'gateway' };

/** Any answer will do: a subgraph that refuses our question is there. */
async function checkRemote({ secret }: RemoteSubgraph, pool: HttpPool, path: string): Promise<string | null> {
  const body = '{"query":"{__typename}"}';
  const headers = headersFor(GATEWAY, body, secret);
  try {
    const { status } = await pool.post({ path, headers, body, signal: AbortSignal.timeout(CHECK_MS) });
    return status < 500 ? null : `answers ${status}`;
  } catch {
    return 'cannot be reached';
  }
}

/** A subgraph could not be reached, or did not tell its SDL; it may be there a moment later. */
export class SdlUnavailable extends Error {}

/** Asks a subgraph for its SDL. Throws SdlUnavailable. */
export async function fetchSubgraphSdl(source: RemoteSubgraph, ms: number): Promise<string> {
  const body = JSON.stringify({ query: '{_service{sdl}}' });
  const { status, text } = await fetch(source.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(source.secret === undefined ? {} : { [CALLER_HEADER]: signCaller(GATEWAY, body, source.secret) }),
    },
    body,
    signal: AbortSignal.timeout(ms),
  })
    .then(async (response) => ({ status: response.status, text: await response.text() }))
    .catch((error: unknown) => {
      throw new SdlUnavailable(
        `Subgraph ${source.name} cannot be reached at ${source.url} (${reasonOf(error, ms)}). Start it, or correct its address.`,
        { cause: error },
      );
    });
  const untold = (why: string) =>
    new SdlUnavailable(`Subgraph ${source.name} at ${source.url} does not tell its SDL: ${why}`);
  let answer: ReturnType<typeof readAnswer>;
  try {
    answer = readAnswer(text, status);
  } catch (error) {
    throw untold(`it ${(error as Error).message}`);
  }
  const service = answer.data?._service as { readonly sdl?: string } | null | undefined;
  if (typeof service?.sdl !== 'string')
    throw untold(answer.errors?.[0]?.message ?? 'there is none in its answer.');
  return service.sdl;
}

/** Why a subgraph could not be reached, in a word: fetch says so in its cause only. */
function reasonOf(error: unknown, ms: number): string {
  if ((error as Error).name === 'TimeoutError') return `no answer within ${ms / 1_000} s`;
  const { code, message } = ((error as Error).cause ?? error) as Error & { readonly code?: string };
  return code ?? message;
}

/** Whether a connection broke rather than a subgraph being slow: trying again at once may help. */
function isPassing(error: unknown): boolean {
  const code = (error as { readonly code?: unknown }).code;
  return code === 'ECONNRESET' || code === 'EPIPE' || error instanceof Unavailable;
}

function unavailable(error: unknown): Unavailable {
  if (error instanceof Unavailable) return error;
  // Where a name has several addresses, only the code tells why none could be connected to.
  const { message, code } = error as Error & { readonly code?: string };
  return new Unavailable(message || code || String(error), { cause: error });
}
