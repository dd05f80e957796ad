import type { WriteFailure } from '../../sync/core/connector.ts';
import type { Json } from '../../sync/core/types.ts';

/** Every code with which a system refuses, and what it means. */
export const failureCodes = {
  BAD_USER_INPUT: 'A value or a property that the entity cannot take.',
  STALE: 'The record has another version than the writer saw; the answer carries it as it is now.',
  DUPLICATE: 'Another record has this id, number or external reference; the answer carries it.',
  DELETED: 'The record that was created under this key has been deleted since.',
  NOT_FOUND: 'No record of that id.',
  STATE: 'The state of the record does not allow it.',
  UNKNOWN_REFERENCE: 'A reference names a record that does not exist.',
  CURSOR_EXPIRED:
    'The feed no longer keeps what lies after this cursor; the answer names the oldest that works.',
} as const;

/** A code of the table above. */
export type FailureCode = keyof typeof failureCodes;

/** A refusal on its way to the result of its write; what is not a Refusal is a fault and fails the call. */
export class Refusal extends Error {
  readonly failure: WriteFailure;

  constructor(code: FailureCode, message: string, about: Omit<WriteFailure, 'code' | 'message'> = {}) {
    super(message);
    this.name = 'Refusal';
    this.failure = { code, message, ...about };
  }

  /** The code, where errors are told apart by it. */
  get code(): FailureCode {
    return this.failure.code as FailureCode;
  }
}

/** Refuses a value: names the property, the value, the limit and the remedy. */
export function badInput(field: string, value: Json | undefined, why: string): Refusal {
  const shown = value === undefined ? '' : ` ${shorten(value)}`;
  return new Refusal('BAD_USER_INPUT', `${field}:${shown} ${why}`, {
    field,
    ...(value !== undefined && { value }),
  });
}

function shorten(value: Json): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** Thrown by `changes` for a cursor older than what the feed keeps. */
export class CursorExpired extends Error {
  readonly code = 'CURSOR_EXPIRED';
  /** The oldest cursor that still works. */
  readonly oldest: string;

  constructor(cursor: string, oldest: string) {
    super(
      `The feed no longer keeps what lies after cursor ${cursor}; the oldest cursor that works is ${oldest}.`,
    );
    this.name = 'CursorExpired';
    this.oldest = oldest;
  }
}
