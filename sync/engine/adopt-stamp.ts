import type { LinkBrief, MappedRef } from '../store/links.ts';
import { joinDeal } from './adopt-deal.ts';
import { type Adopted, type Found, idOn, type Stamp } from './adopted.ts';
import { isRevised } from './heirs.ts';
import type { StepContext } from './step-context.ts';

function stampOf({ homes }: StepContext, { ref, record }: Found): Stamp | null {
  const text = (field: string): string | null => {
    const value = record.fields[field];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const mapping = homes[ref.side][ref.entity]!;
  if (ref.side === 'erp') {
    const external = text('externalReference');
    if (external) return { mapping, side: 'crm', id: external, as: 'counterpart' };
    if (ref.entity !== 'Order') return null;
    const source = text('sourceQuoteReference');
    if (source) return { mapping: 'quote', side: 'crm', id: source, as: 'deal' };
    const quote = text('quoteId');
    return quote ? { mapping: 'quote', side: 'erp', id: quote, as: 'deal' } : null;
  }
  const quote = ref.entity === 'Order' ? text('quoteId') : null;
  if (quote) return { mapping: 'quote', side: 'crm', id: quote, as: 'deal' };
  const revised = ref.entity === 'Quote' ? text('revisionOfId') : null;
  return revised ? { mapping: 'quote', side: 'crm', id: revised, as: 'revision' } : null;
}

/** Follows stamps and references: the ERP's external reference, an order's quote on either side, a revision's predecessor. */
export async function byStamp(
  context: StepContext,
  found: readonly Found[],
): Promise<{ readonly done: readonly Adopted[]; readonly rest: readonly Found[] }> {
  const stamps = found.map((each) => ({ each, stamp: stampOf(context, each) }));
  const refs: MappedRef[] = stamps.flatMap(({ stamp }) => (stamp ? [stamp] : []));
  const links = refs.length > 0 ? await context.linksOf(refs) : [];
  const done: Adopted[] = [];
  const rest: Found[] = [];
  for (const { each, stamp } of stamps) {
    const link = stamp && linkOfStamp(links, stamp);
    if (!stamp || (!link && stamp.as === 'counterpart')) rest.push(each);
    else if (!link) {
      // A deal starts at its quote: let that one come first, but an order whose quote never comes stands alone.
      if (context.settings.isBehind(stamp.mapping) && !context.preview)
        done.push({ kind: 'behind', lane: each.lane, flow: stamp.mapping });
      else if (each.lane.putOff < patience)
        done.push({
          kind: 'later',
          lane: each.lane,
          ring: { side: stamp.side, entity: 'Quote', id: stamp.id },
        });
      else rest.push(each);
    } else if (stamp.as === 'counterpart') {
      if (link.erpId === null || link.erpId === each.ref.id)
        done.push({ kind: 'handed', lane: each.lane, to: link.lane, mapping: link.mapping });
      else rest.push(each);
    } else done.push(await joinDeal(context, each, link, stamp));
  }
  return { done, rest };
}

/** The live link that a stamp names; of an order or another revision, that of the deal whose quote has been revised since. */
function linkOfStamp(links: readonly LinkBrief[], stamp: Stamp): LinkBrief | undefined {
  const own = links.filter((link) => link.mapping === stamp.mapping && idOn(link, stamp.side) === stamp.id);
  return (
    own.find(({ state }) => state !== 'ended') ??
    (stamp.as === 'counterpart' ? undefined : own.find(isRevised))
  );
}

/** How many times an order waits for the quote it names before it goes on without. */
const patience = 5;
