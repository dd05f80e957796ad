import type { Mapping } from '../../core/mapping.ts';
import { other, sides } from '../../core/sides.ts';
import type { FieldChange, Side, SystemRecord } from '../../core/types.ts';
import type { LinkRow } from '../../store/links.ts';
import { archivedBy } from '../archived.ts';
import type { Planning } from './planning.ts';

/**
 * Archiving and restoring travel like an edit: the side that changed it is followed, unless a person takes it back, who
 * decides for both. Answers what to tell of it.
 */
export function archiveAlong(
  planning: Planning,
  mapping: Mapping,
  link: LinkRow,
  records: Readonly<Record<Side, SystemRecord>>,
): readonly FieldChange[] {
  const decided = planning.work.choices[link.id]?.archived;
  if (decided && 'value' in decided) {
    const archived = decided.value === true;
    return sides
      .filter((side) => records[side].archived !== archived)
      .map((side) => putAway(planning, mapping, side, { target: records[side], archived, by: null }));
  }
  const from = archivedBy(mapping, link, records, planning.work.prefer);
  if (!from) return [];
  const side = other(from);
  const { archived } = records[from];
  return [putAway(planning, mapping, side, { target: records[side], archived, by: from })];
}

/** Asks that a record be archived or restored; answers the change. `by`: the side that is followed, null for a person. */
function putAway(
  { want }: Planning,
  mapping: Mapping,
  side: Side,
  {
    target,
    archived,
    by,
  }: { readonly target: SystemRecord; readonly archived: boolean; readonly by: Side | null },
): FieldChange {
  want({
    side,
    entity: mapping[side],
    id: target.id,
    action: archived ? 'archive' : 'restore',
    version: target.version,
    key: null,
    parts: [],
    gives: [],
  });
  const why = by === null ? 'decided' : archived ? 'archived' : 'restored';
  return { field: 'archived', side, before: target.archived, after: archived, winner: by, why };
}
