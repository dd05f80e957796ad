import { type Stream, streamOf } from '../system/stream.ts';
import { graphError } from './errors.ts';

/** Opens a stream of the sync, whose errors carry the codes of its graph. */
export const stream = <Event>(open: (signal: AbortSignal) => AsyncIterable<Event>): Stream<Event> =>
  streamOf(open, graphError);

/** Reads again and again, and yields what differs from the last; ends with null, or after what `last` says is the last. */
export async function* whenChanged<Value>(
  read: () => Promise<Value | null>,
  last: (value: Value) => boolean,
  signal: AbortSignal,
): AsyncGenerator<Value> {
  let before = '';
  while (!signal.aborted) {
    const value = await read();
    if (value === null) return;
    const text = JSON.stringify(value);
    if (text !== before) {
      before = text;
      yield value;
      if (last(value)) return;
    }
    await pause(everyMs, signal);
  }
}

/** How often something without events of its own is looked at, in milliseconds. */
export const everyMs = 400;

/** Waits so many milliseconds, or until it is stopped. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
