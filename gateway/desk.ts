import type { ServerResponse } from 'node:http';
import type { ExecutionResult } from 'graphql';
import type { Admission } from './admission.ts';
import type { ApolloFront } from './apollo.ts';
import type { Caller } from './caller.ts';
import type { ErrorMask } from './errors.ts';
import type { GraphqlParams } from './http/params.ts';
import type { Limits, Log } from './options.ts';
import type { AdmittedRequest, Check } from './pipeline.ts';
import type { Served } from './served.ts';

/** What HTTP, WebSocket and SSE share. */
export type Desk = {
  readonly limits: Limits;
  readonly log: Log;
  served(): Served;
  readonly apollo: ApolloFront;
  readonly admission: Admission;
  /** What can stand against an operation, in the order it is asked. */
  readonly checks: readonly Check[];
  readonly mask: ErrorMask;
  /** The document a request means, by text, hash or name. Throws a Refusal. */
  textOf(params: GraphqlParams, caller: Caller): string;
  /** Counts a request against the caller's allowance. Throws a Refusal. */
  count(caller: Caller, address: string): void;
  /** A result as the caller may see it: errors masked, extensions added. */
  present(request: AdmittedRequest, result: ExecutionResult): ExecutionResult;
  /** Starts an operation's clock; its signal aborts when time is up or the client has gone. */
  beginRun(response: ServerResponse | null): { readonly signal: AbortSignal; end(): void };
  /** Registers what has to end when the gateway stops; returns how to take it back. */
  onStop(end: () => void): () => void;
};
