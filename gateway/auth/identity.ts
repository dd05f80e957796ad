import { Refusal } from '../http/refusal.ts';

/** Whom credentials name. */
export type Identity = {
  readonly subject: string | null;
  readonly scopes: readonly string[];
  /** Milliseconds since 1970; null when it does not run out. */
  readonly expiresAt: number | null;
};

/** `*` is ours to give; one in a token or a configuration file must not open everything. */
export function isScope(scope: unknown): scope is string {
  return typeof scope === 'string' && scope !== '' && scope !== '*';
}

/** The refusal of a caller who is not known. */
export function unauthenticated(message: string, detail = ''): Refusal {
  return new Refusal(401, 'UNAUTHENTICATED', message, {
    'www-authenticate': `Bearer realm="tandem"${detail}`,
  });
}

/** The refusal of a token, whatever is wrong with it. */
export function invalidToken(): Refusal {
  return unauthenticated('The token is not valid.', ', error="invalid_token"');
}
