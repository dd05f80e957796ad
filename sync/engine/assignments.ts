import type { SystemRecord } from '../core/types.ts';
import { type LinkBrief, type LinkRow, linksById } from '../store/links.ts';
import { freshLink } from './fresh-link.ts';
import { readRecords } from './records.ts';
import { isOpenOrder } from './stage.ts';
import type { StepContext } from './step-context.ts';
import type { Work } from './work.ts';

/**
 * Links each open ERP order of these deals to the user its salesperson stands for, and ends the assignment that a
 * reassignment replaced. Works come back with the fresh link among theirs.
 */
export async function withAssignments(
  context: StepContext,
  works: readonly Work[],
): Promise<readonly Work[]> {
  const orders = works.flatMap((work) => {
    if (work.links.some((link) => link.mapping === 'userOrder')) return [];
    const link = work.links.find((l) => l.erpId && (l.mapping === 'order' || l.mapping === 'quoteOrder'));
    const record = link && context.records.get({ side: 'erp', entity: 'Order', id: link.erpId! });
    return record && isOpenOrder(record) ? [{ work, order: record.id, user: userOf(context, record) }] : [];
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
  const linksFor = ({ order, user }: (typeof moved)[number]): LinkRow[] => {
    const before = ending.filter((link) => link.erpId === order);
    const by = { kind: 'match', key: 'salesperson', score: 100 } as const;
    return [
      ...before.map((link): LinkRow => ({ ...link, state: 'ended', endedBy: 'reassigned' })),
      ...(user ? [freshLink(context.newId(), 'userOrder', null, { crmId: user, erpId: order, by })] : []),
    ];
  };
  const added = new Map(moved.map((each) => [each.work, linksFor(each)]));
  return works.map((work) =>
    added.has(work) ? { ...work, links: [...work.links, ...added.get(work)!] } : work,
  );
}

/** The CRM user that an ERP order's salesperson stands for. */
function userOf({ lookup }: StepContext, order: SystemRecord): string | null {
  const salesperson = order.fields.salespersonId;
  if (typeof salesperson !== 'string') return null;
  const link = lookup.link({ side: 'erp', entity: 'Salesperson', id: salesperson });
  return (link && lookup.record(link, 'crm')) ?? null;
}
