import { SyncError } from '../../core/errors.ts';
import type { Mapping } from '../../core/mapping.ts';
import { other } from '../../core/sides.ts';
import type { Json, RecordRef, Side } from '../../core/types.ts';
import { type Child, childrenOf } from '../../store/children.ts';
import { nameHeir } from '../../store/endings.ts';
import type { LinkRow } from '../../store/links.ts';
import type { Ask, LinkPlan, PlannedWrite, SyncResult } from '../api.ts';
import { endLinks, toldAs } from '../ending.ts';
import { freshLink } from '../fresh-link.ts';
import type { InlineParts } from '../inline.ts';
import { lookAtLeft } from '../lone.ts';
import { recordName } from '../records.ts';
import { tell } from '../tell.ts';
import { refOfLink, refsOfLink } from '../work.ts';
import { childrenMerged } from './children.ts';
import { linkRecords, type PairIds } from './links.ts';
import { causeOf, liveLinkOf, type MergeNote, told } from './merge-note.ts';
import { inHand, lanesOf, lockedOf, type MovesDone, move, movesOf, type Turn } from './moves.ts';
import { type Moved, writesOfMoves } from './references.ts';
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
  if (ask.mode === 'preview') {
    const pair = merge.takenOver && pairOf(into, merge.takenOver);
    const linked = pair ? [await linkRecords(parts, mapping.name, pair, ask, [old])] : [];
    const first = await told(parts, old, await planOf(parts, merge), null);
    const made = pair
      ? freshLink(parts.newId(), mapping.name, null, { ...pair, by: { kind: 'manual' } })
      : null;
    return [{ ...first, ...(await childrenMerged(parts, old, { kept: merge.kept, made })) }, ...linked];
  }
  const { eventId, done } = merge.takenOver
    ? await handOver(parts, merge, merge.takenOver, ask)
    : await carryOver(parts, merge, ask);
  await lookAtLeft(parts, old);
  const after = await liveLinkOf(parts, mapping.name, into);
  return [
    await told(parts, { ...old, state: 'ended', endedBy: 'merged' }, planDone(merge, done), eventId),
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
  const children = await childrenOf(parts.sql, [old.id]);
  return { from, into, mapping, old, kept, counterpart, keptCounterpart, takenOver, leaves, children };
}

/** What is to name other records than before: in its own system and, where both had a counterpart, in the other one as well. */
function turnsOf(
  parts: InlineParts,
  { from, into, counterpart, keptCounterpart, children }: Merge,
): readonly Turn[] {
  const turn = (old: RecordRef, kept: string): Turn => ({
    from: old,
    into: kept,
    known: children.flatMap((child) => refOfLink(parts.mappings[child.mapping], child, old.side) ?? []),
  });
  return [
    turn(from, into.id),
    ...(counterpart && keptCounterpart ? [turn(counterpart, keptCounterpart.id)] : []),
  ];
}

type Told = Pick<LinkPlan, 'writes' | 'locked'>;

/** What the merge writes, and what it leaves as it is. */
async function planOf(parts: InlineParts, merge: Merge): Promise<Told> {
  const { groups, locked } = await movesOf(parts, turnsOf(parts, merge));
  const namings = groups.flatMap((group) => group.namings);
  const moved = (side: Side) => namings.flatMap((each) => (each.ref.side === side ? each.moved : []));
  return planDone(merge, { moved: { crm: moved('crm'), erp: moved('erp') }, locked });
}

/** The same, as it was done. */
function planDone({ from, into, counterpart, keptCounterpart, leaves }: Merge, done: MovesDone): Told {
  const moves = (old: RecordRef, kept: string): readonly PlannedWrite[] =>
    writesOfMoves(old.side, inOrder(done.moved[old.side]), { before: old.id, after: kept, rule: 'merged' });
  return {
    writes: [
      ...moves(from, into.id),
      ...(counterpart && keptCounterpart ? moves(counterpart, keptCounterpart.id) : []),
      ...(leaves ? [{ ...leaves.ref, action: leaves.kind, fields: [] }] : []),
    ],
    locked: lockedOf(done.locked).toSorted((a, b) => (a.why < b.why ? -1 : 1)),
  };
}

/** By their names: as it was planned, so it is told once done, whichever was read first. */
const inOrder = (moved: readonly Moved[]): readonly Moved[] => {
  const name = ({ entity, id }: Moved): string => `${entity} ${id}`;
  return moved.toSorted((a, b) => (name(a) < name(b) ? -1 : 1));
};

interface Followed {
  /** The event that tells of the end; null where somebody else has ended the link meanwhile. */
  readonly eventId: string | null;
  readonly done: MovesDone;
}

/** What refers to the first refers to the second from now on; the link of the first ends, and its counterpart leaves. */
async function carryOver(parts: InlineParts, merge: Merge, ask: Ask): Promise<Followed> {
  const { old, kept, leaves } = merge;
  const done = await move(parts, turnsOf(parts, merge), ask);
  if (kept) await nameHeir(parts.sql, old.id, kept.id);
  const eventId = await endOld(parts, old, { merge: { ...noteOf(merge), ...noteOfMoves(merge, done) } }, ask);
  await lookAgain(parts, merge, done, ask);
  if (leaves) {
    const { ref, kind } = leaves;
    await putAway(parts, ref.side, { ...ref, kind });
  }
  return { eventId, done };
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
): Promise<Followed> {
  const { into, mapping, old, kept } = merge;
  if (kept) await endLinks(parts, { ids: [kept.id], by: 'merged', ...causeOf(ask) });
  const note = { ...noteOf(merge), moved: [], movedThere: [] };
  const eventId = await endOld(parts, old, { merge: note }, ask);
  await linkRecords(parts, mapping.name, pairOf(into, counterpart), ask);
  const live = await liveLinkOf(parts, mapping.name, into);
  if (live) await nameHeir(parts.sql, old.id, live.id);
  const done = await move(parts, turnsOf(parts, merge), ask);
  await lookAgain(parts, merge, done, ask);
  if (live && eventId && done.moved[into.side].length + done.locked.length > 0)
    await tellMoved(parts, live, eventId, noteOfMoves(merge, done), ask);
  return { eventId, done };
}

/** What stays with the first means the second now; and what waited for the first may go on with that. */
async function lookAgain(
  parts: InlineParts,
  { children }: Merge,
  { locked }: MovesDone,
  ask: Ask,
): Promise<void> {
  const refs = children.flatMap((child) => refsOfLink(parts, child));
  for (const lanes of await lanesOf(parts, [...refs, ...locked.map(({ ref }) => ref)]))
    await inHand(parts, lanes, ask, async () => {});
}

/** What the event of a merge keeps of what was moved. */
const noteOfMoves = ({ from }: Merge, { moved, locked }: MovesDone) => ({
  moved: moved[from.side],
  movedThere: moved[other(from.side)],
  ...(locked.length > 0 && { locked: locked.map(({ ref }) => ref), left: lockedOf(locked) }),
});

const pairOf = (into: RecordRef, counterpart: RecordRef): PairIds =>
  into.side === 'crm' ? { crmId: into.id, erpId: counterpart.id } : { crmId: counterpart.id, erpId: into.id };

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
  note: ReturnType<typeof noteOfMoves>,
  ask: Ask,
): Promise<void> {
  const id = parts.newId();
  const detail = { mergeOf: eventId, ...note } as unknown;
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
