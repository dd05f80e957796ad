import type { FieldChange, SystemRecord, Values } from '../../core/types.ts';
import type { LinkRow } from '../../store/links.ts';
import type { LineOp } from '../draft.ts';
import { secondOrder } from '../second-order.ts';
import { isOutOfUse, isProposal } from '../stage.ts';
import { leftBehind } from '../told-late.ts';
import { refOfLink } from '../work.ts';
import type { Planning } from './planning.ts';

/** Whether a link holds the PROPOSAL of a deal in whose place another ERP order has come. */
export const isSuperseded = ({ mapping, crmId }: LinkRow): boolean =>
  mapping === 'quoteOrder' && crmId === null;

/**
 * A PROPOSAL whose place another ERP order of its deal has taken is cancelled, and its link ends; what was edited in it
 * meanwhile is told. One that a clerk has confirmed by then is an order like the other: that there are two is listed.
 */
export function planSuperseded(planning: Planning, link: LinkRow): void {
  const { context, draft, members } = planning;
  const mapping = context.mappings.quoteOrder;
  const ref = refOfLink(mapping, link, 'erp')!;
  const record = context.records.get(ref);
  if (record) giveUp(planning, link, record);
  if (record && !isOutOfUse(record) && !isProposal(record)) {
    const kept = members.find((each) => each.mapping === 'quoteOrder')?.erpId;
    const first = kept ? context.records.get({ ...ref, id: kept }) : null;
    const held = [secondOrder({ order: record, first, quoteId: record.fields.quoteId ?? null })];
    draft({ ...link, state: 'pending', held }, { held });
    return;
  }
  const state = record && planning.stateOf(mapping, ref, record);
  const known = link.base?.erp ?? {};
  const left = leftBehind(link, state, 'erp', []).filter(({ field }) => known[field] !== undefined);
  draft(
    { ...link, state: 'ended', endedBy: 'superseded', held: [] },
    {
      changes: [...left, ...(record && isWithdrawable(record) ? [withdrawn(known)] : [])],
      ...(state && { survivor: { side: 'erp', state } }),
    },
  );
}

/** Whether it is still offered. One that was put away, or cancelled, stays as it is. */
const isWithdrawable = (order: SystemRecord): boolean => isProposal(order) && !order.archived;

const withdrawn = ({ status = null }: Values): FieldChange => ({
  field: 'status',
  side: 'erp',
  before: status,
  after: 'CANCELLED',
  winner: 'erp',
  why: 'superseded',
});

/** The order that came in its place bears the quote's references now; what was offered only is offered no more. */
function giveUp({ context: { mappings }, want }: Planning, { id }: LinkRow, record: SystemRecord): void {
  const values = {
    ...(record.fields.sourceQuoteReference && { id: null }),
    ...(isWithdrawable(record) && { status: 'CANCELLED' }),
  };
  const lines = linesOf(record).flatMap(({ lineId, lineExternalReference }): readonly LineOp[] =>
    lineExternalReference ? [{ kind: 'change', lineId: String(lineId), values: { lineId: null } }] : [],
  );
  if (Object.keys(values).length === 0 && lines.length === 0) return;
  want({
    side: 'erp',
    entity: mappings.quoteOrder.erp,
    id: record.id,
    action: 'update',
    version: record.version,
    key: null,
    parts: [{ mapping: 'quoteOrder', link: id, values, lines }],
    gives: [],
  });
}

const linesOf = ({ fields }: SystemRecord): readonly Values[] =>
  Array.isArray(fields.lines) ? (fields.lines as readonly Values[]) : [];
