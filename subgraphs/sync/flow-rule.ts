import type { LinkRule } from '../../sync/index.ts';

/**
 * The link rule that is in force, in words: what the company set, where it set anything else than the default EVERY,
 * and what the mapping demands of a record in any case.
 */
export function ruleInForce(set: string, declared: LinkRule): string {
  const demanded = declared.kind === 'when' ? `when(${declared.text})` : null;
  const own = set === 'accepted' ? 'when(status = ACCEPTED)' : set;
  if (own === 'every') return demanded ?? declared.kind;
  return demanded !== null && own === 'connected' ? `${own}, ${demanded}` : own;
}
