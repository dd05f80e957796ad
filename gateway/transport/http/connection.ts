import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { closedEarly, createAnswerReader, type HttpAnswer } from './answer.ts';

/** Told once how an exchange ended. */
export type Settle = (outcome: HttpAnswer | Error) => void;

/** A kept-alive connection to a server, for one exchange at a time. */
export type HttpConnection = {
  send(request: string, settle: Settle): void;
  /** Whether another request may be sent at a time in milliseconds, or the server may be about to close. */
  usable(now: number): boolean;
  /** Closes at once; an exchange under way is settled with the error. */
  close(error?: Error): void;
};

/** Where to connect, and who wants to know what becomes of it. */
export type ConnectionParts = {
  readonly origin: URL;
  /** Largest answer, bytes. */
  readonly answerBytes: number;
  /** Called after each exchange, before it is settled, when the connection can take another. */
  onFree(connection: HttpConnection): void;
  /** Called once, when the connection is gone. */
  onGone(connection: HttpConnection): void;
};

/** Bytes read at once. All connections read into the same place: what is read is looked at before the next read. */
const READ = Buffer.allocUnsafeSlow(65_536);

/** Quiet time after which the kernel looks whether the other side is still there, milliseconds. */
const PROBE_MS = 60_000;

/** Connects; requests may be sent at once. */
export function openConnection({ origin, answerBytes, onFree, onGone }: ConnectionParts): HttpConnection {
  const reader = createAnswerReader(answerBytes);
  let settle: Settle | null = null;
  let goodUntil = Number.POSITIVE_INFINITY;
  const settleWith = (outcome: HttpAnswer | Error) => {
    const waiting = settle;
    settle = null;
    waiting?.(outcome);
  };
  const take = (answer: HttpAnswer) => {
    const waiting = settle;
    settle = null;
    if (answer.keepMs === 0) socket.destroy();
    else {
      goodUntil = Date.now() + answer.keepMs;
      onFree(connection);
    }
    waiting?.(answer);
  };
  const receive = (bytes: Buffer) => {
    // Nothing was asked, so nothing is answered.
    if (settle === null) return connection.close();
    try {
      const answer = reader.read(bytes);
      if (answer) take(answer);
    } catch (error) {
      connection.close(error as Error);
    }
  };
  const socket = dial(origin, receive);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, PROBE_MS);
  const connection: HttpConnection = {
    send: (request, told) => {
      settle = told;
      // Text without characters beyond ASCII is the same bytes either way, and one way is a plain copy.
      socket.write(request, Buffer.byteLength(request) === request.length ? 'latin1' : 'utf8');
    },
    usable: (now) => now < goodUntil && socket.writable,
    close: (error = closedEarly()) => {
      socket.destroy();
      settleWith(error);
    },
  };
  socket.once('end', () => {
    try {
      if (settle) take(reader.end());
    } catch (error) {
      settleWith(error as Error);
    }
    socket.destroy();
  });
  socket.on('error', settleWith);
  socket.once('close', () => {
    settleWith(closedEarly());
    onGone(connection);
  });
  return connection;
}

function dial({ protocol, hostname, port }: URL, receive: (bytes: Buffer) => void): Socket {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol === 'https:') {
    const socket = connectTls({
      host,
      port: Number(port || 443),
      ALPNProtocols: ['http/1.1'],
      ...(isIP(host) ? {} : { servername: host }),
    });
    socket.on('data', receive);
    return socket;
  }
  return connectTcp({
    host,
    port: Number(port || 80),
    onread: {
      buffer: READ,
      callback: (length) => {
        receive(READ.subarray(0, length));
        return true;
      },
    },
  });
}
