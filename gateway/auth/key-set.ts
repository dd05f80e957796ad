import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import type { Log } from '../options.ts';

/** The public keys of who makes the tokens, as they are published at the moment. */
export type KeySet = {
  readonly keyFor: JWTVerifyGetKey;
  /** Looks whether other keys are published, where the last look was too long ago. */
  refresh(): Promise<void>;
};

/** A key that is withdrawn is used no longer than this, milliseconds. */
const LOOK_EVERY = 60_000;

/** Least time between looks for a key nobody knows, milliseconds: anyone can ask for one. */
const LOOK_PAUSE = 5_000;

/**
 * Keeps the keys published at an address. While it cannot be reached the keys read last stay in use, and the log says so.
 * @param onChange called when other keys are published than before
 */
export function createKeySet(url: URL, log: Log, onChange: () => void, now: () => number = Date.now): KeySet {
  // When to look again is decided here: the library would use a withdrawn key for ten minutes, and then none at all
  // while the address cannot be reached.
  const keys = createRemoteJWKSet(url, {
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: Number.POSITIVE_INFINITY,
  });
  let lookedAt = now();
  const look = async () => {
    lookedAt = now();
    const before = JSON.stringify(keys.jwks());
    await keys.reload().catch((error: unknown) => {
      log.warn(
        { jwksUrl: url.href, error },
        'The keys of tokens cannot be read; those read last stay in use.',
      );
    });
    if (JSON.stringify(keys.jwks()) !== before) onChange();
  };
  return {
    keyFor: async (header, token) => {
      try {
        return await keys(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey) || now() - lookedAt < LOOK_PAUSE) throw error;
        await look();
        return keys(header, token);
      }
    },
    refresh: async () => {
      if (now() - lookedAt >= LOOK_EVERY) await look();
    },
  };
}
