import type { SystemRecord } from '../core/types.ts';
import { type LinkBrief, type LinkRow, linksById } from '../store/links.ts';
import { freshLink } from './fresh-link.ts';
import { isSuperseded } from './plan/superseded.ts';
import { readRecords } from './records.ts';
import { isOpenOrder } from './stage.ts';
import type { StepContext } from './step-context.ts';
import type { Work } from './work.ts';

/**
 * Links each open ERP order of these deals to the user its salesperson stands for, and ends the assignment that a
 * reassignment replaced. Works come back with the fresh link among theirs. `told`: notes that the step has told already.
 */
export async function withAssignments(
  context: StepContext,
  works: readonly Work[],
  told: readonly string[] = [],
): Promise<readonly Work[]> {
  return withLost(context, await withPresent(context, works), new Set(told));
}

async function withPresent(context: StepContext, works: readonly Work[]): Promise<readonly Work[]> {
  const orders = works.flatMap((work) => {
    // What this step has found stands; what an earlier one could not bring to its end is looked at like any other.
    if (assignmentsOf(work).some((link) => link.state === 'ended' || !context.stored.has(link.id))) return [];
    const link = orderLinkOf(work);
    const record = link && context.records.get({ side: 'erp', entity: 'Order', id: link.erpId! });
    return record && isOpenOrder(record)
      ? [{ work, lane: link.lane, order: record.id, user: userOf(context, record) }]
      : [];
  });
  if (orders.length === 0) return works;
  const known = await context.linksOf(
    orders.map(({ order }) => ({ mapping: 'userOrder' as const, side: 'erp' as const, id: order })),
  );
  const live = known.filter((link) => link.state !== 'ended');
  const liveOf = (order: string): LinkBrief | undefined => live.find((link) => link.erpId === order);
  const moved = orders.filter(({ order, user }) => (liveOf(order)?.crmId ?? null) !== user);
  if (moved.length === 0) return works;
  const users = moved.flatMap(({ user }) =>
    user ? [{ side: 'crm', entity: 'User', id: user } as const] : [],
  );
  const [ending] = await Promise.all([
    linksById(
      context.sql,
      moved.flatMap(({ order }) => liveOf(order)?.id ?? []),
    ),
    readRecords(context.connectors, context.records, users),
  ]);
  for (const link of ending) context.stored.set(link.id, link);
  const linksFor = ({ lane, order, user }: (typeof moved)[number]): LinkRow[] => {
    const before = ending.filter((link) => link.erpId === order);
    return [
      ...before.map((link): LinkRow => ({ ...link, state: 'ended', endedBy: 'reassigned' })),
      ...(user ? [assignment(context, lane, user, order)] : []),
    ];
  };
  const added = new Map(moved.map((each) => [each.work, linksFor(each)]));
  return works.map((work) => {
    const own = added.get(work);
    if (!own) return work;
    const ids = new Set(own.map(({ id }) => id));
    return { ...work, links: [...work.links.filter(({ id }) => !ids.has(id)), ...own] };
  });
}

const assignmentsOf = ({ links }: Work): readonly LinkRow[] =>
  links.filter((link) => link.mapping === 'userOrder');

const orderLinkOf = ({ links }: Work): LinkRow | undefined =>
  links.find((l) => l.erpId && (l.mapping === 'order' || l.mapping === 'quoteOrder') && !isSuperseded(l));

const assignment = ({ newId }: StepContext, lane: string, user: string, order: string): LinkRow =>
  freshLink(newId(), 'userOrder', lane, {
    crmId: user,
    erpId: order,
    by: { kind: 'match', key: 'salesperson', score: 100 },
  });

/**
 * A step that died may have written in the name of an assignment that nobody makes again, since the order is closed,
 * deleted or somebody else's by now. It never was stored, so it begins and ends here, and what was noted of it is told.
 */
async function withLost(
  context: StepContext,
  works: readonly Work[],
  told: ReadonlySet<string>,
): Promise<readonly Work[]> {
  const noted = [...context.untold].flatMap(([pair, notes]) => {
    const [, user, order] = /^userOrder:(.*)\/(.*)$/s.exec(pair) ?? [];
    return user && order && notes.some(({ id }) => !told.has(id)) ? [{ user, order }] : [];
  });
  const lost = works.flatMap((work) => {
    const link = orderLinkOf(work);
    return noted
      .filter(
        ({ user, order }) => link?.erpId === order && !assignmentsOf(work).some((l) => l.crmId === user),
      )
      .map(({ user, order }) => ({ work, user, order, lane: link!.lane }));
  });
  if (lost.length === 0) return works;
  const live = (
    await context.linksOf(lost.map(({ order }) => ({ mapping: 'userOrder', side: 'erp', id: order })))
  ).filter((link) => link.state !== 'ended');
  const ending = lost.filter(
    ({ user, order }) => !live.some((link) => link.crmId === user && link.erpId === order),
  );
  return works.map((work) => {
    const own = ending
      .filter((each) => each.work === work)
      .map(({ lane, user, order }): LinkRow => {
        const link = assignment(context, lane, user, order);
        return { ...link, state: 'ended', endedBy: 'reassigned' };
      });
    return own.length > 0 ? { ...work, links: [...work.links, ...own] } : work;
  });
}

/**
 * An assignment is worked on with its deal until all that its first step wrote has gone well, and in a lane of its own
 * from then on: an edit of a user looks at his orders one by one.
 */
export const inOwnLane = (link: LinkRow): LinkRow =>
  link.mapping === 'userOrder' && link.base ? { ...link, lane: `link:${link.id}` } : link;

/** The CRM user that an ERP order's salesperson stands for. */
function userOf({ lookup }: StepContext, order: SystemRecord): string | null {
  const salesperson = order.fields.salespersonId;
  if (typeof salesperson !== 'string') return null;
  const link = lookup.link({ side: 'erp', entity: 'Salesperson', id: salesperson });
  return (link && lookup.record(link, 'crm')) ?? null;
}
