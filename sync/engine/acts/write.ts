import type { Write } from '../../core/connector.ts';
import { SyncError } from '../../core/errors.ts';
import { syncAuthor } from '../../core/sync-author.ts';
import type { Side } from '../../core/types.ts';
import type { InlineParts } from '../inline.ts';
import type { EngineParts } from '../step-context.ts';

/**
 * Writes what an act asks of a system besides what the sync plans. A record that is gone needs nothing any more, unless
 * it should come back.
 *
 * @param refused what a refusal means, in words that go on with the record: what has been done by then, what has not.
 * @throws STATE with those words and the system's own, for the first write that it refuses.
 */
export async function writeForAct(
  { connectors }: Pick<EngineParts, 'connectors'>,
  side: Side,
  writes: readonly Write[],
  refused: (record: string) => string,
): Promise<void> {
  if (writes.length === 0) return;
  const results = await connectors[side].write(writes, syncAuthor);
  for (const [n, result] of results.entries()) {
    const { entity, id, kind } = writes[n]!;
    if (result.kind !== 'failed' || (result.failure.code === 'NOT_FOUND' && kind !== 'restore')) continue;
    throw new SyncError('STATE', `${refused(`${entity} ${id}`)}: ${result.failure.message}`);
  }
}

/** Puts away what a link that has ended leaves behind. */
export const putAway = (
  parts: InlineParts,
  side: Side,
  { entity, id, kind }: { readonly entity: string; readonly id: string; readonly kind: 'archive' | 'delete' },
): Promise<void> =>
  writeForAct(
    parts,
    side,
    [{ entity, kind, id }],
    (record) => `The link has ended, but the ${side.toUpperCase()} keeps ${record}`,
  );

/** Brings a record back, before anything else of a taking back is done. */
export const bringBack = (
  parts: InlineParts,
  side: Side,
  { entity, id }: { readonly entity: string; readonly id: string },
): Promise<void> =>
  writeForAct(
    parts,
    side,
    [{ entity, kind: 'restore', id }],
    (record) => `Nothing is taken back, since the ${side.toUpperCase()} does not restore ${record}`,
  );
