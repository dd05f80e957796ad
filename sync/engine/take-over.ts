import { type LinkRow, linksById } from '../store/links.ts';
import { freshLink } from './fresh-link.ts';
import { isSuperseded } from './plan/superseded.ts';
import { readRecords } from './records.ts';
import { isProposal } from './stage.ts';
import type { StepContext } from './step-context.ts';

/**
 * An ERP order takes the place of a deal's PROPOSAL: its links with the quote end, and a link without a quote keeps it
 * until the deal has put it away. Answers the links to be stored; null where the deal has an order that is more than
 * offered.
 */
export async function takeOver(
  context: StepContext,
  members: readonly LinkRow[],
  erpId: string,
): Promise<readonly LinkRow[] | null> {
  const proposal = members.find((link) => link.mapping === 'quoteOrder' && !isSuperseded(link));
  const order = members.find(({ mapping }) => mapping === 'order');
  if (!proposal?.erpId || order?.crmId) return null;
  const before = { side: 'erp', entity: context.mappings.quoteOrder.erp, id: proposal.erpId } as const;
  await readRecords(context.connectors, context.records, [before]);
  const record = context.records.get(before);
  if (record && !isProposal(record)) return null;
  const assigned = await context.linksOf([{ mapping: 'userOrder', side: 'erp', id: proposal.erpId }]);
  const over = [
    proposal,
    ...(await linksById(
      context.sql,
      assigned.filter(({ state }) => state !== 'ended').map(({ id }) => id),
    )),
  ];
  const { lane, crmId, base } = proposal;
  return [
    ...over.map((link): LinkRow => ({ ...link, state: 'ended', endedBy: 'superseded' })),
    { ...freshLink(context.newId(), 'quoteOrder', lane, { crmId: null, erpId: proposal.erpId }), base },
    // The unified order goes on with what the deal ends in.
    ...(order
      ? [{ ...order, erpId, erpVersion: null, lines: order.lines.map((line) => ({ ...line, ended: true })) }]
      : []),
    freshLink(context.newId(), 'quoteOrder', lane, { crmId, erpId }),
  ];
}
