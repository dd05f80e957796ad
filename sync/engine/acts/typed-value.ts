import Big from 'big.js';
import { SyncError } from '../../core/errors.ts';
import type { CodecContext, FieldRule, Mapping } from '../../core/mapping.ts';
import { sides } from '../../core/sides.ts';
import type { Json, Side } from '../../core/types.ts';
import { type LinkRow, linksById } from '../../store/links.ts';
import type { InlineParts } from '../inline.ts';
import { learnReferences } from '../learn.ts';
import { readRecords } from '../records.ts';
import { type StepContext, stepContext } from '../step-context.ts';
import { refOfLink, refsOfLink } from '../work.ts';

/** A value that a person typed for a field of a link. */
export interface Typed {
  /** The field, or the line's: `quantity`, with the id of the line's link. */
  readonly field: string;
  readonly line: string;
  readonly value: Json;
}

/**
 * What people type in place of both sides' values, in normal form. It is read as the CRM would have it (a reference is
 * the id of a link); one that either side cannot hold is refused before anything is decided. Throws BAD_USER_INPUT with
 * the value and the remedy.
 */
export async function typedValues(
  parts: InlineParts,
  link: LinkRow,
  typed: readonly Typed[],
): Promise<readonly Json[]> {
  if (typed.length === 0) return [];
  const context = stepContext(parts);
  const mapping = parts.mappings[link.mapping];
  await readRecords(context.connectors, context.records, refsOfLink(context, link));
  await learnReferences(context, [{ links: [link] }]);
  const named = typed.flatMap(({ value }) => (typeof value === 'string' ? [value] : []));
  context.table.add(await linksById(parts.sql, named));
  return typed.map((each) => normal({ context, mapping, link }, each));
}

interface Scene {
  readonly context: StepContext;
  readonly mapping: Mapping;
  readonly link: LinkRow;
}

function normal(scene: Scene, { field, line, value }: Typed): Json {
  const rule = (line === '' ? scene.mapping.fields : scene.mapping.lines)?.[field];
  if (!rule) throw refused(field, `${field} takes no value; take a side.`);
  const canonical = rule.codec.refers ? value : read(scene, { field, line, value }, rule);
  const beyond = beyondLimit(rule, canonical);
  if (beyond) throw refused(field, `${field} ${JSON.stringify(canonical)} ${beyond}`);
  for (const side of sides) {
    if (rule[side] === null) continue;
    if (canonical === null && rule.required?.[side])
      throw refused(field, `${field} must have a value in the ${side.toUpperCase()}.`);
    const encoded = rule.codec.encode(canonical, contextOf(scene, side, line));
    if ('held' in encoded)
      throw refused(field, `${field} ${JSON.stringify(canonical)} ${encoded.held.message}`);
  }
  return canonical;
}

/** How a number goes beyond what people may type, and the remedy; null where it does not. */
function beyondLimit({ typed: { least, most } = {} }: FieldRule, value: Json): string | null {
  if (typeof value !== 'string') return null;
  if (least !== undefined && Big(value).lt(least)) return `is less than ${least}. Type at least that.`;
  if (most !== undefined && Big(value).gt(most)) return `is more than ${most}. Type at most that.`;
  return null;
}

function read(scene: Scene, { field, line, value }: Typed, rule: FieldRule): Json {
  const side: Side = rule.crm === null ? 'erp' : 'crm';
  const decoded = rule.codec.decode(value, contextOf(scene, side, line));
  if ('held' in decoded) throw refused(field, `${field} ${JSON.stringify(value)} ${decoded.held.message}`);
  return 'value' in decoded ? decoded.value : null;
}

function contextOf({ context, mapping, link }: Scene, side: Side, line: string): CodecContext {
  const ref = refOfLink(mapping, link, side);
  const record = ref === null ? null : context.records.get(ref);
  const own = record?.fields ?? {};
  const { lookup } = context;
  if (line === '') return { lookup, side, fields: own, ...(record && { id: record.id }) };
  const pair = link.lines.find(({ id }) => id === line);
  const lineId = side === 'crm' ? pair?.crmLineId : pair?.erpLineId;
  const lines = Array.isArray(own.lines) ? (own.lines as readonly Readonly<Record<string, Json>>[]) : [];
  const fields = lines.find((each) => each.lineId === lineId) ?? {};
  return { lookup, side, fields, document: own, ...(lineId && { id: lineId }) };
}

const refused = (field: string, message: string): SyncError =>
  new SyncError('BAD_USER_INPUT', message, { detail: { field, about: 'value' } });
