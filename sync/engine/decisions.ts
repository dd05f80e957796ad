import type { Author } from '../core/connector.ts';
import { same } from '../core/same.ts';
import { syncAuthor } from '../core/sync-author.ts';
import type { FieldChange, Json, Side, SideState, SystemRecord } from '../core/types.ts';
import { type Decision, noteDecisions, noting } from '../store/decisions.ts';
import type { LinkRow } from '../store/links.ts';
import type { Ahead, Applied } from './applied.ts';
import { openCodes } from './certain.ts';
import { brings, isOf } from './done.ts';
import type { Noted, RecordWrite, WorkPlan } from './draft.ts';
import { touches } from './rebase.ts';
import type { StepContext } from './step-context.ts';
import type { Work } from './work.ts';
import type { WrittenPart } from './written-in-part.ts';

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
        if (!isNoted(write) || !isOf(write, context.mappings[link.mapping], link)) continue;
        const own = changes.filter(
          (change) => isFor(write, change, link) && !open.some((each) => isSame(each, change)),
        );
        if (own.length === 0) continue;
        const { side, action, version } = write;
        const note = { id: context.newId(), link: link.id, pair, side, action, version, changes: own };
        noted.push(note);
        context.noted.set(pair, [...(context.noted.get(pair) ?? []), note]);
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

/** Of a create its intent tells, and of a deletion the record that is gone. */
const isNoted = ({ action }: RecordWrite): boolean =>
  action === 'update' || action === 'archive' || action === 'restore';

/** Whether a change is one of those that a write carries out. */
function isFor(write: RecordWrite, change: FieldChange, { id }: LinkRow): boolean {
  if (change.field === 'deleted' || !brings(write, change)) return false;
  const part = write.parts.find(({ link }) => link === id);
  return !part || (change.line === undefined ? change.field in part.values : part.lines.length > 0);
}

/**
 * Decisions of this step that are settled with what became of a plan's writes: what went well is told with its link's
 * changes, and what was refused came to nothing. Where one of a link's writes was carried out and another was not,
 * nothing is told of it yet: the next step tells.
 */
export function settledBy(
  context: StepContext,
  plan: WorkPlan,
  applied: readonly Applied[],
): readonly string[] {
  return notesOn(context, plan, applied).flatMap(({ notes, over }) =>
    notes.filter((note) => over.length === 0 || isSettled(note, over)).map(({ id }) => id),
  );
}

/**
 * The same of a round that is gone round once more without a field that was refused. Nothing is told of it but what came
 * to nothing; what it wrote the next round finds done, and tells as it was decided, not as one idea of two people.
 */
export function settledWithout(
  context: StepContext,
  plan: WorkPlan,
  applied: readonly Applied[],
  told: readonly string[],
): readonly string[] {
  return notesOn(context, plan, applied).flatMap(({ pair, notes, over }) => {
    const settled = notes.filter((note) => isSettled(note, over)).map(({ id }) => id);
    const open = (context.untold.get(pair) ?? []).filter(({ id }) => !told.includes(id));
    const done = notes.filter(({ id, isDone }) => isDone && !settled.includes(id));
    if (done.length > 0) context.untold.set(pair, [...open, ...done]);
    context.noted.delete(pair);
    return settled;
  });
}

/** What was written of links of which another write failed, and nothing is told of yet. */
export const writtenInPart = (
  context: StepContext,
  plan: WorkPlan,
  applied: readonly Applied[],
): readonly WrittenPart[] =>
  notesOn(context, plan, applied).flatMap(({ notes, over }) =>
    notes.flatMap((note) =>
      over.length > 0 && note.record && !isSettled(note, over) ? [{ ...note, record: note.record }] : [],
    ),
  );

/** What a plan's writes were noted as, pair by pair, and what became of it. */
interface NotedPair {
  readonly pair: string;
  readonly notes: readonly (Noted & { readonly isDone: boolean; readonly record: SystemRecord | null })[];
  /** Writes on the pair's records that failed. */
  readonly over: readonly Applied[];
}

function notesOn(
  { noted, mappings }: StepContext,
  plan: WorkPlan,
  applied: readonly Applied[],
): readonly NotedPair[] {
  if (noted.size === 0) return [];
  const links = Map.groupBy(
    plan.drafts.map(({ link }) => link),
    pairOf,
  );
  return [...links].flatMap(([pair, own]) => {
    const notes = pair === null ? undefined : noted.get(pair);
    if (pair === null || !notes) return [];
    const over = own.flatMap((link) => failedOver(mappings, link, applied));
    const done = applied.filter(
      ({ record, write }) => record && own.some((link) => isOf(write, mappings[link.mapping], link)),
    );
    return [{ pair, over, notes: notes.map((note) => asDone(note, own, done)) }];
  });
}

/** A note with whether it was carried out: what the target could not hold of it was not. */
function asDone(
  note: Noted,
  links: readonly LinkRow[],
  done: readonly Applied[],
): NotedPair['notes'][number] {
  const by = done.find(({ write }) => isBy(note, write));
  const held = by?.held.filter(({ link }) => links.some(({ id }) => id === link)) ?? [];
  const isHeld = ({ field, line }: FieldChange): boolean =>
    line === undefined && held.some((each) => each.held.line === undefined && each.held.field === field);
  return {
    ...note,
    changes: note.changes.filter((change) => !isHeld(change)),
    isDone: by !== undefined,
    record: by?.record ?? null,
  };
}

const isBy = (note: Noted, { side, action }: RecordWrite): boolean =>
  note.side === side && note.action === action;

/** Whether a note came to nothing, or tells of what was brought back: of that the failed attempt tells. */
const isSettled = (note: NotedPair['notes'][number], over: readonly Applied[]): boolean =>
  over.some(({ write, failure }) => isBy(note, write) && !openCodes.has(failure!.code)) ||
  (note.isDone && note.action === 'restore' && over.length > 0);

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
  { changes, version, isDone }: Decision,
  link: LinkRow,
  standing: Readonly<Record<Side, Standing>>,
): readonly FieldChange[] {
  if (isDone) return changes;
  return changes.flatMap((change) => {
    const { record, state } = standing[change.side];
    if (record && record.version === version) return [];
    if (record && change.field === 'archived') return putAway(change, record, version);
    if (record && state && shows(change, 'after', link, state)) return [change];
    if (record && version !== null && isNext(version, record.version))
      return record.updatedBy === syncAuthor.actor ? [change] : [];
    if (record && state && shows(change, 'before', link, state)) return [];
    return [{ ...change, why: underWay }];
  });
}

/**
 * The same of a record that was put away or brought back. One that was written to once, and does not show it, was not:
 * it was written besides. After more than that somebody may have taken it back.
 */
function putAway(change: FieldChange, record: SystemRecord, version: string | null): readonly FieldChange[] {
  if (record.archived === change.after) return [change];
  return version !== null && isNext(version, record.version) ? [] : [{ ...change, why: underWay }];
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
