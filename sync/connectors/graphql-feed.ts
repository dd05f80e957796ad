/** What a subscription reports to. */
interface Sink {
  next(result: {
    readonly data?: Readonly<Record<string, unknown>> | null | undefined;
    readonly errors?: readonly unknown[] | undefined;
  }): void;
  error(failure: unknown): void;
  complete(): void;
}

/** A feed that can be opened at a cursor. */
export interface FeedSource<Change> {
  /** Opens the feed after the cursor; the answer closes it. */
  readonly open: (after: string | null, sink: Sink) => () => void;
  readonly batchOf: (data: Readonly<Record<string, unknown>>) => readonly Change[];
  readonly failureOf: (failure: unknown) => Error;
  readonly after: string | null;
  readonly signal: AbortSignal;
}

/** Batches that wait for a slow reader before the subscription is closed and opened again at the reader's cursor. */
const waitingBatches = 64;

/**
 * A subscription as batches to pull. A socket pushes as fast as it can and the client keeps what nobody has pulled
 * yet: a reader behind by many batches closes the subscription and opens it again where it stands.
 */
export async function* feedOver<Change extends { readonly cursor: string }>(
  source: FeedSource<Change>,
): AsyncGenerator<readonly Change[]> {
  const { signal } = source;
  let cursor = source.after;
  let waiting: (readonly Change[])[] = [];
  let ended: { readonly failure: Error | null } | null = null;
  let wake = () => {};
  let close: (() => void) | null = null;

  const shut = () => {
    close?.();
    close = null;
  };
  const end = (failure: Error | null) => {
    ended ??= { failure };
    wake();
  };
  const open = () => {
    let current = true;
    let dispose: (() => void) | null = null;
    close = () => {
      current = false;
      dispose?.();
    };
    dispose = source.open(cursor, {
      next: ({ data, errors }) => {
        if (!current) return;
        if (errors !== undefined || data == null) {
          end(source.failureOf(errors));
          return;
        }
        waiting.push(source.batchOf(data));
        if (waiting.length >= waitingBatches) shut();
        wake();
      },
      error: (failure) => {
        if (current) end(source.failureOf(failure));
      },
      complete: () => {
        if (current) end(source.failureOf(new Error('the system ended its feed')));
      },
    });
    // It may have pushed too much before it could be closed.
    if (!current) dispose();
  };
  const onAbort = () => end(null);

  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    while (true) {
      const batch = waiting.shift();
      if (batch !== undefined && !signal.aborted) {
        cursor = batch.at(-1)?.cursor ?? cursor;
        yield batch;
        continue;
      }
      const end = ended as { readonly failure: Error | null } | null;
      if (end?.failure) throw end.failure;
      if (end !== null) return;
      if (close === null) open();
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      if (waiting.length === 0 && ended === null) await promise;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    waiting = [];
    shut();
  }
}
