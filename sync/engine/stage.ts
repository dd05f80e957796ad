import type { Mapping } from '../core/mapping.ts';
import type { Base, Stage, SystemRecord } from '../core/types.ts';

const released = new Set(['RELEASED']);
const shipped = new Set(['PARTIALLY_SHIPPED', 'SHIPPED', 'PARTIALLY_INVOICED', 'INVOICED']);
const closed = new Set(['CLOSED', 'CANCELLED']);
const accepted = new Set(['ACCEPTED']);

/** The documents of one deal, as far as they are there. */
export interface Deal {
  readonly crmQuote: SystemRecord | null;
  readonly erpQuote: SystemRecord | null;
  readonly crmOrder: SystemRecord | null;
  readonly erpOrder: SystemRecord | null;
}

/** How far a deal has come. A hold keeps the stage it interrupts. */
export function stageOf({ crmQuote, crmOrder, erpOrder }: Deal): Stage {
  const at = statusOf(erpOrder);
  if (at === 'ON_HOLD') return heldStage(erpOrder!, crmOrder);
  // A proposal that was cancelled never was an order: its quote is cancelled with it.
  if (at === 'CANCELLED' && !crmOrder && !accepted.has(statusOf(crmQuote))) return 'quote';
  if (closed.has(at)) return 'closed';
  if (shipped.has(at)) return 'shipped';
  if (released.has(at)) return 'released';
  if (crmOrder) return 'ordered';
  // An order born in the ERP has no quote to wait for: it carries its content from the start.
  if (erpOrder && !crmQuote && at !== 'PROPOSAL') return 'ordered';
  return accepted.has(statusOf(crmQuote)) ? 'accepted' : 'quote';
}

/** What a link does in its deal: whether it carries the commercial content, and by the rules of which stage. */
export interface Duty {
  readonly content: boolean;
  readonly stage: Stage;
}

/**
 * The duty of a link of this mapping in a deal that has come as far as `stage`. The content of an accepted quote travels
 * on its ERP order until there is a CRM order, whatever the ERP has done with its own by then: nothing else would tell
 * the CRM of it. `quote`: what the deal's two quotes agreed on last.
 */
export function dutyOf(mapping: Mapping, stage: Stage, deal: Deal | null, quote: Base | null): Duty {
  if (mapping.name === 'quote' && stage !== 'quote' && isUnlocked(quote))
    return { content: true, stage: 'accepted' };
  const content =
    mapping.carries === undefined ||
    mapping.carries.includes(stage) ||
    (mapping.name === 'quoteOrder' && !deal?.crmOrder);
  return { content, stage };
}

/**
 * Only an acceptance that both quotes have agreed on locks the ERP quote. What was edited there before is settled
 * together with it, however far the order has come in the same window. With a revision no status was agreed yet.
 */
const isUnlocked = (quote: Base | null): boolean => quote !== null && quote.crm.status !== 'ACCEPTED';

function heldStage(order: SystemRecord, crmOrder: SystemRecord | null): Stage {
  const before = order.fields.heldStatus;
  if (typeof before === 'string' && shipped.has(before)) return 'shipped';
  if (typeof before === 'string' && released.has(before)) return 'released';
  return crmOrder ? 'ordered' : 'accepted';
}

const statusOf = (record: SystemRecord | null): string => String(record?.fields.status ?? '');

/** Whether an ERP order still takes edits of its salesperson block: from PROPOSAL to PARTIALLY_SHIPPED. */
export const isOpenOrder = (order: SystemRecord): boolean => openOrder.has(statusOf(order));
const openOrder = new Set([
  'PROPOSAL',
  'OPEN',
  'PENDING_APPROVAL',
  'PENDING_PREPAYMENT',
  'RELEASED',
  'ON_HOLD',
  'PARTIALLY_SHIPPED',
]);

/** Whether an order came to nothing, or was put away. */
export const isOutOfUse = (order: SystemRecord): boolean => order.archived || statusOf(order) === 'CANCELLED';

/** Whether a quote's content may still travel to both ERP documents. */
export const isProposal = (order: SystemRecord): boolean => statusOf(order) === 'PROPOSAL';
