/**
 * A stream whose every event has been worked on, one at a time and only when asked for, so that a client that
 * does not read holds the source back. Written out because an async generator would keep `return` waiting behind
 * a pending event, and a subscription on a quiet source could not be ended.
 */
export function enrichEach<Event, Result>(
  source: AsyncIterable<Event>,
  enrich: (event: Event) => Promise<Result>,
): AsyncIterableIterator<Result> {
  const iterator = source[Symbol.asyncIterator]();
  let ended = false;
  const end = async (): Promise<IteratorResult<Result>> => {
    ended = true;
    await iterator.return?.();
    return { done: true, value: undefined };
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: async () => {
      if (ended) return { done: true, value: undefined };
      const event = await iterator.next();
      if (event.done) return { done: true, value: undefined };
      try {
        return { done: false, value: await enrich(event.value) };
      } catch (error) {
        await end();
        throw error;
      }
    },
    return: end,
  };
}
