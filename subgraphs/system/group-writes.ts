import type { Author, Write, WriteResult } from '../../sync/core/connector.ts';

type WriteAll = (writes: readonly Write[], author: Author) => Promise<readonly WriteResult[]>;

/** Calls longer than this are transactions of their own: nobody's single edit waits behind an import. */
const longest = 20;

/** Most writes of one group. */
const most = 200;

interface Waiting {
  readonly writes: readonly Write[];
  readonly resolve: (results: readonly WriteResult[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: short calls of one author about one entity that come in one turn of the event loop, or while such a call
 * is under way, go together in the next transaction, each with its own results. An edit alone waits for nothing; in a
 * burst, a transaction's round trips and its flush to the disk are shared. Were the first of a turn to go at once, the
 * others would wait for its transaction before theirs could begin.
 */
export function groupWrites(writeAll: WriteAll): WriteAll {
  const queues = new Map<string, Waiting[]>();

  return (writes, author) => {
    const entity = writes[0]?.entity;
    // A call about several entities may commit in part; another's fault must not make its outcome unknown. What one sends
    // ahead is its own.
    if (author.ahead || writes.length > longest || writes.some((write) => write.entity !== entity))
      return writeAll(writes, author);
    const key = JSON.stringify([author.actor, author.origin, entity]);
    return new Promise((resolve, reject) => {
      const call = { writes, resolve, reject };
      const queue = queues.get(key);
      if (queue) {
        queue.push(call);
        return;
      }
      queues.set(key, [call]);
      setImmediate(() => void drain(key, author));
    });
  };

  async function drain(key: string, author: Author): Promise<void> {
    for (;;) {
      const group = take(queues.get(key)!);
      if (group.length === 0) break;
      try {
        const results = await writeAll(
          group.flatMap(({ writes }) => writes),
          author,
        );
        let from = 0;
        for (const { writes, resolve } of group) {
          resolve(results.slice(from, from + writes.length));
          from += writes.length;
        }
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    queues.delete(key);
  }
}

/** The first calls of the queue, as far as they fit into one group. */
function take(queue: Waiting[]): readonly Waiting[] {
  let size = 0;
  let n = 0;
  while (n < queue.length && (n === 0 || size + queue[n]!.writes.length <= most))
    size += queue[n++]!.writes.length;
  return queue.splice(0, n);
}
