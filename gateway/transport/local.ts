import { type ExecutionResult, subscribe } from 'graphql';
import { toldBy } from '../errors.ts';
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
  const told = (answer: ExecutionResult): SubgraphAnswer =>
    (answer.errors ? { ...answer, errors: toldBy(source.errorOf, answer.errors) } : answer) as SubgraphAnswer;
  return {
    execute: async ({ operation, variables, run }) => {
      const variableValues = variables() ?? {};
      await turn();
      const contextValue = await contextOf(run);
      const answer = execute({ document: operation.document, variableValues, contextValue });
      // What loaders held before a mutation is old afterwards.
      if (operation.kind === 'mutation') run.kept.delete(name);
      if (!(answer instanceof Promise)) return told(answer);
      return told(await withDeadline(answer as Promise<ExecutionResult>, ms, run.signal));
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
