import type { MappedRef } from '../store/links.ts';

/** References that the next step is likely to meet: those that steps met last. */
export interface Likely {
  refs(): readonly MappedRef[];
  /** A step has met these. */
  met(refs: readonly MappedRef[]): void;
}

/** References remembered. Few owners stand on many records; more of them cost more than the round trip they save. */
const kept = 24;

/**
 * What records refer to is known only once they are read, and then takes a round trip of its own to look up. Most refer
 * to what others referred to a moment ago, an owner above all: so the links of these are read along with the records,
 * afresh each time. A guess that is wrong costs nothing but its row.
 */
export function createLikely(): Likely {
  const last = new Map<string, MappedRef>();
  return {
    refs: () => [...last.values()],
    met(refs) {
      for (const ref of refs.slice(-kept)) {
        const key = `${ref.mapping}:${ref.side}:${ref.id}`;
        last.delete(key);
        last.set(key, ref);
        if (last.size > kept) last.delete(last.keys().next().value!);
      }
    },
  };
}
