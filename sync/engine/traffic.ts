import type { Connector } from '../core/connector.ts';
import { createBells } from './doorbell.ts';

/** Live steps of this process, and how what runs do gives way to them: both share one thread and one database. */
export interface Traffic {
  /** A live step is under way until this is disposed of. */
  enter(): Disposable;
  /** Resolves once no live step is under way, or after a moment: live work that never ends holds up no run for good. */
  giveWay(): Promise<void>;
  /** The system, each call of which gives way first. */
  behind(connector: Connector): Connector;
}

/** How long a run's step gives way at a time, in ms: longer than most live steps. */
const patienceMs = 60;

/** Watches over the steps of one process. */
export function createTraffic(): Traffic {
  const calm = createBells();
  let live = 0;

  async function giveWay(): Promise<void> {
    if (live === 0) return;
    using bell = calm.join();
    await bell.wait(patienceMs);
  }

  return {
    enter() {
      live++;
      return {
        [Symbol.dispose]() {
          if (--live === 0) calm.ring();
        },
      };
    },
    giveWay,
    behind: (connector) => ({
      ...connector,
      read: (entity, ids) => giveWay().then(() => connector.read(entity, ids)),
      find: (lookups) => giveWay().then(() => connector.find(lookups)),
      list: (entity, after, limit) => giveWay().then(() => connector.list(entity, after, limit)),
      write: (writes, author) => giveWay().then(() => connector.write(writes, author)),
    }),
  };
}
