import { fieldOfKey } from './finer.ts';
import { sides } from './sides.ts';
import type { Base, Held, Json, LineLink, LineWrite, MergeInput, MergePlan, Side, Values } from './types.ts';

/**
 * Takes what the target can't hold out of a plan (merge rule 18): those fields keep their old base, so that they are
 * tried again when either side changes, and everything else still travels. `held` as `encodeWrite` and `encodeLine`
 * list it: the target side, and the target's line id where it belongs to a line.
 */
export function withhold(plan: MergePlan, input: MergeInput, held: readonly Held[]): MergePlan {
  if (held.length === 0) return plan;
  const ofHeader = new Set(held.filter((h) => h.line === undefined).map((h) => `${h.side}:${h.field}`));
  const lineOf = lineIds(plan);
  const ofLine = new Set(
    held
      .filter((h) => h.line !== undefined)
      .map((h) => `${lineOf.get(`${h.side}:${h.line}`) ?? h.line}:${h.side}:${h.field}`),
  );
  const drop = (side: Side, field: string, line?: string): boolean =>
    line === undefined ? ofHeader.has(`${side}:${field}`) : ofLine.has(`${line}:${side}:${field}`);
  const before = new Map(input.lineLinks.map((link) => [link.id, link.base]));
  const either = (field: string, line?: string): boolean => sides.some((side) => drop(side, field, line));
  return {
    ...plan,
    writes: {
      crm: without(plan.writes.crm, (f) => drop('crm', f)),
      erp: without(plan.writes.erp, (f) => drop('erp', f)),
    },
    lineWrites: { crm: trimmed(plan, 'crm', drop), erp: trimmed(plan, 'erp', drop) },
    changes: plan.changes.filter((change) => !drop(change.side, change.field, change.line)),
    held: [...plan.held, ...held],
    base: restored(plan.base, input.base, (f) => either(f)),
    lineLinks: plan.lineLinks.map(
      (link): LineLink =>
        link.base
          ? { ...link, base: restored(link.base, before.get(link.id) ?? null, (f) => either(f, link.id)) }
          : link,
    ),
  };
}

/** Link of each written line, by side and line id. */
const lineIds = (plan: MergePlan): ReadonlyMap<string, string> =>
  new Map(
    sides.flatMap((side) =>
      plan.lineWrites[side].map((write) => [`${side}:${write.lineId}`, write.link] as const),
    ),
  );

type Drop = (side: Side, field: string, line?: string) => boolean;

const trimmed = (plan: MergePlan, side: Side, drop: Drop): readonly LineWrite[] =>
  plan.lineWrites[side].flatMap((write): readonly LineWrite[] => {
    if (write.kind === 'remove') return [write];
    const values = without(write.values, (field) => drop(side, field, write.link));
    return write.kind === 'change' && Object.keys(values).length === 0 ? [] : [{ ...write, values }];
  });

const without = (values: Values, drops: (field: string) => boolean): Values =>
  Object.keys(values).some(drops)
    ? Object.fromEntries(Object.entries(values).filter(([field]) => !drops(field)))
    : values;

function restored(base: Base, old: Base | null, drops: (field: string) => boolean): Base {
  const side = (on: Side): Values => {
    if (!Object.keys(base[on]).some((key) => drops(fieldOfKey(key)))) return base[on];
    const keys = new Set([...Object.keys(base[on]), ...Object.keys(old?.[on] ?? {})]);
    const values: Record<string, Json> = {};
    for (const key of keys) {
      const value = (drops(fieldOfKey(key)) ? old?.[on] : base[on])?.[key];
      if (value !== undefined) values[key] = value;
    }
    return values;
  };
  return { crm: side('crm'), erp: side('erp') };
}
