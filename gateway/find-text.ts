import { createHash } from 'node:crypto';
import type { Caller } from './caller.ts';
import type { GraphqlParams } from './http/params.ts';
import { Refusal } from './http/refusal.ts';
import { createLru } from './lru.ts';

/** Finds the document a request means: its text, its hash, or its name. Throws a Refusal. */
export type FindText = (params: GraphqlParams, caller: Caller) => string;

/** Texts remembered by hash for automatic persisted queries, and the largest of them, characters. */
const MAX_TEXTS = 1_000;
const MAX_TEXT = 20_000;

/**
 * @param trusted documents by SHA-256 or name; when given, no other is executed, except for callers who hold the
 * scope `admin` by name
 */
export function createFindText(trusted: Readonly<Record<string, string>> | undefined): FindText {
  return trusted ? findTrusted(trusted) : findPersisted();
}

/** Only documents that were known before the start. */
function findTrusted(trusted: Readonly<Record<string, string>>): FindText {
  const byId = new Map(Object.entries(trusted));
  for (const text of Object.values(trusted)) byId.set(sha256(text), text);
  return ({ query, extensions }, caller) => {
    const id = extensions?.documentId ?? persistedHash(extensions);
    if (typeof id === 'string') {
      const text = byId.get(id);
      if (text === undefined)
        throw new Refusal(404, 'DOCUMENT_NOT_FOUND', 'No trusted document has this id.');
      return text;
    }
    if (query === undefined) throw missing();
    if (byId.get(sha256(query)) === query || caller.scopes.includes('admin')) return query;
    throw new Refusal(403, 'FORBIDDEN', 'Only trusted documents are executed.');
  };
}

/** Automatic persisted queries: a client sends the hash, and the text only when it is not known yet. */
function findPersisted(): FindText {
  const texts = createLru<string, string>(MAX_TEXTS);
  return ({ query, extensions }) => {
    const hash = persistedHash(extensions);
    if (hash === undefined) {
      if (query === undefined) throw missing();
      return query;
    }
    if (query === undefined) {
      const text = texts.get(hash);
      // Clients look for exactly this message, with status 200, and then send the text.
      if (text === undefined) throw new Refusal(200, 'PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound');
      return text;
    }
    if (sha256(query) !== hash) throw new Refusal(400, 'BAD_REQUEST', 'provided sha does not match query');
    if (query.length <= MAX_TEXT) texts.set(hash, query);
    return query;
  };
}

function persistedHash(extensions: GraphqlParams['extensions']): string | undefined {
  const persisted = extensions?.persistedQuery as { readonly sha256Hash?: unknown } | null | undefined;
  return typeof persisted?.sha256Hash === 'string' ? persisted.sha256Hash : undefined;
}

function missing(): Refusal {
  return new Refusal(400, 'BAD_REQUEST', '"query" is missing.');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
