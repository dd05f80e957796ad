import Big from 'big.js';
import { addressParts } from '../../core/codecs/address.ts';
import { SyncError } from '../../core/errors.ts';
import type { CodecContext, FieldRule, Mapping } from '../../core/mapping.ts';
import { sides } from '../../core/sides.ts';
import type { Json, Side } from '../../core/types.ts';
import { type LinkRow, linksById } from '../../store/links.ts';
import type { InlineParts } from '../inline.ts';
import { learnReferences } from '../learn.ts';
import { readRecords, recordName } from '../records.ts';
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
  const links = new Map((await linksById(parts.sql, named)).map((each) => [each.id, each]));
  context.table.add([...links.values()]);
  const scene = { context, mapping, link, links };
  const owners = typed.flatMap(({ field, value }) =>
    admittedBy(scene, field, value) ? [links.get(String(value))!] : [],
  );
  await readRecords(context.connectors, context.records, [
    ...owners.flatMap((each) => refsOfLink(context, each)),
    ...typed.flatMap((each) => sides.flatMap((side) => measureOf(scene, each, side)?.ref ?? [])),
  ]);
  return typed.map((each) => normal(scene, each));
}

interface Scene {
  readonly context: StepContext;
  readonly mapping: Mapping;
  readonly link: LinkRow;
  /** Those that the values name, by id. */
  readonly links: ReadonlyMap<string, LinkRow>;
}

function normal(scene: Scene, { field, line, value }: Typed): Json {
  const rule = ruleOf(scene, { field, line });
  if (!rule) throw refused(field, `${field} takes no value; take a side.`);
  const why = wrongKind(rule, value) ?? wrongRecord(scene, rule, field, value);
  if (why) throw refused(field, `${field} ${JSON.stringify(value)} ${why}`);
  const canonical = rule.codec.refers ? value : read(scene, { field, line, value }, rule);
  const beyond = beyondLimit(rule, canonical);
  const wrong = beyond ?? tooFine(scene, { field, line }, canonical);
  if (wrong) throw refused(field, `${field} ${JSON.stringify(canonical)} ${wrong}`);
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

/** How a value is not of the kind that people type for the field, with the remedy; null where it is. */
function wrongKind({ takes, codec }: FieldRule, value: Json): string | null {
  if (value === null || codec.refers) return null;
  if (takes === 'text' && typeof value !== 'string') return 'is no text. Type one, in quotes.';
  if (takes === 'number' && typeof value !== 'string' && typeof value !== 'number')
    return 'is no number. Type one, such as "12.50".';
  if (takes === 'boolean' && typeof value !== 'boolean')
    return 'is neither true nor false. Type one of the two.';
  return takes === 'address' && typeof value === 'object' && !Array.isArray(value)
    ? wrongAddress(value as Readonly<Record<string, Json>>)
    : null;
}

/** An edit would refuse these; a codec leaves out of an address what it cannot read. */
function wrongAddress(value: Readonly<Record<string, Json>>): string | null {
  const known: readonly string[] = addressParts;
  for (const [part, text] of Object.entries(value)) {
    if (!known.includes(part))
      return `has ${part}, which is no part of an address. Type ${known.join(', ')}.`;
    if (text !== null && typeof text !== 'string')
      return `has a ${part} that is no text. Type one, in quotes.`;
  }
  const filled = Object.values(value).some((text) => typeof text === 'string' && text.trim() !== '');
  return filled && !value.country ? 'lacks its country. Add it by ISO 3166-1, such as NO.' : null;
}

/** How a value names no record that the field may name, with the remedy; null where it does. */
function wrongRecord(scene: Scene, { codec }: FieldRule, field: string, value: Json): string | null {
  if (value === null || !codec.refers) return null;
  const to = typeof value === 'string' ? scene.links.get(value) : undefined;
  const flow = to && scene.context.mappings[to.mapping];
  if (to && flow && (flow.crm !== codec.refers.crm || flow.erp !== codec.refers.erp))
    return `is no ${codec.refers.crm}, but a ${flow.crm}. Name a ${codec.refers.crm}.`;
  const admits = admittedBy(scene, field, value);
  if (!admits || !to) return null;
  const ref = refOfLink(scene.context.mappings[to.mapping], to, 'crm');
  const record = ref && scene.context.records.get(ref);
  return record?.fields[admits] === false
    ? `is inactive and takes nothing new. Name another ${codec.refers.crm}, or make that one active first.`
    : null;
}

/** The CRM's property of the record that a value names by which that may be named anew. */
function admittedBy({ context, mapping, links }: Scene, field: string, value: Json): string | null {
  const to = typeof value === 'string' ? links.get(value) : undefined;
  if (!to || !mapping.fields[field]?.admitted) return null;
  return Object.values(context.mappings[to.mapping].fields).find(({ admits }) => admits)?.crm ?? null;
}

/** How a number goes beyond what people may type, and the remedy; null where it does not. */
function beyondLimit({ typed: { least, most } = {} }: FieldRule, value: Json): string | null {
  if (typeof value !== 'string') return null;
  if (least !== undefined && Big(value).lt(least)) return `is less than ${least}. Type at least that.`;
  if (most !== undefined && Big(value).gt(most)) return `is more than ${most}. Type at most that.`;
  return null;
}

type Place = Pick<Typed, 'field' | 'line'>;

const ruleOf = ({ mapping }: Scene, { field, line }: Place): FieldRule | undefined =>
  (line === '' ? mapping.fields : mapping.lines)?.[field];

/** How a number is finer than what it counts; null where it is not. */
function tooFine(scene: Scene, place: Place, value: Json): string | null {
  if (typeof value !== 'string') return null;
  for (const side of sides) {
    const measure = measureOf(scene, place, side);
    const record = measure && scene.context.records.get(measure.ref);
    const read =
      record &&
      measure.codec.decode(record.fields[measure.property] ?? null, {
        ...contextOf(scene, side, place.line),
        fields: record.fields,
      });
    const most = read && 'value' in read ? read.value : null;
    if (typeof most !== 'number' || Big(value).round(most).eq(value)) continue;
    return `has more decimals than the ${most} of ${recordName(measure!.ref)}. Round it, or give that more decimals first.`;
  }
  return null;
}

/** Where a side says how many decimals a number may have: of a quantity, its product. */
function measureOf(scene: Scene, place: Place, side: Side) {
  const { of, as } = ruleOf(scene, place)?.typed?.decimals ?? {};
  const names = of === undefined ? undefined : ruleOf(scene, { ...place, field: of });
  const refers = names?.codec.refers;
  const id = names && contextOf(scene, side, place.line).fields[names[side] ?? ''];
  const flow = Object.values(scene.context.mappings).find(
    ({ crm, erp }) => crm === refers?.crm && erp === refers?.erp,
  );
  const rule = as === undefined ? undefined : flow?.fields[as];
  const property = rule?.[side];
  if (!refers || !rule || !property || typeof id !== 'string') return null;
  return { ref: { side, entity: refers[side], id }, codec: rule.codec, property };
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
