import type { FetchNode } from '@graphql-hive/router-query-planner';
import { Kind, type OperationDefinitionNode, parse } from 'graphql';
import { isObject, merge } from './merge.ts';
import { compileRewrites } from './rewrite.ts';
import type { Run, SubgraphAnswer, SubgraphCall, SubgraphOperation, Transport } from './run.ts';
import type { PlanSchema } from './schema.ts';
import { placeError, placeFailure } from './subgraph-error.ts';

/** A compiled plan node. Undefined instead of a promise where nothing had to be awaited. */
export type PlanStep = (run: Run) => Promise<void> | undefined;

/** A fetch of root fields that another part runs: the primary stream of a subscription. */
export type RootFetch = {
  call(run: Run): SubgraphCall;
  /** Takes an answer into the run: errors placed, rewrites done, data merged. */
  take(run: Run, answer: SubgraphAnswer): void;
  fail(run: Run, failure: unknown): void;
};

type Requesting = Pick<FetchNode, 'serviceName' | 'operation' | 'operationName' | 'operationKind'>;

/** Compiles a fetch of root fields. */
export function compileFetch(node: FetchNode, schema: PlanSchema, transport: Transport): PlanStep {
  const fetch = compileRootFetch(node, schema);
  return async (run) => {
    let answer: SubgraphAnswer;
    try {
      answer = await transport.execute(fetch.call(run));
    } catch (failure) {
      return fetch.fail(run, failure);
    }
    fetch.take(run, answer);
  };
}

/** Compiles the parts of a root fetch, for a caller that brings the answers itself. */
export function compileRootFetch(node: FetchNode, schema: PlanSchema): RootFetch {
  const operation = compileOperation(node);
  const usages = node.variableUsages ?? [];
  const rewrite = compileRewrites(node.outputRewrites, schema);
  return {
    call: (run) => {
      const variables = () => pickVariables(usages, run);
      const body = () => {
        const picked = variables();
        return picked
          ? `${operation.bodyStart},"variables":${JSON.stringify(picked)}}`
          : `${operation.bodyStart}}`;
      };
      return { operation, variables, body, run, read: run.readers?.get(node) };
    },
    take: (run, answer) => {
      for (const error of answer.errors ?? []) {
        const path = error.path?.map((key) =>
          typeof key === 'string' ? (rewrite?.renamed.get(key) ?? key) : key,
        );
        run.errors.push(placeError(error, operation.subgraph, path));
      }
      if (!answer.data) return;
      const data = rewrite ? rewrite.apply(answer.data) : answer.data;
      if (!isObject(data)) return;
      run.data = run.data ? merge(run.data, data, schema.vague) : data;
    },
    fail: (run, failure) => {
      for (const key of operation.rootKeys)
        run.errors.push(placeFailure(failure, operation.subgraph, [rewrite?.renamed.get(key) ?? key]));
    },
  };
}

/** The unchanging part of a plan node's requests. */
export function compileOperation(node: Requesting): SubgraphOperation {
  const document = parse(node.operation, { noLocation: true });
  const definition = document.definitions.find(
    (found): found is OperationDefinitionNode => found.kind === Kind.OPERATION_DEFINITION,
  );
  const rootKeys = (definition?.selectionSet.selections ?? []).flatMap((selection) =>
    selection.kind === Kind.FIELD ? [selection.alias?.value ?? selection.name.value] : [],
  );
  const name = node.operationName ?? undefined;
  const named = name === undefined ? '' : `,"operationName":${JSON.stringify(name)}`;
  return {
    subgraph: node.serviceName,
    kind: node.operationKind ?? 'query',
    text: node.operation,
    name,
    rootKeys,
    document,
    bodyStart: `{"query":${JSON.stringify(node.operation)}${named}`,
  };
}

/** The client's variables that a fetch uses, or undefined when it uses none. */
export function pickVariables(usages: readonly string[], run: Run): Record<string, unknown> | undefined {
  let picked: Record<string, unknown> | undefined;
  for (const name of usages) {
    if (run.variables[name] === undefined) continue;
    picked ??= {};
    picked[name] = run.variables[name];
  }
  return picked;
}
