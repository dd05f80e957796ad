import type { MappingName, Side, SystemRecord } from '../core/types.ts';
import type { LinkRow } from '../store/links.ts';
import { freshLink } from './fresh-link.ts';
import type { Deal } from './stage.ts';
import { type PlanContext, refOfLink } from './work.ts';

/** Links a deal should have and does not yet: its ERP order as a proposal, and the unified order from then on. */
export function completeDeal(links: readonly LinkRow[], context: PlanContext): readonly LinkRow[] {
  const find = (mapping: MappingName): LinkRow | undefined => links.find((link) => link.mapping === mapping);
  const [quote, order] = [find('quote'), find('order')];
  let proposal = find('quoteOrder');
  const made: LinkRow[] = [];
  if (quote?.crmId && !proposal && wantsProposal(quote, order, context)) {
    proposal = freshLink(context.newId(), 'quoteOrder', quote.lane, {
      crmId: quote.crmId,
      erpId: order?.erpId ?? null,
    });
    made.push(proposal);
  }
  if (proposal?.erpId && !order)
    made.push(freshLink(context.newId(), 'order', proposal.lane, { crmId: null, erpId: proposal.erpId }));
  return [...links, ...made];
}

function wantsProposal(quote: LinkRow, order: LinkRow | undefined, context: PlanContext): boolean {
  const rule = context.ruleOf('quoteOrder');
  if (rule === 'never' || rule === 'match') return false;
  const record = context.records.get({ side: 'crm', entity: 'Quote', id: quote.crmId! });
  if (!record || record.archived || hadItsOrder(quote.crmId!, context)) return false;
  return rule !== 'accepted' || record.fields.status === 'ACCEPTED' || order !== undefined;
}

/** Whether somebody unlinked the quote's order, or deleted one that was more than a proposal: it is not made anew. */
function hadItsOrder(quoteId: string, { tombstones }: PlanContext): boolean {
  const stone = tombstones.get(`quoteOrder:crm:${quoteId}`);
  return stone !== undefined && (stone.by === 'unlinked' || stone.orderState !== null);
}

/** The documents of a deal, as far as they were read. */
export function dealOf(
  links: readonly LinkRow[],
  { mappings, records }: Pick<PlanContext, 'mappings' | 'records'>,
): Deal {
  const record = (mapping: MappingName, side: Side): SystemRecord | null => {
    const link = links.find((each) => each.mapping === mapping);
    const ref = link && refOfLink(mappings[mapping], link, side);
    return ref ? records.get(ref) : null;
  };
  return {
    crmQuote: record('quote', 'crm') ?? record('quoteOrder', 'crm'),
    erpQuote: record('quote', 'erp'),
    crmOrder: record('order', 'crm'),
    erpOrder: record('order', 'erp') ?? record('quoteOrder', 'erp'),
  };
}
