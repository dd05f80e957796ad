import { SyncError } from '../../core/errors.ts';
import type { Ask, SyncResult } from '../api.ts';
import type { InlineParts } from '../inline.ts';
import { linkRecords, liveLink, mustExist, previewLink } from './links.ts';

/**
 * Two pairs were linked crosswise: both links end, and their records are linked the other way round. The two new links
 * come back. Nothing is undone before both new pairs are known to be possible.
 */
export async function swap(
  parts: InlineParts,
  ids: { readonly a: string; readonly b: string },
  ask: Ask,
): Promise<readonly SyncResult[]> {
  const [a, b] = [await liveLink(parts, ids.a), await liveLink(parts, ids.b)];
  if (a.id === b.id) throw new SyncError('BAD_USER_INPUT', `Link_${a.id} is named twice; name two links.`);
  if (a.mapping !== b.mapping)
    throw new SyncError(
      'BAD_USER_INPUT',
      `Link_${a.id} is of the flow ${a.mapping} and Link_${b.id} of ${b.mapping}; only links of one flow can be swapped.`,
    );
  const single = [a, b].find((link) => !link.crmId || !link.erpId);
  if (single)
    throw new SyncError('BAD_USER_INPUT', `Link_${single.id} has only one record; there is nothing to swap.`);
  if (a.lane.startsWith('deal:'))
    throw new SyncError(
      'BAD_USER_INPUT',
      `Link_${a.id} belongs to a deal with further documents; relink its documents one by one.`,
    );
  const pairs = [
    { crmId: a.crmId!, erpId: b.erpId! },
    { crmId: b.crmId!, erpId: a.erpId! },
  ];
  for (const pair of pairs) await mustExist(parts, a.mapping, pair);
  const results: SyncResult[] = [];
  if (ask.mode === 'preview') {
    for (const [n, link] of [a, b].entries())
      results.push(await previewLink(parts, { ...link, ...pairs[n]!, base: null, lines: [] }, ask));
    return results;
  }
  // Both end with the first lane in hand: a plan that has become stale is refused before, and not between the two.
  const { unmoved: _, ...second } = ask;
  results.push(await linkRecords(parts, a.mapping, pairs[0]!, ask, [a.id, b.id]));
  results.push(await linkRecords(parts, a.mapping, pairs[1]!, second));
  return results;
}
