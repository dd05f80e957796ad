import { randomUUID } from 'node:crypto';
import { GraphQLError } from 'graphql';
import type { Log } from './options.ts';

/** Makes errors fit for callers: expected ones as they are, all others behind an id that the log knows. */
export type ErrorMask = (errors: readonly GraphQLError[], requestId: string) => readonly GraphQLError[];

/**
 * @param production also hides what remote subgraphs report without a code of their own, as their messages may hold
 * anything, and what graphql-js guesses was meant, as it tells of a schema that may not be asked for
 */
export function createErrorMask(log: Log, production: boolean): ErrorMask {
  return (errors, requestId) =>
    errors.map((error) => {
      const cause = unexpectedCause(error);
      const { code, serviceName } = error.extensions;
      if (code === 'SYSTEM_UNAVAILABLE') {
        log.warn({ requestId, path: error.path, reason: reasonOf(cause) }, error.message);
        return error;
      }
      if (typeof code === 'string' && code !== 'INTERNAL_SERVER_ERROR')
        return production && serviceName === undefined ? withoutGuess(error) : error;
      const hidden = cause !== null || (production && serviceName !== undefined);
      if (!hidden) return withCode(error);
      const id = randomUUID();
      log.error({ err: cause ?? error, errorId: id, requestId, path: error.path }, 'internal error');
      return new GraphQLError(`Something went wrong on our side (${id}).`, {
        path: error.path ?? null,
        extensions: { code: 'INTERNAL_SERVER_ERROR', id, ...(serviceName ? { serviceName } : {}) },
      });
    });
}

/** A thrown value as a GraphQLError. */
export function asGraphQLError(thrown: unknown): GraphQLError {
  if (thrown instanceof GraphQLError) return thrown;
  const cause = thrown instanceof Error ? thrown : new Error(String(thrown));
  return new GraphQLError(cause.message, { originalError: cause });
}

/** Errors of an answer, those that its subgraph has words for in these. */
export function toldBy(
  errorOf: ((thrown: unknown) => unknown) | undefined,
  errors: readonly GraphQLError[],
): readonly GraphQLError[] {
  if (!errorOf) return errors;
  return errors.map((error) => {
    const cause = unexpectedCause(error);
    const told = cause && errorOf(cause);
    if (!(told instanceof GraphQLError)) return error;
    const { message, extensions } = told;
    return new GraphQLError(message, { path: error.path ?? null, extensions, originalError: cause });
  });
}

/** What a resolver threw, if it was not an error made for callers. */
function unexpectedCause(error: GraphQLError): Error | null {
  let cause: unknown = error.originalError;
  while (cause instanceof GraphQLError) cause = cause.originalError;
  return cause instanceof Error ? cause : null;
}

function reasonOf(cause: Error | null): string | undefined {
  if (!cause) return undefined;
  return cause.cause instanceof Error ? `${cause.message}: ${cause.cause.message}` : cause.message;
}

const GUESS = / Did you mean [^?]*\?$/;

function withoutGuess(error: GraphQLError): GraphQLError {
  if (!GUESS.test(error.message)) return error;
  const { nodes, source, positions, path, extensions } = error;
  return new GraphQLError(error.message.replace(GUESS, ''), {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    path: path ?? null,
    extensions,
  });
}

function withCode(error: GraphQLError): GraphQLError {
  if (error.extensions.code !== undefined) return error;
  return new GraphQLError(error.message, {
    nodes: error.nodes ?? null,
    path: error.path ?? null,
    extensions: { ...error.extensions, code: 'INTERNAL_SERVER_ERROR' },
  });
}
