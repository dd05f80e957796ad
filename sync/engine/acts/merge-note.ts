import type { RecordRef, Side } from '../../core/types.ts';
import { type LinkRow, linksById, linksOfRecords } from '../../store/links.ts';
import type { Ask, LinkPlan, SyncResult } from '../api.ts';
import type { InlineParts } from '../inline.ts';
import { tokenOf } from '../sync-token.ts';
import type { Moved } from './references.ts';

/** What the event of a merge keeps, so that it can be undone. */
export interface MergeNote {
  readonly from: string;
  readonly into: string;
  readonly side: Side;
  /** The counterpart that was archived or stays alone. */
  readonly dropped: string | null;
  readonly archived: boolean;
  readonly moved: readonly Moved[];
  readonly movedThere: readonly Moved[];
  readonly kept: string | null;
  /** Records that go on naming the first: they mean the second as long as the merge stands. */
  readonly locked?: readonly RecordRef[];
}

/** What was moved where the second took the counterpart over: it is told after the link had ended. Null where nothing was told. */
export async function movedOf(
  { sql }: InlineParts,
  eventId: string,
): Promise<Pick<MergeNote, 'moved' | 'movedThere' | 'locked'> | null> {
  const told = await sql<{ moved: readonly Moved[]; locked: MergeNote['locked'] | null }[]>`
    select detail -> 'moved' as moved, detail -> 'locked' as locked from sync.event
    where detail ->> 'mergeOf' = ${eventId} and correlation_id = (select correlation_id from sync.event where id = ${eventId})`;
  if (told.length === 0) return null;
  return {
    moved: told.flatMap(({ moved }) => moved),
    movedThere: [],
    locked: told.flatMap(({ locked }) => locked ?? []),
  };
}

/** Who asked for it, as events tell it. */
export const causeOf = ({ actor, correlationId }: Ask) => ({
  cause: { kind: 'mutation', actor } as const,
  correlationId,
});

/** The live link of a record in a flow. */
export async function liveLinkOf(
  parts: InlineParts,
  mapping: LinkRow['mapping'],
  ref: RecordRef,
): Promise<LinkRow | null> {
  const briefs = await linksOfRecords(parts.sql, [{ mapping, side: ref.side, id: ref.id }]);
  const live = briefs.find((link) => link.state !== 'ended');
  return live ? ((await linksById(parts.sql, [live.id]))[0] ?? null) : null;
}

/** The answer to whoever asked: the link of the record that went into another. */
export async function told(
  parts: InlineParts,
  link: LinkRow,
  { writes = [], locked = [] }: Partial<Pick<LinkPlan, 'writes' | 'locked'>>,
  eventId: string | null,
): Promise<SyncResult> {
  return {
    outcome: 'unlinked',
    plan: { kind: 'unlink', writes, changes: [], conflicts: [], held: [], locked },
    planToken: null,
    linkId: link.id,
    eventIds: eventId ? [eventId] : [],
    syncToken: await tokenOf(parts.sql),
    waitsFor: [],
  };
}
