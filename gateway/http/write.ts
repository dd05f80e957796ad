import type { ServerResponse } from 'node:http';
import type { GraphQLError } from 'graphql';
import type { AnswerType } from './media-type.ts';
import { Refusal } from './refusal.ts';

/** Headers every answer bears: nothing here is to be guessed, framed or kept. */
export const SAFE_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
};

/** Writes a whole answer. */
export function writeText(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  text: string,
): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { ...SAFE_HEADERS, ...headers, 'content-length': Buffer.byteLength(text) });
  response.end(text);
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
export class SlowClient extends Error {}

/**
 * Writes a part of an answer; resolves when the client's side has taken it, so that at most that much is ever held
 * in memory. Rejects with SlowClient after `ms`.
 */
export function writeAndWait(response: ServerResponse, text: string, ms: number): Promise<void> {
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
