import type postgres from 'postgres';

/** How long what is under way on a client that is being replaced may still take, in seconds. */
const graceSeconds = 2;

/**
 * A client that is replaced as soon as one of its connections is lost. The driver (3.4.9) would use such a connection
 * again, and where the loss met it between writing and sending, that one never gets through again: every statement that
 * comes to it fails after `connect_timeout`.
 */
export function renewed<Client extends postgres.Sql>(open: (onclose: () => void) => Client): Client {
  let current = fresh();
  let ended = false;
  /** Listening has a connection of its own inside the driver, which comes back by itself. */
  const listener = open(() => {});

  function fresh(): Client {
    const made: Client = open(() => {
      if (current !== made || ended) return;
      current = fresh();
      made.end({ timeout: graceSeconds }).catch(() => {});
    });
    return made;
  }

  async function end(options: { timeout?: number } = {}): Promise<void> {
    ended = true;
    await Promise.all([current.end(options), listener.end(options)]);
  }

  return new Proxy(current, {
    apply: (_, __, args) => Reflect.apply(current as never, undefined, args),
    get(_, name) {
      if (name === 'end') return end;
      if (name === 'listen') return listener.listen;
      return Reflect.get(current, name);
    },
  });
}
