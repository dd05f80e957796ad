import { GraphQLError } from 'graphql';
import { isAway } from '../../drizzle/postgres/away.ts';
import { takesNoWrites } from '../../drizzle/postgres/takes-no-writes.ts';
import { badInput } from '../system/arguments.ts';

interface Coded extends Error {
  readonly code: string;
  readonly detail?: unknown;
}

/** An error of the engine as the graph tells it: its code and detail as extensions. Others pass as they are. */
export function graphError(error: unknown): unknown {
  const why = takesNoWrites(error);
  if (why !== null)
    return new GraphQLError(`The sync takes nothing to do at present: its database ${why}.`, {
      extensions: { code: 'SYSTEM_UNAVAILABLE' },
    });
  if (isAway(error))
    return new GraphQLError('The sync cannot be reached: its database does not answer.', {
      extensions: { code: 'SYSTEM_UNAVAILABLE' },
    });
  if (error instanceof GraphQLError || !isCoded(error)) return error;
  const detail = typeof error.detail === 'object' && error.detail !== null ? error.detail : {};
  // That the breaker spared the system a call is nothing that a caller acts on: it is away.
  const code = error.code === 'BREAKER_OPEN' ? 'SYSTEM_UNAVAILABLE' : error.code;
  return new GraphQLError(error.message, { extensions: { ...detail, code } });
}

/**
 * Runs a call of the engine and tells its errors as the graph does. With `path`, what the engine does not know or
 * take is bad input of that argument, or of the one of `args` that the engine names.
 */
export async function told<T>(call: () => Promise<T>, path?: Path, args: object = {}): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (path !== undefined && isCoded(error) && aboutInput.has(error.code))
      throw badInput(error.message, namedBy(error, args) ?? path);
    throw graphError(error);
  }
}

type Path = readonly (string | number)[];

/** The argument that an error of the engine names itself, where an act has several that could be meant: by name, or as path. */
function namedBy({ detail }: Coded, args: object): Path | null {
  const { argument = [] } = (detail ?? {}) as { readonly argument?: string | Path };
  const [name, ...rest] = [argument].flat();
  return name !== undefined && name in args ? [name, ...rest] : null;
}

const aboutInput: ReadonlySet<string> = new Set(['NOT_FOUND', 'BAD_USER_INPUT']);

/** Errors of the engine bear the name SyncError; a driver's or Node's own codes are nobody's business. */
function isCoded(error: unknown): error is Coded {
  return (
    error instanceof Error && error.name === 'SyncError' && typeof (error as Partial<Coded>).code === 'string'
  );
}
