import type { Mapping } from '../../core/mapping.ts';
import { other, sides } from '../../core/sides.ts';
import type { FieldChange, Side, SystemRecord } from '../../core/types.ts';
import type { LinkRow } from '../../store/links.ts';
import { isProposal } from '../stage.ts';
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
  const from = link.base ? archivedBy(link, records) : archivedAtFirst(planning, records);
  if (!from || (mapping.between && !goesWithQuote(mapping, from, records.erp))) return [];
  const side = other(from);
  const { archived } = records[from];
  return [putAway(planning, mapping, side, { target: records[side], archived, by: from })];
}

/** A PROPOSAL is out of use while its quote is: nobody is to confirm what is not offered. An order that was confirmed is sold. */
const goesWithQuote = ({ name }: Mapping, from: Side, order: SystemRecord): boolean =>
  name === 'quoteOrder' && from === 'crm' && isProposal(order);

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

/** Of two records that are linked just now, one live and one archived: who links them may say which is like which, else both are archived. */
function archivedAtFirst(
  { work: { prefer } }: Planning,
  { crm, erp }: Readonly<Record<Side, SystemRecord>>,
): Side | null {
  if (crm.archived === erp.archived) return null;
  return prefer ?? (crm.archived ? 'crm' : 'erp');
}

/** The side that was archived or restored since the last agreement; the CRM's where both were. */
function archivedBy(link: LinkRow, { crm, erp }: Readonly<Record<Side, SystemRecord>>): Side | null {
  if (crm.archived === erp.archived) return null;
  if (crm.archived !== link.crmArchived) return 'crm';
  return erp.archived !== link.erpArchived ? 'erp' : null;
}
