import { decodeRecord } from '../core/decode.ts';
import type { Mapping } from '../core/mapping.ts';
import type { MappingName, RecordRef, Side, SideState, SystemRecord } from '../core/types.ts';
import type { Lane } from '../store/lanes.ts';
import type { LinkBrief, LinkRow } from '../store/links.ts';
import type { NewProposal } from '../store/proposals.ts';
import { freshLink } from './fresh-link.ts';
import { learnBriefs } from './heirs.ts';
import { referencesOf } from './lookup.ts';
import type { StepContext } from './step-context.ts';

/** What became of a lane of a record that had no link when it rang. */
export type Adopted =
  /** It has a link by now: that link's lane takes over. */
  | { readonly kind: 'handed'; readonly lane: Lane; readonly to: string; readonly mapping: MappingName }
  /** Nothing to link: gone, or ended before (a tombstone). */
  | { readonly kind: 'nothing'; readonly lane: Lane }
  /** A twin is being created, or what it refers to is not known yet: again in a moment. */
  | { readonly kind: 'later'; readonly lane: Lane; readonly ring?: RecordRef }
  /** What it refers to is news of a flow that rests or is catching up: again when that has. */
  | { readonly kind: 'behind'; readonly lane: Lane; readonly flow: MappingName }
  /** It has a fresh link, worked on in this very step. */
  | { readonly kind: 'linked'; readonly lane: Lane; readonly link: LinkRow; readonly proposal?: NewProposal }
  /** It joins links that are stored: they are saved at once, and their lane takes over. */
  | { readonly kind: 'joined'; readonly lane: Lane; readonly links: readonly LinkRow[] };

/** A record without a link, as it was read. */
export interface Found {
  readonly lane: Lane;
  readonly ref: RecordRef;
  readonly record: SystemRecord;
  readonly mapping: MappingName;
}

/** The record that a link joins on one side. */
export const idOn = (link: Pick<LinkBrief, 'crmId' | 'erpId'>, side: Side): string | null =>
  side === 'crm' ? link.crmId : link.erpId;

/** What a record itself says about its counterpart or its deal. */
export interface Stamp {
  readonly mapping: MappingName;
  readonly side: Side;
  readonly id: string;
  readonly as: 'counterpart' | 'deal' | 'revision';
}

/** Match keys may name other records (a contact's customer): their links have to be known to the codecs. */
export async function learnRecords(
  context: StepContext,
  found: readonly Pick<Found, 'ref' | 'record'>[],
): Promise<void> {
  const wanted = found.flatMap(({ ref, record }) => referencesOf(context, ref, record));
  const fresh = wanted.filter((ref) => !context.table.knows(ref));
  if (fresh.length > 0) await learnBriefs(context, await context.linksOf(fresh));
}

/** A document that starts a deal of its own. */
export function freshDeal(context: StepContext, { lane, ref, mapping }: Found): Adopted {
  // The lane is named after the record that starts the deal: a second attempt at it comes to the same lane.
  const link = freshLink(context.newId(), mapping, `deal:${ref.side}:${ref.id}`, {
    crmId: ref.side === 'crm' ? ref.id : null,
    erpId: ref.side === 'erp' ? ref.id : null,
  });
  return { kind: 'linked', lane, link };
}

/** A record in normal form. */
export const decode = (context: StepContext, mapping: Mapping, side: Side, record: SystemRecord): SideState =>
  decodeRecord(mapping, side, record, context.lookup, Date.parse(record.updatedAt));
