import type { IncomingMessage } from 'node:http';
import { Refusal } from './refusal.ts';

/** Keeps pages of other origins from acting through a visitor's browser. */
export type OriginGuard = {
  /** Throws a Refusal for a browser's request from an origin that was not allowed. */
  check(request: IncomingMessage): void;
  /** The headers that let an allowed origin read the answer. */
  headers(request: IncomingMessage): Readonly<Record<string, string>>;
};

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i;

/**
 * Judges by what browsers say of themselves (`Sec-Fetch-Site`, `Origin`), which pages cannot change; other
 * programs send neither and are let through.
 * @param loopbackOnly refuses other names in `Host`, against DNS names rebound to this machine; for open gateways.
 */
export function createOriginGuard(allowed: readonly string[], loopbackOnly: boolean): OriginGuard {
  const ofAllowed = (request: IncomingMessage) => {
    const { origin } = request.headers;
    return origin !== undefined && allowed.includes(origin);
  };
  return {
    check: (request) => {
      const { origin, host = '' } = request.headers;
      if (loopbackOnly && !LOOPBACK.test(host))
        throw new Refusal(
          403,
          'FORBIDDEN',
          'Without configured auth only this machine may call, by its loopback name.',
        );
      if (ofAllowed(request)) return;
      const site = request.headers['sec-fetch-site'];
      const foreign =
        site === undefined
          ? origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`
          : site !== 'same-origin' && site !== 'none';
      if (foreign) throw new Refusal(403, 'FORBIDDEN', 'Calls from pages of this origin are not allowed.');
    },
    headers: (request) => {
      if (!ofAllowed(request)) return {};
      return {
        'access-control-allow-origin': request.headers.origin ?? '',
        'access-control-allow-headers': 'authorization, content-type, x-api-key, x-sync-token, x-request-id',
        'access-control-allow-methods': 'GET, POST',
        'access-control-max-age': '600',
        vary: 'origin',
      };
    },
  };
}
