import type { FieldRule } from '../../sync/index.ts';
import { crm } from '../crm/entities.ts';
import { erp } from '../erp/entities.ts';
import type { Properties, Property } from '../system/entity.ts';
import type { Unified } from './unified.ts';

/** A field of a mapping, of a record or of its lines, with the property of each system that it is about. */
export interface Ruled {
  readonly mapping: string;
  /** Its canonical name. */
  readonly field: string;
  readonly rule: FieldRule;
  readonly properties: readonly Property[];
}

/** Every field that is mapped, switched off ones among them: the company may switch them on. */
export function ruledFields({ mappings }: Unified): readonly Ruled[] {
  return Object.values(mappings).flatMap((mapping) => {
    const ours = allOf(crm.entities[mapping.crm as keyof typeof crm.entities]);
    const theirs = allOf(erp.entities[mapping.erp as keyof typeof erp.entities]);
    return Object.entries({ ...mapping.lines, ...mapping.fields }).map(([field, rule]) => ({
      mapping: mapping.name,
      field,
      rule,
      properties: [named(ours, rule.crm), named(theirs, rule.erp)].filter(
        (property) => property !== undefined,
      ),
    }));
  });
}

const allOf = (entity: { readonly properties: Properties; readonly lines?: Properties }): Properties => ({
  ...entity.lines,
  ...entity.properties,
});

const named = (properties: Properties, name: string | null): Property | undefined =>
  name === null ? undefined : properties[name];
