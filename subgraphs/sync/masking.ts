import { type Json, meaningOf } from '../../sync/index.ts';
import type { SyncContext } from './context.ts';
import { type Scope, wordScopes } from './rights.ts';
import { ruledFields } from './ruled.ts';
import type { Unified } from './unified.ts';

/** The value, or null where the caller may not see it: what the systems hide is hidden here as well. */
export function seen(context: SyncContext, mapping: string, field: string, value: Json | undefined): Json {
  return value !== undefined && maySee(context, mapping, field) ? value : null;
}

/** A text that may quote the value of a field; where the caller may not see that, what it takes to see it. */
export function seenText(context: SyncContext, mapping: string, field: string, text: string): string {
  if (maySee(context, mapping, field)) return text;
  return `${field}: seeing why needs the scope ${scopeOf(context, mapping, field)}.`;
}

/** Whether the caller may see every value: only then what may quote any of them. */
export const maySeeAll = (context: SyncContext): boolean => wordScopes.every((scope) => context.may(scope));

/** Words about no field, which may quote any value: for those who may not see all, what their code means instead. */
export function seenWords(context: SyncContext, code: string, text: string): string {
  if (maySeeAll(context)) return text;
  return `${meaningOf(code)} Seeing what was said needs the scopes ${wordScopes.join(' and ')}.`;
}

/** Whether the caller may see the values of a mapping's field in events, conflicts, plans and names. */
export function maySee(context: SyncContext, mapping: string, field: string): boolean {
  const scope = scopeOf(context, mapping, field);
  return scope === undefined || context.may(scope);
}

/** `native` names count too, since plans speak each system's own. */
function scopeOf({ unified }: SyncContext, mapping: string, field: string): Scope | undefined {
  let scopes = known.get(unified);
  if (scopes === undefined) {
    scopes = scopesOf(unified);
    known.set(unified, scopes);
  }
  return scopes.get(`${mapping}.${field}`);
}

const known = new WeakMap<Unified, ReadonlyMap<string, Scope>>();

function scopesOf(unified: Unified): ReadonlyMap<string, Scope> {
  const scopes = new Map<string, Scope>();
  for (const { mapping, field, rule, properties } of ruledFields(unified)) {
    const scope = properties.find((property) => property.scope !== undefined)?.scope;
    if (scope === undefined) continue;
    for (const word of [field, rule.crm, rule.erp])
      if (word)
        // Under no mapping as well: for a plan that made no link.
        for (const owner of [mapping, '']) scopes.set(`${owner}.${word}`, `read:${scope}`);
  }
  return scopes;
}
