import { type DocumentNode, type ExecutionResult, type GraphQLError, OperationTypeNode } from 'graphql';
import type { Caller } from './caller.ts';
import { asGraphQLError } from './errors.ts';
import type { GraphqlParams } from './http/params.ts';
import type { EngineRequest } from './plan/engine.ts';
import type { IncrementalAnswer } from './plan/incremental.ts';
import type { Operation } from './plan/operation.ts';
import type { Served } from './served.ts';

/** A request that may run. */
export type AdmittedRequest = {
  readonly kind: 'admitted';
  readonly served: Served;
  readonly text: string;
  readonly hash: string;
  readonly document: DocumentNode;
  readonly operation: Operation;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly extensions: Readonly<Record<string, unknown>>;
  readonly caller: Caller;
};

/** A request that may not, and why. */
export type RefusedRequest = { readonly kind: 'refused'; readonly errors: readonly GraphQLError[] };

/** One more thing that can stand against an operation; an empty list lets it pass. */
export type Check = (request: AdmittedRequest) => readonly GraphQLError[];

/**
 * Everything between a client's text and the engine, the same for HTTP, WebSocket and SSE: reading, measuring and
 * validating the document, finding the operation, and the checks.
 */
export function admit(
  served: Served,
  text: string,
  params: GraphqlParams,
  caller: Caller,
  checks: readonly Check[],
): AdmittedRequest | RefusedRequest {
  const read = served.documents.read(text);
  if (read.kind === 'invalid') return { kind: 'refused', errors: read.errors };
  let operation: Operation;
  try {
    operation = served.engine.operation(read.document, params.operationName);
  } catch (error) {
    return { kind: 'refused', errors: [asGraphQLError(error)] };
  }
  const request: AdmittedRequest = {
    kind: 'admitted',
    served,
    text,
    hash: read.hash,
    document: read.document,
    operation,
    operationName: params.operationName,
    variables: params.variables ?? {},
    extensions: params.extensions ?? {},
    caller,
  };
  for (const check of checks) {
    const errors = check(request);
    if (errors.length > 0) return { kind: 'refused', errors };
  }
  return request;
}

/** Whether an admitted request is a subscription. */
export function isSubscription({ operation }: AdmittedRequest): boolean {
  return operation.definition.operation === OperationTypeNode.SUBSCRIPTION;
}

/** Runs a query or mutation; whatever goes wrong is in the result. */
export function runOnce(request: AdmittedRequest, signal: AbortSignal): Promise<ExecutionResult> {
  return runWhole(request, signal, request.served.engine.execute);
}

/** The same; where nothing goes wrong, the JSON of the answer. */
export function runAsText(request: AdmittedRequest, signal: AbortSignal): Promise<ExecutionResult | string> {
  return runWhole(request, signal, request.served.engine.executeAsText);
}

async function runWhole<T>(
  { served, document, operationName, variables, caller }: AdmittedRequest,
  signal: AbortSignal,
  execute: (request: EngineRequest) => Promise<T>,
): Promise<T | ExecutionResult> {
  const ended = served.use();
  try {
    return await execute({ document, operationName, variables, caller, signal });
  } catch (error) {
    return { errors: [asGraphQLError(error)], data: null };
  } finally {
    ended();
  }
}

/** Runs a query or mutation in pieces where it defers some; whatever goes wrong is in the result. */
export async function runInPieces(
  request: AdmittedRequest,
  signal: AbortSignal,
): Promise<ExecutionResult | IncrementalAnswer> {
  const { served, document, operationName, variables, caller } = request;
  const ended = served.use();
  try {
    const answer = await served.engine.executeIncrementally({
      document,
      operationName,
      variables,
      caller,
      signal,
    });
    if ('rest' in answer) return { ...answer, rest: untilEnd(answer.rest, ended) };
    ended();
    return answer;
  } catch (error) {
    ended();
    return { errors: [asGraphQLError(error)], data: null };
  }
}

/** Begins a subscription; whatever goes wrong is in the result. */
export async function runStream(
  request: AdmittedRequest,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const { served, document, operationName, variables, caller } = request;
  const over = new AbortController();
  const ended = served.use();
  const end = () => {
    over.abort();
    ended();
  };
  try {
    const result = await served.engine.subscribe({
      document,
      operationName,
      variables,
      caller,
      signal: over.signal,
    });
    if (Symbol.asyncIterator in result) return untilEnd(result, end);
    end();
    return result;
  } catch (error) {
    end();
    return { errors: [asGraphQLError(error)] };
  }
}

/** The same stream, telling when it has ended, whichever side ended it. */
export function untilEnd<T>(stream: AsyncIterableIterator<T>, end: () => void): AsyncIterableIterator<T> {
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: async () => {
      try {
        const event = await stream.next();
        if (event.done) end();
        return event;
      } catch (error) {
        end();
        throw error;
      }
    },
    return: async () => {
      end();
      return (await stream.return?.()) ?? { done: true, value: undefined };
    },
    throw: async (error: unknown) => {
      end();
      await stream.return?.();
      throw error;
    },
  };
}
