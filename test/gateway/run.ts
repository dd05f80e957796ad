import { type ExecutionResult, parse, validate } from 'graphql';
import type { Caller } from '../../gateway/caller.ts';
import { composeSupergraph } from '../../gateway/compose/supergraph.ts';
import { createGateway } from '../../gateway/gateway.ts';
import type { Gateway, GatewayOptions, LocalSubgraph } from '../../gateway/options.ts';
import { createEngine, type Engine } from '../../gateway/plan/engine.ts';
import type { SubgraphCall, Transport } from '../../gateway/plan/run.ts';
import { connectLocal } from '../../gateway/transport/local.ts';

export const CALLER: Caller = { subject: 'test', scopes: [], headers: {}, requestId: 'test' };

/** An engine over local subgraphs, with every request it made to them. */
export type TestEngine = {
  readonly engine: Engine;
  readonly calls: { readonly subgraph: string; readonly text: string; readonly variables: unknown }[];
  run(query: string, variables?: Record<string, unknown>): Promise<ExecutionResult>;
};

/**
 * Composes local subgraphs and runs operations on them without a server; results are plain JSON. Answers are read as
 * those of subgraphs elsewhere are: as text, where the plan can foresee it,
 * and with all copied that can be.
 */
export function engineOf(
  subgraphs: readonly LocalSubgraph[],
  make: (supergraphSdl: string, transport: Transport) => Engine = (sdl, transport) =>
    createEngine(sdl, transport, 0),
): TestEngine {
  const sdl = composeSupergraph(subgraphs.map(({ name, sdl }) => ({ name, sdl, url: `local://${name}` })));
  const connections = new Map(subgraphs.map((source) => [source.name, connectLocal(source, 5_000)]));
  const calls: TestEngine['calls'] = [];
  const engine = make(sdl, {
    execute: async (call: SubgraphCall) => {
      calls.push({
        subgraph: call.operation.subgraph,
        text: call.operation.text,
        variables: call.variables(),
      });
      const answer = await connections.get(call.operation.subgraph)!.execute(call);
      return call.read?.(JSON.stringify(answer)) ?? answer;
    },
    subscribe: (call) => connections.get(call.operation.subgraph)!.subscribe(call),
  });
  return {
    engine,
    calls,
    run: async (query, variables) => {
      calls.length = 0;
      const document = parse(query);
      const errors = validate(engine.schema, document);
      if (errors.length > 0) throw errors[0];
      const signal = new AbortController().signal;
      const result = await engine.execute({ document, variables, caller: CALLER, signal });
      return JSON.parse(JSON.stringify(result)) as ExecutionResult;
    },
  };
}

/** A gateway on a free port, and ways to ask it. */
export type TestGateway = AsyncDisposable & {
  readonly gateway: Gateway;
  readonly socketUrl: string;
  readonly endpoint: string;
  ask(query: string, variables?: object, headers?: Record<string, string>): Promise<Asked>;
  send(init: RequestInit, path?: string): Promise<Response>;
};

/** An answer over HTTP. */
export type Asked = {
  readonly status: number;
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { message: string; path?: unknown[]; extensions: Record<string, unknown> }[];
  readonly extensions?: Record<string, unknown>;
};

/** An answer's body, for tests that look at the response itself too. */
export async function readAnswer(response: Response): Promise<Omit<Asked, 'status'>> {
  return (await response.json()) as Omit<Asked, 'status'>;
}

/** Starts a gateway that stops at the end of the test's scope (`await using`). */
export async function startGateway(options: GatewayOptions): Promise<TestGateway> {
  const gateway = await createGateway({ port: 0, ...options });
  const endpoint = `${gateway.url}/graphql`;
  return {
    gateway,
    endpoint,
    socketUrl: endpoint.replace('http', 'ws'),
    send: (init, path = '/graphql') => fetch(gateway.url + path, init),
    ask: async (query, variables = {}, headers = {}) => {
      const response = await fetch(endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query, variables }),
      });
      return { status: response.status, ...((await response.json()) as object) };
    },
    [Symbol.asyncDispose]: () => gateway.stop(),
  };
}
