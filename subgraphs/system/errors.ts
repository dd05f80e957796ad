import { GraphQLError } from 'graphql';
import { isAway, neverSent } from '../../drizzle/postgres/away.ts';
import { takesNoWrites } from '../../drizzle/postgres/takes-no-writes.ts';
import type { Write, WriteFailure } from '../../sync/core/connector.ts';
import { CursorExpired, Refusal } from './failures.ts';

/** What the graph calls bad input, whatever finer word the system has for it: that one stands beside it as the reason. */
function coded(code: string): { readonly code: string; readonly reason?: string } {
  return code === 'NOT_FOUND' || code === 'UNKNOWN_REFERENCE'
    ? { code: 'BAD_USER_INPUT', reason: code }
    : { code };
}

/**
 * A refused write as an error that a caller can act on: its code, for BAD_USER_INPUT and whatever else names a
 * property the path of the argument, for STALE both versions, for DUPLICATE the id of the other record.
 */
export function writeError({ code, message, field, current }: WriteFailure, asked: Write): GraphQLError {
  const yourVersion = 'ifVersion' in asked ? asked.ifVersion : undefined;
  return new GraphQLError(message, {
    extensions: {
      ...coded(code),
      ...(field === undefined ? {} : { argumentPath: argumentPath(field, asked) }),
      ...(code === 'STALE' ? { yourVersion, currentVersion: current?.version } : {}),
      ...(code === 'DUPLICATE' && current !== undefined ? { id: current.id } : {}),
    },
  });
}

function argumentPath(field: string, asked: Write): Path {
  if (field === 'id' || !('fields' in asked)) return ['id'];
  // The system counts the lines that the document would have, not the changes that were sent.
  const single = 'lineChanges' in asked && asked.lineChanges !== undefined;
  return single && field.startsWith('lines') ? ['input', 'lineChanges'] : ['input', ...steps(field)];
}

/** The error for an id that nobody has (any more). */
export function notFound(type: string, id: string): GraphQLError {
  return new GraphQLError(`There is no ${type} with the id ${JSON.stringify(id.slice(0, 60))}.`, {
    extensions: { ...coded('NOT_FOUND'), argumentPath: ['id'] },
  });
}

/** Asks a system, and says what it throws in the graph's words. */
export async function asking<Answer>(
  ask: () => Promise<Answer>,
  pathOf?: (field: string) => Path,
): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    throw readError(error, pathOf);
  }
}

/**
 * What a system threw as an error that a caller can act on: a refusal, a cursor that is too old, a system that is
 * away. Anything else is a fault of ours and stays as it is, to be masked.
 */
export function readError(thrown: unknown, pathOf: (field: string) => Path = steps): unknown {
  if (thrown instanceof Refusal) {
    const { code, message, field } = thrown.failure;
    const extensions = { code, ...(field === undefined ? {} : { argumentPath: pathOf(field) }) };
    return new GraphQLError(message, { extensions });
  }
  if (thrown instanceof CursorExpired) {
    const { code, message, oldest } = thrown;
    return new GraphQLError(message, { extensions: { code, oldest } });
  }
  const why = takesNoWrites(thrown);
  if (why !== null)
    return new GraphQLError(`The system takes no writes at present: its database ${why}.`, {
      extensions: { code: 'SYSTEM_UNAVAILABLE' },
    });
  if (!(thrown instanceof Error && isAway(thrown))) return thrown;
  const extensions = { code: 'SYSTEM_UNAVAILABLE' };
  return new GraphQLError('The system cannot be reached.', { extensions, originalError: thrown });
}

/** The same for writes of a connector, who has to know whether they may have happened. */
export function writtenError(thrown: unknown): unknown {
  if (!(thrown instanceof Error && isAway(thrown)) || neverSent(thrown)) return readError(thrown);
  const message = 'The system went away before it told what became of the writes.';
  return new GraphQLError(message, { extensions: { code: 'UNKNOWN_OUTCOME' }, originalError: thrown });
}

/** The argument of a connection that a field of the store's query came from. */
export function connectionPath(field: string, { before }: { readonly before?: string | null }): Path {
  if (field === 'orderBy') return ['sort', 'field'];
  if (field === 'after' && before != null) return ['before'];
  return ['first', 'after', 'last', 'search'].includes(field) ? [field] : ['filter', ...steps(field)];
}

type Path = readonly (string | number)[];

/** `lines[2].quantity` as steps. */
function steps(field: string): Path {
  return field
    .split(/[.[\]]+/)
    .filter((part) => part !== '')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}
