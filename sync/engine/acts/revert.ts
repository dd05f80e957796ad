import { SyncError } from '../../core/errors.ts';
import type { FieldRule, Mapping } from '../../core/mapping.ts';
import { isTyped, soleAuthor } from '../../core/rules.ts';
import type { FieldChange, Json, Side } from '../../core/types.ts';
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
  const { choices, locked } = putBack(parts.mappings[link.mapping], meant);
  const [first] = locked;
  if (first && (fields !== null || Object.keys(choices).length === 0))
    throw refused(`${first.field} ${first.why}. ${first.remedy}`);
  const asked = { choices: { [link.id]: choices } };
  const result = one(await syncRecords(parts, { mapping: null, refs: [], linkId: link.id, asked }, ask));
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

/** What stood there before, by path, of what people type; and the fields that are not theirs. */
function putBack(mapping: Mapping, meant: readonly FieldChange[]) {
  const choices: Record<string, { value: Json }> = {};
  const locked: Locked[] = [];
  for (const change of meant) {
    const why = lockedOf(mapping, change);
    const path = conflictPath(change.line, change.field);
    if (why) locked.push({ field: change.field, ...why });
    // A target may have made the value fit afterwards: what stood there is what the first change of it tells.
    else if (!(path in choices)) choices[path] = { value: change.before };
  }
  return { choices, locked };
}

function lockedOf(mapping: Mapping, { field, line, why }: FieldChange): Omit<Locked, 'field'> | null {
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
