import { same } from '../core/same.ts';
import type { FieldChange, Json, Side, SideState } from '../core/types.ts';
import { type Decision, noteDecisions } from '../store/decisions.ts';
import type { LinkRow } from '../store/links.ts';
import type { WorkPlan } from './draft.ts';
import type { StepContext } from './step-context.ts';
import type { Work } from './work.ts';

/** Names a pair, whichever link stands for it; null while one of its records is missing. */
export const pairOf = ({ mapping, crmId, erpId }: LinkRow): string | null =>
  crmId !== null && erpId !== null ? `${mapping}:${crmId}/${erpId}` : null;

/**
 * Notes what these plans overwrite that nobody had agreed to: edits that lose. Written down before the write, since a
 * step that dies after it leaves no trace of them in either system. All else can be told from the systems afterwards.
 */
export async function noteOverruled(
  context: StepContext,
  plans: readonly { readonly plan: WorkPlan; readonly work: Work }[],
): Promise<void> {
  const noted = plans.flatMap(({ plan, work }) =>
    plan.drafts.flatMap(({ link, changes }): Decision[] => {
      const pair = pairOf(link);
      const before = work.links.find((each) => each.id === link.id);
      const overruled = changes.filter((change) => overrules(change, before));
      return pair && overruled.length > 0 ? [{ id: context.newId(), pair, changes: overruled }] : [];
    }),
  );
  await noteDecisions(context.sql, noted);
  for (const { id, pair } of noted) context.noted.set(id, pair);
}

/** Whether a change overwrites something else than what was agreed last. */
function overrules({ field, line, side, before, after }: FieldChange, link: LinkRow | undefined): boolean {
  if (field === 'archived' || field === 'deleted' || same(before, after)) return false;
  const base = (line ? link?.lines.find((each) => each.id === line) : link)?.base?.[side];
  if (field !== 'line') return !same(before, base?.[field]);
  const values = (before ?? {}) as Readonly<Record<string, Json>>;
  return Object.keys(values).some((name) => !same(values[name], base?.[name]));
}

/** Gives works the decisions on their pairs that no event tells of yet: those of steps that died. */
export function withUntold(context: StepContext, works: readonly Work[]): readonly Work[] {
  if (context.untold.size === 0) return works;
  return works.map((work) => {
    const own = work.links.flatMap((link) => {
      const found = context.untold.get(pairOf(link) ?? '');
      return found ? [[link.id, found] as const] : [];
    });
    return own.length > 0 ? { ...work, untold: Object.fromEntries(own) } : work;
  });
}

/** Whether it came to a write that was noted: what it was to overwrite stands no more. */
export function wasCarriedOut(
  { field, line, side, before }: FieldChange,
  link: LinkRow,
  shown: Readonly<Record<Side, SideState | null>>,
): boolean {
  const state = shown[side];
  if (!state) return true;
  if (line === undefined) return !same(state.values[field], before);
  const known = link.lines.find((each) => each.id === line);
  const now = state.lines?.find(
    ({ lineId }) => lineId === (side === 'crm' ? known?.crmLineId : known?.erpLineId),
  );
  return !now || (field !== 'line' && !same(now.values[field], before));
}
