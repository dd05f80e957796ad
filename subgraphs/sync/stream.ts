import { graphError } from './errors.ts';

/** A stream as a subscription yields it. An Error ends it as its last event: what an iterator throws has no place in a GraphQL answer. */
export type Stream<Event> = AsyncIterableIterator<Event | Error>;

/**
 * Opens a stream that can be stopped while it waits: a generator alone would answer `return` only after the event it
 * waits for. Nothing is read ahead of the reader, so a slow one costs no memory.
 */
export function stream<Event>(open: (signal: AbortSignal) => AsyncIterable<Event>): Stream<Event> {
  const stop = new AbortController();
  const events = ending(open, stop.signal);
  return {
    next: () => events.next(),
    return: () => {
      stop.abort();
      return events.return(undefined);
    },
    throw: (error: unknown) => {
      stop.abort();
      return events.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function* ending<Event>(
  open: (signal: AbortSignal) => AsyncIterable<Event>,
  signal: AbortSignal,
): AsyncGenerator<Event | Error> {
  try {
    yield* open(signal);
  } catch (error) {
    if (signal.aborted) return;
    const known = graphError(error);
    yield known instanceof Error ? known : new Error(String(known));
  }
}

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
const everyMs = 400;

function pause(ms: number, signal: AbortSignal): Promise<void> {
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
