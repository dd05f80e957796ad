import type postgres from 'postgres';
import { withDeadline } from './deadline.ts';

/** How long what is under way on a client that is being replaced may still take, in seconds. */
const graceSeconds = 2;

/**
 * A client that is replaced as soon as one of its connections is lost, or says nothing for longer than a statement may
 * take (`statementMs`). The driver (3.4.9) would use a lost connection again, and where the loss met it between writing
 * and sending, that one never gets through again: every statement that comes to it fails after `connect_timeout`. What
 * comes between the error of a socket and its end is worse off: it is kept for the next connection, and never sent.
 */
export function renewed<Client extends postgres.Sql>(
  open: (onclose: () => void) => Client,
  statementMs: number,
): Client {
  let current = fresh();
  let ended = false;
  /** Listening has a connection of its own inside the driver, which comes back by itself. */
  const listener = open(() => {});

  function fresh(): Client {
    const lost = (): void => {
      if (current !== made || ended) return;
      current = fresh();
      made.end({ timeout: graceSeconds }).catch(() => {});
    };
    const made: Client = withDeadline(open(lost), statementMs, lost).client;
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
