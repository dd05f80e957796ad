import { SyncError } from '../../core/errors.ts';
import type { Ask, SyncResult } from '../api.ts';
import type { InlineParts } from '../inline.ts';
import { linkPairs, liveLink, mustExist, previewLink } from './links.ts';

/**
 * Two pairs were linked crosswise: both links end, and their records are linked the other way round, both or neither.
 * The two new links come back.
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
  if (ask.mode === 'apply') return linkPairs(parts, a.mapping, pairs, ask, [a, b]);
  for (const pair of pairs) await mustExist(parts, a.mapping, pair);
  const results: SyncResult[] = [];
  for (const [n, link] of [a, b].entries())
    results.push(await previewLink(parts, { ...link, ...pairs[n]!, base: null, lines: [] }, ask));
  return results;
}
