import type { Mapping } from '../core/mapping.ts';
import type { Stage, SystemRecord } from '../core/types.ts';

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

/**
 * Whether a link of this mapping carries the commercial content. That of an accepted quote does until there is a CRM order,
 * whatever the ERP has done with its own by then: nothing else would tell the CRM of it.
 */
export const carriesContent = (mapping: Mapping, stage: Stage, deal: Deal | null): boolean =>
  mapping.carries === undefined ||
  mapping.carries.includes(stage) ||
  (mapping.name === 'quoteOrder' && !deal?.crmOrder);

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

/** Whether a quote's content may still travel to both ERP documents. */
export const isProposal = (order: SystemRecord): boolean => statusOf(order) === 'PROPOSAL';
