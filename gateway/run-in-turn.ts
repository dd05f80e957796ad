import type { EventEmitter } from 'node:events';
import type { ExecutionResult } from 'graphql';
import { callerKey } from './caller.ts';
import type { Desk } from './desk.ts';
import { type AdmittedRequest, runAsText, runInPieces, runOnce } from './pipeline.ts';
import type { IncrementalAnswer } from './plan/incremental.ts';
import { operationSpan } from './trace/operation-span.ts';

const labelsOf = (type: string) => ({
  success: { type, outcome: 'success' },
  error: { type, outcome: 'error' },
});

const LABELS = {
  query: labelsOf('query'),
  mutation: labelsOf('mutation'),
  subscription: labelsOf('subscription'),
};

/** How an operation whose turn has come can be run. */
export type RunInTurn = {
  whole(): Promise<ExecutionResult>;
  /** The JSON of the answer, where nothing went wrong and nothing is to be added. */
  asText(): Promise<ExecutionResult | string>;
  /** In pieces where it defers some; the pieces have to be read to their end. */
  inPieces(): Promise<ExecutionResult | IncrementalAnswer>;
};

/** Who waits for an answer. */
export type Asker = {
  /** Tells with `close` that the client has gone: a response, or a socket. */
  readonly connection: EventEmitter;
  /** Where it comes from, as limits count it. */
  readonly address: string;
};

/**
 * Runs a query or mutation when its turn comes, for no longer than it may take. When the client goes, a query is given
 * up; a mutation is not, as it may have been half done.
 * @param answer makes something of the result while the operation still holds its place
 * Throws a Refusal when too many wait.
 */
export async function runInTurn<T>(
  desk: Desk,
  request: AdmittedRequest,
  { connection, address }: Asker,
  answer: (run: RunInTurn) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const abort = () => over.abort();
  const timer = setTimeout(abort, desk.limits.operationMs);
  const type = request.operation.definition.operation;
  if (type === 'query') connection.once('close', abort);
  const started = performance.now();
  let leave: () => void = () => {};
  let failed = true;
  const { tracer } = desk;
  const span = tracer && operationSpan(tracer, request);
  const within = <R>(work: () => Promise<R>) => (tracer && span ? tracer.within(span, work) : work());
  try {
    leave = await desk.admission.enter(callerKey(request.caller, address), over.signal);
    const run: RunInTurn = {
      whole: async () => {
        const result = await runOnce(request, over.signal);
        failed = result.errors !== undefined;
        return desk.present(request, result);
      },
      asText: async () => {
        if (desk.adds(request)) return run.whole();
        const answer = await runAsText(request, over.signal);
        failed = typeof answer !== 'string' && answer.errors !== undefined;
        return typeof answer === 'string' ? answer : desk.present(request, answer);
      },
      inPieces: async () => {
        const result = await runInPieces(request, over.signal);
        failed = ('rest' in result ? result.initial : result).errors !== undefined;
        return 'rest' in result ? desk.presentPieces(request, result) : desk.present(request, result);
      },
    };
    return await within(() => answer(run));
  } finally {
    clearTimeout(timer);
    connection.off('close', abort);
    leave();
    span?.end(failed ? 'the answer has errors' : undefined);
    const seconds = (performance.now() - started) / 1000;
    desk.metrics.observe(
      'graphql_operation_duration_seconds',
      'Queries and mutations from arrival to answer.',
      LABELS[type][failed ? 'error' : 'success'],
      seconds,
    );
    desk.log.debug(
      {
        requestId: request.caller.requestId,
        operation: request.operation.definition.name?.value,
        type,
        failed,
        ms: seconds * 1000,
      },
      'operation',
    );
  }
}
