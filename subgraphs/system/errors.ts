import { GraphQLError } from 'graphql';
import type { Write, WriteFailure } from '../../sync/core/connector.ts';
import { CursorExpired, Refusal } from './failures.ts';

/**
 * A refused write as an error that a caller can act on: its code, for BAD_USER_INPUT and whatever else names a
 * property the path of the argument, for STALE both versions, for DUPLICATE the id of the other record.
 */
export function writeError({ code, message, field, current }: WriteFailure, asked: Write): GraphQLError {
  const yourVersion = 'ifVersion' in asked ? asked.ifVersion : undefined;
  return new GraphQLError(message, {
    extensions: {
      code,
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
    extensions: { code: 'NOT_FOUND', argumentPath: ['id'] },
  });
}

/** What a system threw, if it is a refusal that a caller can act on; anything else stays as it is, to be masked. */
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
  return thrown;
}

/** The argument of a connection that a field of the store's query came from. */
export function connectionPath(field: string): Path {
  if (field === 'orderBy') return ['sort', 'field'];
  return ['first', 'after', 'last', 'before', 'search'].includes(field)
    ? [field]
    : ['filter', ...steps(field)];
}

type Path = readonly (string | number)[];

/** `lines[2].quantity` as steps. */
function steps(field: string): Path {
  return field
    .split(/[.[\]]+/)
    .filter((part) => part !== '')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}
