import { Refusal } from '../http/refusal.ts';
import { createRateLimit } from '../limits/rate-limit.ts';
import type { Metrics } from '../metrics.ts';
import type { Authenticate } from './auth.ts';

const OUTCOMES = { refused: { outcome: 'refused' }, rateLimited: { outcome: 'rate_limited' } };

/**
 * Counts logins that fail, by address. Where there have been too many, the next one that fails is told 429 and when to
 * come back. Credentials that are good are let in all the same: others behind that address are not to suffer, and what
 * a token or a key is made of cannot be guessed at any rate.
 * @param perMinute 0 means no limit
 */
export function countFailures(
  authenticate: Authenticate,
  perMinute: number,
  metrics: Pick<Metrics, 'count'>,
): Authenticate {
  const limit = createRateLimit(perMinute, 'logins that failed');
  const tell = (labels: { readonly outcome: string }) =>
    metrics.count(
      'graphql_logins_failed_total',
      'Requests and sockets whose credentials were not good.',
      labels,
    );
  return async (credentials) => {
    try {
      return await authenticate(credentials);
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 401) throw error;
      try {
        limit(credentials.address);
      } catch (tooMany) {
        tell(OUTCOMES.rateLimited);
        throw tooMany;
      }
      tell(OUTCOMES.refused);
      throw error;
    }
  };
}
