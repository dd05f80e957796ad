import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { isLoopback } from '../http/loopback.ts';
import { Refusal } from '../http/refusal.ts';
import { createLru } from '../lru.ts';
import type { JwtOptions, Log } from '../options.ts';
import { type Identity, invalidToken, isScope } from './identity.ts';
import { createKeySet } from './key-set.ts';

/** Checks a JWT. Throws a Refusal: 401 for a bad token, 503 when the key set cannot be had. */
export type TokenCheck = (token: string) => Promise<Identity>;

/** Algorithms of public keys; HS* is never among them, or a public key could serve as a secret. */
const PUBLIC_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];

/** Difference between clocks that is forgiven, seconds. */
const CLOCK_TOLERANCE = 5;

/** Checked tokens remembered until they run out, so that a busy client's signature is verified once. */
const REMEMBERED = 5_000;

/** Makes the check. Throws an error that names every mistake in the configuration. */
export function createTokenCheck(options: JwtOptions, log: Log, now: () => number = Date.now): TokenCheck {
  const problems = problemsOf(options);
  if (problems.length > 0) throw new Error(`Tokens cannot be checked: ${problems.join('; ')}.`);
  const rules: JWTVerifyOptions = {
    issuer: options.issuer,
    audience: options.audience,
    algorithms: options.secret === undefined ? PUBLIC_ALGORITHMS : ['HS256'],
    requiredClaims: ['exp', 'sub'],
    clockTolerance: CLOCK_TOLERANCE,
  };
  const secret = options.secret === undefined ? null : new TextEncoder().encode(options.secret);
  const known = createLru<string, Identity>(REMEMBERED);
  // What the keys of before stood for has to be checked anew.
  const keys =
    options.jwksUrl === undefined ? null : createKeySet(new URL(options.jwksUrl), log, known.clear, now);
  const verify = async (token: string): Promise<JWTPayload> => {
    if (secret) return (await jwtVerify(token, secret, rules)).payload;
    return (await jwtVerify(token, keys!.keyFor, rules)).payload;
  };
  return async (token) => {
    await keys?.refresh();
    const remembered = known.get(token);
    if (remembered && remembered.expiresAt! > now()) return remembered;
    const payload = await verify(token).catch((error: unknown) => {
      throw refusalFor(error);
    });
    const identity = identityOf(payload);
    known.set(token, identity);
    return identity;
  };
}

function identityOf(payload: JWTPayload): Identity {
  const claim = payload.scope ?? payload.scopes ?? payload.scp;
  const scopes = Array.isArray(claim) ? claim : typeof claim === 'string' ? claim.split(' ') : [];
  return { subject: payload.sub!, scopes: scopes.filter(isScope), expiresAt: payload.exp! * 1000 };
}

/** A key set out of reach is no fault of the caller's. */
function refusalFor(error: unknown): Refusal {
  const ofToken = error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout);
  if (ofToken && error.code !== 'ERR_JOSE_GENERIC') return invalidToken();
  return new Refusal(503, 'AUTH_UNAVAILABLE', 'Tokens cannot be checked at the moment.', {
    'retry-after': '5',
  });
}

function problemsOf({ secret, jwksUrl, issuer, audience }: JwtOptions): readonly string[] {
  const problems: string[] = [];
  if ((secret === undefined) === (jwksUrl === undefined)) problems.push('give either a secret or a jwksUrl');
  if (secret !== undefined && Buffer.byteLength(secret) < 32)
    problems.push('the secret needs at least 32 bytes');
  if (jwksUrl !== undefined) {
    const url = URL.parse(jwksUrl);
    if (!url) problems.push('the jwksUrl is no address');
    else if (url.protocol !== 'https:' && !isLoopback(url.hostname.replace(/[[\]]/g, '')))
      problems.push('the jwksUrl has to be https');
  }
  if (!issuer) problems.push('the issuer is missing');
  if (!audience) problems.push('the audience is missing');
  return problems;
}
