import type { LinkRow } from '../store/links.ts';
import type { NewProposal } from '../store/proposals.ts';
import { byMatch } from './adopt-match.ts';
import type { Adopted, Found } from './adopted.ts';
import { endLinks } from './ending.ts';
import type { StepContext } from './step-context.ts';
import { refOfLink, type Work } from './work.ts';

/** Works whose link waited alone, as they are once their twins were looked for. */
export interface Waited {
  readonly works: readonly Work[];
  /** A twin is being linked or made: again in a moment. */
  readonly later: readonly Work[];
  readonly proposals: readonly NewProposal[];
}

/**
 * A record that waits for another (a contact for its customer) could not be looked for by what it waited for. Before its
 * counterpart is made it is: there may be a twin on the other side, which perhaps waited as well and has a link of its
 * own by now; that one ends, and its record comes to the pair. One that waits for a person is looked for anew: what it
 * looked like may be another by now, or nothing.
 */
export async function seekTwins(context: StepContext, works: readonly Work[]): Promise<Waited> {
  const alone = new Map(works.flatMap((work) => aloneIn(context, work)).map((each) => [each.lane, each]));
  if (alone.size === 0) return { works, later: [], proposals: [] };
  const except = new Set([...alone.values()].map(({ link }) => link.id));
  const found = await byMatch(context, [...alone.values()], except);
  const adopted = new Map(found.map((each) => [each.lane, each]));
  // Whoever is at work on one of these would make a counterpart only with the claim that this lane has now.
  if (!context.preview)
    for (const each of found)
      if (each.kind === 'joined')
        await endLinks(context, {
          ids: each.links.map(({ id }) => id),
          by: 'merged',
          cause: each.lane.cause,
          detail: { into: alone.get(each.lane)!.link.id },
          alone: true,
        });
  const out: Work[] = [];
  const later: Work[] = [];
  const proposals: NewProposal[] = [];
  for (const work of works) {
    const [link, is] = [alone.get(work.lane)?.link, adopted.get(work.lane)];
    if (!link || !is) out.push(work);
    else if (is.kind === 'later') later.push(work);
    else {
      out.push({ ...work, links: work.links.map((each) => (each === link ? twinned(link, is) : each)) });
      if (is.kind === 'linked' && is.proposal) proposals.push({ ...is.proposal, linkId: link.id });
    }
  }
  return { works: out, later, proposals };
}

type Alone = Found & { readonly link: LinkRow };

/**
 * The link of a work that has waited without counterpart and waits no more, or waits for a person. Documents are told by
 * what they say; of whom a person has decided that he gets a counterpart of his own, nobody looks for another.
 */
function aloneIn(context: StepContext, { lane, links }: Work): readonly Alone[] {
  const [link] = links;
  if (!link || links.length > 1) return [];
  // What this very step has proposed it has just looked for.
  const isProposed = link.linkedBy.kind === 'proposal' && context.stored.has(link.id);
  if (link.state !== 'waiting' && !isProposed) return [];
  if (link.linkedBy.decided || link.mapping === 'quote' || link.mapping === 'order') return [];
  if ((link.crmId === null) === (link.erpId === null)) return [];
  const mapping = context.mappings[link.mapping];
  const ref = refOfLink(mapping, link, link.crmId === null ? 'erp' : 'crm')!;
  const record = context.records.get(ref);
  return record && !record.archived ? [{ lane, ref, record, mapping: link.mapping, link }] : [];
}

/** The link with what its twin brings to it; of one that was proposed and looks like nothing now, a counterpart is made. */
function twinned(link: LinkRow, is: Adopted): LinkRow {
  if (is.kind === 'joined') return paired(link, is.links[0]!);
  if (is.kind !== 'linked') return link;
  const { linkedBy, agreed } = is.link;
  if (linkedBy.kind === 'match') return paired(link, is.link);
  if (linkedBy.kind !== 'proposal')
    return link.linkedBy.kind === 'proposal' ? { ...link, linkedBy, waitsFor: [] } : link;
  const [wait] = is.link.waitsFor;
  return { ...link, linkedBy, agreed, waitsFor: [{ ...wait!, on: `proposal:${link.id}` }] };
}

const paired = (link: LinkRow, { crmId, erpId, linkedBy }: LinkRow): LinkRow => ({
  ...link,
  crmId: link.crmId ?? crmId,
  erpId: link.erpId ?? erpId,
  linkedBy,
});
