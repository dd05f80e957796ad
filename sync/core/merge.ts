import type { Mapping } from './mapping.ts';
import { mergeLines } from './merge-lines.ts';
import { rulesOf } from './rules.ts';
import { mergeFields, type Sheet } from './sheet.ts';
import type { MergeInput, MergePlan } from './types.ts';

/**
 * Three-way merge of one pair, field by field and line by line. Pure: the same input always gives the same plan.
 * `newId` makes the ids of new line links and of new lines; nothing else is random.
 */
export function merge(mapping: Mapping, input: MergeInput, newId: () => string): MergePlan {
  const sheet: Sheet = { changes: [], conflicts: [], held: [] };
  const missing = input.crm.missing ? 'crm' : input.erp.missing ? 'erp' : null;
  const now = { crm: input.crm, erp: input.erp };
  const header = mergeFields(rulesOf(mapping.fields), input, { now, base: input.base, missing }, sheet);
  const lines = mapping.lines ? mergeLines(mapping.lines, input, newId, sheet) : noLines;
  return {
    writes: header.writes,
    lineWrites: lines.writes,
    changes: sheet.changes,
    conflicts: sheet.conflicts,
    held: sheet.held,
    base: header.base,
    lineLinks: lines.links,
  };
}

const noLines = { writes: { crm: [], erp: [] }, links: [] } as const;
