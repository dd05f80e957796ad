import { Unavailable } from '../plan/subgraph-error.ts';

/**
 * Waits for an answer, but no longer than `ms`, and not past the end of the run. The work itself goes on when it
 * cannot be interrupted; only nobody waits for it.
 */
export function withDeadline<T>(answer: Promise<T>, ms: number, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(new Unavailable('the operation was over'));
  return new Promise((resolve, reject) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
    const onAbort = () => {
      finish();
      reject(new Unavailable('the operation was over before an answer came'));
    };
    const timer = setTimeout(() => {
      finish();
      reject(new Unavailable(`no answer within ${ms} ms`));
    }, ms);
    signal.addEventListener('abort', onAbort);
    answer.then(
      (value) => {
        finish();
        resolve(value);
      },
      (error: unknown) => {
        finish();
        reject(error);
      },
    );
  });
}
