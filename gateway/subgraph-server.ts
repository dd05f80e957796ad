import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  subscribe,
  validate,
} from 'graphql';
import { CALLER_HEADER, type Caller, verifyCaller } from './caller.ts';
import { createErrorMask, toldBy } from './errors.ts';
import { createExecutor } from './execute/execute.ts';
import { isLoopback } from './http/loopback.ts';
import { fromBody, parseClientJson, readText } from './http/params.ts';
import { Refusal } from './http/refusal.ts';
import { attachSockets, turnAway } from './http/sockets.ts';
import { asRefusal, writeRefusal, writeText } from './http/write.ts';
import { DEFAULT_LIMITS } from './limits/limits.ts';
import { drain, listen } from './listen.ts';
import { QUIET } from './log.ts';
import { createLru } from './lru.ts';
import type { Log } from './options.ts';
import { readTraceparent } from './trace/trace-context.ts';
import { codeOf, type Tracer, traced } from './trace/tracer.ts';

/** One subgraph served alone. */
export type SubgraphServerOptions = {
  readonly name: string;
  readonly schema: GraphQLSchema;
  /** Answered to `_service { sdl }`, so that composition sees what was written. */
  readonly sdl: string;
  context(caller: Caller, signal: AbortSignal): unknown | Promise<unknown>;
  /** What is told of what a resolver threw: a GraphQLError to be told in its place; anything else is a fault. */
  errorOf?(thrown: unknown): unknown;
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** When set, requests without a valid signature are refused with 401. */
  readonly secret?: string;
  /** Refused without a secret, as requests on any host but loopback are; introspection off; default false. */
  readonly production?: boolean;
  /** Further parts of readiness at `/health/ready`. */
  readonly ready?: () => Promise<boolean>;
  readonly log?: Log;
  /** Goes on with the traces of requests; it stays the caller's to stop. Default: none. */
  readonly tracer?: Tracer;
};

/** A running subgraph server. */
export type SubgraphServer = { readonly url: string; readonly port: number; stop(): Promise<void> };

/** Plans send whole batches of representations: more than a client may send the gateway. */
const BODY_BYTES = 16_000_000;

/** Distinct operations remembered; a gateway sends as many as it has plan nodes. */
const MAX_DOCUMENTS = 2_000;

/** Serves one subgraph over HTTP and graphql-transport-ws at `/graphql`, with `/health/live` and `/health/ready`. */
export async function serveSubgraph(options: SubgraphServerOptions): Promise<SubgraphServer> {
  const { host = '127.0.0.1', log = QUIET, secret } = options;
  const problem = problemOfSecret(options);
  if (problem !== null) throw new Error(problem);
  const read = createReader(options);
  const executeCompiled = createExecutor(options.schema);
  const mask = createErrorMask(log, false);
  const callerOf = (signature: string | undefined, signed: string): Caller => {
    if (secret === undefined) return { subject: null, scopes: ['*'], headers: {}, requestId: randomUUID() };
    const caller = verifyCaller(signature, signed, secret);
    if (!caller) throw unsigned();
    return caller;
  };
  const present = (result: ExecutionResult, requestId: string): ExecutionResult =>
    result.errors ? { ...result, errors: mask(toldBy(options.errorOf, result.errors), requestId) } : result;

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname } = new URL(request.url ?? '/', 'http://subgraph');
    const json = { 'content-type': 'application/json; charset=utf-8' };
    if (pathname === '/health/live') return writeText(response, 200, json, '{"status":"live"}');
    if (pathname === '/health/ready') {
      const ready = (await options.ready?.()) ?? true;
      return writeText(response, ready ? 200 : 503, json, JSON.stringify({ ready }));
    }
    if (pathname !== '/graphql') return writeText(response, 404, json, '{}');
    if (request.method !== 'POST')
      throw new Refusal(405, 'METHOD_NOT_ALLOWED', 'A subgraph is asked with POST.', { allow: 'POST' });
    const text = await readText(request, BODY_BYTES);
    const signature = request.headers[CALLER_HEADER];
    const caller = callerOf(typeof signature === 'string' ? signature : undefined, text);
    const { query, operationName, variables } = fromBody(parseClientJson(text));
    if (query === undefined) throw new Refusal(400, 'BAD_REQUEST', '"query" is missing.');
    const found = read(query);
    if ('errors' in found) return writeText(response, 200, json, JSON.stringify({ errors: found.errors }));
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const passed = withHeaders(caller, request);
    const result = await resolving(options, passed, async () =>
      executeCompiled({
        document: found.document,
        variableValues: variables ?? {},
        operationName: operationName ?? null,
        contextValue: await options.context(passed, gone.signal),
      }),
    );
    writeText(response, 200, json, JSON.stringify(present(result, caller.requestId)));
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!(error instanceof Refusal)) log.error({ err: error }, 'a subgraph request failed');
      if (response.headersSent) response.destroy();
      else writeRefusal(response, asRefusal(error), {});
      request.resume();
    });
  });
  const endings = new WeakMap<object, AbortController>();
  const sockets = attachSockets(server, {
    limits: { ...DEFAULT_LIMITS, frameBytes: BODY_BYTES },
    log,
    check: () => {},
    protocol: {
      onConnect: ({ connectionParams, extra }) => {
        endings.set(extra, new AbortController());
        if (secret === undefined || verifyCaller(asText(connectionParams?.[CALLER_HEADER]), '', secret))
          return true;
        turnAway(extra.socket, unsigned());
        return false;
      },
      onClose: ({ extra }) => endings.get(extra)?.abort(),
      onSubscribe: async ({ extra }, _id, payload) => {
        try {
          const { query = '', operationName, variables, extensions } = fromBody(payload);
          const caller = callerOf(asText(extensions?.[CALLER_HEADER]), query);
          const found = read(query);
          if ('errors' in found) return found.errors;
          const signal = endings.get(extra)?.signal ?? AbortSignal.abort();
          return {
            schema: options.schema,
            document: found.document,
            variableValues: variables ?? {},
            operationName: operationName ?? null,
            contextValue: await options.context(caller, signal),
          };
        } catch (error) {
          if (!(error instanceof Refusal)) log.error({ err: error }, 'a subgraph subscription failed');
          const { message, code } = asRefusal(error);
          return [new GraphQLError(message, { extensions: { code } })];
        }
      },
      subscribe,
      execute,
      onNext: (_context, _id, _payload, _args, result) =>
        present(result as ExecutionResult, 'subscription') as never,
    },
  });
  const { url: base, port } = await listen(server, options.port, host);
  const url = `${base}/graphql`;
  log.info({ url, subgraph: options.name }, 'subgraph listening');
  return {
    url,
    port,
    stop: async () => {
      sockets.close();
      await drain(server);
    },
  };
}

/** Why a subgraph may not be served without the secret that it has not; null where it may. */
export function problemOfSecret({
  name,
  host = '127.0.0.1',
  production = false,
  secret,
}: Pick<SubgraphServerOptions, 'name' | 'host' | 'production' | 'secret'>): string | null {
  if (secret !== undefined || (!production && isLoopback(host))) return null;
  return `Subgraph ${name} needs a secret to listen ${production ? 'in production' : `on ${host}`}: its requests would go unsigned. Set TANDEM_SUBGRAPH_SECRET for it and for the gateway.`;
}

/** Resolves as a span below the one the request names, where traces are wanted. */
function resolving(
  { tracer, name }: SubgraphServerOptions,
  caller: Caller,
  resolve: () => Promise<ExecutionResult>,
): Promise<ExecutionResult> {
  if (!tracer) return resolve();
  const parent = readTraceparent(caller.headers.traceparent);
  const span = tracer.start(`subgraph ${name}`, 'server', { 'tandem.subgraph': name }, parent);
  return traced(tracer, span, resolve, ({ errors }) =>
    errors?.length ? [codeOf(errors[0]!.extensions.code)] : [],
  );
}

type Read = { readonly document: DocumentNode } | { readonly errors: readonly GraphQLError[] };

/** Reads and validates an operation once; a gateway repeats the same few. */
function createReader({ schema, sdl, production }: SubgraphServerOptions): (query: string) => Read {
  const known = createLru<string, Read>(MAX_DOCUMENTS);
  const rules = production ? [...specifiedRules, NoSchemaIntrospectionCustomRule] : specifiedRules;
  answerSdl(schema, sdl);
  return (query) => {
    const found = known.get(query);
    if (found) return found;
    let fresh: Read;
    try {
      const document = parse(query, { noLocation: true });
      const errors = validate(schema, document, rules);
      fresh = errors.length > 0 ? { errors } : { document };
    } catch (error) {
      fresh = { errors: [error as GraphQLError] };
    }
    known.set(query, fresh);
    return fresh;
  };
}

/** buildSubgraphSchema prints the schema back with its own definitions; the SDL as written composes more surely. */
function answerSdl(schema: GraphQLSchema, sdl: string): void {
  const field = schema.getQueryType()?.getFields()._service;
  if (field) field.resolve = () => ({ sdl });
}

/** What is told to whoever does not sign. */
function unsigned(): Refusal {
  return new Refusal(401, 'UNAUTHENTICATED', 'Only signed requests are answered.');
}

/** Headers the gateway passes on reach an unsigned subgraph plainly. */
function withHeaders(caller: Caller, request: IncomingMessage): Caller {
  if (Object.keys(caller.headers).length > 0) return caller;
  const headers: Record<string, string> = {};
  for (const name of ['x-sync-token', 'traceparent', 'tracestate']) {
    const value = request.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  return { ...caller, headers };
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
