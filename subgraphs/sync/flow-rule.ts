import type { LinkRule } from '../../sync/index.ts';

/** The link rule that is in force, in words: EVERY, or what the company set. */
export const ruleInForce = (set: string): string => (set === 'accepted' ? 'when(status = ACCEPTED)' : set);

/** What the mapping demands of a record in any case, whatever the company sets; null where it demands nothing. */
export const conditionOf = (declared: LinkRule): string | null =>
  declared.kind === 'when' ? declared.text : null;
