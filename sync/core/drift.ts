import type { FieldRule, Mapping } from './mapping.ts';
import { isPlaceholder, nativeOf } from './placeholder.ts';
import { rulesOf, travels } from './rules.ts';
import { same } from './same.ts';
import { classOf, stateMaps } from './state-maps.ts';
import type { Base, Held, Json, LineLink, LineState, Side, SideState, Stage, Values } from './types.ts';

/**
 * How the two sides of a field stand to each other and to what was agreed. `agreed difference`: a side can't hold the
 * other's value. `unknown`: a side could not be asked.
 */
export type DriftVerdict =
  | 'equal'
  | 'agreed difference'
  | 'crm ahead'
  | 'erp ahead'
  | 'conflict'
  | 'held'
  | 'unknown';

/** One field compared, of the record or (with `line`, the id of the line link) of a line; field `line` is a line as a whole. */
export interface FieldDrift {
  readonly field: string;
  readonly line?: string;
  /** What was agreed; where the sides agreed to differ, `{ crm, erp }`. */
  readonly base: Json;
  readonly crm: Json;
  readonly erp: Json;
  readonly verdict: DriftVerdict;
  /** Of a held field, why its value cannot travel; the value is the system's own then. Of an unknown one, who could not be asked. */
  readonly why?: string;
}

/** Whether a field is as it should be. */
export const isInStep = ({ verdict }: FieldDrift): boolean =>
  verdict === 'equal' || verdict === 'agreed difference';

/** Both sides of a link as they are now, and what was agreed. */
export interface DriftInput {
  readonly base: Base | null;
  readonly crm: SideState;
  readonly erp: SideState;
  readonly lineLinks: readonly LineLink[];
  /** The deal's stage, and whether this link carries its content: by default it does. */
  readonly stage?: Stage;
  readonly content?: boolean;
}

/** Compares two sides field by field and line by line. What is not this link's business at this stage is left out. */
export function driftBetween(mapping: Mapping, input: DriftInput): readonly FieldDrift[] {
  const { crm, erp, base } = input;
  const header = compare(mapping.fields, crm, erp, base, input);
  if (!mapping.lines || input.content === false) return header;
  return [...header, ...compareLines(mapping.lines, input)];
}

/** The fields of a pair of which a side, or both, could not be asked: what was agreed, and what the other shows. */
export function driftUnheard(
  mapping: Mapping,
  { base, crm, erp }: Pick<DriftInput, 'base'> & Readonly<Record<Side, SideState | null>>,
  why: string,
): readonly FieldDrift[] {
  const unheard: Decoded = { values: {}, held: [] };
  const fields = compare(mapping.fields, crm ?? unheard, erp ?? unheard, base, {});
  return fields.map((field) => ({ ...field, verdict: 'unknown', why }));
}

function compareLines(table: Readonly<Record<string, FieldRule>>, input: DriftInput): readonly FieldDrift[] {
  const at = { crm: byId(input.crm.lines), erp: byId(input.erp.lines) };
  const out: FieldDrift[] = [];
  for (const link of input.lineLinks) {
    const [crm, erp] = [at.crm.get(link.crmLineId), at.erp.get(link.erpLineId)];
    at.crm.delete(link.crmLineId);
    at.erp.delete(link.erpLineId);
    const there = crm && !crm.behind ? crm : undefined;
    if (there && erp)
      for (const field of compare(table, there, erp, link.base, input)) out.push({ ...field, line: link.id });
    else if (there || erp) out.push(lone(link.id, there?.values, erp?.values, link.base));
  }
  for (const line of at.crm.values())
    if (!line.behind) out.push(lone(line.lineId, line.values, undefined, null));
  for (const line of at.erp.values()) out.push(lone(line.lineId, undefined, line.values, null));
  return out;
}

/** Lines by id. A link that lacks a side asks for `null`, under which there is none. */
const byId = (lines: readonly LineState[] = []): Map<string | null, LineState> =>
  new Map(lines.map((line) => [line.lineId, line]));

/** A line that only one side has: the other removed it, or does not have it yet. */
const lone = (
  line: string,
  crm: Values | undefined,
  erp: Values | undefined,
  base: Base | null,
): FieldDrift => {
  const verdict = (crm === undefined) === (base === null) ? 'erp ahead' : 'crm ahead';
  return { field: 'line', line, base: base?.crm ?? null, crm: crm ?? null, erp: erp ?? null, verdict };
};

interface Decoded {
  readonly values: Values;
  readonly held: readonly Held[];
}

function compare(
  table: Readonly<Record<string, FieldRule>>,
  crm: Decoded,
  erp: Decoded,
  base: Base | null,
  { stage = 'quote', content = true }: Pick<DriftInput, 'stage' | 'content'>,
): readonly FieldDrift[] {
  return rulesOf(table)
    .filter(({ rule }) => !rule.order && travels(rule, stage, content))
    .map(({ field, rule }) => {
      const [c, e] = [crm.values[field], erp.values[field]];
      const [then, thenErp] = [base?.crm[field], base?.erp[field]];
      const agreed =
        then === undefined && thenErp === undefined ? null : { crm: then ?? null, erp: thenErp ?? null };
      const [heldInCrm, heldInErp] = [crm, erp].map((side) => side.held.find((h) => h.field === field));
      const held = heldInCrm ?? heldInErp;
      return {
        field,
        base: agreed && same(agreed.crm, agreed.erp) ? agreed.crm : shownBase(agreed),
        crm: heldInCrm ? heldInCrm.value : (c ?? null),
        erp: heldInErp ? heldInErp.value : (e ?? null),
        verdict: judgeField(rule, c, e, agreed, held !== undefined),
        ...(held && { why: held.message }),
      };
    });
}

const shownBase = (agreed: { readonly crm: Json; readonly erp: Json } | null): Json =>
  agreed && { crm: nativeOf(agreed.crm), erp: nativeOf(agreed.erp) };

function judgeField(
  rule: FieldRule,
  crm: Json | undefined,
  erp: Json | undefined,
  base: { readonly crm: Json; readonly erp: Json } | null,
  held: boolean,
): DriftVerdict {
  if (held || isPlaceholder('crm', crm) || isPlaceholder('erp', erp)) return 'held';
  if (crm === undefined || erp === undefined) return 'agreed difference';
  if (same(crm, erp)) return 'equal';
  if (rule.states && sameClass(rule.states, crm, erp)) return 'agreed difference';
  if (!base) return 'conflict';
  const [c, e] = [!same(crm, base.crm), !same(erp, base.erp)];
  if (c && e) return 'conflict';
  if (c) return 'crm ahead';
  return e ? 'erp ahead' : 'agreed difference';
}

const sameClass = (map: 'A' | 'B' | 'C', crm: Json, erp: Json): boolean =>
  typeof crm === 'string' &&
  typeof erp === 'string' &&
  classOf(stateMaps[map], crm) === classOf(stateMaps[map], erp);
