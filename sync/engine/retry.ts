import type { WriteFailure } from '../core/connector.ts';
import { type ErrorCode, errors, isErrorCode } from '../core/errors.ts';

/** A failure in the engine's terms: what to do about it stands in the error table. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly field: string | null;
  readonly retry: 'later' | 'replan' | 'never';
  /** Wait just so long, in ms: it is known when trying makes sense. */
  readonly afterMs?: number;
}

/** Reads a system's refusal by the error table. */
export function failureOf(refusal: Pick<WriteFailure, 'code' | 'message' | 'field' | 'afterMs'>): Failure {
  const code: ErrorCode = isErrorCode(refusal.code) ? refusal.code : 'INTERNAL';
  const after = refusal.afterMs === undefined ? {} : { afterMs: refusal.afterMs };
  return {
    code,
    message: refusal.message,
    field: refusal.field ?? null,
    retry: errors[code].retry,
    ...after,
  };
}

/** How many attempts a failure gets before a person has to look. A system that is down never uses them up. */
const attemptsOf: Readonly<Record<Failure['retry'], number>> = { later: 12, replan: 8, never: 1 };

/** Codes that say that the system as a whole can't be reached: waiting is free. */
const systemDown: ReadonlySet<ErrorCode> = new Set(['SYSTEM_UNAVAILABLE', 'RATE_LIMITED', 'TIMEOUT']);

/** When to try again, in ms: exponential with jitter by error class; null when it is given up. */
export function nextAttempt(failure: Failure, attempts: number, random: number): number | null {
  if (attempts >= attemptsOf[failure.retry] && !systemDown.has(failure.code)) return null;
  const base = failure.retry === 'replan' ? 5 : 100;
  const longest = failure.retry === 'replan' ? 2_000 : 30_000;
  return Math.min(longest, base * 2 ** Math.min(attempts - 1, 12)) * (0.5 + random / 2);
}
