import type { FeedChange } from '../../../sync/core/connector.ts';
import { SyncError } from '../../../sync/core/errors.ts';
import { thrown } from './faults.ts';
import type { Random } from './random.ts';

type News = Omit<FeedChange, 'cursor'>;

/** A feed: deliveries in an order of its own making, each with its cursor. */
export interface Feed {
  tell(news: News): void;
  read(after: string | null, signal: AbortSignal): AsyncGenerator<readonly FeedChange[]>;
  head(): string | null;
  /** From now on news is delivered late, twice and out of order, until `straighten`. */
  disturb(random: Random): void;
  /** Delivers whatever was kept back, in random order, and is orderly again. */
  straighten(): void;
  /** Ends every reader with an error, as when the listening connection is cut. */
  cut(): void;
  /** Forgets deliveries up to the newest: cursors before it expire. */
  forget(): void;
  readonly length: number;
}

/** An empty, orderly feed. */
export function createFeed(): Feed {
  const delivered: FeedChange[] = [];
  let kept: News[] = [];
  let disorder: Random | null = null;
  let oldest = 0;
  let readers = new Set<() => void>();
  let generation = 0;

  const wake = (): void => {
    const waiting = readers;
    readers = new Set();
    for (const go of waiting) go();
  };
  const deliver = (news: News): void => {
    delivered.push({ ...news, cursor: String(delivered.length + 1) });
    wake();
  };

  function tell(news: News): void {
    if (!disorder) {
      deliver(news);
      return;
    }
    const random = disorder;
    kept.push(news);
    if (random.chance(0.3)) kept.push(news);
    while (kept.length > 0 && random.chance(0.6)) deliver(kept.splice(random.below(kept.length), 1)[0]!);
    // A repeat of something long delivered.
    if (delivered.length > 0 && random.chance(0.2)) deliver(delivered[random.below(delivered.length)]!);
  }

  return {
    tell,
    get length() {
      return delivered.length;
    },
    head: () => (delivered.length === 0 ? null : String(delivered.length)),
    disturb(random) {
      disorder = random;
    },
    straighten() {
      const random = disorder;
      disorder = null;
      while (kept.length > 0) deliver(kept.splice(random?.below(kept.length) ?? 0, 1)[0]!);
      kept = [];
    },
    cut() {
      generation++;
      wake();
    },
    forget() {
      oldest = delivered.length;
    },
    async *read(after, signal) {
      const mine = generation;
      let at = after === 'now' ? delivered.length : Number(after ?? 0);
      if (at < oldest) throw new SyncError('CURSOR_EXPIRED', `cursor ${at} is gone, the oldest is ${oldest}`);
      while (!signal.aborted) {
        if (generation !== mine) throw thrown({ code: 'ECONNRESET' });
        const batch = delivered.slice(at, at + 1 + ((at * 7) % 97));
        if (batch.length > 0) {
          at += batch.length;
          yield batch;
          continue;
        }
        await new Promise<void>((go) => {
          const done = (): void => {
            signal.removeEventListener('abort', done);
            readers.delete(done);
            go();
          };
          readers.add(done);
          signal.addEventListener('abort', done, { once: true });
        });
      }
    },
  };
}
