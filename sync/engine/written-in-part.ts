import { decodeRecord } from '../core/decode.ts';
import type { FieldChange, LineLink, Side, SideState, SystemRecord } from '../core/types.ts';
import type { LinkRow } from '../store/links.ts';
import type { LinkDraft } from './draft.ts';
import { agree } from './rebase.ts';
import type { StepContext } from './step-context.ts';

/** What was written on one record of a link of which another write failed. */
export interface WrittenPart {
  /** The decision that tells of it. */
  readonly id: string;
  readonly link: string;
  readonly side: Side;
  readonly changes: readonly FieldChange[];
  readonly record: SystemRecord;
}

/**
 * A link that is given up, of which one record was written and the other was not: nobody may come for a long time, so
 * that much is told now. It is agreed of its side alone: the other's value is still to come, and what stands here is
 * nobody's edit.
 */
export const withWritten = (
  context: StepContext,
  draft: LinkDraft,
  parts: readonly WrittenPart[],
): LinkDraft =>
  parts.length === 0
    ? draft
    : {
        ...draft,
        link: parts.reduce((link, part) => standing(context, link, part), draft.link),
        changes: [...draft.changes, ...parts.flatMap(({ changes }) => changes)],
      };

function standing(
  { mappings, lookup }: StepContext,
  link: LinkRow,
  { side, changes, record }: WrittenPart,
): LinkRow {
  if (!link.base) return link;
  const mapping = mappings[link.mapping];
  const shown = decodeRecord(mapping, side, record, lookup, 0);
  const fields = changes.flatMap(({ field, line }) =>
    line === undefined && field in mapping.fields ? [field] : [],
  );
  const archived = changes.some(({ field }) => field === 'archived');
  return {
    ...link,
    ...(archived && (side === 'crm' ? { crmArchived: record.archived } : { erpArchived: record.archived })),
    base: agree(link.base, null, side, shown, fields, new Set()),
    lines: link.lines.map((line) => lineStanding(line, side, shown, changes)),
  };
}

function lineStanding(
  line: LineLink,
  side: Side,
  { lines }: SideState,
  changes: readonly FieldChange[],
): LineLink {
  const id = side === 'crm' ? line.crmLineId : line.erpLineId;
  const now = lines?.find(({ lineId }) => lineId === id);
  const fields = changes.flatMap((change) =>
    change.line === line.id && change.field !== 'line' ? [change.field] : [],
  );
  return line.base && now && fields.length > 0
    ? { ...line, base: agree(line.base, null, side, now, fields, new Set()) }
    : line;
}
