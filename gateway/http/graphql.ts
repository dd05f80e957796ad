import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GatewayContext } from '../apollo.ts';
import type { Caller } from '../caller.ts';
import type { Desk } from '../desk.ts';
import { admit, isSubscription, runOnce } from '../pipeline.ts';
import { type AnswerType, chooseAnswerType } from './media-type.ts';
import { readParams } from './params.ts';
import { Refusal } from './refusal.ts';
import { writeEvents } from './sse.ts';
import { contentType, writeRequestErrors, writeText } from './write.ts';

/** Answers one GraphQL request over HTTP. Throws a Refusal for what is not to be answered. */
export async function answerGraphql(
  desk: Desk,
  caller: Caller,
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
  if (type === 'text/event-stream' || type === 'multipart/mixed')
    return writeEvents(desk, admitted, request, response, headers, type);
  if (isSubscription(admitted))
    throw new Refusal(
      400,
      'BAD_REQUEST',
      'Subscriptions are answered over WebSocket, or with accept: text/event-stream.',
    );
  if (request.method === 'GET' && admitted.operation.definition.operation !== 'query')
    throw new Refusal(405, 'METHOD_NOT_ALLOWED', 'GET answers queries only.', { allow: 'POST' });

  const leave = await desk.admission.enter(caller.subject ?? request.socket.remoteAddress ?? '');
  const run = desk.beginRun(response);
  try {
    const context: GatewayContext = {
      request: admitted,
      run: async () => desk.present(admitted, await runOnce(admitted, run.signal)),
    };
    const answer = await desk.apollo.answer(context, 'application/graphql-response+json');
    const answerHeaders = {
      ...Object.fromEntries(answer.headers),
      ...headers,
      'content-type': contentType(type),
    };
    writeText(response, statusFor(type, answer.status), answerHeaders, answer.text);
  } finally {
    run.end();
    leave();
  }
}

function statusFor(type: AnswerType, status: number): number {
  return type === 'application/json' && status === 400 ? 200 : status;
}
