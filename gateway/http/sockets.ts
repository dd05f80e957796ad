import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Context, handleProtocols, makeServer, type ServerOptions } from 'graphql-ws';
import { WebSocket, WebSocketServer } from 'ws';
import type { Limits, Log } from '../options.ts';
import { MAX_JSON_DEPTH, nestsDeeper } from './json-depth.ts';
import type { Refusal } from './refusal.ts';
import { asRefusal } from './write.ts';

/** The close code of a socket whose client does not read; its subscriptions resume from their cursors. */
const SLOW_CONSUMER_CODE = 4508;

/** The close code of a socket whose token has run out. */
export const TOKEN_EXPIRED_CODE = 4401;

/**
 * Close codes of sockets that are not let in, by the status that HTTP has for it. Clients of graphql-ws give up at 4403
 * and come back after 1013, as it will pass.
 */
const NOT_LET_IN_CODES: Readonly<Record<number, number>> = { 401: 4403, 429: 4429, 503: 1013 };

/** What a client may leave unread in all before its socket is cut, bytes; above any single answer of ours. */
const MAX_UNREAD_BYTES = 16_000_000;

/** What may lie unread before the source of a client's events is held back, bytes. */
const HELD_BACK_BYTES = 64_000;

/** The socket and the request it began with, in graphql-ws's context. */
export type SocketExtra = { readonly socket: WebSocket; readonly request: IncomingMessage };

/** graphql-ws's context of one socket. */
export type SocketContext = Context<Record<string, unknown>, SocketExtra>;

/** What a server of graphql-transport-ws needs to be told. */
export type SocketParts = {
  readonly limits: Pick<Limits, 'frameBytes' | 'slowClientMs' | 'heartbeatMs'>;
  readonly log: Log;
  /** Throws a Refusal for an upgrade that is not wanted. */
  check(request: IncomingMessage): void;
  readonly protocol: ServerOptions<Record<string, unknown>, SocketExtra>;
};

/** Serves graphql-transport-ws at `/graphql` of an HTTP server; `close` says goodbye to every client. */
export function attachSockets(
  server: Server,
  { limits, log, check, protocol }: SocketParts,
): { readonly count: () => number; close(): void } {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.frameBytes,
    perMessageDeflate: false,
    handleProtocols,
  });
  const graphql = makeServer(protocol);
  const onUpgrade = (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', () => stream.destroy());
    try {
      if (new URL(request.url ?? '/', 'http://gateway').pathname !== '/graphql')
        return refuse(stream, 404, 'Not Found');
      check(request);
    } catch (error) {
      return refuse(stream, asRefusal(error).status, 'Forbidden');
    }
    sockets.handleUpgrade(request, stream, head, (socket) => open(socket, request, stream));
  };
  const open = (socket: WebSocket, request: IncomingMessage, stream: Duplex) => {
    // Every answer under way listens for the end of its socket.
    socket.setMaxListeners(0);
    // Broken frames and oversized ones end here; ws closes the socket with the fitting code itself.
    socket.on('error', (error) => log.debug({ reason: error.message }, 'a socket broke'));
    const stopBeating = beat(socket, limits.heartbeatMs);
    const closed = graphql.opened(
      {
        protocol: socket.protocol,
        send: (text) => {
          leaveTogether(stream);
          return send(socket, text, limits.slowClientMs);
        },
        close: (code, reason) => socket.close(code, reason),
        onMessage: (receive) =>
          socket.on('message', (data) => {
            const text = String(data);
            if (nestsDeeper(text, MAX_JSON_DEPTH + 2)) return socket.close(4400, 'Nested too deep');
            receive(text).catch((error: unknown) => {
              log.error({ err: error }, 'a socket failed');
              socket.close(4500, 'Internal error');
            });
          }),
      },
      { socket, request },
    );
    socket.once('close', (code, reason) => {
      stopBeating();
      closed(code, String(reason)).catch((error: unknown) =>
        log.error({ err: error }, 'a socket closed badly'),
      );
    });
  };
  server.on('upgrade', onUpgrade);
  return {
    count: () => sockets.clients.size,
    close: () => {
      server.off('upgrade', onUpgrade);
      for (const socket of sockets.clients) farewell(socket, 1001, 'Going away');
      sockets.close();
    },
  };
}

/** Closes a socket that is not let in, and tells why. */
export function turnAway(socket: WebSocket, { status, message }: Refusal): void {
  socket.close(NOT_LET_IN_CODES[status] ?? 4403, message);
}

/** What is sent in one turn of the event loop leaves in one call to the kernel, which costs as much as a small query. */
function leaveTogether(stream: Duplex): void {
  if (stream.writableCorked > 0) return;
  stream.cork();
  setImmediate(() => stream.uncork());
}

/**
 * Resolves at once while little lies unread; else when the kernel has taken the text, or the socket is closed for
 * good. That is what holds back the source of a slow client's events.
 */
function send(socket: WebSocket, text: string, slowMs: number): Promise<void> {
  if (socket.bufferedAmount > MAX_UNREAD_BYTES) socket.terminate();
  if (socket.readyState === WebSocket.CLOSED) return Promise.resolve();
  if (socket.readyState === WebSocket.OPEN && socket.bufferedAmount < HELD_BACK_BYTES) {
    socket.send(text);
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      socket.off('close', finish);
      resolve();
    };
    const timer = setTimeout(() => farewell(socket, SLOW_CONSUMER_CODE, 'SLOW_CONSUMER'), slowMs);
    socket.once('close', finish);
    if (socket.readyState === WebSocket.OPEN) socket.send(text, finish);
  });
}

/** Closes politely, and for good a second later: a client that does not read never answers a goodbye. */
function farewell(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, reason);
  const cut = setTimeout(() => socket.terminate(), 1_000);
  socket.once('close', () => clearTimeout(cut));
}

function beat(socket: WebSocket, ms: number): () => void {
  let alive = true;
  socket.on('pong', () => {
    alive = true;
  });
  const timer = setInterval(() => {
    if (!alive) return socket.terminate();
    alive = false;
    socket.ping();
  }, ms);
  return () => clearInterval(timer);
}

function refuse(stream: Duplex, status: number, reason: string): void {
  stream.end(`HTTP/1.1 ${status} ${reason}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
