import { createClient } from 'graphql-ws';
import { Pool } from 'undici';
import { WebSocket } from 'ws';
import type { Connector, FeedChange } from '../core/connector.ts';
import { isErrorCode, SyncError } from '../core/errors.ts';
import type { SystemRecord } from '../core/types.ts';
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
  /** How often the feed's socket is asked whether it is still there, milliseconds; default 10,000. */
  readonly pingMs?: number;
}

/** A connector with connections of its own. */
export interface GraphqlConnector extends Connector {
  close(): Promise<void>;
}

/** Connections to one system: the engine sends few large batches at a time. */
const connections = 16;

/**
 * A system spoken to over GraphQL: batches over HTTP, its feed over graphql-transport-ws. Throws SYSTEM_UNAVAILABLE
 * where it cannot be reached, UNKNOWN_OUTCOME where writes may have happened, and what the subgraph says by its code.
 * Nothing is sent twice.
 */
export function createGraphqlConnector(options: GraphqlConnectorOptions): GraphqlConnector {
  const { prefix, url, credentials = () => ({}), timeoutMs = 30_000, pingMs = 10_000 } = options;
  const pongMs = Math.min(pingMs, 5_000);
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
    // A connection that was lost without a word would leave the feed's reader waiting for ever.
    keepAlive: pingMs,
    on: {
      ping: (received) => {
        if (received) return;
        clearTimeout(silent);
        silent = setTimeout(() => socket.terminate(), pongMs);
      },
      pong: (received) => {
        if (received) clearTimeout(silent);
      },
      closed: () => clearTimeout(silent),
    },
  });
  let silent: NodeJS.Timeout | undefined;

  const ask = async (call: Call): Promise<unknown> => {
    const body = JSON.stringify({ query: call.document, variables: call.variables });
    const headers = { 'content-type': 'application/json', accept: 'application/json', ...credentials(body) };
    const answer = await pool
      .request({ path: pathname + search, method: 'POST', headers, body })
      .then(async (response) => ({
        status: response.statusCode,
        retryAfter: response.headers['retry-after'],
        text: await response.body.text(),
      }))
      .catch((error: unknown) => {
        throw unanswered(prefix, call, error);
      });
    if (answer.status === 429) throw limited(prefix, String(answer.retryAfter ?? ''));
    return answerOf(prefix, call, answer.status, answer.text);
  };

  return {
    read: async (entity, ids) => {
      if (ids.length === 0) return new Map();
      const document = `query ($entity: String!, $ids: [ID!]!) { ${prefix}Read(entity: $entity, ids: $ids) }`;
      const call = { field: `${prefix}Read`, document, variables: { entity, ids } };
      const records = (await ask(call)) as readonly SystemRecord[];
      return new Map(records.map((record) => [record.id, record]));
    },
    find: async (lookups) => {
      if (lookups.length === 0) return [];
      const document = `query ($lookups: JSON!) { ${prefix}Find(lookups: $lookups) }`;
      const call = { field: `${prefix}Find`, document, variables: { lookups } };
      return (await ask(call)) as Awaited<ReturnType<Connector['find']>>;
    },
    list: async (entity, after, limit) => {
      const document = `query ($entity: String!, $after: ID, $limit: Int!) { ${prefix}List(entity: $entity, after: $after, limit: $limit) }`;
      const call = { field: `${prefix}List`, document, variables: { entity, after, limit } };
      return (await ask(call)) as readonly SystemRecord[];
    },
    count: async (entity) => {
      const document = `query ($entity: String!) { ${prefix}Count(entity: $entity) }`;
      return (await ask({ field: `${prefix}Count`, document, variables: { entity } })) as number;
    },
    write: async (writes, author) => {
      if (writes.length === 0) return [];
      const document = `mutation ($writes: JSON!, $author: JSON!) { ${prefix}Write(writes: $writes, author: $author) }`;
      const call = { field: `${prefix}Write`, document, variables: { writes, author }, writes: true };
      return (await ask(call)) as Awaited<ReturnType<Connector['write']>>;
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
    head: async () => {
      const call = { field: `${prefix}Head`, document: `{ ${prefix}Head }`, variables: {}, nullable: true };
      return (await ask(call)) as string | null;
    },
    check: async () => {
      const call = { field: `${prefix}Check`, document: `{ ${prefix}Check }`, variables: {} };
      return (await ask(call)) as { readonly version: string; readonly at?: string };
    },
    close: async () => {
      await socket.dispose();
      await pool.close();
    },
  };
}

/** One request. */
interface Call {
  readonly field: string;
  readonly document: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Whether it may have happened although no answer came. */
  readonly writes?: boolean;
  /** Whether null is an answer. */
  readonly nullable?: boolean;
}

interface GraphqlError {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

function answerOf(prefix: string, call: Call, status: number, text: string): unknown {
  let answer: {
    readonly data?: Readonly<Record<string, unknown>> | null;
    readonly errors?: readonly GraphqlError[];
  };
  try {
    answer = JSON.parse(text);
  } catch {
    throw unclear(prefix, call, `it answered ${status} with something that is not JSON`);
  }
  const error = answer.errors?.[0];
  if (error !== undefined) throw known(error) ?? unclear(prefix, call, error.message);
  const value = answer.data?.[call.field];
  if (value === undefined || (value === null && !call.nullable))
    throw unclear(prefix, call, `it answered ${status} without ${call.field}`);
  return value;
}

/** Refused for now, so nothing has happened: by the pause that it asks for in seconds or until a date. */
function limited(prefix: string, retryAfter: string): SyncError {
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1_000 : Date.parse(retryAfter) - Date.now();
  return new SyncError('RATE_LIMITED', `The ${prefix.toUpperCase()} takes no more calls for now.`, {
    detail: ms > 0 ? { afterMs: ms } : {},
  });
}

/** No answer came at all. What never left this process has not happened. */
function unanswered(prefix: string, call: Call, error: unknown): SyncError {
  const { code } = error as { readonly code?: string };
  const reason = reasonOf(error);
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'UND_ERR_CONNECT_TIMEOUT')
    return unavailable(prefix, reason, error);
  return unclear(prefix, call, reason, error);
}

/** An answer that tells nothing: a write may have happened. */
function unclear(prefix: string, call: Call, reason: string, cause?: unknown): SyncError {
  if (!call.writes) return unavailable(prefix, reason, cause);
  return new SyncError(
    'UNKNOWN_OUTCOME',
    `The ${prefix.toUpperCase()} did not tell what became of a write: ${reason}.`,
    {
      cause,
    },
  );
}

/** The error of a subgraph, where its code says what it means; null for a fault. */
function known({ message, extensions: { code, ...detail } = {} }: GraphqlError): SyncError | null {
  if (code === 'UNAUTHENTICATED') return new SyncError('AUTH', message);
  if (typeof code !== 'string' || !isErrorCode(code)) return null;
  return new SyncError(code, message, { detail });
}

/** What ended a feed: a subgraph's error, or the end of its socket. */
function failureOf(prefix: string, failure: unknown): SyncError {
  const [error] = Array.isArray(failure) ? (failure as readonly GraphqlError[]) : [];
  if (error === undefined) return unavailable(prefix, reasonOf(failure), failure);
  return known(error) ?? unavailable(prefix, error.message, error);
}

function unavailable(prefix: string, reason: string, cause?: unknown): SyncError {
  return new SyncError('SYSTEM_UNAVAILABLE', `The ${prefix.toUpperCase()} cannot be reached: ${reason}.`, {
    cause,
  });
}

/** Of an error, of what a socket tells of one, or of its end. */
function reasonOf(failure: unknown): string {
  const { message, code, error, reason } = Object(failure) as Failure;
  if (message) return message;
  if (error !== undefined) return reasonOf(error);
  if (typeof code === 'number') return `the socket closed with ${code} ${reason ?? ''}`.trim();
  return code ?? String(failure);
}

interface Failure {
  readonly message?: string;
  /** Of an error a text; of the end of a socket a number. */
  readonly code?: string | number;
  readonly error?: unknown;
  readonly reason?: string;
}
