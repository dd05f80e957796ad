import type { Homes } from '../core/home.ts';
import type { Lookup } from '../core/mapping.ts';
import type { Json, MappingName, RecordRef, Side, SystemRecord } from '../core/types.ts';
import type { LinkBrief, MappedRef } from '../store/links.ts';

/** Which properties of an entity refer to which entity, on the header and on its lines. */
export interface References {
  readonly header: readonly (readonly [property: string, entity: string])[];
  readonly lines: readonly (readonly [property: string, entity: string])[];
}

/** The references of every entity of one system, by entity name. */
export type ReferenceTable = Readonly<Record<string, References>>;

/** What is to be known of a link. */
type Known = Pick<LinkBrief, 'id' | 'mapping' | 'crmId' | 'erpId' | 'state' | 'endedBy'>;

/** Links by id and by record, known to a step; codecs look references up in it. */
export interface LinkTable {
  readonly lookup: Lookup;
  /** Takes in what the database has answered. */
  add(briefs: readonly Known[]): void;
  /**
   * Takes in what has come without a question: links that the step itself makes, or that were read ahead. What was asked
   * for before and had no link keeps none to the end of the step: a record that could not be looked for, since what it
   * refers to was not linked, must not be made because that is linked by now.
   */
  meet(links: readonly Known[]): void;
  /** A reference to this record means another link than its own. */
  follow(ref: MappedRef, link: string): void;
  /** A record that was just created for a link. */
  complete(link: string, mapping: MappingName, side: Side, id: string, other: string | null): void;
  knows(ref: MappedRef): boolean;
  knowsId(id: string): boolean;
}

/** An empty table of links over the company's settings and code lists. */
export function createLinkTable(
  homes: Homes,
  company: Lookup['company'],
  { code, isShared }: Pick<Lookup, 'code' | 'isShared'>,
): LinkTable {
  const byRecord = new Map<string, string>();
  const byId = new Map<string, { crm: string | null; erp: string | null }>();
  const known = new Set<string>();
  const over = new Map<string, { crm: string | null; erp: string | null }>();
  /** How the last link of a record ended; null where that lives. */
  const fates = new Map<string, string | null>();
  const keyOf = (mapping: string, side: Side, id: string): string => `${mapping}:${side}:${id}`;

  /** The first word on a record is that of its newest link. */
  function noteFate({ mapping, crmId, erpId, endedBy }: Known): void {
    for (const key of [crmId && keyOf(mapping, 'crm', crmId), erpId && keyOf(mapping, 'erp', erpId)])
      if (key && !fates.has(key)) fates.set(key, endedBy);
  }

  function takeIn(briefs: readonly Known[], isTold: (key: string) => boolean): void {
    for (const brief of briefs) {
      const { id, mapping, crmId, erpId, state } = brief;
      noteFate(brief);
      if (state === 'ended') {
        over.set(id, { crm: crmId, erp: erpId });
        continue;
      }
      // Looks at a link may come in another order than they were taken: while it lives, it loses no side.
      const before = byId.get(id);
      byId.set(id, { crm: crmId ?? before?.crm ?? null, erp: erpId ?? before?.erp ?? null });
      // A record without counterpart is not linked: what refers to it has no value that the other side could hold.
      if (!crmId || !erpId) continue;
      for (const key of [keyOf(mapping, 'crm', crmId), keyOf(mapping, 'erp', erpId)])
        if (isTold(key)) byRecord.set(key, id);
    }
  }

  return {
    lookup: {
      company,
      code,
      isShared,
      link: (ref) => byRecord.get(keyOf(homes[ref.side][ref.entity]!, ref.side, ref.id)),
      record: (link, side) => byId.get(link)?.[side] ?? undefined,
      ended: (link, side) => over.get(link)?.[side] ?? undefined,
      endedBy: (ref) => fates.get(keyOf(homes[ref.side][ref.entity]!, ref.side, ref.id)) ?? undefined,
    },
    add: (briefs) => takeIn(briefs, () => true),
    meet: (links) => takeIn(links, (key) => !known.has(key) || byRecord.has(key)),
    follow({ mapping, side, id }, link) {
      byRecord.set(keyOf(mapping, side, id), link);
    },
    complete(link, mapping, side, id, other) {
      byRecord.set(keyOf(mapping, side, id), link);
      if (other) byRecord.set(keyOf(mapping, side === 'crm' ? 'erp' : 'crm', other), link);
      byId.set(link, side === 'crm' ? { crm: id, erp: other } : { crm: other, erp: id });
    },
    knows({ mapping, side, id }) {
      const key = keyOf(mapping, side, id);
      if (known.has(key) || byRecord.has(key)) return true;
      known.add(key);
      return false;
    },
    knowsId: (id) => byId.has(id),
  };
}

/** Every record that these records refer to. */
export function referencesOf(
  context: { readonly references: Readonly<Record<Side, ReferenceTable>>; readonly homes: Homes },
  { side, entity }: Pick<RecordRef, 'side' | 'entity'>,
  record: SystemRecord,
): MappedRef[] {
  const references = context.references[side][entity];
  if (!references) return [];
  const homes = context.homes[side];
  const found: MappedRef[] = [];
  const collect = (fields: Readonly<Record<string, Json>>, list: References['header']): void => {
    for (const [property, to] of list) {
      const id = fields[property];
      if (typeof id === 'string') found.push({ mapping: homes[to]!, side, id });
    }
  };
  collect(record.fields, references.header);
  const lines = record.fields.lines;
  if (Array.isArray(lines))
    for (const line of lines) collect(line as Readonly<Record<string, Json>>, references.lines);
  return found;
}
