import type { Transport } from '../plan/run.ts';
import { Unavailable } from '../plan/subgraph-error.ts';

/** A way to one subgraph, with what it holds open. */
export type Connection = Transport & {
  /** What stands in the way of using it, or null. */
  check?(): Promise<string | null>;
  /** Whether it is not asked for a while, as it kept failing. */
  isLeftAlone?(): boolean;
  close?(): Promise<void>;
};

/** Told of every answer: which subgraph, how long it took in seconds, and whether one came. */
export type Observe = (subgraph: string, seconds: number, answered: boolean) => void;

/** Sends each call on the connection of its subgraph. */
export function routeBySubgraph(connections: ReadonlyMap<string, Connection>, observe: Observe): Transport {
  const connectionOf = (subgraph: string) => {
    const connection = connections.get(subgraph);
    if (!connection) throw new Unavailable(`no address is known for ${subgraph}`);
    return connection;
  };
  return {
    execute: async (call) => {
      const { subgraph } = call.operation;
      const started = performance.now();
      let answered = false;
      try {
        const answer = await connectionOf(subgraph).execute(call);
        answered = true;
        return answer;
      } finally {
        observe(subgraph, (performance.now() - started) / 1000, answered);
      }
    },
    subscribe: async (call) => connectionOf(call.operation.subgraph).subscribe(call),
  };
}
