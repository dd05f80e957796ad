import { SyncError } from '../../core/errors.ts';
import type { Ask, SyncResult } from '../api.ts';
import type { InlineParts } from '../inline.ts';
import { childrenRelinked } from './children.ts';
import { linkPairs, liveLink, mustExist, previewLink } from './links.ts';
import { mustBeAlone } from './one-deal.ts';

/**
 * Two pairs were linked crosswise: both links end, and their records are linked the other way round, both or neither.
 * The two new links come back. Where nobody says whose values stand, the CRM's do: each pair keeps those of one of the old
 * ones. By the times of their edits both could take the same one's, and the other's would be gone.
 */
export async function swap(
  parts: InlineParts,
  ids: { readonly a: string; readonly b: string },
  { prefer = 'crm', ...asked }: Ask,
): Promise<readonly SyncResult[]> {
  const ask: Ask = { ...asked, prefer };
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
  await mustBeAlone(parts, [a, b]);
  const pairs = [
    { crmId: a.crmId!, erpId: b.erpId! },
    { crmId: b.crmId!, erpId: a.erpId! },
  ];
  if (ask.mode === 'apply') return linkPairs(parts, a.mapping, pairs, ask, [a, b]);
  for (const pair of pairs) await mustExist(parts, a.mapping, pair);
  const results: SyncResult[] = [];
  for (const [n, link] of [a, b].entries())
    results.push(await previewLink(parts, { ...link, ...pairs[n]!, base: null, lines: [] }, ask));
  const children = await childrenRelinked(
    parts,
    [a, b].map((link, n) => ({ link, to: pairs[n]! })),
  );
  return results.map((result, n) => ({ ...result, ...children[n] }));
}
