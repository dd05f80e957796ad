import type { GraphQLSchema } from 'graphql';
import type { Caller } from './caller.ts';
import type { Log } from './options.ts';

/** One subgraph served alone. */
export type SubgraphServerOptions = {
  readonly name: string;
  readonly schema: GraphQLSchema;
  /** Answered to `_service { sdl }` when the schema itself does not. */
  readonly sdl: string;
  context(caller: Caller): unknown | Promise<unknown>;
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** When set, requests without a valid signature are refused with 401. */
  readonly secret?: string;
  /** Without a secret refused for any host but loopback; introspection off; default false. */
  readonly production?: boolean;
  readonly log?: Log;
};

/** A running subgraph server. */
export type SubgraphServer = { readonly url: string; readonly port: number; stop(): Promise<void> };

/** Serves one subgraph over HTTP and graphql-transport-ws at `/graphql`, with `/health/live`. */
export async function serveSubgraph(_options: SubgraphServerOptions): Promise<SubgraphServer> {
  throw new Error('not yet');
}
