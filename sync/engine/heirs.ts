import type { LinkBrief } from '../store/links.ts';
import type { StepContext } from './step-context.ts';

/** Whether a link ended because its quote was revised: its deal goes on with the revision. */
export const isRevised = ({ state, endedBy }: Pick<LinkBrief, 'state' | 'endedBy'>): boolean =>
  state === 'ended' && endedBy === 'superseded';

/**
 * Makes links known that records refer to. A reference to a quote that was revised means the quote of its deal: an order
 * that was made of the one before names that for good. `ahead`: nobody has asked for them yet.
 */
export async function learnBriefs(
  { table, linksOfDeal }: Pick<StepContext, 'table' | 'linksOfDeal'>,
  briefs: readonly LinkBrief[],
  how: 'asked' | 'ahead' = 'asked',
): Promise<void> {
  table[how === 'asked' ? 'add' : 'meet'](briefs);
  const live = new Set(briefs.filter(({ state }) => state !== 'ended').map(({ crmId }) => crmId));
  for (const { mapping, crmId, lane } of briefs.filter(isRevised)) {
    if (mapping !== 'quote' || crmId === null || live.has(crmId)) continue;
    const heir = (await linksOfDeal(lane)).find((link) => link.mapping === mapping);
    if (!heir?.crmId || !heir.erpId) continue;
    table.add([heir]);
    table.follow({ mapping, side: 'crm', id: crmId }, heir.id);
  }
}
