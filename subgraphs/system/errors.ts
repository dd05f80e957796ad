import { GraphQLError } from 'graphql';
import type { WriteFailure } from '../../sync/core/connector.ts';
import { CursorExpired, Refusal } from './failures.ts';

/**
 * A refused write as an error that a caller can act on: its code, for BAD_USER_INPUT and whatever else names a
 * property the path of the argument, for STALE both versions, for DUPLICATE the id of the other record.
 */
export function writeError(failure: WriteFailure, input: string, yourVersion?: string): GraphQLError {
  const { code, message, field, value, current } = failure;
  return new GraphQLError(message, {
    extensions: {
      code,
      ...(field === undefined ? {} : { argumentPath: [input, ...steps(field)] }),
      ...(value === undefined ? {} : { value }),
      ...(code === 'STALE' ? { yourVersion, currentVersion: current?.version } : {}),
      ...(code === 'DUPLICATE' && current !== undefined ? { id: current.id } : {}),
    },
  });
}

/** What a system threw, if it is a refusal that a caller can act on; anything else stays as it is, to be masked. */
export function readError(thrown: unknown): unknown {
  if (thrown instanceof Refusal) {
    const { code, message, field } = thrown.failure;
    return new GraphQLError(message, { extensions: { code, ...(field === undefined ? {} : { field }) } });
  }
  if (thrown instanceof CursorExpired) {
    const { code, message, oldest } = thrown;
    return new GraphQLError(message, { extensions: { code, oldest } });
  }
  return thrown;
}

/** `lines[2].quantity` as steps. */
function steps(field: string): readonly (string | number)[] {
  return field
    .split(/[.[\]]+/)
    .filter((part) => part !== '')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}
