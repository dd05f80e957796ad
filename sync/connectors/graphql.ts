import { createClient } from 'graphql-ws';
import { Pool } from 'undici';
import { WebSocket } from 'ws';
import type { Connector, FeedChange } from '../core/connector.ts';
import { SyncError } from '../core/errors.ts';
import type { Json, SystemRecord } from '../core/types.ts';
import { feedOver } from './graphql-feed.ts';

/** Where a system's subgraph is, and how it is asked. */
export interface GraphqlConnectorOptions {
  /** The start of the names of its door: `crm` for `crmRead`, `crmWrite`, `crmFeed`. */
  readonly prefix: string;
  readonly url: string;
  /** Default: `url` with ws(s). */
  readonly subscriptionUrl?: string;
  /**
   * What proves who asks, made from the exact text that is sent: headers of a request, or entries of a
   * subscription's `extensions`, whose text is its query; a socket opens with those of the empty text. Default: nothing.
   */
  readonly credentials?: (text: string) => Readonly<Record<string, string>>;
  /** How long one answer may take, milliseconds; default 30,000. Batches are large, so this is more than a client waits. */
  readonly timeoutMs?: number;
}

/** A connector with connections of its own. */
export interface GraphqlConnector extends Connector {
  close(): Promise<void>;
}

/** Connections to one system: the engine sends few large batches at a time. */
const connections = 16;

/**
 * A system spoken to over GraphQL: batches over HTTP, its feed over graphql-transport-ws. Throws SYSTEM_UNAVAILABLE
 * where no answer came; a write may then have happened, and its idempotency key or version tells.
 */
export function createGraphqlConnector(options: GraphqlConnectorOptions): GraphqlConnector {
  const { prefix, url, credentials = () => ({}), timeoutMs = 30_000 } = options;
  const { origin, pathname, search } = new URL(url);
  const pool = new Pool(origin, {
    connections,
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  const socket = createClient({
    url: options.subscriptionUrl ?? url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    lazy: true,
    connectionParams: () => ({ ...credentials('') }),
    // The reader resumes by its own cursor, so that nothing is counted as read that was not.
    retryAttempts: 0,
  });

  const ask = async (field: string, document: string, variables: Readonly<Record<string, unknown>>) => {
    const body = JSON.stringify({ query: document, variables });
    const headers = { 'content-type': 'application/json', accept: 'application/json', ...credentials(body) };
    const answer = await pool
      .request({ path: pathname + search, method: 'POST', headers, body })
      .then(async (response) => ({ status: response.statusCode, text: await response.body.text() }))
      .catch((error: unknown) => {
        throw unavailable(prefix, reasonOf(error), error);
      });
    return answerOf(prefix, field, answer.status, answer.text);
  };

  return {
    read: async (entity, ids) => {
      if (ids.length === 0) return new Map();
      const document = `query ($entity: String!, $ids: [ID!]!) { ${prefix}Read(entity: $entity, ids: $ids) }`;
      const records = (await ask(`${prefix}Read`, document, { entity, ids })) as readonly SystemRecord[];
      return new Map(records.map((record) => [record.id, record]));
    },
    find: async (lookups) => {
      if (lookups.length === 0) return [];
      const document = `query ($lookups: JSON!) { ${prefix}Find(lookups: $lookups) }`;
      return (await ask(`${prefix}Find`, document, { lookups })) as readonly (readonly SystemRecord[])[];
    },
    list: async (entity, after, limit) => {
      const document = `query ($entity: String!, $after: ID, $limit: Int!) { ${prefix}List(entity: $entity, after: $after, limit: $limit) }`;
      return (await ask(`${prefix}List`, document, { entity, after, limit })) as readonly SystemRecord[];
    },
    write: async (writes, author) => {
      if (writes.length === 0) return [];
      const document = `mutation ($writes: JSON!, $author: JSON!) { ${prefix}Write(writes: $writes, author: $author) }`;
      return (await ask(`${prefix}Write`, document, { writes, author })) as Awaited<
        ReturnType<Connector['write']>
      >;
    },
    changes: (after, signal) => {
      const query = `subscription ($after: Cursor) { ${prefix}Feed(after: $after) }`;
      return feedOver<FeedChange>({
        open: (cursor, sink) =>
          socket.subscribe(
            { query, variables: { after: cursor }, extensions: { ...credentials(query) } },
            sink,
          ),
        batchOf: (data) => data[`${prefix}Feed`] as readonly FeedChange[],
        failureOf: (failure) => failureOf(prefix, failure),
        after,
        signal,
      });
    },
    check: async () =>
      (await ask(`${prefix}Check`, `{ ${prefix}Check }`, {})) as { readonly version: string },
    close: async () => {
      await socket.dispose();
      await pool.close();
    },
  };
}

function answerOf(prefix: string, field: string, status: number, text: string): unknown {
  let answer: {
    readonly data?: Readonly<Record<string, unknown>> | null;
    readonly errors?: readonly GraphqlError[];
  };
  try {
    answer = JSON.parse(text);
  } catch (error) {
    throw unavailable(prefix, `it answered ${status} with something that is not JSON`, error);
  }
  if (answer.errors?.[0] !== undefined) throw failureOf(prefix, answer.errors);
  const value = answer.data?.[field];
  if (value === undefined || value === null)
    throw unavailable(prefix, `it answered ${status} without ${field}`);
  return value;
}

interface GraphqlError {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** What a subgraph or its socket reported, as an error of ours: codes of the table stay, all others mean it is not there. */
function failureOf(prefix: string, failure: unknown): SyncError {
  const [error] = Array.isArray(failure) ? (failure as readonly GraphqlError[]) : [];
  if (error === undefined) return unavailable(prefix, reasonOf(failure), failure);
  const { code, ...detail } = error.extensions ?? {};
  if (code === 'CURSOR_EXPIRED') {
    return new SyncError('CURSOR_EXPIRED', error.message, {
      detail: detail as Readonly<Record<string, Json>>,
    });
  }
  return unavailable(prefix, error.message, error);
}

function unavailable(prefix: string, reason: string, cause?: unknown): SyncError {
  return new SyncError('SYSTEM_UNAVAILABLE', `The ${prefix} system cannot be reached: ${reason}.`, {
    ...(cause instanceof Error ? { cause } : {}),
  });
}

function reasonOf(failure: unknown): string {
  if (failure instanceof Error) return failure.message;
  const closed = failure as { readonly code?: number; readonly reason?: string } | null;
  return closed?.code === undefined
    ? String(failure)
    : `the socket closed with ${closed.code} ${closed.reason ?? ''}`.trim();
}
