import { ApolloServer, type ApolloServerPlugin, type GraphQLResponse, HeaderMap } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { DocumentNode, ExecutionResult, GraphQLSchema } from 'graphql';
import { createLru } from './lru.ts';
import type { Log } from './options.ts';
import type { Piece } from './pieces.ts';
import type { AdmittedRequest } from './pipeline.ts';
import type { Served } from './served.ts';

/** What Apollo Server's plugins find in `contextValue`. */
export type GatewayContext = {
  readonly request: AdmittedRequest;
  run(): Promise<ExecutionResult>;
  /** Where the client takes the answer whole: its JSON, if nothing goes wrong. */
  readonly runAsText?: () => Promise<ExecutionResult | string>;
  /** Where the client takes pieces: those that follow when what `run` gives, however often asked, has a next. */
  readonly rest?: AsyncIterable<Piece>;
};

/** Apollo Server around our engine. */
export type ApolloFront = {
  /** Answers an admitted query or mutation; `accept` decides over incremental delivery only. */
  answer(context: GatewayContext, accept: string): Promise<ApolloAnswer>;
  /** Tells Apollo Server of a schema; the first one starts it, and nothing is answered before. */
  update(served: Served): Promise<void>;
  stop(): Promise<void>;
};

/** An answer as Apollo Server writes it. */
export type ApolloAnswer = {
  readonly status: number;
  readonly headers: Iterable<readonly [string, string]>;
  readonly text: string;
  /** Instead of the text, for an answer in pieces. */
  readonly chunks?: AsyncIterable<string> | undefined;
};

/** Apollo Server's gateway answers whole; a plugin may answer in pieces. */
const IN_PIECES: ApolloServerPlugin<GatewayContext> = {
  requestDidStart: async ({ contextValue: { rest, run } }) => {
    if (!rest) return undefined;
    return {
      responseForOperation: async () => {
        const initialResult = await run();
        if (!('hasNext' in initialResult)) return null;
        const body = { kind: 'incremental', initialResult, subsequentResults: rest };
        return { http: { headers: new HeaderMap() }, body } as unknown as GraphQLResponse;
      },
    };
  },
};

type SchemaCallback = (schema: { apiSchema: GraphQLSchema; coreSupergraphSdl: string }) => void;

/** How many documents Apollo Server finds by their hash; it asks for each right after we admitted it. */
const DOCUMENTS = 2_000;

/**
 * Apollo Server with our engine as its gateway. Parsing, validation, limits and rights are done before it
 * is asked, as they have to hold for streams too, which do not pass through it; it runs plugins and writes answers.
 */
export function createApollo(log: Log, plugins: readonly ApolloServerPlugin<GatewayContext>[]): ApolloFront {
  const documents = createLru<string, DocumentNode>(DOCUMENTS);
  let current: Served | null = null;
  let announce: SchemaCallback | null = null;
  const announceTo = (callback: SchemaCallback, { engine }: Served) =>
    callback({ apiSchema: engine.schema, coreSupergraphSdl: engine.supergraphSdl });
  const server = new ApolloServer<GatewayContext>({
    gateway: {
      onSchemaLoadOrUpdate: (callback) => {
        announce = callback;
        if (current) announceTo(callback, current);
        return () => {};
      },
      // The engine travels with the request, so that a swap in between cannot separate it from its document.
      load: async () => ({ executor: ({ context }) => (context as GatewayContext).run() }),
      stop: async () => {},
    },
    documentStore: {
      get: async (key) => documents.get(key.slice(key.lastIndexOf(':') + 1)),
      set: async () => {},
      delete: async () => {},
    },
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      ...plugins,
      IN_PIECES,
    ],
    dangerouslyDisableValidation: true,
    csrfPrevention: false,
    persistedQueries: false,
    introspection: true,
    stopOnTerminationSignals: false,
    includeStacktraceInErrorResponses: false,
    stringifyResult: JSON.stringify,
    logger: apolloLogger(log),
  });
  const answerByServer = async (context: GatewayContext, accept: string): Promise<ApolloAnswer> => {
    const { request } = context;
    documents.set(request.hash, request.document);
    const { status, headers, body } = await server.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: 'POST',
        headers: new HeaderMap([
          ['content-type', 'application/json'],
          ['accept', accept],
        ]),
        search: '',
        body: {
          query: request.text,
          operationName: request.operationName ?? null,
          variables: request.variables,
          extensions: {},
        },
      },
      context: async () => context,
    });
    const answer = { status: status ?? 200, headers };
    if (body.kind === 'chunked') return { ...answer, text: '', chunks: body.asyncIterator };
    return { ...answer, text: body.string };
  };
  return {
    answer: async (context, accept) => {
      if (plugins.length > 0 || !context.runAsText) return answerByServer(context, accept);
      // Where no plugin looks on, the server's way with a result without errors is to write it: a sixth of the CPU
      // of a small query went into finding that out. Errors go its way, for their status and their form.
      const result = await context.runAsText();
      if (typeof result === 'string') return { status: 200, headers: [], text: result };
      if (result.errors === undefined) return { status: 200, headers: [], text: JSON.stringify(result) };
      return answerByServer({ ...context, run: async () => result }, accept);
    },
    update: async (served) => {
      current = served;
      if (announce) announceTo(announce, served);
      else await server.start();
    },
    // Before it has started there is nothing to stop.
    stop: async () => {
      if (announce) await server.stop();
    },
  };
}

function apolloLogger(log: Log) {
  return {
    debug: () => {},
    info: (message: unknown) => log.debug({}, String(message)),
    warn: (message: unknown) => log.warn({}, String(message)),
    error: (message: unknown) => log.error({}, String(message)),
  };
}
