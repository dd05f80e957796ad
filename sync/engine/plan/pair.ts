import type { Mapping } from '../../core/mapping.ts';
import type { Side, SideState, SystemRecord } from '../../core/types.ts';
import type { Choice } from '../../store/conflicts.ts';
import type { LinkRow } from '../../store/links.ts';
import { blockersOf } from '../blockers.ts';
import { editTimes } from '../edits.ts';
import { type Folding, folding } from '../fold.ts';
import { flipLimit, revisionKey } from '../fresh-link.ts';
import { refKey } from '../records.ts';
import { refOfLink } from '../work.ts';
import { archiveAlong } from './archive.ts';
import { withoutOutlived } from './outlived.ts';
import type { Planning } from './planning.ts';
import { withoutResting } from './resting.ts';

/** Both records of a link are there: they are to be merged, or the link says what it waits for. */
export function planPair(
  planning: Planning,
  mapping: Mapping,
  link: LinkRow,
  now: Readonly<Record<Side, SystemRecord>>,
): Folding | null {
  const { work, context } = planning;
  if (link.closed || !isAssigned(planning, mapping, link, now.erp)) {
    planning.tellOnly(mapping, link);
    return null;
  }
  const crm = shownBy(planning, mapping, link, 'crm', now.crm);
  const erp = shownBy(planning, mapping, link, 'erp', now.erp);
  const states = asMade(planning, link, { crm: crm.state, erp: erp.state });
  const versions = {
    ...(crm.version !== null && { crmVersion: crm.version }),
    ...(erp.version !== null && { erpVersion: erp.version }),
  };
  const waiting = withoutOutlived(planning, mapping, link, states);
  const blockers = [
    ...blockersOf(mapping, 'crm', waiting.crm, context.lookup),
    ...blockersOf(mapping, 'erp', waiting.erp, context.lookup),
  ].filter((blocker) => blocker.on !== 'lines');
  if (blockers.length > 0) {
    planning.draft({ ...link, ...versions, state: 'waiting', waitsFor: blockers });
    return null;
  }
  const archived = archiveAlong(planning, mapping, link, now);
  const resting = Object.keys(link.flips).filter((field) => link.flips[field]!.n >= flipLimit);
  // Whoever says which side wins has decided what rests, too: whichever was edited last, that side's value stands.
  const quarantined = work.prefer ? [] : resting;
  const choices = choicesOf(planning, link, work.prefer ? standingOn(states[work.prefer], resting) : {});
  const isAssignment = mapping.name === 'userOrder' && !link.base;
  const prefer = work.prefer ?? (isAssignment ? 'crm' : undefined);
  return folding({
    mapping,
    docs: {
      crm: refKey(refOfLink(mapping, link, 'crm')!),
      erp: refKey(refOfLink(mapping, link, 'erp')!),
    },
    ...planning.dutyOf(mapping),
    link: {
      ...link,
      ...versions,
      ...(work.prefer && { flips: {} }),
      waitsFor: [],
      crmArchived: now.crm.archived,
      erpArchived: now.erp.archived,
    },
    states,
    links: context.lookup,
    besides: [...planning.tellLate(mapping, link), ...archived],
    standing: context.standing(mapping.name),
    ...(work.refused?.[link.id] && { refused: work.refused[link.id]! }),
    ...(choices && { choices }),
    ...(prefer && { prefer }),
    ...(isAssignment && !work.prefer && { preferredAs: 'assigned: the block follows the user' }),
    ...(quarantined.length > 0 && { quarantined: new Set(quarantined) }),
  });
}

/** The block on an order speaks of its salesperson of now: a link to the one before has no say in it any more. */
function isAssigned(
  { context: { lookup } }: Planning,
  mapping: Mapping,
  link: LinkRow,
  order: SystemRecord,
): boolean {
  if (mapping.name !== 'userOrder') return true;
  const salesperson = order.fields.salespersonId;
  if (typeof salesperson !== 'string') return false;
  const user = lookup.link({ side: 'erp', entity: 'Salesperson', id: salesperson });
  return user !== undefined && lookup.record(user, 'crm') === link.crmId;
}

/**
 * Of two that are not agreed yet, what the sync made of the other, and nobody edited since, tells nothing newer. An order
 * that was made of the quote, and meets the CRM's order afterwards, tells what the quote does.
 */
function asMade(
  { work }: Planning,
  { mapping, base, linkedBy, erpId }: LinkRow,
  states: Readonly<Record<Side, SideState>>,
): Readonly<Record<Side, SideState>> {
  const { crm, erp } = states;
  if (base || linkedBy.kind !== 'create' || crm.unedited === erp.unedited) return states;
  if (mapping === 'order' && work.links.some((each) => each.mapping === 'quoteOrder' && each.erpId === erpId))
    return states;
  const [side, state] = crm.unedited ? (['crm', crm] as const) : (['erp', erp] as const);
  return { ...states, [side]: { ...state, at: Number.NEGATIVE_INFINITY } };
}

/** What a side shows, as far as it has rested. With an edit that rests it is not known as of a version: its news has to be looked at again. */
function shownBy(
  planning: Planning,
  mapping: Mapping,
  link: LinkRow,
  side: Side,
  record: SystemRecord,
): { readonly state: SideState; readonly version: string | null } {
  const state = planning.stateOf(mapping, refOfLink(mapping, link, side)!, record);
  const rested = withoutResting(planning, mapping, link, side, state);
  return {
    state: { ...rested, ...editTimes(mapping, link, side, record) },
    version: rested === state ? record.version : null,
  };
}

/** What a person decided; and a new revision starts the documents it takes over anew, whatever became of the one before. */
function choicesOf(
  { work }: Planning,
  link: LinkRow,
  decided: Readonly<Record<string, Choice>>,
): Readonly<Record<string, Choice>> | undefined {
  const begins = link.linkedBy.key === revisionKey && !link.synced;
  const { [link.id]: own } = work.choices;
  if (!begins && Object.keys(decided).length === 0) return own;
  return { ...(begins && { status: { take: 'crm' } }), ...decided, ...own };
}

/** What a side shows of these fields, as decisions; what it shows in no normal form is none. */
const standingOn = ({ values }: SideState, fields: readonly string[]): Readonly<Record<string, Choice>> =>
  Object.fromEntries(
    fields.flatMap((field) => {
      const value = values[field];
      return value === undefined ? [] : [[field, { value }]];
    }),
  );
