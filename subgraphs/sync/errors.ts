import { GraphQLError } from 'graphql';

interface Coded extends Error {
  readonly code: string;
  readonly detail?: unknown;
}

/** An error of the engine as the graph tells it: its code and detail as extensions. Others pass as they are. */
export function graphError(error: unknown): unknown {
  if (error instanceof GraphQLError || !isCoded(error)) return error;
  const detail = typeof error.detail === 'object' && error.detail !== null ? error.detail : {};
  return new GraphQLError(error.message, { extensions: { ...detail, code: error.code } });
}

/** Runs a call of the engine and tells its errors as the graph does. */
export async function told<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw graphError(error);
  }
}

/** Errors of the engine bear the name SyncError; a driver's or Node's own codes are nobody's business. */
function isCoded(error: unknown): error is Coded {
  return (
    error instanceof Error && error.name === 'SyncError' && typeof (error as Partial<Coded>).code === 'string'
  );
}
