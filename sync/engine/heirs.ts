import { sides } from '../core/sides.ts';
import { briefsById, type LinkBrief, type MappedRef } from '../store/links.ts';
import type { StepContext } from './step-context.ts';

/** Whether a link ended because its quote was revised: its deal goes on with the revision. */
export const isRevised = ({ state, endedBy }: Pick<LinkBrief, 'state' | 'endedBy'>): boolean =>
  state === 'ended' && endedBy === 'superseded';

/**
 * Makes links known that records refer to. A reference to a quote that was revised means the quote of its deal: an order
 * that was made of the one before names that for good. One to a record that went into another means that one: what is
 * frozen, or could not be written, names the first for good. `ahead`: nobody has asked for them yet.
 */
export async function learnBriefs(
  context: Pick<StepContext, 'table' | 'linksOfDeal' | 'linksOf' | 'sql'>,
  briefs: readonly LinkBrief[],
  how: 'asked' | 'ahead' = 'asked',
): Promise<void> {
  const { table, linksOfDeal } = context;
  table[how === 'asked' ? 'add' : 'meet'](briefs);
  const live = new Set(briefs.filter(({ state }) => state !== 'ended').map(({ crmId }) => crmId));
  for (const { mapping, crmId, lane } of briefs.filter(isRevised)) {
    if (mapping !== 'quote' || crmId === null || live.has(crmId)) continue;
    const heir = (await linksOfDeal(lane)).find((link) => link.mapping === mapping);
    if (!heir?.crmId || !heir.erpId) continue;
    table.add([heir]);
    table.follow({ mapping, side: 'crm', id: crmId }, heir.id);
  }
  for (const { ref, heir } of mergedOf(briefs)) {
    const link = await meant(context, ref, heir);
    if (!link?.crmId || !link.erpId) continue;
    table.add([link]);
    table.follow(ref, link.id);
  }
}

interface Merged {
  readonly ref: MappedRef;
  readonly heir: string;
}

/** Records whose last link a merge has ended, and that have found no other since. `briefs`: newest first. */
function mergedOf(briefs: readonly LinkBrief[]): readonly Merged[] {
  const last = new Map<string, Merged | null>();
  for (const { mapping, state, heir, ...ids } of briefs)
    for (const side of sides) {
      const id = side === 'crm' ? ids.crmId : ids.erpId;
      if (id === null) continue;
      const key = `${mapping}:${side}:${id}`;
      if (state !== 'ended') last.set(key, null);
      else if (!last.has(key)) last.set(key, heir === null ? null : { ref: { mapping, side, id }, heir });
    }
  return [...last.values()].filter((each) => each !== null);
}

/** The link that a reference means now: its heir's record may have gone into a third, or have another counterpart. */
async function meant(
  { sql, linksOf }: Pick<StepContext, 'sql' | 'linksOf'>,
  { mapping, side }: MappedRef,
  heir: string,
): Promise<LinkBrief | null> {
  for (let next: string | null = heir, n = 0; next !== null && n < generations; n++) {
    const [link]: readonly LinkBrief[] = await briefsById(sql, [next]);
    if (link?.state !== 'ended') return link ?? null;
    const id = side === 'crm' ? link.crmId : link.erpId;
    const own: readonly LinkBrief[] = id === null ? [] : await linksOf([{ mapping, side, id }]);
    const live = own.find(({ state }) => state !== 'ended');
    if (live) return live;
    next = own[0]?.heir ?? null;
  }
  return null;
}

/** So often a record may have gone into another, which went into another: more than anybody merges, and an end. */
const generations = 20;
