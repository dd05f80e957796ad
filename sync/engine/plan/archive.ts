import type { Mapping } from '../../core/mapping.ts';
import { other } from '../../core/sides.ts';
import type { FieldChange, Side, SystemRecord } from '../../core/types.ts';
import type { LinkRow } from '../../store/links.ts';
import type { Planning } from './planning.ts';

/** Archiving and restoring travel like an edit: the side that changed it is followed. Answers what to tell of it. */
export function archiveAlong(
  { want }: Planning,
  mapping: Mapping,
  link: LinkRow,
  records: Readonly<Record<Side, SystemRecord>>,
): readonly FieldChange[] {
  const from = archivedBy(link, records);
  if (!from || mapping.between) return [];
  const side = other(from);
  const [source, target] = [records[from], records[side]];
  want({
    side,
    entity: mapping[side],
    id: target.id,
    action: source.archived ? 'archive' : 'restore',
    version: target.version,
    key: null,
    parts: [],
    gives: [],
  });
  return [
    {
      field: 'archived',
      side,
      before: target.archived,
      after: source.archived,
      winner: from,
      why: source.archived ? 'archived' : 'restored',
    },
  ];
}

/** The side that was archived or restored since the last agreement; the CRM's where both were. */
function archivedBy(link: LinkRow, { crm, erp }: Readonly<Record<Side, SystemRecord>>): Side | null {
  if (crm.archived === erp.archived) return null;
  if (crm.archived !== link.crmArchived) return 'crm';
  return erp.archived !== link.erpArchived ? 'erp' : null;
}
