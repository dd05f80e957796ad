import { SyncError } from '../../core/errors.ts';
import type { Mapping } from '../../core/mapping.ts';
import { other } from '../../core/sides.ts';
import type { Json, RecordRef, Side } from '../../core/types.ts';
import { type Child, childrenOf } from '../../store/children.ts';
import type { LinkRow } from '../../store/links.ts';
import type { Ask, PlannedWrite, SyncResult } from '../api.ts';
import { endLinks, toldAs } from '../ending.ts';
import type { InlineParts } from '../inline.ts';
import { lookAtLeft } from '../lone.ts';
import { recordName } from '../records.ts';
import { tell } from '../tell.ts';
import { refOfLink } from '../work.ts';
import { linkRecords, type PairIds } from './links.ts';
import { causeOf, liveLinkOf, type MergeNote, told } from './merge-note.ts';
import { moveReferences, movesOf, writesOfMoves } from './references.ts';
import { syncRecords } from './sync-now.ts';
import { putAway } from './write.ts';

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
  const merge = await mergeOf(parts, from, into);
  const { old, mapping } = merge;
  const writes = await writesOf(parts, merge);
  if (ask.mode === 'preview') {
    const pair = merge.takenOver && pairOf(into, merge.takenOver);
    const linked = pair ? [await linkRecords(parts, mapping.name, pair, ask, [old])] : [];
    return [await told(parts, old, writes, null), ...linked];
  }
  const eventId = merge.takenOver
    ? await handOver(parts, merge, merge.takenOver, ask)
    : await carryOver(parts, merge, ask);
  await lookAtLeft(parts, old);
  const after = await liveLinkOf(parts, mapping.name, into);
  return [
    await told(parts, { ...old, state: 'ended', endedBy: 'merged' }, writes, eventId),
    ...(after ? await syncRecords(parts, { mapping: null, refs: [], linkId: after.id, asked: {} }, ask) : []),
  ];
}

/** What a merge means for the links of its records. */
interface Merge {
  readonly from: RecordRef;
  readonly into: RecordRef;
  readonly mapping: Mapping;
  /** The live link of the first, and of the second where it has one. */
  readonly old: LinkRow;
  readonly kept: LinkRow | null;
  /** The first's record in the other system, and the second's. */
  readonly counterpart: RecordRef | null;
  readonly keptCounterpart: RecordRef | null;
  /** The counterpart, where the second has none: it becomes the second's. */
  readonly takenOver: RecordRef | null;
  /** The counterpart, where it follows the flow's delete policy, and how. */
  readonly leaves: { readonly ref: RecordRef; readonly kind: 'archive' | 'delete' } | null;
  readonly children: readonly Child[];
}

async function mergeOf(parts: InlineParts, from: RecordRef, into: RecordRef): Promise<Merge> {
  const { side } = from;
  const name = parts.homes[side][from.entity];
  if (!name || !['customer', 'contact', 'product', 'user'].includes(name))
    throw new SyncError(
      'BAD_USER_INPUT',
      `Merges of ${from.entity} records are not followed; link and unlink them instead.`,
    );
  if (from.id === into.id) throw new SyncError('BAD_USER_INPUT', 'A record cannot be merged into itself.');
  const there = await parts.connectors[side].read(into.entity, [into.id]);
  if (!there.has(into.id))
    throw new SyncError('NOT_FOUND', `The ${side.toUpperCase()} has no ${into.entity} ${into.id}.`, {
      detail: { argument: 'into' },
    });
  const [old, kept] = await Promise.all([liveLinkOf(parts, name, from), liveLinkOf(parts, name, into)]);
  if (!old)
    throw new SyncError(
      'NOT_FOUND',
      `${recordName(from)} has no live link; there is nothing that could follow.`,
    );
  const mapping = parts.mappings[name];
  const counterpart = refOfLink(mapping, old, other(side));
  const keptCounterpart = kept && refOfLink(mapping, kept, other(side));
  const takenOver = keptCounterpart ? null : counterpart;
  const kind = mapping.onDelete[side];
  const leaves = counterpart && !takenOver && kind !== 'unlink' ? { ref: counterpart, kind } : null;
  const children = await childrenOf(parts.sql, old.id);
  return { from, into, mapping, old, kept, counterpart, keptCounterpart, takenOver, leaves, children };
}

/** What the merge writes: references in its own system and, where both had a counterpart, in the other one as well. */
async function writesOf(parts: InlineParts, merge: Merge): Promise<readonly PlannedWrite[]> {
  const { from, into, counterpart, keptCounterpart, leaves, children } = merge;
  const moves = async (old: RecordRef, kept: string): Promise<readonly PlannedWrite[]> =>
    writesOfMoves(old.side, await movesOf(parts, old, kept, refsOfChildren(parts, old.side, children)), {
      before: old.id,
      after: kept,
      rule: 'merged',
    });
  return [
    ...(await moves(from, into.id)),
    ...(counterpart && keptCounterpart ? await moves(counterpart, keptCounterpart.id) : []),
    ...(leaves ? [{ ...leaves.ref, action: leaves.kind, fields: [] }] : []),
  ];
}

const refsOfChildren = (parts: InlineParts, side: Side, children: readonly Child[]): readonly RecordRef[] =>
  children.flatMap((child) => refOfLink(parts.mappings[child.mapping], child as LinkRow, side) ?? []);

type References = Awaited<ReturnType<typeof moveReferences>>;

/** What refers to the first refers to the second from now on; the link of the first ends, and its counterpart leaves. */
async function carryOver(parts: InlineParts, merge: Merge, ask: Ask): Promise<string | null> {
  const { old, counterpart, keptCounterpart, leaves } = merge;
  const here = await moveHere(parts, merge, ask);
  const there =
    counterpart && keptCounterpart
      ? await moveReferences(parts, counterpart, keptCounterpart.id, [])
      : { moved: [], refused: [] };
  const refused = [...here.refused, ...there.refused];
  const note = { ...noteOf(merge), moved: here.moved, movedThere: there.moved };
  const eventId = await endOld(parts, old, { merge: note, ...(refused.length > 0 && { refused }) }, ask);
  if (leaves) {
    const { ref, kind } = leaves;
    await putAway(parts, ref.side, { ...ref, kind });
  }
  return eventId;
}

/**
 * The second takes the counterpart over. The link of the first ends before anything moves, so that nothing about the
 * children changes in the other system; what was moved then is told of the second's link, and names the event of the end.
 */
async function handOver(
  parts: InlineParts,
  merge: Merge,
  counterpart: RecordRef,
  ask: Ask,
): Promise<string | null> {
  const { into, mapping, old, kept } = merge;
  if (kept) await endLinks(parts, { ids: [kept.id], by: 'merged', ...causeOf(ask) });
  const eventId = await endOld(parts, old, { merge: { ...noteOf(merge), moved: [], movedThere: [] } }, ask);
  await linkRecords(parts, mapping.name, pairOf(into, counterpart), ask);
  const here = await moveHere(parts, merge, ask);
  const live = await liveLinkOf(parts, mapping.name, into);
  if (live && eventId && here.moved.length + here.refused.length > 0)
    await tellMoved(parts, live, eventId, here, ask);
  return eventId;
}

const pairOf = (into: RecordRef, counterpart: RecordRef): PairIds =>
  into.side === 'crm' ? { crmId: into.id, erpId: counterpart.id } : { crmId: counterpart.id, erpId: into.id };

async function moveHere(parts: InlineParts, { from, into, children }: Merge, ask: Ask): Promise<References> {
  const here = await moveReferences(parts, from, into.id, refsOfChildren(parts, from.side, children));
  for (const child of children)
    await syncRecords(parts, { mapping: null, refs: [], linkId: child.id, asked: { force: true } }, ask);
  return here;
}

/** Ends the link of the first; answers the event that tells of it. Null where somebody else has ended it meanwhile. */
async function endOld(parts: InlineParts, old: LinkRow, detail: object, ask: Ask): Promise<string | null> {
  const [event] = await endLinks(parts, {
    ids: [old.id],
    by: 'merged',
    ...causeOf(ask),
    detail: detail as Readonly<Record<string, Json>>,
  });
  return event?.id ?? null;
}

const noteOf = ({
  from,
  into,
  kept,
  counterpart,
  takenOver,
  leaves,
}: Merge): Omit<MergeNote, 'moved' | 'movedThere'> => ({
  from: from.id,
  into: into.id,
  side: from.side,
  dropped: takenOver ? null : (counterpart?.id ?? null),
  archived: leaves?.kind === 'archive',
  kept: kept?.id ?? null,
});

async function tellMoved(
  parts: InlineParts,
  link: LinkRow,
  eventId: string,
  { moved, refused }: References,
  ask: Ask,
): Promise<void> {
  const id = parts.newId();
  const detail = { mergeOf: eventId, moved, ...(refused.length > 0 && { refused }) } as unknown;
  await tell(parts, [
    {
      id,
      mapping: toldAs(link.mapping),
      linkId: link.id,
      outcome: 'updated',
      cause: causeOf(ask).cause,
      fields: [],
      detail: detail as Readonly<Record<string, Json>>,
      attempt: 1,
      correlationId: ask.correlationId ?? eventId,
    },
  ]);
}
