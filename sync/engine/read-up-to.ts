import { comesBefore } from '../core/before.ts';
import type { Connector, FeedChange } from '../core/connector.ts';

/** A part of a feed that lies behind one cursor and not behind another. */
export interface FeedPart {
  readonly changes: readonly FeedChange[];
  /** Of its last change. */
  readonly cursor: string;
  readonly isLast: boolean;
}

/** Reads what a feed has behind a cursor, up to another that was seen in it, batch by batch; less where `signal` aborts. */
export async function* readUpTo(
  connector: Connector,
  after: string | null,
  upTo: string,
  signal: AbortSignal,
): AsyncGenerator<FeedPart> {
  for await (const batch of connector.changes(after, signal)) {
    const end = batch.findIndex(({ cursor }) => isReached(cursor, upTo));
    const isPast = end >= 0 && batch[end]!.cursor !== upTo;
    const changes = end < 0 ? batch : batch.slice(0, isPast ? end : end + 1);
    if (batch.length > 0) yield { changes, cursor: end < 0 ? batch.at(-1)!.cursor : upTo, isLast: end >= 0 };
    if (end >= 0) return;
  }
}

/** Where cursors are no numbers, the one that was seen comes again. */
const isReached = (cursor: string, upTo: string): boolean =>
  cursor === upTo || comesBefore(upTo, cursor) === true;
