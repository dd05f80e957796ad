import type { Mapping } from '../core/mapping.ts';
import { placeholderOfHeld } from '../core/placeholder.ts';
import { same } from '../core/same.ts';
import { sides } from '../core/sides.ts';
import { syncAuthor } from '../core/sync-author.ts';
import type { Json, RecordRef, Side, SideState, SystemRecord } from '../core/types.ts';
import type { Edits, LinkRow } from '../store/links.ts';
import type { Folding } from './fold.ts';
import { refKey } from './records.ts';
import { type PlanContext, refOfLink, type Work } from './work.ts';

type Known = Pick<PlanContext, 'records' | 'clockOffset'>;

/** When somebody else than the sync last edited a record, in ms: what the sync itself wrote to it since is no edit. */
export function editedAt({ records, clockOffset }: Known, { lane }: Work, ref: RecordRef): number {
  const instant =
    records.lastEdit(ref)?.updatedAt ?? lane.edits[refKey(ref)] ?? records.get(ref)?.updatedAt ?? '';
  return Date.parse(instant) - clockOffset[ref.side];
}

/** Whether the sync alone is known to have edited a record. */
export const isUnedited = ({ records }: Pick<Known, 'records'>, { lane }: Work, ref: RecordRef): boolean =>
  records.lastEdit(ref) === null &&
  lane.edits[refKey(ref)] === undefined &&
  records.get(ref)?.updatedBy === syncAuthor.actor;

/** Of a record's fields that were left unagreed, when they were edited: those that show what they showed then. */
export function editTimes(
  { fields }: Mapping,
  { edits }: LinkRow,
  side: Side,
  record: SystemRecord,
): Pick<SideState, 'edited'> {
  const left = Object.entries(edits[side] ?? {}).filter(([field, { value }]) =>
    same(standingOf(record, fields[field]?.[side]), value),
  );
  return left.length > 0 ? { edited: Object.fromEntries(left.map(([field, { at }]) => [field, at])) } : {};
}

/**
 * What a merge leaves unagreed, with who edited it and when: the records may be written before it is decided, and then
 * the system's own word is no longer about that edit. So is what a pair was linked with.
 */
export function unagreed(
  { mapping, link, states, conflicts, held, began }: Folding,
  { records }: Known,
): Edits {
  const open = new Set([...conflicts, ...held].flatMap(({ field, line }) => (line ? [] : [field])));
  if (open.size === 0) return {};
  const own = sides.flatMap((side) => {
    const ref = refOfLink(mapping, link, side)!;
    const record = records.get(ref);
    const edits = [...open].flatMap((field) => {
      const value = standingOf(record, mapping.fields[field]?.[side]);
      if (value === undefined) return [];
      const left = link.edits[side]?.[field];
      if (left && same(left.value, value)) return [[field, left] as const];
      if (same(shownOf(states[side], field), began.base?.[side][field])) return [];
      const by = records.lastEdit(ref)?.updatedBy;
      return [[field, { at: states[side].at, value, ...(by !== undefined && { by }) }] as const];
    });
    return edits.length > 0 ? [[side, Object.fromEntries(edits)] as const] : [];
  });
  return Object.fromEntries(own);
}

/** What a system shows of a property, in its own form. */
const standingOf = (record: SystemRecord | null, property: string | null | undefined): Json | undefined =>
  record && property ? record.fields[property] : undefined;

const shownOf = ({ values, held }: SideState, field: string): Json | undefined => {
  if (values[field] !== undefined) return values[field];
  const own = held.find((each) => each.field === field && each.line === undefined);
  return own && placeholderOfHeld(own);
};
