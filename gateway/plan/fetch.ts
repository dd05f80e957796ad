import type { FetchNode, FlattenNodePathSegment } from '@graphql-hive/router-query-planner';
import { Kind, type OperationDefinitionNode, parse } from 'graphql';
import { isObject, merge } from './merge.ts';
import { compilePath, type EntityPath, type Place } from './paths.ts';
import { compileRewrites } from './rewrite.ts';
import type { Run, SubgraphAnswer, SubgraphCall, SubgraphOperation, Transport } from './run.ts';
import type { PlanSchema } from './schema.ts';
import { placeError, placeFailure } from './subgraph-error.ts';

/** A compiled plan node. Undefined instead of a promise where nothing had to be awaited. */
export type PlanStep = (run: Run) => Promise<void> | undefined;

/** A fetch of root fields that another part runs: the primary stream of a subscription. */
export type RootFetch = {
  call(run: Run): SubgraphCall;
  /** Takes an answer into the run: errors placed, rewrites done, data merged. @param at where, if not at the root */
  take(run: Run, answer: SubgraphAnswer, at?: EntityPath): void;
  fail(run: Run, failure: unknown, at?: EntityPath): void;
};

type Requesting = Pick<FetchNode, 'serviceName' | 'operation' | 'operationName' | 'operationKind'>;

/** Compiles a fetch of root fields. */
export function compileFetch(node: FetchNode, schema: PlanSchema, transport: Transport): PlanStep {
  const fetch = compileRootFetch(node, schema);
  return (run) => send(transport, fetch, run);
}

async function send(transport: Transport, fetch: RootFetch, run: Run, at?: EntityPath): Promise<void> {
  let answer: SubgraphAnswer;
  try {
    answer = await transport.execute(fetch.call(run));
  } catch (failure) {
    return fetch.fail(run, failure, at);
  }
  fetch.take(run, answer, at);
}

/** Compiles a fetch of root fields for wherever a field has led back to the root: one request for all places. */
export function compileFetchAt(
  node: FetchNode,
  path: readonly FlattenNodePathSegment[],
  schema: PlanSchema,
  transport: Transport,
): PlanStep {
  const fetch = compileRootFetch(node, schema);
  const at = compilePath(path, schema);
  return (run) => {
    let isThere = false;
    at.walk(run.data, () => {
      isThere = true;
    });
    return isThere ? send(transport, fetch, run, at) : undefined;
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
    take: (run, answer, at) => {
      for (const error of answer.errors ?? []) {
        const path = error.path?.map((key) =>
          typeof key === 'string' ? (rewrite?.renamed.get(key) ?? key) : key,
        );
        const paths = path ? placesIn(run, at).map((place) => [...place, ...path]) : [undefined];
        for (const placed of paths) run.errors.push(placeError(error, operation.subgraph, placed));
      }
      if (!answer.data) return;
      const data = rewrite ? rewrite.apply(answer.data) : answer.data;
      if (!isObject(data)) return;
      if (at) at.walk(run.data, (object) => merge(object, data, schema.vague));
      else run.data = run.data ? merge(run.data, data, schema.vague) : data;
    },
    fail: (run, failure, at) => {
      for (const place of placesIn(run, at))
        for (const key of operation.rootKeys)
          run.errors.push(
            placeFailure(failure, operation.subgraph, [...place, rewrite?.renamed.get(key) ?? key]),
          );
    },
  };
}

/** Only worth its cost when an error has to be placed. */
function placesIn(run: Run, at: EntityPath | undefined): readonly Place[] {
  return at ? [...at.locate(run.data).values()].flat() : [[]];
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
