import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Who asks, as the gateway found out, and what a subgraph needs to judge and answer the request.
 * A local subgraph's context factory receives it as it is; a remote one receives it in a signed header.
 */
export type Caller = {
  /** The token's subject or the API key's name; null for a request without credentials. */
  readonly subject: string | null;
  /** Scopes granted, such as `read`; `*` stands for all of them (only without configured auth). */
  readonly scopes: readonly string[];
  /** Headers passed on, lower case: `x-sync-token`, `traceparent`, `tracestate`, `accept-language`. */
  readonly headers: Readonly<Record<string, string>>;
  /** One id per request, in answers, logs and masked errors. */
  readonly requestId: string;
};

/** The header (and the key in a subscription's `extensions`) that carries a signed caller. */
export const CALLER_HEADER = 'x-tandem-caller';

/** How long a signature is honoured, in seconds: covers clock skew between hosts, too short to reuse. */
const CALLER_SIGNATURE_SECONDS = 60;

/** Whether the caller holds a scope, directly or through `*`. */
export function hasScope(caller: Caller, scope: string): boolean {
  return caller.scopes.includes(scope) || caller.scopes.includes('*');
}

/** By what limits know a caller: who it is, or where it comes from where nobody says. */
export function callerKey({ subject }: Caller, address: string): string {
  return subject === null ? `from ${address}` : subject;
}

/**
 * Signs a caller together with the request body, so that neither can be changed or combined anew on the way.
 * `body` is the exact text sent (for a subscription: the query text).
 */
export function signCaller(caller: Caller, body: string, secret: string, now = Date.now()): string {
  const claims = { ...caller, at: Math.floor(now / 1000) };
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `${payload}.${digest(payload, body, secret).toString('base64url')}`;
}

/**
 * The caller a signed header names, or null if the signature is missing, wrong, for another body or too old.
 */
export function verifyCaller(
  header: string | undefined,
  body: string,
  secret: string,
  now = Date.now(),
): Caller | null {
  if (header === undefined || header.length > 16_384) return null;
  const dot = header.indexOf('.');
  if (dot < 0) return null;
  const payload = header.slice(0, dot);
  const given = Buffer.from(header.slice(dot + 1), 'base64url');
  const wanted = digest(payload, body, secret);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return null;
  const { at, ...caller } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Caller & {
    at: number;
  };
  return Math.abs(now / 1000 - at) <= CALLER_SIGNATURE_SECONDS ? caller : null;
}

function digest(payload: string, body: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(payload).update('.').update(body).digest();
}
