import type { ApiKey, AuthOptions } from './options.ts';

/** The environment variables that say who may call. */
export const AUTH_VARIABLES = {
  TANDEM_JWT_SECRET: 'secret of HS256 tokens, at least 32 bytes',
  TANDEM_JWKS_URL: 'address of the key set of RS256, PS256, ES256 or EdDSA tokens',
  TANDEM_JWT_ISSUER: 'issuer that tokens have to name',
  TANDEM_JWT_AUDIENCE: 'audience that tokens have to name',
  TANDEM_API_KEYS: 'keys for machines: name:sha256-of-key:scope scope, separated by semicolons',
} as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads auth from the environment; open when nothing is set. Throws an error that names every mistake. */
export function readAuth(env: Environment): AuthOptions {
  const secret = env['TANDEM_JWT_SECRET'];
  const jwksUrl = env['TANDEM_JWKS_URL'];
  const issuer = env['TANDEM_JWT_ISSUER'];
  const audience = env['TANDEM_JWT_AUDIENCE'];
  const keyText = env['TANDEM_API_KEYS'];
  const problems: string[] = [];
  const wantsTokens =
    secret !== undefined || jwksUrl !== undefined || issuer !== undefined || audience !== undefined;
  if (wantsTokens && secret === undefined && jwksUrl === undefined)
    problems.push('TANDEM_JWT_SECRET or TANDEM_JWKS_URL is missing');
  if (wantsTokens && issuer === undefined) problems.push('TANDEM_JWT_ISSUER is missing');
  if (wantsTokens && audience === undefined) problems.push('TANDEM_JWT_AUDIENCE is missing');
  const apiKeys = keyText === undefined ? [] : readKeys(keyText, problems);
  if (problems.length > 0) throw new Error(`The environment is not usable: ${problems.join('; ')}.`);
  if (!wantsTokens && apiKeys.length === 0) return { kind: 'open' };
  return {
    kind: 'tokens',
    apiKeys,
    ...(wantsTokens
      ? {
          jwt: {
            issuer: issuer!,
            audience: audience!,
            ...(secret === undefined ? {} : { secret }),
            ...(jwksUrl === undefined ? {} : { jwksUrl }),
          },
        }
      : {}),
  };
}

function readKeys(text: string, problems: string[]): readonly ApiKey[] {
  return text
    .split(';')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .flatMap((entry): readonly ApiKey[] => {
      const [name = '', sha256 = '', scopes = ''] = entry.split(':').map((part) => part.trim());
      if (name !== '' && /^[0-9a-f]{64}$/i.test(sha256))
        return [{ name, sha256, scopes: scopes.split(/[ ,]+/).filter((scope) => scope !== '') }];
      // The entry itself is not repeated: it may hold a key in the clear.
      problems.push(`TANDEM_API_KEYS has an entry that is not name:sha256:scopes${name ? ` (${name})` : ''}`);
      return [];
    });
}
