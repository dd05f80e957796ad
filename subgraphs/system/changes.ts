import type { FeedChange } from '../../sync/core/connector.ts';
import { readError } from './errors.ts';
import { type Stream, streamOf } from './stream.ts';
import type { System } from './system.ts';

/** The feed in batches, as a subscription yields it. */
export const batches = (system: System, after: string | null): Stream<readonly FeedChange[]> =>
  streamOf((signal) => system.changes(after, signal, false), readError);

/** The feed change by change. */
export const singles = (system: System, after: string | null): Stream<FeedChange> =>
  streamOf((signal) => flattened(system.changes(after, signal, false)), readError);

async function* flattened<Item>(feed: AsyncIterable<readonly Item[]>): AsyncGenerator<Item> {
  for await (const batch of feed) yield* batch;
}
