import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ExecutionResult, GraphQLError } from 'graphql';
import { answerInPieces } from '../answer-in-pieces.ts';
import type { Desk } from '../desk.ts';
import type { Piece } from '../pieces.ts';
import { type AdmittedRequest, isSubscription } from '../pipeline.ts';
import { cutOffSlow, SAFE_HEADERS, writeAndWait } from './write.ts';

type StreamType = 'text/event-stream' | 'multipart/mixed';

/** Who asked for a stream, and until when it may be given, milliseconds since 1970. */
export type StreamClient = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresAt: number | null;
};

/** Timers hold at most 24 days; who lives longer has to come again. */
const LONGEST_MS = 2_000_000_000;

/** Answers an operation as a stream: Server-Sent Events (distinct connections), or multipart as Apollo Client asks. */
export async function writeEvents(
  desk: Desk,
  admitted: AdmittedRequest,
  { request, response, headers, expiresAt }: StreamClient,
  type: StreamType,
): Promise<void> {
  const frames = FRAMES[type];
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.writeHead(200, { ...SAFE_HEADERS, ...headers, ...frames.headers });
  response.flushHeaders();
  request.socket.setNoDelay(true);
  const write = (text: string) => writeAndWait(response, text, desk.limits.slowClientMs);
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write(frames.heartbeat);
  }, desk.limits.heartbeatMs);
  let stream: AsyncIterableIterator<Piece> | undefined;
  gone.signal.addEventListener('abort', () => void stream?.return?.());
  const stopListening = desk.onStop(() => gone.abort());
  let expired = false;
  // What is answered once was asked for in time.
  const expiry =
    expiresAt !== null && isSubscription(admitted)
      ? setTimeout(
          () => {
            expired = true;
            gone.abort();
          },
          Math.min(expiresAt - Date.now(), LONGEST_MS),
        )
      : undefined;
  try {
    const from = { connection: response, address: desk.addressOf(request) };
    const result = isSubscription(admitted)
      ? await desk.stream(admitted)
      : answerInPieces(desk, admitted, from, '20220824');
    if (!(Symbol.asyncIterator in result)) await write(frames.next(result));
    else {
      stream = result;
      if (gone.signal.aborted) await stream.return?.();
      for await (const event of stream) await write(frames.next(event));
    }
    if (expired) await write(frames.next(EXPIRED));
    if (!response.destroyed) response.end(frames.complete);
  } catch (error) {
    const about = { requestId: admitted.caller.requestId, code: 'SLOW_CONSUMER' };
    cutOffSlow(error, response, () => desk.log.warn(about, 'a client did not read its stream'));
  } finally {
    stopListening();
    clearTimeout(expiry);
    clearInterval(heartbeat);
    await stream?.return?.();
  }
}

/** The last word of a stream whose token has run out. */
const EXPIRED: ExecutionResult = {
  errors: [
    new GraphQLError('The token has expired; subscribe again with a new one.', {
      extensions: { code: 'UNAUTHENTICATED' },
    }),
  ],
};

const FRAMES: Record<
  StreamType,
  {
    readonly headers: Readonly<Record<string, string>>;
    readonly heartbeat: string;
    readonly complete: string;
    next(result: Piece): string;
  }
> = {
  'text/event-stream': {
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' },
    heartbeat: ':\n\n',
    complete: 'event: complete\ndata:\n\n',
    next: (result) => `event: next\ndata: ${JSON.stringify(result)}\n\n`,
  },
  'multipart/mixed': {
    headers: { 'content-type': 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0' },
    heartbeat: '\r\n--graphql\r\ncontent-type: application/json\r\n\r\n{}',
    complete: '\r\n--graphql--\r\n',
    next: (result) =>
      `\r\n--graphql\r\ncontent-type: application/json\r\n\r\n${JSON.stringify({ payload: result })}`,
  },
};
