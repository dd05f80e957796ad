import { subscribe } from 'graphql';
import { createExecutor, type Executor } from '../execute/execute.ts';
import type { LocalSubgraph } from '../options.ts';
import type { Run, SubgraphAnswer, Transport } from '../plan/run.ts';
import { withDeadline } from './deadline.ts';
import { turn } from './turn.ts';

/** Reaches a subgraph in this process. `ms` is the time it has for one answer. */
export function connectLocal(
  source: LocalSubgraph,
  ms: number,
  execute: Executor = createExecutor(source.schema),
): Transport {
  const { schema, name } = source;
  const contextOf = (run: Run): unknown => {
    if (!run.kept.has(name)) run.kept.set(name, source.context(run.caller, run.signal));
    return run.kept.get(name);
  };
  return {
    execute: async ({ operation, variables, run }) => {
      const variableValues = variables() ?? {};
      await turn();
      const contextValue = await contextOf(run);
      const answer = execute({ document: operation.document, variableValues, contextValue });
      // What loaders held before a mutation is old afterwards.
      if (operation.kind === 'mutation') run.kept.delete(name);
      if (!(answer instanceof Promise)) return answer as SubgraphAnswer;
      return withDeadline(answer as Promise<SubgraphAnswer>, ms, run.signal);
    },
    subscribe: async ({ operation, variables, run }) => {
      const contextValue = await source.context(run.caller, run.signal);
      const events = subscribe({
        schema,
        document: operation.document,
        variableValues: variables() ?? {},
        contextValue,
      });
      return (await withDeadline(Promise.resolve(events), ms, run.signal)) as Awaited<
        ReturnType<Transport['subscribe']>
      >;
    },
  };
}
