/** A small seeded generator (mulberry32): the referee's own, so that a printed seed repeats a run. */
export interface Random {
  /** From 0 up to 1. */
  next(): number;
  below(n: number): number;
  pick<T>(from: readonly T[]): T;
  chance(p: number): boolean;
}

/** A generator that gives the same numbers for the same seed. */
export function seeded(seed: number): Random {
  let a = seed >>> 0;
  const next = (): number => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n: number): number => Math.floor(next() * n);
  return { next, below, pick: (from) => from[below(from.length)]!, chance: (p) => next() < p };
}
