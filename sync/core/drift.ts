import type { FieldRule, Mapping } from './mapping.ts';
import { isPlaceholder } from './placeholder.ts';
import { rulesOf, travels } from './rules.ts';
import { same } from './same.ts';
import { classOf, stateMaps } from './state-maps.ts';
import type { Base, Json, SideState, Stage } from './types.ts';

/** How the two sides of a field stand to each other and to what was agreed. */
export type DriftVerdict =
  | 'equal'
  /** Different, but so it was agreed: a side can't hold the other's value. */
  | 'agreed difference'
  | 'crm ahead'
  | 'erp ahead'
  | 'conflict'
  | 'held';

/** One field compared. */
export interface FieldDrift {
  readonly field: string;
  readonly base: { readonly crm: Json; readonly erp: Json } | null;
  readonly crm: Json;
  readonly erp: Json;
  readonly verdict: DriftVerdict;
}

/** What decides whether a field is this link's business: the deal's stage, and whether the link carries the content. */
export interface DriftScope {
  readonly stage: Stage;
  readonly content: boolean;
}

/** Compares two sides field by field. Fields that are not this link's business, or only an order, are left out. */
export function drift(
  mapping: Mapping,
  crm: SideState,
  erp: SideState,
  base: Base | null,
  scope: DriftScope,
): readonly FieldDrift[] {
  return rulesOf(mapping.fields)
    .filter(({ rule }) => !rule.order && travels(rule, scope.stage, scope.content))
    .map(({ field, rule }) => {
      const [c, e] = [crm.values[field], erp.values[field]];
      const then = base && (base.crm[field] !== undefined || base.erp[field] !== undefined);
      const agreed = then ? { crm: base.crm[field] ?? null, erp: base.erp[field] ?? null } : null;
      const held = [crm, erp].some((side) => side.held.some((h) => h.field === field));
      return {
        field,
        base: agreed,
        crm: c ?? null,
        erp: e ?? null,
        verdict: judgeField(rule, c, e, agreed, held),
      };
    });
}

function judgeField(
  rule: FieldRule,
  crm: Json | undefined,
  erp: Json | undefined,
  base: FieldDrift['base'],
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
