import type { Dispatcher } from 'undici';

/** What a subgraph answered, whole. */
export type Exchanged = { readonly status: number; readonly text: string };

/** One POST to send. */
export type Posting = {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
};

/**
 * Sends a request and collects its answer, straight on the dispatcher: a stream per answer costs more than the
 * answer. Rejects when the connection breaks, time is up, the answer is too large, or the signal aborts.
 * @param limit largest answer, bytes
 */
export function exchange(
  dispatcher: Dispatcher,
  { path, headers, body, signal }: Posting,
  limit: number,
): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let status = 0;
    let size = 0;
    const chunks: Buffer[] = [];
    const onAbort = () => {
      const reason = new Error('the operation was over before an answer came');
      reject(reason);
      controller?.abort(reason);
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort);
    const finish = () => signal.removeEventListener('abort', onAbort);
    dispatcher.dispatch(
      { path, method: 'POST', headers: headers as Record<string, string>, body },
      {
        onRequestStart: (started) => {
          controller = started;
          if (signal.aborted) onAbort();
        },
        onResponseStart: (_controller, statusCode) => {
          status = statusCode;
        },
        onResponseData: (started, chunk) => {
          size += chunk.length;
          if (size > limit) started.abort(new Error(`the answer has more than ${limit} bytes`));
          else chunks.push(chunk);
        },
        onResponseEnd: () => {
          finish();
          const [only] = chunks;
          const whole = chunks.length === 1 && only ? only : Buffer.concat(chunks, size);
          resolve({ status, text: whole.toString() });
        },
        onResponseError: (_controller, error) => {
          finish();
          reject(error);
        },
      },
    );
  });
}
