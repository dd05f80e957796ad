import type { Blocker, LinkRow } from '../store/links.ts';
import { completeDeal, dealOf } from './deal.ts';
import type { LinkDraft, RecordWrite, WorkPlan } from './draft.ts';
import { fittingIn } from './fitting.ts';
import { type Folding, fold } from './fold.ts';
import { typedIn } from './mass-change.ts';
import { acceptOrdered } from './plan/acceptance.ts';
import { lookAt } from './plan/look.ts';
import { startPlanning } from './plan/planning.ts';
import { isSuperseded, planSuperseded } from './plan/superseded.ts';
import { takeFolded } from './plan/take-folded.ts';
import type { PlanContext, Work } from './work.ts';

/**
 * Plans one lane's work: a pair, or all the documents of a deal. Pure: the same records and links give the same plan
 * (but for the ids it makes). Each link is looked at; those of which both records are there, or one is to be made, are
 * folded together; what has to be written comes out per record, however many links ask for it.
 */
export function planWork(work: Work, known: PlanContext): WorkPlan {
  const context = withOwnTombstones(work, known);
  const links = work.links.filter((link) => link.state !== 'ended' && !isSuperseded(link));
  const isDeal = links.some((link) => link.lane.startsWith('deal:'));
  const members = isDeal ? completeDeal(links, context) : links;
  const deal = isDeal ? dealOf(members, context) : null;
  const planning = startPlanning(work, context, members, deal);
  for (const link of work.links)
    if (link.state !== 'ended' && isSuperseded(link)) planSuperseded(planning, link);
  const going = members.flatMap((link) => lookAt(planning, link) ?? []);
  fold(inOrder(going), context.newId, fittingIn(context));
  for (const each of going) {
    acceptOrdered(planning, each);
    takeFolded(planning, each);
  }
  for (const link of work.links)
    if (link.state === 'ended') planning.tellOnly(context.mappings[link.mapping], link);
  const plan = planning.plan();
  return work.massEdit && plan.writes.some((write) => isEdit(context, write))
    ? heldPlan(links, work.massEdit)
    : plan;
}

/** Whether a write brings more than computed values. */
const isEdit = (context: PlanContext, write: RecordWrite): boolean =>
  write.action !== 'update' ||
  write.parts.some(({ lines }) => lines.length > 0) ||
  typedIn(context, write).length > 0;

/** Part of a mass edit: nothing is written, nothing taken in. Where there is nothing to write, nothing is held. */
const heldPlan = (links: readonly LinkRow[], massEdit: Blocker): WorkPlan => ({
  drafts: links.map(
    (link): LinkDraft => ({
      link: { ...link, state: 'waiting', waitsFor: [massEdit] },
      changes: [],
      conflicts: [],
      held: link.held,
    }),
  ),
  writes: [],
  told: [],
  postponedMs: null,
});

/** Links in the order in which the ERP documents' edits were captured: where two meet, the later stands. */
const inOrder = (links: readonly Folding[]): readonly Folding[] =>
  [...links].sort((a, b) => a.states.erp.at - b.states.erp.at);

/** What has ended in this very step is a tombstone like any other. */
function withOwnTombstones({ ended: own = [] }: Work, context: PlanContext): PlanContext {
  const ended = own.filter(({ endedBy }) => endedBy === 'deleted');
  if (ended.length === 0) return context;
  const tombstones = new Map(context.tombstones);
  for (const { mapping, crmId, erpId, base } of ended) {
    const orderState = (base?.crm.orderState ?? null) as string | null;
    for (const [side, id] of [
      ['crm', crmId],
      ['erp', erpId],
    ] as const)
      if (id !== null) tombstones.set(`${mapping}:${side}:${id}`, { mapping, id, by: 'deleted', orderState });
  }
  return { ...context, tombstones };
}
