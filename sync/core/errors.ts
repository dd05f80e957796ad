/** What to do about an error: try again later, read and plan again, or leave it to a person. */
export type Retry = 'later' | 'replan' | 'never';

/** Every error code with its meaning and remedy. The engine acts on it, and the documentation is printed from it. */
export const errors = {
  STALE: {
    retry: 'replan',
    description:
      'The record has another version than the write expected. It is read again and planned again.',
  },
  STALE_PLAN: {
    retry: 'never',
    description: 'Either side has moved since the plan was previewed. Preview it again.',
  },
  DUPLICATE: {
    retry: 'replan',
    description:
      'A record with this unique value exists already. One to be created is looked up and linked; of one that is there the value is held.',
  },
  DELETED: {
    retry: 'never',
    description:
      'The record that was created under this key has been deleted since. It is not made once more.',
  },
  SYSTEM_UNAVAILABLE: {
    retry: 'later',
    description: 'The system, or the subgraph in front of it, cannot be reached.',
  },
  TIMEOUT: { retry: 'later', description: 'No answer came in time to a call that changes nothing.' },
  RATE_LIMITED: { retry: 'later', description: 'The system asks for fewer calls.' },
  UNKNOWN_OUTCOME: {
    retry: 'replan',
    description:
      'A write was sent and its answer never came. The record is looked up before it is written again.',
  },
  BAD_USER_INPUT: {
    retry: 'never',
    description: 'The target refuses a value. Correct it where it was typed.',
  },
  NOT_FOUND: { retry: 'replan', description: 'The record is not there, or not any more.' },
  STATE: {
    retry: 'never',
    description: "The record's state does not allow the change. Reopen it, or decide in the inbox.",
  },
  UNKNOWN_REFERENCE: {
    retry: 'replan',
    description: 'The target does not know a record that this one refers to.',
  },
  UNMAPPED_CODE: {
    retry: 'never',
    description: 'Nobody has mapped this code. Map it, and everything that waits for it goes on.',
  },
  CURSOR_EXPIRED: {
    retry: 'never',
    description:
      'The cursor is older than what is kept. Resume at the oldest cursor, after a reconciliation.',
  },
  AUTH: {
    retry: 'later',
    description: 'The credentials are missing, wrong or expired. The flow pauses itself until they work.',
  },
  FORBIDDEN: { retry: 'never', description: 'The credentials do not allow this.' },
  UNSUPPORTED: { retry: 'never', description: 'The system has no such entity, property or operation.' },
  AMBIGUOUS_MATCH: {
    retry: 'never',
    description: 'Several records could be the counterpart. Choose one of the proposals.',
  },
  CONFLICT: { retry: 'never', description: 'Both sides changed a field and a person decides.' },
  WAITING: {
    retry: 'never',
    description: 'The record waits for another one; it goes on by itself when that one is linked.',
  },
  BREAKER_OPEN: {
    retry: 'later',
    description: 'The system failed too often and rests; one call at a time tries it.',
  },
  MASS_CHANGE: {
    retry: 'never',
    description:
      'More than its share of a flow would change at once, so it is held. Look there, and retry it when it is meant.',
  },
  TOO_LARGE: { retry: 'never', description: 'The request, record or value is larger than the limit.' },
  DISK_FULL: { retry: 'later', description: 'The database has no room left. The flow pauses itself.' },
  INTERNAL: { retry: 'later', description: 'A fault of our own. The log has it under its id.' },
} as const satisfies Readonly<Record<string, { readonly retry: Retry; readonly description: string }>>;

/** One of the codes of the table. */
export type ErrorCode = keyof typeof errors;

/** Whether a text, such as a connector's `WriteFailure.code`, is a code of the table. */
export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errors, code);

/** What a code means and how to help it, in words that quote nothing. */
export const meaningOf = (code: string): string =>
  isErrorCode(code) ? errors[code].description : `${code}.`;

/** What to do about a code; one that nobody knows is treated as a fault of our own. */
export const retryOf = (code: string): Retry =>
  isErrorCode(code) ? errors[code].retry : errors.INTERNAL.retry;

/** The one error that leaves a door of the sync. `detail` is data for the caller, never a secret. */
export class SyncError extends Error {
  readonly code: ErrorCode;
  readonly detail: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    {
      detail = {},
      cause,
    }: { readonly detail?: Readonly<Record<string, unknown>>; readonly cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'SyncError';
    this.code = code;
    this.detail = detail;
  }

  /** Whether and how to try again. */
  get retry(): Retry {
    return errors[this.code].retry;
  }
}

/** Whether a feed no longer keeps what was asked of it. A system within this process says so in an error of its own, with the code of the table. */
export const isExpired = (error: unknown): boolean =>
  (error as { readonly code?: unknown } | null)?.code === 'CURSOR_EXPIRED';
