import { isPlaceholder, placeholderOfHeld } from './placeholder.ts';
import type { Base, Held, Json, LineLink, MergePlan, Side, SideState, Values } from './types.ts';

/**
 * The base and the line links once a side has answered a write (merge rule 8): what was asked is taken as the target
 * stored it. What was not asked keeps the plan's base, so that a default it filled in travels back like any edit, and
 * so does what someone typed in the meantime. `state` is the answered record, decoded.
 */
export function stored(
  plan: Pick<MergePlan, 'writes' | 'lineWrites' | 'base' | 'lineLinks'>,
  side: Side,
  state: SideState,
): { readonly base: Base; readonly lineLinks: readonly LineLink[] } {
  const base = overlaid(plan.base, side, plan.writes[side], state.values, state.held);
  const asked = new Map(
    plan.lineWrites[side].flatMap((write) =>
      write.kind === 'remove' ? [] : [[write.link, write.values] as const],
    ),
  );
  if (asked.size === 0) return { base, lineLinks: plan.lineLinks };
  const lines = new Map((state.lines ?? []).map((line) => [line.lineId, line]));
  const lineLinks = plan.lineLinks.map((link): LineLink => {
    const values = asked.get(link.id);
    const line = lines.get((side === 'crm' ? link.crmLineId : link.erpLineId) ?? '');
    if (!values || !line || !link.base) return link;
    return { ...link, base: overlaid(link.base, side, values, line.values, line.held) };
  });
  return { base, lineLinks };
}

function overlaid(base: Base, side: Side, asked: Values, shown: Values, held: readonly Held[]): Base {
  const fields = Object.keys(asked);
  if (fields.length === 0) return base;
  const values: Record<string, Json> = { ...base[side] };
  for (const field of fields) {
    const unreadable = held.find((h) => h.field === field);
    values[field] = shown[field] ?? (unreadable ? placeholderOfHeld(unreadable) : null);
  }
  return { ...base, [side]: values };
}

/** The values that people may see: placeholders of what can't be read or is not linked yet are left out. */
export const withoutPlaceholders = (side: Side, values: Values): Values =>
  Object.values(values).some((value) => isPlaceholder(side, value))
    ? Object.fromEntries(Object.entries(values).filter(([, value]) => !isPlaceholder(side, value)))
    : values;
