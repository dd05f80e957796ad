import type { LocalSubgraph } from '../../gateway/options.ts';
import { testSubgraph } from './shop.ts';

/** Two subgraphs with a feed that tests drive and watch. */
export type Feed = {
  readonly subgraphs: LocalSubgraph[];
  /** Makes every open feed give one event. */
  emit(item: { readonly id: string; readonly text?: string }): void;
  /** Ends every open feed. */
  end(): void;
  /** How many feeds were begun, and how many have been ended by their reader or their signal. */
  readonly begun: () => number;
  readonly ended: () => number;
  /** Resolves when `count` feeds have ended. */
  whenEnded(count: number): Promise<void>;
  whenBegun(count: number): Promise<void>;
  /** Events an endless feed (`flood`) was asked for. */
  readonly flooded: () => number;
};

type Item = { readonly id: string; readonly text?: string };

/** `feed` gives what is emitted, `flood` as many big events as are pulled; the details are in another subgraph. */
export function createFeed(): Feed {
  const open = new Set<{ push(item: Item): void; end(): void }>();
  let begun = 0;
  let ended = 0;
  let flooded = 0;
  const waiting: (() => void)[] = [];
  const changed = () => {
    for (const wake of waiting.splice(0)) wake();
  };
  const until = async (done: () => boolean) => {
    while (!done()) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const feed = (signal: AbortSignal) => {
    const queue: Item[] = [];
    let wake: (() => void) | undefined;
    let over = false;
    const entry = {
      push: (item: Item) => {
        queue.push(item);
        wake?.();
      },
      end: () => {
        over = true;
        wake?.();
      },
    };
    open.add(entry);
    begun++;
    changed();
    const finish = () => {
      if (!open.delete(entry)) return;
      ended++;
      changed();
    };
    signal.addEventListener('abort', () => {
      entry.end();
      finish();
    });
    return (async function* () {
      try {
        for (;;) {
          while (queue.length > 0) yield { feed: queue.shift() };
          if (over) return;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      } finally {
        finish();
      }
    })();
  };
  const flood = async function* () {
    begun++;
    try {
      for (;;) {
        flooded++;
        await new Promise(setImmediate);
        yield { flood: 'x'.repeat(100_000) };
      }
    } finally {
      ended++;
      changed();
    }
  };
  const source = testSubgraph(
    'feed',
    `type Query { ready: Boolean }
     type Subscription { feed: Item! flood: String! refused: Int! }
     type Item @key(fields: "id") { id: ID! }`,
    {
      Subscription: {
        feed: { subscribe: (_: unknown, __: unknown, { signal }: { signal: AbortSignal }) => feed(signal) },
        flood: { subscribe: flood },
        refused: {
          subscribe: () => {
            throw Object.assign(new Error('cursor too old'), {
              extensions: { code: 'CURSOR_EXPIRED', oldest: '7' },
            });
          },
        },
      },
    },
  );
  const details = testSubgraph('details', `type Item @key(fields: "id") { id: ID! text: String }`, {
    Item: {
      __resolveReference: ({ id }: Item) => ({ id }),
      text: ({ id }: Item) => {
        if (id === 'bad') throw Object.assign(new Error('bad item'), { extensions: { code: 'BAD_ITEM' } });
        return `text of ${id}`;
      },
    },
  });
  return {
    subgraphs: [{ ...source, context: (_caller, signal) => ({ signal }) }, details],
    emit: (item) => {
      for (const entry of open) entry.push(item);
    },
    end: () => {
      for (const entry of open) entry.end();
    },
    begun: () => begun,
    ended: () => ended,
    whenEnded: (count) => until(() => ended >= count),
    whenBegun: (count) => until(() => begun >= count),
    flooded: () => flooded,
  };
}
