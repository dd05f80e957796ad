import { isHeaderValue } from '../../header-value.ts';
import type { HttpAnswer } from './answer.ts';
import { type HttpConnection, openConnection, type Settle } from './connection.ts';

/** One request to send: header lines, each with its line break, and a body. */
export type Posting = {
  readonly path: string;
  readonly headers: string;
  readonly body: string;
  readonly signal: AbortSignal;
};

/**
 * Kept-alive connections to one origin, for requests that are small and answers that are read whole. It does a tenth
 * of what a general client does, at a third of its price: with undici, requests to subgraphs were most of the CPU
 * of a small query.
 */
export type HttpPool = {
  /** Rejects when the connection breaks, time is up, the answer is not HTTP or too large, or the signal aborts. */
  post(posting: Posting): Promise<HttpAnswer>;
  /** Closes what is idle now and the rest as it ends; no request may follow. */
  close(): Promise<void>;
};

/** How a pool is bounded. */
export type PoolLimits = {
  /** Connections at once; more requests wait. */
  readonly connections: number;
  /** From the request to the end of its answer, milliseconds. */
  readonly ms: number;
  /** Largest answer, bytes. */
  readonly answerBytes: number;
};

type Waiting = { readonly request: string; readonly settle: Settle; connection: HttpConnection | null };

/** Between looks for connections that have been idle for too long, milliseconds. */
const SWEEP_MS = 1_000;

/** Makes a pool; it connects when asked. */
export function createHttpPool(origin: URL, { connections, ms, answerBytes }: PoolLimits): HttpPool {
  const open = new Set<HttpConnection>();
  // The one used last is used next: the others run out of use, and are closed.
  const idle: HttpConnection[] = [];
  const waiting = new Set<Waiting>();
  let closed: (() => void) | undefined;

  const start = (exchange: Waiting) => {
    const now = Date.now();
    let connection = idle.pop();
    while (connection && !connection.usable(now)) {
      connection.close();
      connection = idle.pop();
    }
    if (!connection && open.size >= connections) {
      waiting.add(exchange);
      return;
    }
    send(connection ?? add(), exchange);
  };
  const add = (): HttpConnection => {
    const connection = openConnection({ origin, answerBytes, onFree, onGone });
    open.add(connection);
    return connection;
  };
  const send = (connection: HttpConnection, exchange: Waiting) => {
    exchange.connection = connection;
    connection.send(exchange.request, exchange.settle);
  };
  const next = (): Waiting | undefined => {
    const [first] = waiting;
    if (first) waiting.delete(first);
    return first;
  };
  const onFree = (connection: HttpConnection) => {
    const exchange = next();
    if (exchange) send(connection, exchange);
    else if (closed) connection.close();
    else idle.push(connection);
  };
  const onGone = (connection: HttpConnection) => {
    open.delete(connection);
    const at = idle.indexOf(connection);
    if (at >= 0) idle.splice(at, 1);
    const exchange = next();
    if (exchange) send(add(), exchange);
    else if (closed && open.size === 0) closed();
  };
  const sweep = setInterval(() => {
    const now = Date.now();
    for (const connection of [...idle]) if (!connection.usable(now)) connection.close();
  }, SWEEP_MS);
  sweep.unref();

  return {
    post: (posting) =>
      new Promise((resolve, reject) => {
        const { signal } = posting;
        if (signal.aborted) return reject(over());
        const settle = (outcome: HttpAnswer | Error) => {
          clearTimeout(timer);
          signal.removeEventListener('abort', onAbort);
          if (outcome instanceof Error) reject(outcome);
          else resolve(outcome);
        };
        const giveUp = (error: Error) => {
          if (exchange.connection) exchange.connection.close(error);
          else if (waiting.delete(exchange)) settle(error);
        };
        const exchange: Waiting = { request: write(origin, posting), settle, connection: null };
        const onAbort = () => giveUp(over());
        const timer = setTimeout(() => giveUp(new Error(`no answer within ${ms} ms`)), ms);
        signal.addEventListener('abort', onAbort);
        start(exchange);
      }),
    close: async () => {
      clearInterval(sweep);
      await new Promise<void>((resolve) => {
        closed = resolve;
        if (open.size === 0) return resolve();
        for (const connection of [...idle]) connection.close();
      });
    },
  };
}

/** A header line. Throws on a value that would not stay within it. */
export function headerLine(name: string, value: string): string {
  if (!isHeaderValue(value)) throw new Error(`the header ${name} cannot be sent as it is`);
  return `${name}: ${value}\r\n`;
}

function write({ host }: URL, { path, headers, body }: Posting): string {
  return `POST ${path} HTTP/1.1\r\nhost: ${host}\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

function over(): Error {
  return new Error('the operation was over before an answer came');
}
