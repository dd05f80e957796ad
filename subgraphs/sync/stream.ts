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

/** Waits for what has to come, for so many milliseconds or for as long as it takes; null where it has not come by then. */
export type Awaiting<Value> = (ms: number | null) => Promise<Value | null>;

/**
 * For what is waited for again and again until it comes, or until it is stopped: nothing is left with the promise each
 * time, and where it fails while nobody waits, that is told to whoever waits next.
 */
export function awaiting<Value>(coming: Promise<Value>, signal: AbortSignal): Awaiting<Value> {
  const over = new AbortController();
  let hasCome = false;
  const stop = () => {
    signal.removeEventListener('abort', stop);
    over.abort();
  };
  const come = () => {
    hasCome = true;
    stop();
  };
  if (signal.aborted) over.abort();
  else signal.addEventListener('abort', stop);
  coming.then(come, come);
  return async (ms) => {
    await pause(ms, over.signal);
    return hasCome ? coming : null;
  };
}

/** Waits so many milliseconds, or until it is stopped; null: until then. */
function pause(ms: number | null, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = ms === null ? undefined : setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
