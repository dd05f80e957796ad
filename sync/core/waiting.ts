import type { Mapping } from './mapping.ts';
import type { Held, Side, SideState } from './types.ts';

/** What a document without lines waits for. */
const noLines = 'no lines yet: add one';

/**
 * What holds a record back as a whole: references that the mapping waits for, of the record and of its lines, a
 * reference it can't do without, and a document's missing lines. Empty: it may travel. A reference that holds only its
 * own field is not among them.
 */
export function blockersOf(mapping: Mapping, side: Side, state: SideState): readonly Held[] {
  const blockers = state.held.filter((held) => held.kind === 'waits' && mapping.fields[held.field]?.waits);
  for (const [field, rule] of Object.entries(mapping.fields))
    if (rule.waits && (state.values[field] ?? null) === null && !blockers.some((held) => held.field === field))
      blockers.push({ field, side, kind: 'waits', value: null, message: `${field} is empty: choose one` });
  if (!mapping.lines) return blockers;
  const lines = (state.lines ?? []).filter((line) => !line.behind);
  for (const line of lines)
    for (const held of line.held)
      if (held.kind === 'waits' && mapping.lines[held.field]?.waits) blockers.push({ ...held, line: line.lineId });
  if (lines.length === 0 && mapping.crm === 'Quote')
    blockers.push({ field: 'lines', side, kind: 'waits', value: null, message: noLines });
  return blockers;
}
