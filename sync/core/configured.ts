import type { FieldRule, Mapping, Winner } from './mapping.ts';
import { sides } from './sides.ts';
import type { Side } from './types.ts';

/** What a company decided about one field of a flow, in place of what the mapping says. Left out: as declared. */
export interface FieldSetting {
  readonly way?: FieldRule['way'];
  readonly wins?: Winner;
  /** An edit rests so long, in ms, before it travels: what is typed in several goes travels once. 0 is none. */
  readonly settleMs?: number;
}

/** What a company decided about a flow. Fields of lines are named `lines.quantity`. */
export interface FlowSetting {
  readonly onDelete?: Partial<Readonly<Record<Side, Mapping['onDelete']['crm']>>>;
  readonly createCrmOrder?: NonNullable<Mapping['createCrmOrder']>;
  readonly fields: Readonly<Record<string, FieldSetting>>;
}

const linePrefix = 'lines.';

/** The longest time an edit may rest, in ms: what rests longer is not a sync any more. */
export const longestSettleMs = 600_000;

/** A mapping as the company set it. */
export function configured(mapping: Mapping, { onDelete, createCrmOrder, fields }: FlowSetting): Mapping {
  const table = (rules: Mapping['fields'], prefix: string): Mapping['fields'] =>
    Object.fromEntries(
      Object.entries(rules).map(([field, rule]) => [field, { ...rule, ...fields[prefix + field] }]),
    );
  return Object.freeze({
    ...mapping,
    onDelete: { ...mapping.onDelete, ...onDelete },
    ...(createCrmOrder && { createCrmOrder }),
    fields: table(mapping.fields, ''),
    ...(mapping.lines && { lines: table(mapping.lines, linePrefix) }),
  });
}

/** Why a field can't be set so, in words for people; null where it can. */
export function refusalOf(
  mapping: Mapping,
  field: string,
  { way, wins, settleMs }: FieldSetting,
): string | null {
  const ofLine = field.startsWith(linePrefix);
  const own = ofLine ? field.slice(linePrefix.length) : field;
  const table = (ofLine ? mapping.lines : mapping.fields) ?? {};
  // A name such as constructor is in every object.
  const rule = Object.hasOwn(table, own) ? table[own] : undefined;
  const name = `${mapping.name}.${field}`;
  if (!rule) return `The flow ${mapping.name} has no field ${field}. It has ${namesOf(mapping).join(', ')}.`;
  if (rule.derived || (way !== undefined && (rule.states || rule.crm === null || rule.erp === null)))
    return `${name} follows from other fields or states: its direction can't be set.`;
  if (way !== undefined && way !== rule.way) {
    if (rule.way === 'toErp' || rule.way === 'toCrm')
      if (way !== 'off')
        return `${name} is authored by the ${rule.way === 'toErp' ? 'CRM' : 'ERP'} alone: it can be switched off, not turned round.`;
    if (way === 'off' && (rule.waits || sides.some((side) => rule.required?.[side])))
      return `${name} is required: a record can't be made without it, so it can't be switched off.`;
  }
  if (wins !== undefined && wins !== rule.wins) {
    if (rule.wins === 'rank' || wins === 'rank')
      return `${name}: RANK belongs to states, and states are decided by rank.`;
    if (wins === 'strictest') return `${name}: STRICTEST is for flags whose safer value the mapping knows.`;
  }
  if (settleMs !== undefined) {
    if (ofLine) return `${name} is a field of a line: documents travel whole and don't rest.`;
    if (!Number.isInteger(settleMs) || settleMs < 0 || settleMs > longestSettleMs)
      return `${name} may rest for 0 to ${longestSettleMs / 1000} seconds.`;
  }
  return null;
}

/** The fields of a flow by the names by which they are set. */
function namesOf({ fields, lines = {} }: Mapping): readonly string[] {
  return [...Object.keys(fields), ...Object.keys(lines).map((name) => linePrefix + name)];
}
