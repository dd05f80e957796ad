import type { ApolloServerPlugin } from '@apollo/server';
import type { GraphQLSchema } from 'graphql';
import type { Caller } from './caller.ts';
import type { Tracer } from './trace/tracer.ts';

/** One subgraph: a schema in this process, or an address. */
export type SubgraphSource = LocalSubgraph | RemoteSubgraph;

/** A subgraph that runs in this process. */
export type LocalSubgraph = {
  readonly kind: 'local';
  readonly name: string;
  readonly schema: GraphQLSchema;
  /** Its SDL with federation directives, as given to `buildSubgraphSchema` (link spec up to v2.9). */
  readonly sdl: string;
  /**
   * Called once per operation, and once per subscription event, so that loaders never outlive their data.
   * `signal` aborts when the client goes or time is up: a source of events should end on it.
   */
  context(caller: Caller, signal: AbortSignal): unknown | Promise<unknown>;
  /** What is told of what a resolver threw: a GraphQLError to be told in its place; anything else is a fault. */
  errorOf?(thrown: unknown): unknown;
};

/** A subgraph behind an address. */
export type RemoteSubgraph = {
  readonly kind: 'remote';
  readonly name: string;
  readonly url: string;
  /** Where its subscriptions are; default: `url` with ws(s). A http(s) address means SSE. */
  readonly subscriptionUrl?: string;
  /** Its SDL; default: asked for with `_service { sdl }`. */
  readonly sdl?: string;
  /** Key of the signature on every request to it; without one, requests go unsigned. */
  readonly secret?: string;
};

/** Where the gateway learns who asks. */
export type AuthOptions =
  /** Everybody may do everything; refused for any host but loopback. */
  | { readonly kind: 'open' }
  | {
      readonly kind: 'tokens';
      readonly jwt?: JwtOptions;
      readonly apiKeys?: readonly ApiKey[];
      /** Whether a request without credentials is let in with no scopes; default false (401). */
      readonly anonymous?: boolean;
    };

/** How bearer tokens are checked. Exactly one of `secret` and `jwksUrl`. */
export type JwtOptions = {
  /** Shared secret for HS256, at least 32 bytes. */
  readonly secret?: string;
  /** Address of the key set for RS256, PS256, ES256 or EdDSA; keys are cached and refetched on rotation. */
  readonly jwksUrl?: string;
  readonly issuer: string;
  readonly audience: string;
};

/** A key for machines, sent as `x-api-key` or as bearer token. */
export type ApiKey = {
  readonly name: string;
  /** SHA-256 of the key in hex, so that configuration holds no usable key. */
  readonly sha256: string;
  readonly scopes: readonly string[];
};

/** What one request, one client and the whole gateway may cost. Every field has a default in limits.ts. */
export type Limits = {
  /** HTTP body, bytes. */
  readonly bodyBytes: number;
  /** WebSocket frame, bytes. */
  readonly frameBytes: number;
  /** Lexical tokens of a document. */
  readonly tokens: number;
  /** Nesting of fields. */
  readonly depth: number;
  /** Aliases in a document, with fragments expanded. */
  readonly aliases: number;
  /** Fragments with `@defer`, fragments expanded: each is planned by itself, and answered at every place it stands. */
  readonly deferred: number;
  /** Pairs of fields with one name at one place, fragments expanded: validation compares each such field with each. */
  readonly comparisons: number;
  /** Fields of the root, with fragments expanded. */
  readonly rootFields: number;
  /** Estimated number of objects and fields, see cost.ts. */
  readonly cost: number;
  /** Largest `first`, `last` or `limit` argument. */
  readonly pageSize: number;
  /** Longest list in an argument, at whatever depth. */
  readonly listItems: number;
  /** Validation errors reported before giving up. */
  readonly validationErrors: number;
  /** A query or mutation as a whole, milliseconds. */
  readonly operationMs: number;
  /** One request to one subgraph, milliseconds. */
  readonly subgraphMs: number;
  /** Operations running at once; more wait. */
  readonly running: number;
  /** Operations waiting; more are refused with 503. */
  readonly waiting: number;
  /** Requests per caller and minute; 0 means no limit. */
  readonly perMinute: number;
  /** Logins that fail, per address and minute, before they are told 429; 0 means no limit. */
  readonly failedLoginsPerMinute: number;
  /** Subscriptions of one WebSocket. */
  readonly subscriptionsPerSocket: number;
  /** Subscriptions of one caller, over all connections; 0 means no limit. */
  readonly streamsPerCaller: number;
  /** How long a client may leave an event unread, milliseconds, before its stream is closed. */
  readonly slowClientMs: number;
  /** Between signs of life on an idle stream, milliseconds. */
  readonly heartbeatMs: number;
};

/** A logger in pino's manner. */
export type Log = {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};

/** One part of the readiness answer. */
export type HealthPart = {
  readonly name: string;
  readonly ready: boolean;
  /** Why it is not ready, or what is to be known although it is. */
  readonly detail?: string;
};

/** An example operation for the GraphiQL page. */
export type ExampleOperation = {
  readonly name: string;
  readonly document: string;
  readonly variables?: Readonly<Record<string, unknown>>;
};

/** How operations are taken to the subgraphs: by the native planner and our interpreter, or stitched. */
export type EngineKind = 'native' | 'stitched';

/** Everything `createGateway` can be told. Only `subgraphs` or `supergraphSdl` is required. */
export type GatewayOptions = {
  /** The subgraphs to compose; or, with `supergraphSdl`, overrides of the addresses in it. */
  readonly subgraphs?: readonly SubgraphSource[];
  /**
   * A composed supergraph; subgraphs it names that are not in `subgraphs` are called at their address in it. Null where
   * none can be had yet: until the first `swap` the gateway is not ready, and tells whoever asks `supergraphProblem`.
   */
  readonly supergraphSdl?: string | null;
  /**
   * Why the supergraph that is served is not the present one, or why there is none; null where all is well. Health and
   * metrics tell of it. Default: null.
   */
  readonly supergraphProblem?: () => string | null;
  /** Key of the signature on requests to subgraphs that name none of their own, such as those of a supergraph's file. */
  readonly subgraphSecret?: string;
  /** Default 4000; 0 takes a free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default `{ kind: 'open' }`. */
  readonly auth?: AuthOptions;
  readonly limits?: Partial<Limits>;
  /** Introspection and the page at `/` off, subgraph errors masked; default false. */
  readonly production?: boolean;
  /** Origins that browsers may call from, beside the gateway's own. */
  readonly origins?: readonly string[];
  /** Addresses and networks of proxies whose `X-Forwarded-For` is believed; default: none. */
  readonly trustedProxies?: readonly string[];
  readonly log?: Log;
  /** What `/` serves outside production: a folder of static files, or the text of a page. Default: none. */
  readonly graphiql?: { readonly folder: string } | { readonly html: string };
  /** What `/console` serves, in production as well: a folder of static files. Default: none. */
  readonly console?: { readonly folder: string };
  /** Shown as tabs on the page. */
  readonly examples?: readonly ExampleOperation[];
  /** Documents by SHA-256 or name; when given, nothing else is executed (callers with scope `admin` excepted). */
  readonly trustedDocuments?: Readonly<Record<string, string>>;
  /** Plugins of Apollo Server, for queries and mutations over HTTP. */
  readonly plugins?: readonly ApolloServerPlugin[];
  /** Further parts of `/health/ready`, such as the database. */
  readonly health?: () => Promise<readonly HealthPart[]>;
  /** Further lines of `/metrics` in Prometheus' text format. */
  readonly metrics?: () => Promise<string>;
  /** Default: the native one, or where the machine has none the stitched one, with a warning. */
  readonly engine?: EngineKind;
  /** Records traces of requests, operations and fetches; it stays the caller's to stop. Default: none. */
  readonly tracer?: Tracer;
};

/** A running gateway. */
export type Gateway = {
  readonly url: string;
  readonly port: number;
  /** Composes anew and swaps without failing a request; rejects with a CompositionError and keeps the last good. */
  swap(subgraphs: readonly SubgraphSource[] | { readonly supergraphSdl: string }): Promise<void>;
  /** The supergraph that is being served; null before there is one. */
  supergraphSdl(): string | null;
  /** Lets running requests end (up to 10 s), ends subscriptions, closes every handle. */
  stop(): Promise<void>;
};
