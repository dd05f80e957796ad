import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GatewayContext } from '../apollo.ts';
import type { Session } from '../auth/auth.ts';
import { callerKey } from '../caller.ts';
import type { Desk } from '../desk.ts';
import { admit, isSubscription } from '../pipeline.ts';
import { runInTurn } from '../run-in-turn.ts';
import { chooseAnswerType, choosePatchFormat } from './media-type.ts';
import { readParams } from './params.ts';
import { Refusal } from './refusal.ts';
import { contentType, statusFor, writeRequestErrors, writeText } from './write.ts';
import { writeEvents } from './write-events.ts';
import { writePieces } from './write-pieces.ts';

/** Answers one GraphQL request over HTTP. Throws a Refusal for what is not to be answered. */
export async function answerGraphql(
  desk: Desk,
  { caller, expiresAt }: Session,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const params = await readParams(request, url, desk.limits);
  const type = chooseAnswerType(request.headers.accept);
  if (type === null)
    throw new Refusal(
      406,
      'NOT_ACCEPTABLE',
      'Answers are application/graphql-response+json or application/json.',
    );
  const served = desk.served();
  const text = desk.textOf(params, caller);
  const admitted = admit(served, text, params, caller, desk.checks);
  if (admitted.kind === 'refused')
    return writeRequestErrors(response, desk.mask(admitted.errors, caller.requestId), headers, type);
  if (request.method === 'GET' && admitted.operation.definition.operation === 'mutation')
    throw new Refusal(405, 'METHOD_NOT_ALLOWED', 'GET answers queries only.', { allow: 'POST' });
  const { accept } = request.headers;
  const format = type === 'multipart/mixed' && !isSubscription(admitted) ? choosePatchFormat(accept) : null;
  if (format) return writePieces(desk, admitted, request, response, headers, format);
  const address = desk.addressOf(request);
  if (type === 'text/event-stream' || type === 'multipart/mixed') {
    const leave = isSubscription(admitted) ? desk.streams.enter(callerKey(caller, address)) : () => {};
    try {
      return await writeEvents(desk, admitted, { request, response, headers, expiresAt }, type);
    } finally {
      leave();
    }
  }
  if (isSubscription(admitted))
    throw new Refusal(
      400,
      'BAD_REQUEST',
      'Subscriptions are answered over WebSocket, or with accept: text/event-stream.',
    );
  const answer = await runInTurn(desk, admitted, { connection: response, address }, ({ whole, asText }) => {
    const context: GatewayContext = { request: admitted, run: whole, runAsText: asText };
    return desk.apollo.answer(context, 'application/graphql-response+json');
  });
  const answerHeaders = {
    ...Object.fromEntries(answer.headers),
    ...headers,
    'content-type': contentType(type),
  };
  writeText(response, statusFor(type, answer.status), answerHeaders, answer.text, desk.limits.slowClientMs);
}
