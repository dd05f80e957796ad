import type { Transport } from '../plan/run.ts';
import { Unavailable } from '../plan/subgraph-error.ts';

/** A way to one subgraph, with what it holds open. */
export type Connection = Transport & { close?(): Promise<void> };

/** Sends each call on the connection of its subgraph. */
export function routeBySubgraph(connections: ReadonlyMap<string, Connection>): Transport {
  const connectionOf = (subgraph: string) => {
    const connection = connections.get(subgraph);
    if (!connection) throw new Unavailable(`no address is known for ${subgraph}`);
    return connection;
  };
  return {
    execute: async (call) => connectionOf(call.operation.subgraph).execute(call),
    subscribe: async (call) => connectionOf(call.operation.subgraph).subscribe(call),
  };
}
