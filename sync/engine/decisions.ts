import type { Author } from '../core/connector.ts';
import { same } from '../core/same.ts';
import { syncAuthor } from '../core/sync-author.ts';
import type { FieldChange, Json, Side, SideState, SystemRecord } from '../core/types.ts';
import { type Decision, noteDecisions, noting } from '../store/decisions.ts';
import type { LinkRow } from '../store/links.ts';
import type { Ahead, Applied } from './applied.ts';
import { openCodes } from './certain.ts';
import type { Part, WorkPlan } from './draft.ts';
import { touches } from './rebase.ts';
import type { StepContext } from './step-context.ts';
import type { Work } from './work.ts';

/** Names a pair, whichever link stands for it; null while one of its records is missing. */
export const pairOf = ({ mapping, crmId, erpId }: LinkRow): string | null =>
  crmId !== null && erpId !== null ? `${mapping}:${crmId}/${erpId}` : null;

/**
 * Notes what these plans write on records that are there. A step that dies over its writes may leave no trace of them in
 * either system: what was overruled is gone, and what was written may be typed over or deleted before anybody looks.
 *
 * Nothing may be sent before this resolves. For a system that keeps books of its own the note is on the disk by then, and
 * so is any that tells of an edit that loses. A system inside this database sends it ahead of the write, on the same
 * connection: nobody waits for it, and one log has both in this order.
 */
export async function noteWrites(context: StepContext, plans: readonly Planned[]): Promise<Ahead> {
  const { noted, waits } = notesOf(context, plans);
  if (noted.length === 0) return {};
  if (waits) {
    await noteDecisions(context.sql, noted);
    return {};
  }
  const bySide = Map.groupBy(noted, ({ side }) => side);
  return Object.fromEntries(
    [...bySide].map(([side, own]) => [side, ((run) => run(...noting(own))) satisfies Author['ahead']]),
  );
}

/** A decision, and the side it is written to. */
interface Noted extends Decision {
  readonly side: Side;
}

/** A plan, and the work it was made for. */
interface Planned {
  readonly plan: WorkPlan;
  readonly work: Work;
}

/** What is to be noted of these plans, and whether it has to be on the disk before anything is sent. */
export function notesOf(
  context: StepContext,
  plans: readonly Planned[],
): { readonly noted: readonly Noted[]; readonly waits: boolean } {
  let waits = false;
  const noted: Noted[] = [];
  for (const { plan, work } of plans)
    for (const { link, changes } of plan.drafts) {
      const pair = pairOf(link);
      if (!pair) continue;
      const before = work.links.find((each) => each.id === link.id);
      // What an earlier step had noted stays noted until an event tells of it: once more, and every death doubles it.
      const open = (work.untold?.[link.id] ?? []).flatMap((decision) => decision.changes);
      for (const write of plan.writes) {
        const part = write.action === 'update' && write.parts.find((each) => each.link === link.id);
        if (!part) continue;
        const own = changes.filter(
          (change) =>
            change.side === write.side && isOf(change, part) && !open.some((each) => isSame(each, change)),
        );
        if (own.length === 0) continue;
        const { side, version } = write;
        const id = context.newId();
        noted.push({ id, pair, side, version, changes: own });
        const ofPair = context.noted.get(pair) ?? [];
        ofPair.push({ id, side });
        context.noted.set(pair, ofPair);
        waits ||=
          !context.connectors[side].capabilities?.inside || own.some((change) => overrules(change, before));
      }
    }
  return { noted, waits };
}

/** Whether two changes make the same of the same. */
const isSame = (a: FieldChange, b: FieldChange): boolean =>
  a.field === b.field &&
  a.line === b.line &&
  a.side === b.side &&
  same(a.before, b.before) &&
  same(a.after, b.after);

/** Whether a change is one of those that a write carries out. */
const isOf = ({ field, line }: FieldChange, part: Part): boolean =>
  line === undefined ? field in part.values : part.lines.length > 0;

/**
 * Decisions of this step that are settled with what became of a plan's writes: what went well is told with its link's
 * changes, and what was refused came to nothing. Where one of a link's records was written and the other was not, nothing
 * is told of it yet: the next step tells.
 */
export function settledBy(
  { noted, mappings }: StepContext,
  plan: WorkPlan,
  applied: readonly Applied[],
): readonly string[] {
  if (noted.size === 0) return [];
  const links = Map.groupBy(
    plan.drafts.map(({ link }) => link),
    pairOf,
  );
  return [...links].flatMap(([pair, own]) => {
    const ofPair = pair === null ? undefined : noted.get(pair);
    if (!ofPair) return [];
    const over = own.flatMap((link) => failedOver(mappings, link, applied));
    return ofPair
      .filter(({ side }) => over.length === 0 || over.some((each) => isRefused(each, side)))
      .map(({ id }) => id);
  });
}

/** Decisions of steps that died that are told with what became of a plan's writes: those of links of which none failed. */
export const toldBy = (
  { mappings }: StepContext,
  { told }: WorkPlan,
  applied: readonly Applied[],
): readonly string[] =>
  told.filter(({ link }) => failedOver(mappings, link, applied).length === 0).map(({ id }) => id);

/** Writes on a link's records that failed: nothing is told of the link then. */
const failedOver = (mappings: StepContext['mappings'], link: LinkRow, applied: readonly Applied[]) =>
  applied.filter(({ failure, write }) => failure && touches(mappings, link, write));

const isRefused = ({ write, failure }: Applied, side: Side): boolean =>
  write.side === side && !openCodes.has(failure!.code);

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

/** Where a record stands to which something was to be written. */
export interface Standing {
  readonly record: SystemRecord | null;
  readonly state: SideState | null;
}

/**
 * Of what a step was about to write when it died, what it wrote. Where there is no telling, since the record was
 * written to more than once meanwhile or is gone, it is told as what was under way.
 */
export function carriedOut(
  { changes, version }: Decision,
  link: LinkRow,
  standing: Readonly<Record<Side, Standing>>,
): readonly FieldChange[] {
  return changes.flatMap((change) => {
    const { record, state } = standing[change.side];
    if (record && record.version === version) return [];
    if (record && state && shows(change, 'after', link, state)) return [change];
    if (record && version !== null && isNext(version, record.version))
      return record.updatedBy === syncAuthor.actor ? [change] : [];
    if (record && state && shows(change, 'before', link, state)) return [];
    return [{ ...change, why: underWay }];
  });
}

/** Why of a write of which nobody knows whether it was carried out before its step died. */
const underWay = 'was under way when the process died';

/** Versions move by one with each write. */
const isNext = (version: string, now: string): boolean => Number(now) === Number(version) + 1;

/** Whether a record shows what a change came from, or what it was to make of it. */
function shows(
  { field, line, side, before, after }: FieldChange,
  which: 'before' | 'after',
  link: LinkRow,
  state: SideState,
): boolean {
  const value = which === 'before' ? before : after;
  // A value that is there and unreadable is another one.
  if (line === undefined) return field in state.values && same(state.values[field], value);
  const known = link.lines.find((each) => each.id === line);
  const now = state.lines?.find(
    ({ lineId }) => lineId === (side === 'crm' ? known?.crmLineId : known?.erpLineId),
  );
  if (field === 'line') return which === 'before' ? now !== undefined : value === null && now === undefined;
  return now !== undefined && field in now.values && same(now.values[field], value);
}
