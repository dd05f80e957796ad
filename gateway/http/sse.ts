import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerInPieces } from '../answer-in-pieces.ts';
import type { Desk } from '../desk.ts';
import type { Piece } from '../pieces.ts';
import { type AdmittedRequest, isSubscription } from '../pipeline.ts';
import { SAFE_HEADERS, SlowClient, writeAndWait } from './write.ts';

type StreamType = 'text/event-stream' | 'multipart/mixed';

/** Answers an operation as a stream: Server-Sent Events (distinct connections), or multipart as Apollo Client asks. */
export async function writeEvents(
  desk: Desk,
  admitted: AdmittedRequest,
  request: IncomingMessage,
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
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
  try {
    const from = { connection: response, address: request.socket.remoteAddress ?? '' };
    const result = isSubscription(admitted)
      ? await desk.stream(admitted)
      : answerInPieces(desk, admitted, from, '20220824');
    if (!(Symbol.asyncIterator in result)) await write(frames.next(result));
    else {
      stream = result;
      if (gone.signal.aborted) await stream.return?.();
      for await (const event of stream) await write(frames.next(event));
    }
    if (!response.destroyed) response.end(frames.complete);
  } catch (error) {
    if (!(error instanceof SlowClient)) throw error;
    // What was written waits in front of any farewell: only cutting the connection frees the memory.
    desk.log.warn(
      { requestId: admitted.caller.requestId, code: 'SLOW_CONSUMER' },
      'a client did not read its stream',
    );
    response.destroy();
  } finally {
    stopListening();
    clearInterval(heartbeat);
    await stream?.return?.();
  }
}

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
