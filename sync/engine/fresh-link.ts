import type { Mapping } from '../core/mapping.ts';
import type { MappingName, RecordRef } from '../core/types.ts';
import type { LinkRow } from '../store/links.ts';
import { refKey } from './records.ts';

/** How a link is marked whose CRM quote is a new revision of one that was linked before. */
export const revisionKey = 'revision';

/** A link that is not stored yet. */
export function freshLink(
  id: string,
  mapping: MappingName,
  lane: string | null,
  { crmId, erpId, by }: { crmId: string | null; erpId: string | null; by?: LinkRow['linkedBy'] },
): LinkRow {
  return {
    id,
    mapping,
    lane: lane ?? `link:${id}`,
    crmId,
    erpId,
    state: 'pending',
    linkedBy: by ?? { kind: 'create' },
    base: null,
    agreed: {},
    crmVersion: null,
    erpVersion: null,
    crmArchived: false,
    erpArchived: false,
    held: [],
    waitsFor: [],
    flips: {},
    edits: {},
    closed: false,
    endedBy: null,
    synced: false,
    syncedAgoMs: null,
    lines: [],
  };
}

/**
 * The idempotency key of a create: the record it is made from, so that the same work tried again finds the first. An
 * ERP order has one key per deal, whichever of its documents asks for it first.
 */
export function createKey(mapping: Mapping, link: LinkRow, source: RecordRef): string {
  return source.side === 'crm' && mapping.erp === 'Order'
    ? `tandem:${link.lane}:Order`
    : `tandem:${refKey(source)}`;
}

/** After so many flips a field rests until a person looks (merge rule 8). */
export const flipLimit = 3;
