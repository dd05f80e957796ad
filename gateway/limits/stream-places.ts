import { Refusal } from '../http/refusal.ts';
import type { Metrics } from '../metrics.ts';

/** Subscriptions that are open, counted by who has them. */
export type StreamPlaces = {
  /** Returns how to give the place back. Throws a Refusal (429) where the caller has as many as he may. */
  enter(callerKey: string): () => void;
  readonly open: () => number;
};

/** @param perCaller subscriptions of one caller over all his connections; 0 means no limit */
export function createStreamPlaces(perCaller: number, metrics: Pick<Metrics, 'count'>): StreamPlaces {
  const byCaller = new Map<string, number>();
  let open = 0;
  const leave = (key: string) => {
    open--;
    const left = byCaller.get(key)! - 1;
    if (left > 0) byCaller.set(key, left);
    else byCaller.delete(key);
  };
  return {
    enter: (key) => {
      const taken = byCaller.get(key) ?? 0;
      if (perCaller > 0 && taken >= perCaller) {
        metrics.count(
          'graphql_subscriptions_refused_total',
          'Subscriptions refused as their caller had too many.',
          NO_LABELS,
        );
        throw new Refusal(
          429,
          'LIMIT_EXCEEDED',
          `You have ${taken} subscriptions open; the limit is ${perCaller}. End one of them first.`,
        );
      }
      byCaller.set(key, taken + 1);
      open++;
      let left = false;
      return () => {
        if (left) return;
        left = true;
        leave(key);
      };
    },
    open: () => open,
  };
}

const NO_LABELS = {};
