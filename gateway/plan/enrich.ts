/**
 * A stream whose every event has been worked on, one at a time and only when asked for, so that a client that
 * does not read holds the source back. Ending it never waits: a source that is a generator answers `return` only
 * after its next event, which may be hours away.
 */
export function enrichEach<Event, Result>(
  source: AsyncIterable<Event>,
  enrich: (event: Event) => Promise<Result>,
): AsyncIterableIterator<Result> {
  const iterator = source[Symbol.asyncIterator]();
  const over: IteratorResult<Result> = { done: true, value: undefined };
  let ended = false;
  let release: (() => void) | undefined;
  const end = () => {
    if (ended) return;
    ended = true;
    release?.();
    Promise.resolve(iterator.return?.()).catch(() => {});
  };
  const next = () =>
    new Promise<IteratorResult<Result>>((resolve, reject) => {
      if (ended) return resolve(over);
      release = () => resolve(over);
      iterator
        .next()
        .then(async (event) => {
          if (!event.done) return { done: false as const, value: await enrich(event.value) };
          ended = true;
          return over;
        })
        .then(resolve, (error: unknown) => {
          end();
          reject(error);
        });
    });
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next,
    return: async () => {
      end();
      return over;
    },
    throw: async (error: unknown) => {
      end();
      throw error;
    },
  };
}
