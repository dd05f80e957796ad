import type { Mapping } from '../../core/mapping.ts';
import { other } from '../../core/sides.ts';
import type { LineLink, Side, SideState, SystemRecord, Values } from '../../core/types.ts';
import type { LinkRow } from '../../store/links.ts';
import { blockersOf } from '../blockers.ts';
import { type Folding, folding } from '../fold.ts';
import { getsCrmOrder, isCrmOrder, quoteOfNewOrder } from '../order-of-quote.ts';
import { refKey } from '../records.ts';
import { refOfLink } from '../work.ts';
import type { Planning } from './planning.ts';

/** A record without counterpart: the merge of it with one that is missing makes the other; or it says what it waits for. */
export function planCreate(
  planning: Planning,
  mapping: Mapping,
  link: LinkRow,
  side: Side,
  record: SystemRecord,
): Folding | null {
  const { work, context, draft } = planning;
  const ref = refOfLink(mapping, link, side)!;
  const state = planning.stateOf(mapping, ref, record);
  const seen: LinkRow = {
    ...link,
    ...(side === 'crm' ? { crmVersion: record.version } : { erpVersion: record.version }),
    agreed: state.values,
    held: state.held,
    lines: ownLines(planning, link, side, state),
  };
  if (link.linkedBy.kind === 'proposal') {
    draft({ ...seen, state: 'pending' });
    return null;
  }
  if (record.archived || !mayCreate(planning, mapping, side, state.values, record)) {
    draft({ ...seen, state: 'pending', waitsFor: [] });
    return null;
  }
  const blockers = [...(work.blocked?.[link.id] ?? []), ...blockersOf(mapping, side, state, context.lookup)];
  if (blockers.length > 0) {
    // A deal that waits does so once, under the link of the document that waits.
    if (work.links.includes(link)) draft({ ...seen, state: 'waiting', waitsFor: blockers });
    return null;
  }
  const target = other(side);
  const absent: SideState = { values: {}, held: [], at: 0, lines: [], missing: true };
  const created =
    target === 'erp' && mapping.erp === 'Order' ? `${link.lane}:Order` : `link:${link.id}:${target}`;
  return folding({
    mapping,
    docs: { [side]: refKey(ref), [target]: created } as Record<Side, string>,
    // However far its deal has come, a document is made whole: what is frozen or carried elsewhere is so from then on.
    content: true,
    stage: 'quote',
    link: { ...seen, waitsFor: [] },
    states: { [side]: state, [target]: absent } as Record<Side, SideState>,
    creates: target,
    ...(isCrmOrder(mapping, target) && { choices: quoteOfNewOrder(planning.members) }),
    ...(work.refused?.[link.id] && { refused: work.refused[link.id]! }),
  });
}

/** The lines of a document without counterpart, so that the unified record shows them while it waits. */
function ownLines(
  { context }: Planning,
  link: LinkRow,
  side: Side,
  { lines = [] }: SideState,
): readonly LineLink[] {
  const idOf = (line: LineLink): string | null => (side === 'crm' ? line.crmLineId : line.erpLineId);
  return lines
    .filter((line) => !line.behind)
    .map(({ lineId, values }) => ({
      id: link.lines.find((line) => idOf(line) === lineId)?.id ?? context.newId(),
      crmLineId: side === 'crm' ? lineId : null,
      erpLineId: side === 'erp' ? lineId : null,
      base: null,
      ended: false,
      shown: values,
    }));
}

/** Whether the flow's rule makes a counterpart of this record. */
function mayCreate(
  planning: Planning,
  mapping: Mapping,
  side: Side,
  values: Values,
  record: SystemRecord,
): boolean {
  const { context } = planning;
  if (!mapping.creates[side]) return false;
  const rule = context.ruleOf(mapping.name);
  if (rule === 'match' || rule === 'never') return false;
  if (rule === 'connected' && !context.wanted.has(refKey({ side, entity: mapping[side], id: record.id })))
    return false;
  if (mapping.links.kind === 'when' && side === 'crm' && !mapping.links.condition(values)) return false;
  return !isCrmOrder(mapping, other(side)) || getsCrmOrder(planning, mapping, record);
}
