import { GraphQLError } from 'graphql';
import type { SubgraphError } from './run.ts';

type Path = readonly (string | number)[] | undefined;

/** A subgraph, or the system behind it, could not be reached; becomes `SYSTEM_UNAVAILABLE`. */
export class Unavailable extends Error {
  /** `reason` is for logs; callers are told only which system it is. */
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = 'Unavailable';
  }
}

/** An error of a subgraph as the client will see it, at its place in the whole answer. */
export function placeError(error: SubgraphError, subgraph: string, path: Path): GraphQLError {
  const { stacktrace: _stack, exception: _exception, ...extensions } = error.extensions ?? {};
  return new GraphQLError(error.message, {
    path: path ?? null,
    originalError: error.originalError instanceof Error ? error.originalError : null,
    extensions: { ...extensions, serviceName: subgraph },
  });
}

/** The error for a request that got no answer at all. */
export function placeFailure(failure: unknown, subgraph: string, path: Path): GraphQLError {
  const unavailable = failure instanceof Unavailable;
  return new GraphQLError(unavailable ? `${subgraph} cannot be reached.` : `${subgraph} failed to answer.`, {
    path: path ?? null,
    originalError: failure instanceof Error ? failure : new Error(String(failure)),
    extensions: {
      code: unavailable ? 'SYSTEM_UNAVAILABLE' : 'INTERNAL_SERVER_ERROR',
      serviceName: subgraph,
    },
  });
}
