import { same } from '../core/same.ts';
import { other, sides } from '../core/sides.ts';
import type { Base, FieldChange, Json, Side, SideState } from '../core/types.ts';
import type { LinkRow } from '../store/links.ts';
import { alikeAlready } from './draft.ts';
import type { Folding } from './fold.ts';
import { type PlanContext, refOfLink, type Work } from './work.ts';

/**
 * What the survivor of a deletion shows besides what was agreed: edits that reach nobody any more, or what a step had
 * written that died before it could tell.
 */
export function leftBehind(
  link: LinkRow,
  state: SideState | null,
  side: Side,
  told: readonly FieldChange[],
): readonly FieldChange[] {
  const base = link.base?.[side];
  if (!state || !base) return [];
  return Object.entries(state.values).flatMap(([field, after]) =>
    same(after, base[field]) || told.some((each) => isTold(each, field, after, side))
      ? []
      : [
          {
            field,
            side,
            before: base[field] ?? null,
            after,
            winner: side,
            why: 'stood there when the other was deleted',
          },
        ],
  );
}

/** Whether a change tells of this value. */
const isTold = (change: FieldChange, field: string, value: Json | undefined, side: Side): boolean =>
  change.line === undefined && change.field === field && change.side === side && same(change.after, value);

/** Whether one of the two records was made from the other, as the stamp or the create tells. */
const isMadeForOther = ({ linkedBy: { kind, key } }: LinkRow): boolean =>
  kind === 'create' || (kind === 'match' && key === 'id');

const nothing: Base = { crm: {}, erp: {} };

/**
 * Fields that both sides had moved to the same value when the step came: two people had the same idea, or an earlier
 * attempt wrote it and died before it could tell. Either way the log tells of it now.
 */
export function foundAlike(
  each: Folding,
  work: Work,
  { records, clockOffset }: PlanContext,
): readonly FieldChange[] {
  const stored = work.links.find((link) => link.id === each.link.id);
  const after = each.link.base;
  // Two records that people made are linked as they are; what a create had made and nobody told of is told now.
  if (!stored || !after || each.creates || (!stored.base && !isMadeForOther(stored))) return [];
  const before = stored.base ?? nothing;
  // Whoever wrote last is the one that was written to.
  const writtenAt = (own: Side): number =>
    Date.parse(records.get(refOfLink(each.mapping, each.link, own)!)!.updatedAt) - clockOffset[own];
  const side: Side = writtenAt('crm') > writtenAt('erp') ? 'crm' : 'erp';
  const moved = Object.keys(each.mapping.fields).filter(
    (field) => !same(before.crm[field], after.crm[field]) && !same(before.erp[field], after.erp[field]),
  );
  const told = new Set([...each.changes, ...each.conflicts].map((c) => (c.line ? '' : c.field)));
  return moved.flatMap((field) => {
    if (told.has(field)) return [];
    // What a step noted before it died says more of it than where it stands now.
    if (each.besides?.some((late) => sides.some((own) => isTold(late, field, after[own][field], own))))
      return [];
    const [was, is] = [before[side][field] ?? null, after[side][field] ?? null];
    return [{ field, side, before: was, after: is, winner: other(side), why: alikeAlready }];
  });
}
