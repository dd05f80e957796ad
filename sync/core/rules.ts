import type { FieldRule } from './mapping.ts';
import { reached, sides } from './sides.ts';
import type { Side, Stage } from './types.ts';

/** A field's name with its rule. */
export interface NamedRule {
  readonly field: string;
  readonly rule: FieldRule;
  /** Settled together with the field that names it as its pair. */
  readonly second: boolean;
}

const listed = new WeakMap<object, readonly NamedRule[]>();

/** The rules that are switched on, as a list made once per table: the hot path walks it. */
export function rulesOf(table: Readonly<Record<string, FieldRule>>): readonly NamedRule[] {
  const known = listed.get(table);
  if (known) return known;
  const on = Object.entries(table).filter(([, { way, crm, erp }]) => way !== 'off' && (crm ?? erp) !== null);
  const seconds = new Set(on.map(([, rule]) => rule.pair));
  const made = on.map(([field, rule]) => ({ field, rule, second: seconds.has(field) }));
  listed.set(table, made);
  return made;
}

/** Whether a field travels on this link at this stage. */
export const travels = (rule: FieldRule, stage: Stage, content: boolean): boolean =>
  !rule.derived && (content || !rule.content) && (rule.stages === undefined || rule.stages.includes(stage));

/** The one side that may author a field at a stage, with the reason, or null where both may. */
export function author(rule: FieldRule, stage: Stage): { readonly side: Side; readonly why: string } | null {
  if (rule.way === 'toErp') return oneWayFromCrm;
  if (rule.way === 'toCrm') return oneWayFromErp;
  if (rule.content && reached(stage, 'shipped')) return { side: 'erp', why: onlyErp(stage) };
  if (rule.frozenFrom && reached(stage, rule.frozenFrom))
    return stage === 'closed' ? { side: 'erp', why: onlyErp(stage) } : frozen;
  return null;
}

/** The one side whose people alone edit a field that travels one way; null where both may. */
export const soleAuthor = ({ way }: FieldRule): Side | null =>
  way === 'toErp' ? 'crm' : way === 'toCrm' ? 'erp' : null;

/** Whether people type a field's value on a side from which it travels: else it follows from something else. */
export function isTyped(rule: FieldRule): boolean {
  if (rule.derived || rule.order) return false;
  const sole = soleAuthor(rule);
  if (sole) return rule[sole] !== null && !rule.given?.[sole];
  return sides.some((side) => !rule.given?.[side]);
}

const oneWayFromCrm = { side: 'crm', why: 'one-way field' } as const;
const oneWayFromErp = { side: 'erp', why: 'one-way field' } as const;
const frozen = { side: 'erp', why: 'frozen at this stage' } as const;

/** Why the CRM edits nothing any more, at the stages from `shipped` on: an order that is over need not have been shipped. */
export const onlyErp = (stage: Stage): string =>
  `${stage === 'closed' ? 'closed or cancelled' : 'shipped'}, only the ERP edits`;

/** Whether an edit in the CRM has to be decided by a person. */
export const guards = (rule: FieldRule, stage: Stage): boolean =>
  rule.guarded === true && reached(stage, 'released') && !reached(stage, 'shipped');
