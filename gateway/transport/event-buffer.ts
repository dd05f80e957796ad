/** A stream fed from outside, with a bound on what waits to be read. */
export type EventBuffer<T> = {
  push(event: T): void;
  end(): void;
  fail(error: unknown): void;
  readonly events: AsyncIterableIterator<T>;
};

/**
 * @param capacity events that may wait; one more drops them all and ends the stream with `overflow()` as its last
 * event, so that the reader learns that it missed some.
 * @param onReturn called once when the reader stops early or the buffer overflows
 */
export function createEventBuffer<T>(
  capacity: number,
  overflow: () => T,
  onReturn: () => void,
): EventBuffer<T> {
  let waiting: T[] = [];
  let state: { readonly kind: 'open' | 'ended' } | { readonly kind: 'failed'; readonly error: unknown } = {
    kind: 'open',
  };
  let wake: (() => void) | undefined;
  const settle = (next: typeof state) => {
    if (state.kind !== 'open') return;
    state = next;
    wake?.();
  };
  const next = async (): Promise<IteratorResult<T>> => {
    for (;;) {
      if (waiting.length > 0) return { done: false, value: waiting.shift()! };
      if (state.kind === 'failed') throw state.error;
      if (state.kind === 'ended') return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return {
    push: (event) => {
      if (state.kind !== 'open') return;
      if (waiting.length >= capacity) {
        waiting = [overflow()];
        settle({ kind: 'ended' });
        onReturn();
        return;
      }
      waiting.push(event);
      wake?.();
    },
    end: () => settle({ kind: 'ended' }),
    fail: (error) => settle({ kind: 'failed', error }),
    events: {
      [Symbol.asyncIterator]() {
        return this;
      },
      next,
      return: async () => {
        waiting = [];
        if (state.kind === 'open') onReturn();
        settle({ kind: 'ended' });
        return { done: true, value: undefined };
      },
    },
  };
}
