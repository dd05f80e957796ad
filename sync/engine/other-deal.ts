import { sides } from '../core/sides.ts';
import type { RecordRef, Side, SystemRecord } from '../core/types.ts';
import { type LinkRow, linksOfLanes } from '../store/links.ts';
import { paired } from './adopt-deal.ts';
import { idOn } from './adopted.ts';
import { endLinks } from './ending.ts';
import { isRevised } from './heirs.ts';
import { isSuperseded } from './plan/superseded.ts';
import { readRecords } from './records.ts';
import { secondOrder } from './second-order.ts';
import { isOutOfUse, isProposal } from './stage.ts';
import type { StepContext } from './step-context.ts';
import { takeOver } from './take-over.ts';
import { refOfLink, type Work } from './work.ts';

/** Works whose orders name quotes of other deals, as they go on. */
export interface Ordered {
  readonly works: readonly Work[];
  /** Their orders have joined the deals of the quotes that they name, whose lanes take over. */
  readonly joined: readonly Work[];
  /** The other deal is being worked on: again in a moment. */
  readonly later: readonly Work[];
}

/** Whether a deal's order makes room for another: it is no more, or came to nothing. */
export const givesUpItsDeal = ({ state, crmArchived, agreed }: LinkRow): boolean =>
  state === 'ended' || crmArchived || agreed.status === 'CANCELLED';

/**
 * One deal ends in one ERP order (mappings.md, quoteOrder 1). An order that has a link of its own and names the quote of
 * another deal joins that one where it has no order yet; where it has, a new one waits, and one that has its counterpart
 * goes on without the quote, which is listed.
 */
export async function withOtherDeals(
  context: StepContext,
  works: readonly Work[],
  isPreview: boolean,
): Promise<Ordered> {
  const naming = works.flatMap((work) => namingOf(context, work) ?? []);
  if (naming.length === 0) return { works, joined: [], later: [] };
  const meetings = await meetingsOf(context, naming);
  const out = new Map<Work, Work | 'joined' | 'later'>();
  for (const meeting of meetings) out.set(meeting.work, await settle(context, meeting, isPreview));
  const ended = (how: 'joined' | 'later') => works.filter((work) => out.get(work) === how);
  return {
    works: works.flatMap((work) => {
      const now = out.get(work) ?? work;
      return typeof now === 'string' ? [] : [now];
    }),
    joined: ended('joined'),
    later: ended('later'),
  };
}

/** An order and the quote that it names, which is none of its own deal. */
interface Naming {
  readonly work: Work;
  readonly link: LinkRow;
  readonly side: Side;
  readonly record: SystemRecord;
  readonly quoteId: string;
}

function namingOf(context: StepContext, work: Work): Naming | null {
  const link = work.links.find(({ mapping, state }) => mapping === 'order' && state !== 'ended');
  if (!link) return null;
  for (const side of ['crm', 'erp'] as const) {
    const ref = refOfLink(context.mappings.order, link, side);
    const record = ref && context.records.get(ref);
    const quoteId = record?.fields.quoteId;
    if (!record || typeof quoteId !== 'string') continue;
    if (isOutOfUse(record)) return null;
    const isOwn = work.links.some((each) => each.mapping === 'quote' && idOn(each, side) === quoteId);
    return isOwn ? null : { work, link, side, record, quoteId };
  }
  return null;
}

/** An order beside the deal whose quote it names. */
interface Meeting extends Naming {
  readonly lane: string;
  readonly members: readonly LinkRow[];
  readonly deal: Other;
}

/** Where the other deal stands: what it ends in, as the side shows it on which the quote is named once more. */
interface Other {
  /** Its order; null where it has none, or one that came to nothing. */
  readonly first: SystemRecord | null;
  /** One of its orders came to nothing and keeps the place. */
  readonly isOver: boolean;
}

async function meetingsOf(context: StepContext, naming: readonly Naming[]): Promise<readonly Meeting[]> {
  const quotes = await context.linksOf(
    naming.map(({ side, quoteId }) => ({ mapping: 'quote' as const, side, id: quoteId })),
  );
  const laneOf = ({ side, quoteId, link }: Naming): string | null => {
    const own = quotes.filter((each) => idOn(each, side) === quoteId);
    const found = own.find(({ state }) => state !== 'ended') ?? own.find(isRevised);
    return found && found.lane !== link.lane ? found.lane : null;
  };
  const lanes = [...new Set(naming.flatMap((each) => laneOf(each) ?? []))];
  if (lanes.length === 0) return [];
  const members = await linksOfLanes(context.sql, lanes);
  await readRecords(
    context.connectors,
    context.records,
    members.flatMap((link) => ordersOf(context, link)),
  );
  const found = naming.flatMap((each): readonly Meeting[] => {
    const lane = laneOf(each);
    const own = members.filter((link) => link.lane === lane);
    if (!lane || own.length === 0) return [];
    return [{ ...each, lane, members: own, deal: otherOf(context, each, own) }];
  });
  return Promise.all(found.map((meeting) => withSuccessor(context, meeting)));
}

/** Where the deal's own order came to nothing, another that bears its quote's number may have come in its place. */
async function withSuccessor(context: StepContext, meeting: Meeting): Promise<Meeting> {
  const { deal, members, link } = meeting;
  const quote = members.find(({ mapping }) => mapping === 'quote')?.erpId;
  if (deal.first || !deal.isOver || !quote) return meeting;
  const { order } = context.mappings;
  const own = link.erpId && context.records.get({ side: 'erp', entity: order.erp, id: link.erpId });
  // It has borne the number all along: whoever came later is the second.
  if (own && own.fields.quoteId === quote && link.base) return meeting;
  const [hits] = await context.connectors.erp.find([{ entity: order.erp, where: { quoteId: quote } }]);
  const first = hits!.find((each) => each.id !== link.erpId && !isOutOfUse(each) && !isProposal(each));
  if (!first) return meeting;
  const [its] = await context.linksOf([{ mapping: 'order', side: 'erp', id: first.id }]);
  return { ...meeting, lane: its?.lane ?? meeting.lane, deal: { ...deal, first } };
}

/** The orders that a deal's link names: a quote's own is a quote's. */
const ordersOf = ({ mappings }: StepContext, link: LinkRow): readonly RecordRef[] =>
  sides
    .filter((side) => mappings[link.mapping][side] === 'Order')
    .flatMap((side) => refOfLink(mappings[link.mapping], link, side) ?? []);

function otherOf(context: StepContext, { side }: Naming, members: readonly LinkRow[]): Other {
  const refs = members.filter((link) => !isSuperseded(link)).flatMap((link) => ordersOf(context, link));
  const records = refs.flatMap((ref) => {
    const record = context.records.get(ref);
    return record ? [{ side: ref.side, record }] : [];
  });
  return {
    first: records.find((each) => each.side === side && !isOutOfUse(each.record))?.record ?? null,
    isOver: records.some(({ record }) => isOutOfUse(record)),
  };
}

async function settle(
  context: StepContext,
  meeting: Meeting,
  isPreview: boolean,
): Promise<Work | 'joined' | 'later'> {
  const { work, link, side, record, quoteId } = meeting;
  const { first, isOver } = meeting.deal;
  const second = secondOrder({ order: record, first, quoteId });
  const held: Work = { ...work, refused: { ...work.refused, [link.id]: [second] } };
  if (side === 'erp') {
    // A number that a clerk types into an order which has agreed on another is an edit like any other.
    const isKnown = link.base !== null && !link.held.some(({ kind }) => kind === 'second');
    return first && !isProposal(first) && !isKnown ? held : work;
  }
  if (first) return link.erpId ? held : blocked(meeting, second.message);
  if (isOver) return work;
  if (work.links.some(({ mapping }) => mapping === 'quote')) return held;
  if (isPreview) return work;
  // Before its links are read once more: a step that had read them, too, would put back what it knew.
  if (!(await context.takeDeal({ key: meeting.lane, mapping: 'quote' }, work.lane))) return 'later';
  const members = await context.linksOfDeal(meeting.lane);
  if (members.find(({ mapping }) => mapping === 'order')?.crmId) return 'later';
  return (await join(context, { ...meeting, members })) ? 'joined' : held;
}

/** A new order of a deal that has its order waits until that makes room, or it names the quote no more. */
const blocked = ({ work, link, lane }: Meeting, reason: string): Work => ({
  ...work,
  blocked: { ...work.blocked, [link.id]: [{ on: lane, reason }] },
});

/** The order comes to the deal whose quote it names now, in the place of its PROPOSAL. */
async function join(context: StepContext, { work, link, lane, members, record }: Meeting): Promise<boolean> {
  const before = members.find(({ mapping }) => mapping === 'order');
  const proposal = members.find((each) => each.mapping === 'quoteOrder' && !isSuperseded(each));
  const links = await placeFor(context, link, members, proposal);
  if (!links) return false;
  const mine: LinkRow = link.erpId
    ? { ...link, lane }
    : {
        ...link,
        lane,
        erpId: proposal?.erpId ?? null,
        lines: paired(link, record, proposal, context.newId),
      };
  const over = [...links.filter(({ state }) => state === 'ended'), ...(before ? [before] : [])];
  const { rung, edits, cause, priority } = work.lane;
  await endLinks(context, {
    ids: over.map(({ id }) => id),
    by: 'superseded',
    cause,
    saving: [...links.filter(({ state, mapping }) => state !== 'ended' && mapping !== 'order'), mine],
    rings: [{ key: lane, mapping: 'quote', rung, edits, cause, priority }],
  });
  return true;
}

/** How the deal's quote comes to an order that has its ERP order already: the links that change; null where it cannot. */
async function placeFor(
  context: StepContext,
  { erpId }: LinkRow,
  members: readonly LinkRow[],
  proposal: LinkRow | undefined,
): Promise<readonly LinkRow[] | null> {
  if (!erpId || !proposal) return [];
  return proposal.erpId ? takeOver(context, members, erpId) : [{ ...proposal, erpId }];
}
