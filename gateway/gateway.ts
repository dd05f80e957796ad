import type { Gateway, GatewayOptions } from './options.ts';

/** Starts a gateway; resolves once it listens. Rejects on a composition error or an unsafe configuration. */
export async function createGateway(_options: GatewayOptions): Promise<Gateway> {
  throw new Error('not yet');
}
