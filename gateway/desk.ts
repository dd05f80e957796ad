import type { ExecutionResult } from 'graphql';
import type { ApolloFront } from './apollo.ts';
import { type Caller, callerKey, hasScope } from './caller.ts';
import { createErrorMask, type ErrorMask } from './errors.ts';
import { createFindText, type FindText } from './find-text.ts';
import type { ClientAddress } from './http/client-address.ts';
import { type Admission, createAdmission } from './limits/admission.ts';
import { checkCost } from './limits/check-cost.ts';
import { createRateLimit } from './limits/rate-limit.ts';
import { createStreamPlaces, type StreamPlaces } from './limits/stream-places.ts';
import type { Metrics } from './metrics.ts';
import type { GatewayOptions, Limits, Log } from './options.ts';
import { withErrors } from './pieces.ts';
import { type AdmittedRequest, type Check, runStream } from './pipeline.ts';
import { enrichEach } from './plan/enrich.ts';
import type { IncrementalAnswer } from './plan/incremental.ts';
import type { Served } from './served.ts';
import { tracedStream } from './trace/operation-span.ts';
import type { Tracer } from './trace/tracer.ts';

/** What HTTP, WebSocket and SSE share. */
export type Desk = {
  readonly limits: Limits;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly tracer: Tracer | undefined;
  served(): Served;
  readonly apollo: ApolloFront;
  readonly admission: Admission;
  readonly addressOf: ClientAddress;
  /** The subscriptions that are open. */
  readonly streams: StreamPlaces;
  /** What can stand against an operation, in the order it is asked. */
  readonly checks: readonly Check[];
  readonly mask: ErrorMask;
  readonly textOf: FindText;
  /** Counts a request against the caller's allowance. Throws a Refusal. */
  count(caller: Caller, address: string): void;
  /** Whether the caller gets more than the result: the plan, for which the scope `admin` is needed. */
  adds(request: AdmittedRequest): boolean;
  /** A result as the caller may see it: errors masked, extensions added. */
  present(request: AdmittedRequest, result: ExecutionResult): ExecutionResult;
  /** The same for an answer in pieces. */
  presentPieces(request: AdmittedRequest, answer: IncrementalAnswer): IncrementalAnswer;
  /** Begins a subscription; its events, or the refusal, as the caller may see them. */
  stream(request: AdmittedRequest): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult>;
  /** Registers what has to end when the gateway stops; returns how to take it back. */
  onStop(end: () => void): () => void;
  /** Ends what was registered. */
  endAll(): void;
};

/** What a desk is made of. */
export type DeskParts = Pick<
  Desk,
  'limits' | 'log' | 'metrics' | 'tracer' | 'served' | 'apollo' | 'addressOf'
> &
  Pick<GatewayOptions, 'trustedDocuments'> & { readonly production: boolean };

/** Puts together what every transport uses. */
export function createDesk({ trustedDocuments, production, ...parts }: DeskParts): Desk {
  const { limits, log } = parts;
  const mask = createErrorMask(log, production);
  const rateLimit = createRateLimit(limits.perMinute);
  const endings = new Set<() => void>();
  const adds: Desk['adds'] = ({ caller, extensions }) =>
    extensions.queryPlan === true && hasScope(caller, 'admin');
  const present: Desk['present'] = (request, result) => {
    const { caller, operation, variables } = request;
    const masked = result.errors ? { ...result, errors: mask(result.errors, caller.requestId) } : result;
    if (!adds(request)) return masked;
    return { ...masked, extensions: { ...masked.extensions, queryPlan: operation.explain(variables) } };
  };
  return {
    ...parts,
    admission: createAdmission(limits),
    streams: createStreamPlaces(limits.streamsPerCaller, parts.metrics),
    checks: [
      ({ served: { rights }, operation, caller }) => rights.refusals(operation, caller),
      (request) => checkCost(request, limits),
    ],
    mask,
    textOf: createFindText(trustedDocuments),
    count: (caller, address) => rateLimit(callerKey(caller, address)),
    adds,
    present,
    presentPieces: (request, answer) =>
      withErrors(
        answer,
        (initial) => present(request, initial),
        (errors) => mask(errors, request.caller.requestId),
      ),
    stream: async (request) => {
      const stream = await tracedStream(parts.tracer, request, () => runStream(request));
      if (!(Symbol.asyncIterator in stream)) return present(request, stream);
      return enrichEach(stream, async (event) => present(request, event));
    },
    onStop: (end) => {
      endings.add(end);
      return () => endings.delete(end);
    },
    endAll: () => {
      for (const end of endings) end();
    },
  };
}
