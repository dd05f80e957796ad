import { createHash } from 'node:crypto';
import type { Caller } from '../caller.ts';
import { isHeaderValue } from '../header-value.ts';
import type { ApiKey, AuthOptions, Log } from '../options.ts';
import { type Identity, invalidToken, isScope, unauthenticated } from './identity.ts';
import { createTokenCheck } from './jwt.ts';

/** What a request brings to say who asks. */
export type Credentials = {
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly requestId: string;
  /** Where it comes from, as limits count it. */
  readonly address: string;
};

/** Who asks, and until when that is known, in milliseconds since 1970; null for keys that do not run out. */
export type Session = { readonly caller: Caller; readonly expiresAt: number | null };

/** Finds out who asks. Throws a Refusal (401) when nobody we know does. */
export type Authenticate = (credentials: Credentials) => Promise<Session>;

/** Headers that travel on to subgraphs. */
const PASSED_ON = ['x-sync-token', 'traceparent', 'tracestate', 'accept-language'] as const;

/** Largest header value passed on, characters. */
const MAX_PASSED_ON = 1_024;

/** Largest token that is looked at, characters. */
const MAX_TOKEN = 8_192;

const NOBODY: Identity = { subject: null, scopes: [], expiresAt: null };

/**
 * Makes the way callers are recognised. Throws an error that names every mistake in the configuration.
 * @param knownScopes the scopes an open gateway grants beside `*`, for code that looks for them by name
 */
export function createAuthenticate(
  auth: AuthOptions,
  knownScopes: () => readonly string[],
  log: Log,
): Authenticate {
  const identify = auth.kind === 'open' ? async () => everybody(knownScopes()) : createIdentify(auth, log);
  return async ({ headers, requestId }) => {
    const { subject, scopes, expiresAt } = await identify(headers);
    return { caller: { subject, scopes, headers: passedOn(headers), requestId }, expiresAt };
  };
}

function everybody(scopes: readonly string[]): Identity {
  return { subject: null, scopes: ['*', ...scopes], expiresAt: null };
}

function createIdentify(auth: AuthOptions & { readonly kind: 'tokens' }, log: Log) {
  if (!auth.jwt && !auth.apiKeys?.length)
    throw new Error('Auth by tokens needs a way to check tokens, API keys, or both.');
  const checkToken = auth.jwt ? createTokenCheck(auth.jwt, log) : null;
  const keys = new Map((auth.apiKeys ?? []).map((key) => [key.sha256.toLowerCase(), key]));
  return async (headers: Credentials['headers']): Promise<Identity> => {
    const apiKey = headers['x-api-key'];
    if (typeof apiKey === 'string') return byKey(keys, apiKey);
    const { authorization } = headers;
    if (authorization === undefined) {
      if (auth.anonymous) return NOBODY;
      throw unauthenticated('Credentials are missing: send a bearer token or an API key.');
    }
    const token = /^Bearer +(\S+)$/i.exec(String(authorization))?.[1];
    if (token === undefined || token.length > MAX_TOKEN) throw invalidToken();
    if (!token.includes('.')) return byKey(keys, token);
    if (!checkToken) throw invalidToken();
    return checkToken(token);
  };
}

/** Looked up by hash: how long the comparison takes tells nothing about any key. */
function byKey(keys: ReadonlyMap<string, ApiKey>, given: string): Identity {
  const known = keys.get(createHash('sha256').update(given).digest('hex'));
  if (!known) throw unauthenticated('The API key is not known.');
  return { subject: known.name, scopes: known.scopes.filter(isScope), expiresAt: null };
}

function passedOn(headers: Credentials['headers']): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = headers[name];
    // A WebSocket's parameters can hold any text; what no header can be is not passed on.
    if (typeof value === 'string' && value.length <= MAX_PASSED_ON && isHeaderValue(value))
      kept[name] = value;
  }
  return kept;
}
