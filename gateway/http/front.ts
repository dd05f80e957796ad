import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Authenticate } from '../auth/auth.ts';
import type { Desk } from '../desk.ts';
import { answerGraphql } from './graphql.ts';
import type { ObserveHttp } from './observe.ts';
import type { OriginGuard } from './origin.ts';
import type { Pages } from './pages.ts';
import { Refusal } from './refusal.ts';
import { asRefusal, writeRefusal, writeText } from './write.ts';

/** Who may call, and where each path leads. */
export type FrontParts = {
  readonly desk: Desk;
  readonly guard: OriginGuard;
  readonly authenticate: Authenticate;
  readonly pages: Pages;
  readonly observe: ObserveHttp;
};

/** A request id a client may choose: what is safe in logs and headers. */
const REQUEST_ID = /^[\w.:-]{1,64}$/;

/** Where nearly every request goes, read once. */
const GRAPHQL = new URL('http://gateway/graphql');

/** The listener of the gateway's HTTP server. */
export function createFront({ desk, guard, authenticate, pages, observe }: FrontParts) {
  const answer = async (request: IncomingMessage, response: ServerResponse, requestId: string) => {
    const url = request.url === '/graphql' ? GRAPHQL : new URL(request.url ?? '/', 'http://gateway');
    const headers = { ...guard.headers(request), 'x-request-id': requestId };
    if (url.pathname !== '/graphql') return pages.answer(request, response, url, headers);
    if (request.method === 'OPTIONS') return writeText(response, 204, headers, '');
    guard.check(request);
    const address = desk.addressOf(request);
    const session = await authenticate({ headers: request.headers, requestId, address });
    desk.count(session.caller, address);
    await answerGraphql(desk, session, request, response, url, headers);
  };
  return (request: IncomingMessage, response: ServerResponse): void => {
    const requestId = requestIdOf(request);
    observe(request, response, () => answer(request, response, requestId)).catch((error: unknown) => {
      if (!(error instanceof Refusal)) desk.log.error({ err: error, requestId }, 'a request failed');
      if (response.headersSent) response.destroy();
      else writeRefusal(response, asRefusal(error), { ...guard.headers(request), 'x-request-id': requestId });
      // What is left of a body we do not want is thrown away, so that the connection can be used again or closed.
      request.resume();
    });
  };
}

/** The id the client gave the request, or a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}
