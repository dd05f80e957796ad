import type { Mapping } from '../core/mapping.ts';
import type { LineLink, MergeInput, Side, SystemRecord } from '../core/types.ts';
import type { LinkRow } from '../store/links.ts';
import type { Part } from './draft.ts';
import type { Planning } from './plan/planning.ts';
import { isProposal } from './stage.ts';

/** Whether what a flow writes on a side is a CRM order. */
export const isCrmOrder = ({ name }: Mapping, side: Side): boolean => name === 'order' && side === 'crm';

/**
 * Whether an ERP order gets a CRM order made: one that was born in the ERP does, and one whose quote is deleted; one that
 * came from a quote only once that is accepted, and where the company wants it so. A PROPOSAL never does, and one whose
 * CRM order was deleted or unlinked only where a person asks for it.
 */
export function getsCrmOrder(planning: Planning, { createCrmOrder }: Mapping, order: SystemRecord): boolean {
  const { context, work, stage, members } = planning;
  if (isProposal(order)) return false;
  if (context.tombstones.has(`order:erp:${order.id}`) && work.lane.cause.kind !== 'mutation') return false;
  const isFromQuote = order.fields.sourceQuoteReference || members.some(({ mapping }) => mapping === 'quote');
  if (!isFromQuote || isQuoteGone(planning, order)) return true;
  return createCrmOrder === 'onAcceptance' && stage !== 'quote' && stage !== 'closed';
}

function isQuoteGone({ context, members, work }: Planning, order: SystemRecord): boolean {
  const link = members.find(({ mapping }) => mapping === 'quoteOrder');
  if (!link?.crmId) return context.tombstones.get(`quoteOrder:erp:${order.id}`)?.by === 'deleted';
  return work.massGone !== 'crm' && !context.records.get({ side: 'crm', entity: 'Quote', id: link.crmId });
}

/** The quote of a deal whose CRM order is being made, which only the CRM can name. */
export function quoteOfNewOrder(members: readonly LinkRow[]): NonNullable<MergeInput['choices']> {
  const quote = members.find(({ mapping, state }) => mapping === 'quote' && state !== 'ended');
  return quote ? { quoteId: { value: quote.id } } : {};
}

/** A new CRM order's lines with the quote's lines that they were made from. */
export function withQuoteLines(part: Part, lines: readonly LineLink[], members: readonly LinkRow[]): Part {
  const deal = members.find(({ mapping, state }) => mapping === 'quoteOrder' && state !== 'ended');
  if (!deal) return part;
  const quoteLineOf = new Map(deal.lines.map((line) => [line.erpLineId, line.crmLineId]));
  const erpLineOf = new Map(lines.map((line) => [line.crmLineId, line.erpLineId]));
  return {
    ...part,
    lines: part.lines.map((op) => {
      const quoteLineId = quoteLineOf.get(erpLineOf.get(op.lineId) ?? null);
      return op.kind === 'add' && quoteLineId ? { ...op, origin: { quoteLineId } } : op;
    }),
  };
}
