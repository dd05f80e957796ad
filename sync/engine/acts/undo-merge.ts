import { SyncError } from '../../core/errors.ts';
import { other } from '../../core/sides.ts';
import type { Json, Side } from '../../core/types.ts';
import { type LinkRow, linksById } from '../../store/links.ts';
import type { Ask, PlannedWrite, SyncResult } from '../api.ts';
import { endLinks, reviveLink } from '../ending.ts';
import type { InlineParts } from '../inline.ts';
import { lookAtLeft } from '../lone.ts';
import { refOfLink } from '../work.ts';
import { causeOf, liveLinkOf, type MergeNote, told } from './merge-note.ts';
import { type Moved, moveBack } from './references.ts';
import { syncRecords } from './sync-now.ts';
import { bringBack } from './write.ts';

/** Takes a merge back: the old link lives again with its counterpart, and what was moved names it again. */
export async function undoMerge(
  parts: InlineParts,
  linkId: string,
  { id: eventId, note }: { readonly id: string; readonly note: Json },
  ask: Ask,
): Promise<SyncResult> {
  const merge = await withMoved(parts, eventId, note as unknown as MergeNote);
  const [old] = await linksById(parts.sql, [linkId]);
  if (!old) throw new SyncError('NOT_FOUND', `There is no link ${linkId}.`);
  const mapping = parts.mappings[old.mapping];
  const { side } = merge;
  const found = await parts.connectors[side].read(mapping[side], [merge.from]);
  if (!found.has(merge.from))
    throw new SyncError(
      'NOT_FOUND',
      `The ${side.toUpperCase()} has no ${mapping[side]} ${merge.from} any more: the merge cannot be undone.`,
    );
  const plan = { kind: 'link' as const, writes: await takingBack(parts, old, merge), ...nothingElse };
  if (ask.mode === 'preview') return { ...(await told(parts, old, [], null)), outcome: 'linked', plan };
  if (merge.dropped === null) {
    // The second had taken the counterpart over: it gives it back.
    const ref = { side, entity: mapping[side], id: merge.into };
    const taken = await liveLinkOf(parts, old.mapping, ref);
    if (taken) {
      await endLinks(parts, {
        ids: [taken.id],
        by: 'unlinked',
        ...causeOf(ask),
        detail: { reverts: eventId },
      });
      await lookAtLeft(parts, taken);
    }
  } else if (merge.archived)
    await bringBack(parts, other(side), { entity: mapping[other(side)], id: merge.dropped });
  // Only a person brings a link back from its end: steps leave ended links alone.
  const revived = await reviveLink(parts, old, { ...causeOf(ask), reverts: eventId });
  await moveBack(parts, side, { moved: merge.moved, to: merge.from, was: merge.into });
  for (const each of merge.moved)
    await syncRecords(
      parts,
      {
        mapping: null,
        refs: [{ side, entity: each.entity, id: each.id }],
        linkId: null,
        asked: { force: true },
      },
      ask,
    );
  const keptId = merge.kept && (await linksById(parts.sql, [merge.kept]))[0];
  const was = keptId && (side === 'crm' ? keptId.erpId : keptId.crmId);
  if (merge.dropped && was)
    await moveBack(parts, other(side), { moved: merge.movedThere, to: merge.dropped, was });
  const [result] = await syncRecords(parts, { mapping: null, refs: [], linkId, asked: { force: true } }, ask);
  return { ...result!, outcome: 'linked', plan, eventIds: [revived.id, ...result!.eventIds] };
}

/** Where the second took the counterpart over, what was moved was told after the link had ended. */
async function withMoved({ sql }: InlineParts, eventId: string, merge: MergeNote): Promise<MergeNote> {
  if (merge.dropped !== null) return merge;
  const told = await sql<{ moved: readonly Moved[] }[]>`
    select detail -> 'moved' as moved from sync.event
    where detail ->> 'mergeOf' = ${eventId} and correlation_id = (select correlation_id from sync.event where id = ${eventId})`;
  return { ...merge, moved: [...merge.moved, ...told.flatMap(({ moved }) => moved)] };
}

const nothingElse = { changes: [], conflicts: [], held: [], locked: [] } as const;

/** What taking a merge back writes: what was moved names the first record again, and its counterpart is restored. */
async function takingBack(
  parts: InlineParts,
  old: LinkRow,
  { side, from, into, moved, movedThere, dropped, archived, kept }: MergeNote,
): Promise<readonly PlannedWrite[]> {
  const [keptLink] = kept ? await linksById(parts.sql, [kept]) : [];
  const was = keptLink && refOfLink(parts.mappings[old.mapping], keptLink, other(side))?.id;
  const back = (on: Side, list: readonly Moved[], before: string, after: string): readonly PlannedWrite[] =>
    list.map(({ entity, id, fields, lines }) => ({
      side: on,
      entity,
      id,
      action: 'update',
      fields: [...fields, ...lines.map(({ field }) => `lines.${field}`)].map((field) => ({
        field,
        before,
        after,
        rule: 'merge taken back',
      })),
    }));
  return [
    ...back(side, moved, into, from),
    ...(dropped && was ? back(other(side), movedThere, was, dropped) : []),
    ...(dropped && archived
      ? [
          {
            side: other(side),
            entity: parts.mappings[old.mapping][other(side)],
            id: dropped,
            action: 'restore',
            fields: [],
          } as const,
        ]
      : []),
  ];
}
