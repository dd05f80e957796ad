import type { Connector } from '../core/connector.ts';
import { SyncError } from '../core/errors.ts';
import type { Side } from '../core/types.ts';

/**
 * How long a system may take for one call before it counts as away, in ms: longer than the connectors' own patience and
 * than a database lets a statement run, so that whoever knows more speaks first.
 */
const callMs = 90_000;

/**
 * The same system, of which every call ends: one that has not been answered in time fails, as the system's outage. A
 * write may have been carried out then, and counts as unknown. What is answered afterwards is heard by nobody.
 */
export function inTime(side: Side, connector: Connector, ms = callMs): Connector {
  const name = side.toUpperCase();
  const timeOut = (what: string): SyncError =>
    new SyncError('TIMEOUT', `The ${name} has not answered for ${ms / 1000} s when it was asked to ${what}.`);
  const unknown = (): SyncError =>
    new SyncError(
      'UNKNOWN_OUTCOME',
      `The ${name} has not told for ${ms / 1000} s what became of a write. It is looked up before it is sent again.`,
    );
  return {
    ...connector,
    read: (entity, ids) => within(ms, connector.read(entity, ids), () => timeOut('read')),
    find: (lookups) => within(ms, connector.find(lookups), () => timeOut('find')),
    list: (entity, after, limit) => within(ms, connector.list(entity, after, limit), () => timeOut('list')),
    ...(connector.count && {
      count: (entity: string) => within(ms, connector.count!(entity), () => timeOut('count')),
    }),
    write: (writes, author) => within(ms, connector.write(writes, author), unknown),
    head: () => within(ms, connector.head(), () => timeOut('tell where its feed stands')),
    check: () => within(ms, connector.check(), () => timeOut('say that it is there')),
  };
}

async function within<T>(ms: number, work: Promise<T>, late: () => SyncError): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(late()), ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
