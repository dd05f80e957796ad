import { ruledFields } from './ruled.ts';
import type { Unified } from './unified.ts';

const known = new WeakMap<Unified, ReadonlySet<string>>();

/** Whether a field's agreed value is the id of a link: it stands for another record. */
export function refersToRecord(unified: Unified, mapping: string, field: string): boolean {
  let fields = known.get(unified);
  if (fields === undefined) {
    fields = referringFields(unified);
    known.set(unified, fields);
  }
  return fields.has(`${mapping}.${field}`);
}

function referringFields(unified: Unified): ReadonlySet<string> {
  const referring = ruledFields(unified).filter(({ properties }) =>
    properties.some(({ type: { kind } }) => kind === 'ref' || kind === 'refCode'),
  );
  return new Set(referring.map(({ mapping, field }) => `${mapping}.${field}`));
}
