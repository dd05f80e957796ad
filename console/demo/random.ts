/** A source of chance that gives the same run every time. */
export interface Chance {
  /** A whole number from 0 to below `n`. */
  below(n: number): number;
  /** One of the list. */
  one<T>(list: readonly T[]): T;
  /** True in so many of a hundred cases. */
  percent(n: number): boolean;
}

/** Chance from a seed (mulberry32: small, and good enough for a demo). */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (n: number): number => Math.floor(next() * n);
  return { below, one: (list) => list[below(list.length)]!, percent: (n) => next() * 100 < n };
}
