import type { Mapping } from '../../core/mapping.ts';
import { rulesOf } from '../../core/rules.ts';
import { same } from '../../core/same.ts';
import type { Side, SideState } from '../../core/types.ts';
import type { LinkRow } from '../../store/links.ts';
import type { Planning } from './planning.ts';

/**
 * A side without the edits that still rest: they look as they did at the last agreement, and are looked at again when
 * they have rested. The very state that was given where nothing rests.
 */
export function withoutResting(
  { work, context, postpone }: Planning,
  mapping: Mapping,
  link: LinkRow,
  side: Side,
  state: SideState,
): SideState {
  const base = link.base?.[side];
  // Who asks for a sync now does not wait.
  if (!base || work.lane.cause.kind === 'mutation') return state;
  // A record may have been written after the step began: it is new, and no field rests for less than nothing.
  const age = Math.max(0, context.now - state.at);
  const young = rulesOf(mapping.fields).filter(
    ({ field, rule }) =>
      (rule.settleMs ?? 0) > age && base[field] !== undefined && !same(base[field], state.values[field]),
  );
  if (young.length === 0) return state;
  postpone(Math.min(...young.map(({ rule }) => rule.settleMs! - age)));
  const before = Object.fromEntries(young.map(({ field }) => [field, base[field]!]));
  return { ...state, values: { ...state.values, ...before } };
}
