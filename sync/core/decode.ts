import { decimalsIn } from './codecs/numbers.ts';
import type { LineChange } from './connector.ts';
import { chargeChange, chargeOf, commentChanges, folded, ownLines } from './erp-lines.ts';
import type { CodecContext, FieldRule, Hold, Lookup, Mapping } from './mapping.ts';
import { rulesOf } from './rules.ts';
import { same } from './same.ts';
import type { Held, Json, LineState, Side, SideState, SystemRecord, Values } from './types.ts';

type Fields = Readonly<Record<string, Json>>;

/** What a write of a record's own fields is encoded to. */
export interface EncodedWrite {
  readonly fields: Fields;
  readonly held: readonly Held[];
  /** Lines that stand for fields of the header: the ERP's freight. */
  readonly lineChanges: readonly LineChange[];
}

/** What a write of one line is encoded to: its fields, and the COMMENT lines that carry what is too long for it. */
export interface EncodedLine {
  readonly fields: Fields;
  readonly held: readonly Held[];
  readonly comments: readonly LineChange[];
}

/**
 * Brings a record to canonical values. A value without normal form is left out and listed as held; a reference whose
 * record is not linked yet stays comparable as a placeholder, and is listed too. `at`: instant of its last edit in ms.
 */
export function decodeRecord(
  mapping: Mapping,
  side: Side,
  record: SystemRecord,
  lookup: Lookup,
  at: number,
): SideState {
  const held: Held[] = [];
  const context: CodecContext = { lookup, side, fields: record.fields, id: record.id };
  const finer: Record<string, Json> = {};
  const values = decodeFields(mapping.fields, context, held, finer);
  const { chargeLine } = mapping;
  if (chargeLine && side === 'erp') {
    const value = chargeOf(record.fields, chargeLine.code, decimalsIn(context));
    if (value === undefined) delete values[chargeLine.field];
    else values[chargeLine.field] = value;
  }
  const state = { values, ...(Object.keys(finer).length > 0 && { finer }), held, at };
  if (!mapping.lines) return state;
  return { ...state, lines: decodeLines(mapping, mapping.lines, context, record.fields) };
}

function decodeLines(
  mapping: Mapping,
  table: Readonly<Record<string, FieldRule>>,
  { lookup, side }: CodecContext,
  document: Fields,
): readonly LineState[] {
  const behind = side === 'crm' ? mapping.staysBehind : undefined;
  return ownLines(document, side, mapping).map((line) => {
    const lineId = String(line.lineId);
    const held: Held[] = [];
    const fields = side === 'erp' ? folded(line, document) : line;
    const values = decodeFields(table, { lookup, side, fields, document, id: lineId }, held);
    const state = { lineId, values, held: held.map((h) => ({ ...h, line: lineId })) };
    return behind?.values.includes(String(line[behind.property])) ? { ...state, behind: true } : state;
  });
}

function decodeFields(
  table: Readonly<Record<string, FieldRule>>,
  context: CodecContext,
  held: Held[],
  finer: Record<string, Json> = {},
): Record<string, Json> {
  const { side, fields, id } = context;
  const values: Record<string, Json> = {};
  for (const { field, rule } of rulesOf(table)) {
    const property = rule[side];
    const native =
      property === null ? null : property === 'id' || property === 'lineId' ? (id ?? null) : fields[property];
    if (native === undefined) continue;
    const decoded = rule.codec.decode(native, context);
    if ('held' in decoded) {
      held.push(heldOf(field, side, native, decoded.held));
      if (decoded.value !== undefined) values[field] = decoded.value;
    } else if ('value' in decoded) {
      values[field] = decoded.value;
      if (decoded.finer !== undefined) finer[field] = decoded.finer;
    }
  }
  return values;
}

const heldOf = (field: string, side: Side, value: Json, hold: Hold): Held => ({
  field,
  side,
  value,
  ...hold,
  message: `${field} ${shown(hold.code ?? hold.value ?? value)} ${hold.message}`,
});

const shown = (value: Json): string => {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
};

/**
 * Turns canonical values into native fields of one side. What the side can't hold is left out and listed; of a
 * discount only the typed half is written. `current`: the record as it is, null when it is being created.
 */
export function encodeWrite(
  mapping: Mapping,
  side: Side,
  values: Values,
  { lookup, current }: { readonly lookup: Lookup; readonly current: SystemRecord | null },
): EncodedWrite {
  const held: Held[] = [];
  const before = current?.fields ?? {};
  const context = { lookup, side, fields: before, values };
  const fields = encodeFields(mapping.fields, values, context, held);
  const { chargeLine } = mapping;
  const charge = chargeLine && side === 'erp' ? values[chargeLine.field] : undefined;
  const change =
    chargeLine && charge !== undefined ? chargeChange(before, chargeLine, charge, decimalsIn(context)) : null;
  return { fields, held, lineChanges: change ? [change] : [] };
}

/**
 * Turns a line's canonical values into native fields. `document` are the document's native fields, its lines among
 * them; `lineId` is the line's id, of a new line the id it will get.
 */
export function encodeLine(
  mapping: Mapping,
  side: Side,
  values: Values,
  {
    lookup,
    document,
    lineId,
  }: { readonly lookup: Lookup; readonly document: Fields; readonly lineId: string },
): EncodedLine {
  const held: Held[] = [];
  const lines = Array.isArray(document.lines) ? (document.lines as readonly Fields[]) : [];
  const current = lines.find((line) => line.lineId === lineId) ?? {};
  const context = { lookup, side, fields: current, document, values };
  const fields = encodeFields(mapping.lines ?? {}, values, context, held);
  const text = side === 'erp' && 'description' in fields ? values.description : undefined;
  const comments = text === undefined ? [] : commentChanges(lines, lineId, text);
  return { fields, held: held.map((h) => ({ ...h, line: lineId })), comments };
}

/**
 * What a write leaves as it stands, and has to give all the same: its target would fill it in from the record that it
 * refers to from now on, over what somebody typed there.
 */
export function keptBeside(
  table: Readonly<Record<string, FieldRule>>,
  side: Side,
  { fields, current }: { readonly fields: Fields; readonly current: Fields },
): Fields {
  const kept: Record<string, Json> = {};
  const closed = side === 'erp' ? 'toCrm' : 'toErp';
  for (const { rule } of rulesOf(table)) {
    const property = rule[side];
    if (!rule.fills || property === null || fields[property] === undefined) continue;
    if (same(fields[property], current[property])) continue;
    for (const { way, [side]: filled } of rule.fills.flatMap((name) => table[name] ?? [])) {
      if (filled === null || way === closed || filled in fields) continue;
      const value = current[filled] ?? null;
      if (value !== null) kept[filled] = value;
    }
  }
  return kept;
}

function encodeFields(
  table: Readonly<Record<string, FieldRule>>,
  values: Values,
  context: CodecContext,
  held: Held[],
): Record<string, Json> {
  const { side } = context;
  const fields: Record<string, Json> = {};
  const also: Record<string, Json | undefined> = {};
  for (const { field, rule } of rulesOf(table)) {
    const value = values[field];
    const property = rule[side];
    if (
      value === undefined ||
      rule.derived ||
      property === null ||
      property === 'id' ||
      property === 'lineId'
    )
      continue;
    if (value === null && isDerivedHalf(table, field, rule, values)) continue;
    const encoded = rule.codec.encode(value, context);
    if ('held' in encoded) held.push(heldOf(field, side, value, encoded.held));
    else {
      fields[property] = encoded.value;
      if (rule.codec.also) Object.assign(also, rule.codec.also(value, context));
    }
  }
  for (const [property, value] of Object.entries(also))
    if (value === undefined) delete fields[property];
    else fields[property] = value;
  return fields;
}

/** The half of a discount that the target derives from the other, which is written now. */
function isDerivedHalf(
  table: Readonly<Record<string, FieldRule>>,
  field: string,
  rule: FieldRule,
  values: Values,
): boolean {
  if (rule.pair) return isThere(values[rule.pair]);
  return rulesOf(table).some((r) => r.rule.pair === field && isThere(values[r.field]));
}

const isThere = (value: Json | undefined): boolean => value !== null && value !== undefined;
