import type { AuthOptions } from '../gateway/options.ts';
import type { Settings } from './settings.ts';

/** Who may call, as the settings say; open when they say nothing. */
export function authOf(settings: Settings): AuthOptions {
  const jwt = settings.TANDEM_JWT_ISSUER
    ? {
        ...(settings.TANDEM_JWT_SECRET && { secret: settings.TANDEM_JWT_SECRET }),
        ...(settings.TANDEM_JWKS_URL && { jwksUrl: settings.TANDEM_JWKS_URL }),
        issuer: settings.TANDEM_JWT_ISSUER,
        audience: settings.TANDEM_JWT_AUDIENCE!,
      }
    : undefined;
  if (!jwt && settings.TANDEM_API_KEYS.length === 0) return { kind: 'open' };
  return { kind: 'tokens', ...(jwt && { jwt }), apiKeys: settings.TANDEM_API_KEYS };
}
