import { SyncError } from '../../core/errors.ts';
import type { FieldRule, Mapping } from '../../core/mapping.ts';
import { isTyped, soleAuthor } from '../../core/rules.ts';
import { same } from '../../core/same.ts';
import { sides } from '../../core/sides.ts';
import type { FieldChange, Json, LineLink, Side } from '../../core/types.ts';
import { conflictPath } from '../../store/conflicts.ts';
import { linksById } from '../../store/links.ts';
import type { Ask, LinkPlan, SyncResult } from '../api.ts';
import type { InlineParts } from '../inline.ts';
import { one } from './links.ts';
import { syncRecords } from './sync-now.ts';
import { undoLink, undoUnlink } from './undo.ts';
import { undoMerge } from './undo-merge.ts';

/**
 * Puts back what an event changed, through the same plan as every edit. Fields left out: all of the event that people
 * type, and the rest follows; of a linking and an unlinking that is the link itself.
 */
export async function revert(
  parts: InlineParts,
  eventId: string,
  fields: readonly string[] | null,
  ask: Ask,
): Promise<SyncResult> {
  const [event] = await parts.sql<
    {
      linkId: string | null;
      fields: FieldChange[];
      outcome: string;
      merge: Json;
      keep: 'both' | Side | null;
    }[]
  >`select link_id as "linkId", fields, outcome, detail -> 'merge' as merge, detail ->> 'keep' as keep from sync.event where id = ${eventId}`;
  if (!event?.linkId)
    throw new SyncError(
      'NOT_FOUND',
      `There is no event Event_${eventId} that changed a link; syncEvents lists them.`,
    );
  if (event.merge) return undoMerge(parts, event.linkId, { id: eventId, note: event.merge }, ask);
  const undone = { id: eventId, linkId: event.linkId, fields: event.fields };
  if (event.outcome === 'unlinked') return undoUnlink(parts, undone, event.keep ?? 'both', ask);
  if (event.outcome === 'linked' && fields === null) return undoLink(parts, undone, ask);
  if (event.outcome === 'created')
    throw new SyncError(
      'BAD_USER_INPUT',
      `Event_${eventId} created the record: unlink it with keep to undo that.`,
    );
  const changed = [...new Set(event.fields.map(({ field }) => field))];
  const unknown = fields?.find((field) => !changed.includes(field));
  if (unknown !== undefined)
    throw refused(
      `Event_${eventId} did not change ${unknown}; it changed ${changed.join(', ') || 'nothing'}.`,
    );
  const [link] = await linksById(parts.sql, [event.linkId]);
  if (!link) throw new SyncError('NOT_FOUND', `There is no link Link_${event.linkId}.`);
  const meant = event.fields.filter(({ field }) => fields === null || fields.includes(field));
  const { choices, locked } = putBack(parts.mappings[link.mapping], link.lines, meant);
  const [first] = locked;
  if (first && (fields !== null || Object.keys(choices).length === 0))
    throw refused(`${first.field} ${first.why}. ${first.remedy}`);
  const asked = { choices: { [link.id]: choices } };
  const result = one(await syncRecords(parts, { mapping: null, refs: [], linkId: link.id, asked }, ask));
  if (result.outcome === 'unchanged') await mustStand(parts, link.id, meant, choices);
  return { ...result, plan: withLocked(result.plan, locked) };
}

const refused = (message: string): SyncError =>
  new SyncError('BAD_USER_INPUT', message, { detail: { argument: 'fields' } });

/** A changed field that nobody puts back, why, and what to do instead. */
interface Locked {
  readonly field: string;
  readonly why: string;
  readonly remedy: string;
}

type PutBack = Readonly<Record<string, { readonly value: Json }>>;

/** What stood there before, by path, of what people type; and the fields that are not theirs. */
function putBack(mapping: Mapping, lines: readonly LineLink[], meant: readonly FieldChange[]) {
  const choices: Record<string, { value: Json }> = {};
  const locked: Locked[] = [];
  for (const change of meant) {
    const why = lineLock(lines, change) ?? lockOf(mapping, change);
    const path = conflictPath(change.line, change.field);
    if (why) locked.push({ field: change.field, ...why });
    // A target may have made the value fit afterwards: what stood there is what the first change of it tells.
    else if (!(path in choices)) choices[path] = { value: change.before };
  }
  return { choices, locked };
}

type Lock = Omit<Locked, 'field'>;

/** A line is put back where it is gone from both sides, and taken away where it stands; so are values of one that stands. */
function lineLock(lines: readonly LineLink[], { field, line, before }: FieldChange): Lock | null {
  if (line === undefined) return null;
  const known = lines.find(({ id }) => id === line);
  const stands = known !== undefined && !known.ended;
  if (field !== 'line')
    return stands ? null : { why: 'is of a line that is gone', remedy: 'Revert its removal first.' };
  if (before === null)
    return stands ? null : { why: 'is gone already', remedy: 'There is nothing to revert.' };
  if (stands) return { why: 'stands there again', remedy: 'There is nothing to revert.' };
  if (known && (known.crmLineId === null || known.erpLineId === null))
    return { why: 'still stands on one side, whose customer has not taken it', remedy: 'Take it there.' };
  return null;
}

function lockOf(mapping: Mapping, { field, line, why }: FieldChange): Lock | null {
  const rule = (line === undefined ? mapping.fields : mapping.lines)?.[field];
  // Archiving and whole lines are no rows of a mapping.
  if (!rule) return null;
  if (rule.way === 'off') return { why: 'does not travel any more', remedy: 'Change it where it is wrong.' };
  if (!isTyped(rule)) return { why: followsFrom(rule), remedy: 'Revert what it follows from.' };
  const sole = soleAuthor(rule);
  if (sole && why.startsWith('reverted'))
    return { why: `was put back: the ${sole.toUpperCase()} alone edits it`, remedy: 'Edit it there.' };
  return null;
}

function followsFrom(rule: FieldRule): string {
  if (rule.order) return 'follows by itself: lines are numbered as they stand';
  if (rule.derived) return 'follows by itself from another flow';
  const sole = soleAuthor(rule);
  return `follows by itself: the ${sole ? sole.toUpperCase() : 'system'} gives it`;
}

/** The plan, with each of these fields once: they are not put back, but follow. */
function withLocked(plan: LinkPlan, fields: readonly Locked[]): LinkPlan {
  const once = new Map(fields.map(({ field, why }) => [field, { field, why }]));
  return { ...plan, locked: [...plan.locked, ...once.values()] };
}

/** Refuses by name what neither stands as asked nor could be written: at this stage of the deal it is not this link's. */
async function mustStand(
  { sql }: InlineParts,
  linkId: string,
  meant: readonly FieldChange[],
  choices: PutBack,
): Promise<void> {
  const [link] = await linksById(sql, [linkId]);
  for (const { field, line } of meant) {
    const choice = choices[conflictPath(line, field)];
    if (!choice || field === 'archived') continue;
    const own = link?.lines.find(({ id }) => id === line);
    const base = line === undefined ? link?.base : own?.base;
    const stands =
      field === 'line'
        ? (choice.value === null) === (own?.ended ?? true)
        : sides.some((side) => same(base?.[side][field], choice.value));
    if (!stands)
      throw refused(
        `${field} cannot be put back: at this stage of the deal it travels with another flow. Revert it, or edit it, there.`,
      );
  }
}
