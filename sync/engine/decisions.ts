import { same } from '../core/same.ts';
import { sides } from '../core/sides.ts';
import type { FieldChange, Json, Side, SideState } from '../core/types.ts';
import { noteDecisions } from '../store/decisions.ts';
import type { LinkRow } from '../store/links.ts';
import type { Applied } from './apply.ts';
import { openCodes } from './certain.ts';
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
    plan.drafts.flatMap(({ link, changes }) => {
      const pair = pairOf(link);
      const before = work.links.find((each) => each.id === link.id);
      // What an earlier step had noted stays noted until an event tells of it: once more, and every death doubles it.
      const open = new Set(work.untold?.[link.id]?.flatMap((decision) => decision.changes));
      return sides.flatMap((side) => {
        const overruled = changes.filter(
          (change) => change.side === side && !open.has(change) && overrules(change, before),
        );
        return pair && overruled.length > 0 ? [{ id: context.newId(), pair, side, changes: overruled }] : [];
      });
    }),
  );
  await noteDecisions(context.sql, noted);
  for (const { id, pair, side } of noted) context.noted.set(id, { pair, side });
}

/**
 * Decisions of this step that are settled with what became of a plan's writes: where all went well its changes tell of
 * them, and what was refused came to nothing. Where one write went through and another did not, the next step tells.
 */
export function settledBy(
  { noted }: StepContext,
  plan: WorkPlan,
  applied: readonly Applied[],
): readonly string[] {
  if (noted.size === 0) return [];
  const failed = applied.filter((each) => each.failure);
  const refused = new Set(
    failed.filter(({ failure }) => !openCodes.has(failure!.code)).map(({ write }) => write.side),
  );
  const pairs = new Set(plan.drafts.map(({ link }) => pairOf(link)));
  return [...noted]
    .filter(([, { pair, side }]) => pairs.has(pair) && (failed.length === 0 || refused.has(side)))
    .map(([id]) => id);
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
