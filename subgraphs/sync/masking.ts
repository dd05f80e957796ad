import type { Json } from '../../sync/index.ts';
import type { SyncContext } from './context.ts';
import type { Scope } from './rights.ts';
import type { Unified } from './unified.ts';

/**
 * Whether the caller may see the values of a mapping's field in events, conflicts and plans: what the unified type
 * hides there is hidden here as well. `native` names count too, since plans speak each system's own.
 */
function maySee(context: SyncContext, mapping: string, field: string): boolean {
  const scope = scopesOf(context.unified).get(`${mapping}.${field}`);
  return scope === undefined || context.may(scope);
}

/** The value, or null where the caller may not see it. */
export function seen(context: SyncContext, mapping: string, field: string, value: Json | undefined): Json {
  return value !== undefined && maySee(context, mapping, field) ? value : null;
}

const known = new WeakMap<Unified, ReadonlyMap<string, Scope>>();

function scopesOf(unified: Unified): ReadonlyMap<string, Scope> {
  const before = known.get(unified);
  if (before !== undefined) return before;
  const scopes = new Map<string, Scope>();
  for (const type of Object.values(unified.types))
    for (const { canonical, name, property } of [...type.fields, ...(type.lines ?? [])]) {
      if (property.scope === undefined) continue;
      const rule = unified.mappings[type.mapping].fields[canonical];
      for (const word of [canonical, name, rule?.crm, rule?.erp])
        if (word)
          // Under no mapping as well: for a plan that made no link.
          for (const scopeOf of [type.mapping, ''])
            scopes.set(`${scopeOf}.${word}`, `read:${property.scope}`);
    }
  known.set(unified, scopes);
  return scopes;
}
