/** A stream as a subscription yields it. An Error ends it as its last event: what an iterator throws has no place in a GraphQL answer. */
export type Stream<Event> = AsyncIterableIterator<Event | Error>;

/**
 * Opens a stream that can be stopped while it waits: a generator alone would answer `return` only after the event it
 * waits for. Nothing is read ahead of the reader, so a slow one costs no memory. `known` says an error in the words of
 * the graph.
 */
export function streamOf<Event>(
  open: (signal: AbortSignal) => AsyncIterable<Event>,
  known: (error: unknown) => unknown,
): Stream<Event> {
  const stop = new AbortController();
  const events = ending(open, known, stop.signal);
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
  known: (error: unknown) => unknown,
  signal: AbortSignal,
): AsyncGenerator<Event | Error> {
  try {
    yield* open(signal);
  } catch (thrown) {
    if (signal.aborted) return;
    const error = known(thrown);
    yield error instanceof Error ? error : new Error(String(error));
  }
}
