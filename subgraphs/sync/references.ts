import { crm } from '../crm/entities.ts';
import { erp } from '../erp/entities.ts';
import type { Properties } from '../system/entity.ts';
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

function referringFields({ mappings }: Unified): ReadonlySet<string> {
  const found = new Set<string>();
  for (const mapping of Object.values(mappings)) {
    const ours = crm.entities[mapping.crm as keyof typeof crm.entities];
    const theirs = erp.entities[mapping.erp as keyof typeof erp.entities];
    const of = (entity: { properties: Properties; lines?: Properties }): Properties => ({
      ...entity.lines,
      ...entity.properties,
    });
    for (const [field, rule] of Object.entries({ ...mapping.lines, ...mapping.fields }))
      if (isReference(rule.crm, of(ours)) || isReference(rule.erp, of(theirs)))
        found.add(`${mapping.name}.${field}`);
  }
  return found;
}

function isReference(name: string | null, properties: Properties): boolean {
  const kind = name === null ? undefined : properties[name]?.type.kind;
  return kind === 'ref' || kind === 'refCode';
}
