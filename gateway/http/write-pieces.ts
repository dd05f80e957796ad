import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionResult } from 'graphql';
import { answerInPieces } from '../answer-in-pieces.ts';
import type { Desk } from '../desk.ts';
import type { PatchFormat } from '../incremental.ts';
import type { AdmittedRequest } from '../pipeline.ts';
import { chooseWholeType } from './media-type.ts';
import { contentType, cutOffSlow, SAFE_HEADERS, statusFor, writeAndWait, writeText } from './write.ts';

/** What Apollo Server looks for to write a format. */
const ACCEPT: Readonly<Record<PatchFormat, string>> = {
  '20220824': 'multipart/mixed; deferSpec=20220824',
  'v0.2': 'multipart/mixed; incrementalSpec=v0.2',
};

/** Answers a query or mutation in pieces; as one answer where nothing of it is deferred. */
export async function writePieces(
  desk: Desk,
  admitted: AdmittedRequest,
  request: IncomingMessage,
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
  format: PatchFormat,
): Promise<void> {
  const from = { connection: response, address: desk.addressOf(request) };
  const pieces = answerInPieces(desk, admitted, from, format);
  const refused: { error?: unknown } = {};
  let first: Promise<ExecutionResult> | undefined;
  const readFirst = () =>
    pieces.next().then(
      ({ value }) => value as ExecutionResult,
      // Apollo Server would make a 500 of a refusal; it is thrown once its plugins have had their turn.
      (error: unknown): ExecutionResult => {
        refused.error = error;
        return { data: null };
      },
    );
  const run = () => {
    first ??= readFirst();
    return first;
  };
  const accept = `${ACCEPT[format]}, application/graphql-response+json`;
  const answer = await desk.apollo.answer({ request: admitted, run, rest: pieces }, accept);
  if (refused.error) throw refused.error;
  if (answer.chunks === undefined) {
    const type = chooseWholeType(request.headers.accept);
    const wholeHeaders = {
      ...Object.fromEntries(answer.headers),
      ...headers,
      'content-type': contentType(type),
    };
    return writeText(response, statusFor(type, answer.status), wholeHeaders, answer.text);
  }
  if (response.destroyed) return;
  response.writeHead(answer.status, { ...SAFE_HEADERS, ...Object.fromEntries(answer.headers), ...headers });
  request.socket.setNoDelay(true);
  try {
    for await (const chunk of answer.chunks) await writeAndWait(response, chunk, desk.limits.slowClientMs);
    response.end();
  } catch (error) {
    const about = { requestId: admitted.caller.requestId, code: 'SLOW_CONSUMER' };
    cutOffSlow(error, response, () => desk.log.warn(about, 'a client did not read its answer'));
  }
}
