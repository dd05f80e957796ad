import { SyncError } from '../../core/errors.ts';
import { other } from '../../core/sides.ts';
import { syncAuthor } from '../../core/sync-author.ts';
import type { Json, RecordRef, Side } from '../../core/types.ts';
import { childrenOf } from '../../store/children.ts';
import { type LinkRow, linksById, linksOfRecords } from '../../store/links.ts';
import type { Ask, PlannedWrite, SyncResult } from '../api.ts';
import { endLinks, reviveLink, toldAs } from '../ending.ts';
import type { InlineParts } from '../inline.ts';
import { refKey } from '../records.ts';
import { tokenOf } from '../sync-token.ts';
import { tell } from '../tell.ts';
import { refOfLink } from '../work.ts';
import { linkRecords } from './links.ts';
import { type Moved, moveBack, moveReferences } from './references.ts';
import { syncRecords } from './sync-now.ts';

/** What the event of a merge keeps, so that it can be undone. */
interface MergeNote {
  readonly from: string;
  readonly into: string;
  readonly side: Side;
  /** The counterpart that was archived or stays alone. */
  readonly dropped: string | null;
  readonly archived: boolean;
  readonly moved: readonly Moved[];
  readonly movedThere: readonly Moved[];
  readonly kept: string | null;
}

/**
 * Two records of one system became one. What refers to the first is made to refer to the second, in its own system
 * and by the sync in the other; the link of the first ends, and its counterpart follows the flow's delete policy.
 * Where only the first had a counterpart, the second takes it over.
 */
export async function followMerge(
  parts: InlineParts,
  from: RecordRef,
  into: RecordRef,
  ask: Ask,
): Promise<readonly SyncResult[]> {
  const name = parts.homes[from.side][from.entity];
  if (!name || !['customer', 'contact', 'product', 'user'].includes(name))
    throw new SyncError(
      'BAD_USER_INPUT',
      `Merges of ${from.entity} records are not followed; link and unlink them instead.`,
    );
  if (from.id === into.id) throw new SyncError('BAD_USER_INPUT', 'A record cannot be merged into itself.');
  const mapping = parts.mappings[name];
  const { side } = from;
  const there = await parts.connectors[side].read(into.entity, [into.id]);
  if (!there.has(into.id))
    throw new SyncError('NOT_FOUND', `The ${side.toUpperCase()} has no ${into.entity} ${into.id}.`);
  const [old, kept] = await Promise.all([liveLinkOf(parts, name, from), liveLinkOf(parts, name, into)]);
  if (!old)
    throw new SyncError('NOT_FOUND', `${refKey(from)} has no live link; there is nothing that could follow.`);
  const counterpart = refOfLink(mapping, old, other(side));
  const takesOver = counterpart !== null && (!kept || refOfLink(mapping, kept, other(side)) === null);
  const policy = mapping.onDelete[side];
  const archives = !takesOver && counterpart !== null && policy !== 'unlink';
  const children = await childrenOf(parts.sql, old.id);
  const writes: PlannedWrite[] = [
    ...children.flatMap((child): PlannedWrite[] => {
      const ref = refOfLink(parts.mappings[child.mapping], child as LinkRow, side);
      const names = [{ field: mapping[side], before: from.id, after: into.id, rule: 'merged' }];
      return ref ? [{ ...ref, action: 'update', fields: names }] : [];
    }),
    ...(archives
      ? [{ ...counterpart, action: policy === 'delete' ? 'delete' : 'archive', fields: [] } as const]
      : []),
  ];
  const eventId = parts.newId();
  if (ask.mode === 'preview') return [await told(parts, old, writes, null)];

  const cause = causeOf(ask);
  // The link goes first where the second takes its counterpart over: then nothing about the children changes.
  if (takesOver) {
    await endLinks(parts, { ids: [old.id, ...(kept ? [kept.id] : [])], by: 'merged', ...cause });
    const ids =
      side === 'crm' ? { crmId: into.id, erpId: counterpart.id } : { crmId: counterpart.id, erpId: into.id };
    await linkRecords(parts, name, ids, ask);
  }
  const known = children.flatMap(
    (child) => refOfLink(parts.mappings[child.mapping], child as LinkRow, side) ?? [],
  );
  const here = await moveReferences(parts, from, into.id, known);
  for (const child of children)
    await syncRecords(parts, { mapping: null, refs: [], linkId: child.id, asked: { force: true } }, ask);
  const keptCounterpart = kept && refOfLink(mapping, kept, other(side));
  const beyond =
    counterpart && keptCounterpart && !takesOver
      ? await moveReferences(parts, counterpart, keptCounterpart.id, [])
      : { moved: [], refused: [] };
  if (!takesOver) {
    await endLinks(parts, { ids: [old.id], by: 'merged', ...cause });
    if (archives)
      await parts.connectors[counterpart.side].write(
        [
          {
            entity: counterpart.entity,
            kind: policy === 'delete' ? 'delete' : 'archive',
            id: counterpart.id,
          },
        ],
        syncAuthor,
      );
  }
  const note: MergeNote = {
    from: from.id,
    into: into.id,
    side,
    dropped: takesOver ? null : (counterpart?.id ?? null),
    archived: archives && policy === 'archive',
    moved: here.moved,
    movedThere: beyond.moved,
    kept: kept?.id ?? null,
  };
  const refused = [...here.refused, ...beyond.refused];
  await tell(parts, [
    {
      id: eventId,
      mapping: toldAs(name),
      linkId: old.id,
      outcome: 'unlinked',
      cause: cause.cause,
      fields: [],
      detail: {
        endedBy: 'merged',
        merge: note as unknown as Json,
        ...(refused.length > 0 && { refused }),
      },
      attempt: 1,
      correlationId: ask.correlationId ?? eventId,
    },
  ]);
  const after = await liveLinkOf(parts, name, into);
  return [
    await told(parts, { ...old, state: 'ended', endedBy: 'merged' }, writes, eventId),
    ...(after ? await syncRecords(parts, { mapping: null, refs: [], linkId: after.id, asked: {} }, ask) : []),
  ];
}

/** Takes a merge back: the old link lives again with its counterpart, and what was moved names it again. */
export async function undoMerge(
  parts: InlineParts,
  linkId: string,
  { id: eventId, note }: { readonly id: string; readonly note: Json },
  ask: Ask,
): Promise<SyncResult> {
  const merge = note as unknown as MergeNote;
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
    if (taken)
      await endLinks(parts, {
        ids: [taken.id],
        by: 'unlinked',
        ...causeOf(ask),
        detail: { reverts: eventId },
      });
  } else if (merge.archived)
    await parts.connectors[other(side)].write(
      [{ entity: mapping[other(side)], kind: 'restore', id: merge.dropped }],
      syncAuthor,
    );
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

const causeOf = ({ actor, correlationId }: Ask) => ({
  cause: { kind: 'mutation', actor } as const,
  correlationId,
});

async function liveLinkOf(
  parts: InlineParts,
  mapping: LinkRow['mapping'],
  ref: RecordRef,
): Promise<LinkRow | null> {
  const briefs = await linksOfRecords(parts.sql, [{ mapping, side: ref.side, id: ref.id }]);
  const live = briefs.find((link) => link.state !== 'ended');
  return live ? ((await linksById(parts.sql, [live.id]))[0] ?? null) : null;
}

async function told(
  parts: InlineParts,
  link: LinkRow,
  writes: readonly PlannedWrite[],
  eventId: string | null,
): Promise<SyncResult> {
  return {
    outcome: 'unlinked',
    plan: { kind: 'unlink', writes, changes: [], conflicts: [], held: [], locked: [] },
    planToken: null,
    linkId: link.id,
    eventIds: eventId ? [eventId] : [],
    syncToken: await tokenOf(parts.sql),
    waitsFor: [],
  };
}
