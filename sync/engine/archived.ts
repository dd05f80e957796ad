import type { FieldDrift } from '../core/drift.ts';
import type { Mapping } from '../core/mapping.ts';
import { same } from '../core/same.ts';
import type { Side, SystemRecord } from '../core/types.ts';
import type { LinkRow } from '../store/links.ts';
import { isProposal } from './stage.ts';

/** Both records of a pair. */
type Pair = Readonly<Record<Side, SystemRecord>>;

/**
 * The side that was archived or restored since the last agreement and that the other follows; the CRM's where both were.
 * Of two records that are linked just now it is the one that is archived, unless who links them prefers one.
 * Null where there is none: a link between records that have counterparts of their own leaves it to theirs.
 */
export function archivedBy(mapping: Mapping, link: LinkRow, records: Pair, prefer?: Side): Side | null {
  const from = movedOn(link, records, prefer);
  return from && mapping.between && !goesWithQuote(mapping, from, records.erp) ? null : from;
}

/** Archived on one side only, as drift: of a pair that are both archived, or neither, there is nothing to say. */
export function archivedDrift(mapping: Mapping, link: LinkRow, records: Pair): readonly FieldDrift[] {
  const [crm, erp] = [records.crm.archived, records.erp.archived];
  const ahead = archivedBy(mapping, link, records);
  if (crm === erp || (mapping.between && !ahead)) return [];
  const [a, b] = [link.crmArchived, link.erpArchived];
  return [
    {
      field: 'archived',
      base: same(a, b) ? a : { crm: a, erp: b },
      crm,
      erp,
      verdict: ahead ? `${ahead} ahead` : 'agreed difference',
    },
  ];
}

function movedOn(link: LinkRow, { crm, erp }: Pair, prefer: Side | undefined): Side | null {
  if (crm.archived === erp.archived) return null;
  if (!link.base) return prefer ?? (crm.archived ? 'crm' : 'erp');
  if (crm.archived !== link.crmArchived) return 'crm';
  return erp.archived !== link.erpArchived ? 'erp' : null;
}

/** A PROPOSAL is out of use while its quote is: nobody is to confirm what is not offered. An order that was confirmed is sold. */
const goesWithQuote = ({ name }: Mapping, from: Side, order: SystemRecord): boolean =>
  name === 'quoteOrder' && from === 'crm' && isProposal(order);
