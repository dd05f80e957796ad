import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { GatewayOptions } from '../gateway/options.ts';
import { type Settings, SettingsError } from './settings.ts';

/** A list as Apollo's tools write it, and one of names or hashes with their documents. */
const documents = z.union([
  z
    .object({ operations: z.array(z.object({ id: z.string(), body: z.string() })) })
    .transform(({ operations }) => Object.fromEntries(operations.map(({ id, body }) => [id, body]))),
  z.record(z.string(), z.string()),
]);

/** What callers may send, how much of it, and by what address they are counted. */
export type Allowed = Pick<GatewayOptions, 'trustedDocuments' | 'limits' | 'trustedProxies'>;

/** Reads it from the settings. Throws a SettingsError where the file of documents is none. */
export async function allowedOf(settings: Settings): Promise<Allowed> {
  const allowed = {
    limits: {
      perMinute: settings.TANDEM_REQUESTS_PER_MINUTE,
      failedLoginsPerMinute: settings.TANDEM_FAILED_LOGINS_PER_MINUTE,
      streamsPerCaller: settings.TANDEM_STREAMS_PER_CALLER,
    },
    trustedProxies: settings.TANDEM_TRUSTED_PROXIES,
  };
  const path = settings.TANDEM_TRUSTED_DOCUMENTS;
  return path === undefined ? allowed : { ...allowed, trustedDocuments: await readDocuments(path) };
}

async function readDocuments(path: string): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new SettingsError(`TANDEM_TRUSTED_DOCUMENTS cannot be read: ${error.message}`);
  });
  try {
    return documents.parse(JSON.parse(text));
  } catch {
    throw new SettingsError(
      `TANDEM_TRUSTED_DOCUMENTS: ${path} has to be JSON of names and documents, such as {"products": "{ products { id } }"}, or an Apollo persisted query manifest.`,
    );
  }
}
