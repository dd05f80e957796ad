import type { FeedChange } from '../../sync/core/connector.ts';
import { readError } from './errors.ts';
import type { System } from './system.ts';

/** The feed in batches, as a subscription yields it. */
export function batches(
  system: System,
  after: string | null,
): AsyncIterableIterator<readonly FeedChange[] | Error> {
  return stoppable((signal) => told(system.changes(after, signal, false)));
}

/** The feed change by change. */
export function singles(system: System, after: string | null): AsyncIterableIterator<FeedChange | Error> {
  return stoppable((signal) => flattened(told(system.changes(after, signal, false))));
}

/**
 * An error ends the feed as its last event: what an iterator throws has no place in a GraphQL answer, and transports
 * would close on it without its code.
 */
async function* told<Batch>(feed: AsyncIterable<Batch>): AsyncGenerator<Batch | Error> {
  try {
    yield* feed;
  } catch (error) {
    const known = readError(error);
    yield known instanceof Error ? known : new Error(String(known));
  }
}

async function* flattened<Item>(feed: AsyncIterable<readonly Item[] | Error>): AsyncGenerator<Item | Error> {
  for await (const batch of feed) {
    if (batch instanceof Error) yield batch;
    else yield* batch;
  }
}

/** A generator alone would answer `return` only after the event that it waits for. */
function stoppable<Event>(
  open: (signal: AbortSignal) => AsyncGenerator<Event>,
): AsyncIterableIterator<Event> {
  const stop = new AbortController();
  const events = open(stop.signal);
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
