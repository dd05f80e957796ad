import type { ServerResponse } from 'node:http';
import type { GraphQLError } from 'graphql';
import { DEFAULT_LIMITS } from '../limits/limits.ts';
import type { AnswerType } from './media-type.ts';
import { Refusal } from './refusal.ts';

/** Headers every answer bears: nothing here is to be guessed, framed or kept. */
export const SAFE_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
};

/**
 * What of a whole answer is handed to a client at once, bytes: each part has to be taken before the next, so that a
 * slow client is told from one that does not read.
 */
const PART = 262_144;

/** Writes a whole answer. A client that takes none of it for `slowMs` milliseconds is cut off: it costs memory. */
export function writeText(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  text: string,
  slowMs = DEFAULT_LIMITS.slowClientMs,
): void {
  if (response.headersSent || response.destroyed) return;
  const length = Buffer.byteLength(text);
  response.writeHead(status, { ...SAFE_HEADERS, ...headers, 'content-length': length });
  if (length > PART) {
    void writeInParts(response, Buffer.from(text), slowMs);
    return;
  }
  response.end(text);
  // Answers to requests that came together go out one after the other.
  if (!response.socket) response.once('socket', () => cutUnlessTaken(response, slowMs));
  // Nearly always the kernel has taken it all by now.
  else if (response.socket.writableLength > 0) cutUnlessTaken(response, slowMs);
}

async function writeInParts(response: ServerResponse, bytes: Buffer, slowMs: number): Promise<void> {
  try {
    for (let at = 0; at < bytes.length; at += PART)
      await writeAndWait(response, bytes.subarray(at, at + PART), slowMs);
    response.end();
  } catch {
    response.destroy();
  }
}

function cutUnlessTaken(response: ServerResponse, slowMs: number): void {
  const timer = setTimeout(() => response.destroy(), slowMs);
  response.once('close', () => clearTimeout(timer));
}

/** Writes a refusal as a GraphQL answer without data. */
export function writeRefusal(
  response: ServerResponse,
  refusal: Refusal,
  headers: Readonly<Record<string, string>>,
  type: AnswerType = 'application/json',
): void {
  const body = { errors: [{ message: refusal.message, extensions: { code: refusal.code } }] };
  writeText(
    response,
    refusal.status,
    { ...headers, ...refusal.headers, 'content-type': contentType(type) },
    JSON.stringify(body),
  );
}

/**
 * Writes errors of a well-formed request that could not run: 400, but 200 where the client asked for
 * application/json, whose readers take other codes for the word of a proxy.
 */
export function writeRequestErrors(
  response: ServerResponse,
  errors: readonly GraphQLError[],
  headers: Readonly<Record<string, string>>,
  type: AnswerType,
): void {
  const status = type === 'application/json' ? 200 : 400;
  writeText(response, status, { ...headers, 'content-type': contentType(type) }, JSON.stringify({ errors }));
}

/** The status of a whole answer: readers of application/json take other codes for the word of a proxy. */
export function statusFor(type: AnswerType, status: number): number {
  return type === 'application/json' && status === 400 ? 200 : status;
}

/** A client did not read what was written for it. */
class SlowClient extends Error {}

/**
 * Cuts off a client that did not read what was written for it, and tells; any other error is thrown on. What was written
 * waits in front of any farewell: only cutting the connection frees the memory.
 */
export function cutOffSlow(error: unknown, response: ServerResponse, tell: () => void): void {
  if (!(error instanceof SlowClient)) throw error;
  tell();
  response.destroy();
}

/**
 * Writes a part of an answer; resolves when the client's side has taken it, so that at most that much is ever held
 * in memory. Rejects with SlowClient after `ms`.
 */
export function writeAndWait(response: ServerResponse, text: string | Buffer, ms: number): Promise<void> {
  if (response.destroyed || response.write(text)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const finish = (error?: Error) => {
      clearTimeout(timer);
      response.off('drain', onDrain);
      response.off('close', onDrain);
      if (error) reject(error);
      else resolve();
    };
    const onDrain = () => finish();
    const timer = setTimeout(() => finish(new SlowClient()), ms);
    response.once('drain', onDrain);
    response.once('close', onDrain);
  });
}

/** The content-type header of a whole answer. */
export function contentType(type: AnswerType): string {
  const json = type === 'application/graphql-response+json' ? type : 'application/json';
  return `${json}; charset=utf-8`;
}

/** Anything thrown as a refusal; the unexpected becomes a 500 that tells nothing. */
export function asRefusal(thrown: unknown): Refusal {
  if (thrown instanceof Refusal) return thrown;
  return new Refusal(500, 'INTERNAL_SERVER_ERROR', 'Something went wrong on our side.');
}
