import type { Mapping } from '../core/mapping.ts';
import type { FieldChange } from '../core/types.ts';
import type { Applied } from './applied.ts';
import type { DoneWrite, LinkDraft, RecordWrite } from './draft.ts';
import { refOfLink } from './work.ts';

/** What was written for a link in one round, in its order, each write with the changes that it brought. */
export function writesDone(
  mapping: Mapping,
  { link, changes }: Pick<LinkDraft, 'link' | 'changes'>,
  applied: readonly Applied[],
): readonly DoneWrite[] {
  return applied.flatMap(({ write, record }): readonly DoneWrite[] => {
    if (!record || !isOf(write, mapping, link)) return [];
    const { side, entity, action } = write;
    return [
      { side, entity, action, id: record.id, changes: changes.filter((change) => brings(write, change)) },
    ];
  });
}

/** Whether a change is what this write is for: a record that is put away or brought back is written besides. */
export const brings = (
  { side, action }: Pick<RecordWrite, 'side' | 'action'>,
  change: FieldChange,
): boolean =>
  change.side === side &&
  (change.field === 'archived' || change.field === 'deleted') ===
    (action !== 'create' && action !== 'update');

/** Whether a write speaks for a link; what is archived, restored or deleted is so for the link that has the record. */
export function isOf(write: RecordWrite, mapping: Mapping, link: LinkDraft['link']): boolean {
  if (write.gives.includes(link.id) || write.parts.some((part) => part.link === link.id)) return true;
  const ref = write.parts.length === 0 ? refOfLink(mapping, link, write.side) : null;
  return ref !== null && ref.id === write.id && ref.entity === write.entity;
}
