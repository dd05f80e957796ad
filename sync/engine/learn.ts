import { sides } from '../core/sides.ts';
import type { Json, Side } from '../core/types.ts';
import { type Tombstone, tombstonesOf } from '../store/endings.ts';
import { briefsById, type LinkRow, type MappedRef } from '../store/links.ts';
import { waitedFor } from '../store/waits.ts';
import { learnBriefs } from './heirs.ts';
import { referencesOf } from './lookup.ts';
import { refKey } from './records.ts';
import { isProposal } from './stage.ts';
import type { StepContext } from './step-context.ts';
import { refsOfLink, refsOfWork, type Work } from './work.ts';

/** Makes the links of everything these works' records refer to known to the codecs. */
export async function learnReferences(
  context: StepContext,
  works: readonly Pick<Work, 'links'>[],
): Promise<void> {
  const wanted: MappedRef[] = [];
  const ids = new Set<string>();
  for (const work of works) {
    context.table.meet(work.links);
    for (const ref of refsOfWork(context, work)) {
      const record = context.records.get(ref);
      if (record) wanted.push(...referencesOf(context, ref, record));
    }
    for (const link of work.links) if (link.base && link.state === 'conflict') collectLinkIds(link, ids);
  }
  context.likely.met(wanted);
  const fresh = wanted.filter((ref) => !context.table.knows(ref));
  const unknown = [...ids].filter((id) => !context.table.knowsId(id));
  if (fresh.length > 0) await learnBriefs(context, await context.linksOf(fresh));
  if (unknown.length > 0) context.table.add(await briefsById(context.sql, unknown));
}

/**
 * Where a flow creates only what is connected: which of its unlinked records others wait for. A run brings the
 * salespersons' cards before whatever refers to them, so that nothing of it is written twice.
 */
export async function learnWanted(context: StepContext, works: readonly Work[]): Promise<void> {
  const asked: string[] = [];
  for (const { lane, links } of works)
    for (const link of links) {
      if ((link.crmId && link.erpId) || context.ruleOf(link.mapping) !== 'connected') continue;
      const keys = refsOfLink(context, link).map(refKey);
      if (lane.cause.kind === 'run' && link.mapping === 'user')
        for (const key of keys) context.wanted.add(key);
      else asked.push(...keys);
    }
  if (asked.length === 0) return;
  for (const key of await waitedFor(context.sql, asked)) context.wanted.add(key);
}

/** Where a deal lacks a document: whether somebody deleted or unlinked the one it had. */
export async function learnTombstones(context: StepContext, works: readonly Work[]): Promise<void> {
  const asked = works.flatMap(({ links }) => lacking(context, links));
  await Promise.all(
    sides.map(async (side) => {
      const own = asked.filter((each) => each.side === side);
      if (own.length === 0) return;
      for (const stone of await tombstonesOf(context.sql, side, own))
        context.tombstones.set(`${stone.mapping}:${side}:${stone.id}`, stone);
    }),
  );
}

/** What a deal would get a link or a record for. One that is adopted in this very step is wanted whatever was before. */
function lacking(
  context: StepContext,
  links: readonly LinkRow[],
): readonly (Pick<Tombstone, 'mapping' | 'id'> & { readonly side: Side })[] {
  const of = (mapping: LinkRow['mapping']) => links.find((link) => link.mapping === mapping);
  const [quote, proposal, order] = [of('quote'), of('quoteOrder'), of('order')];
  const erpId = order ? order.erpId : (proposal?.erpId ?? null);
  const alone = erpId !== null && (!order || (order.crmId === null && context.stored.has(order.id)));
  return [
    ...(quote?.crmId && quote.synced && !proposal
      ? [{ mapping: 'quoteOrder', side: 'crm', id: quote.crmId } as const]
      : []),
    ...(alone && mayGetCrmOrder(context, erpId)
      ? [
          { mapping: 'order', side: 'erp', id: erpId } as const,
          { mapping: 'quoteOrder', side: 'erp', id: erpId } as const,
        ]
      : []),
  ];
}

/** As long as it is offered only, an order gets none. */
function mayGetCrmOrder({ records }: StepContext, erpId: string): boolean {
  const order = records.get({ side: 'erp', entity: 'Order', id: erpId });
  return order !== null && !isProposal(order);
}

/** Values that are to stand may name links that neither record refers to: what is put back, or was typed. */
export async function learnChosen(context: StepContext, works: readonly Work[]): Promise<void> {
  const named = works.flatMap((work) =>
    Object.values(work.choices).flatMap((choices) =>
      Object.entries(choices).flatMap(([path, choice]) =>
        'value' in choice ? namedBy(path, choice.value) : [],
      ),
    ),
  );
  const unknown = named.filter((id) => !context.table.knowsId(id));
  if (unknown.length > 0) context.table.add(await briefsById(context.sql, unknown));
}

/** Links that a value names: a reference, or those of a line that is to stand as a whole. */
function namedBy(path: string, value: Json): readonly string[] {
  if (typeof value === 'string') return path.endsWith('Id') ? [value] : [];
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([field, each]) =>
    typeof each === 'string' ? namedBy(field, each) : [],
  );
}

/** Bases may name links that no record refers to any more: a decision can bring them back. */
function collectLinkIds(link: LinkRow, into: Set<string>): void {
  for (const values of [link.base?.crm, link.base?.erp])
    for (const [field, value] of Object.entries(values ?? {}))
      if (field.endsWith('Id') && typeof value === 'string' && !value.startsWith('?')) into.add(value);
}
