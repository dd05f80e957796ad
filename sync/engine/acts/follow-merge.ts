import { SyncError } from '../../core/errors.ts';
import type { Mapping } from '../../core/mapping.ts';
import { other } from '../../core/sides.ts';
import type { Json, MappingName, RecordRef, Side } from '../../core/types.ts';
import { type Child, childrenOf } from '../../store/children.ts';
import { nameHeir } from '../../store/endings.ts';
import { type LinkRow, linksById } from '../../store/links.ts';
import { eventOfAct } from '../../store/unfinished.ts';
import type { Ask, LinkPlan, PlannedWrite, SyncResult } from '../api.ts';
import { type Ending, endLinks, toldAs } from '../ending.ts';
import { freshLink } from '../fresh-link.ts';
import type { InlineParts } from '../inline.ts';
import { lookAtLeft } from '../lone.ts';
import { recordName } from '../records.ts';
import { tell } from '../tell.ts';
import { refOfLink, refsOfLink } from '../work.ts';
import { childrenMerged } from './children.ts';
import { linkPairs, linkRecords, type PairIds, unstamp } from './links.ts';
import { causeOf, liveLinkOf, type MergeNote, movedOf, told } from './merge-note.ts';
import { inHand, lanesOf, lockedOf, type MovesDone, type Moving, move, movesOf, type Turn } from './moves.ts';
import { type Moved, writesOfMoves } from './references.ts';
import { syncRecords } from './sync-now.ts';
import {
  begin,
  carryThrough,
  type Noting,
  noteBefore,
  orOver,
  over,
  toBegin,
  type UnderWay,
} from './under-way.ts';
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
  const act = toBegin(parts, old.id, ask);
  const { eventId, done } = await carryThrough(parts, act, whatOf(merge), () =>
    (merge.takenOver ? handOver : carryOver)(parts, merge, act, null),
  );
  const after = await liveLinkOf(parts, mapping.name, into);
  return [
    await told(parts, { ...old, state: 'ended', endedBy: 'merged' }, planDone(merge, done), eventId),
    ...(after ? await syncRecords(parts, { mapping: null, refs: [], linkId: after.id, asked: {} }, ask) : []),
  ];
}

const whatOf = ({ from, into }: Merge): string => `The merge of ${recordName(from)} into ${into.id}`;

/** A merge as it is noted: what it was found to mean as it began. */
type NotedMerge = Omit<Merge, 'mapping' | 'old' | 'kept'> & {
  readonly kind: 'merge';
  readonly mapping: MappingName;
  readonly old: string;
  readonly kept: string | null;
};

const noting = ({ mapping: { name }, old, kept, ...merge }: Merge): Noting & { note: NotedMerge } => ({
  mapping: name,
  note: { ...merge, kind: 'merge', mapping: name, old: old.id, kept: kept?.id ?? null },
});

/** Goes on with a merge that was noted, to its end; `noted`: what was about to be moved. */
export async function goOnMerging(
  parts: InlineParts,
  act: UnderWay,
  note: Json,
  noted: readonly Json[],
): Promise<void> {
  const { old: oldId, kept: keptId, mapping, ...rest } = note as unknown as NotedMerge;
  const links = await linksById(parts.sql, keptId === null ? [oldId] : [oldId, keptId]);
  const old = links.find(({ id }) => id === oldId);
  // What is not even history any more has nothing that could follow.
  if (!old) return over(parts, act);
  const kept = links.find(({ id }) => id === keptId) ?? null;
  const merge: Merge = { ...rest, mapping: parts.mappings[mapping], old, kept };
  await (merge.takenOver ? handOver : carryOver)(parts, merge, act, noted);
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

/** What was noted by those who began; null where it begins. */
type Noted = readonly Json[] | null;

const moving = (parts: InlineParts, act: UnderWay, noted: Noted): Moving => ({
  ask: act.ask,
  noted: noted ?? [],
  note: (next) => noteBefore(parts, act, next),
});

/** What refers to the first refers to the second from now on; the link of the first ends, and its counterpart leaves. */
async function carryOver(parts: InlineParts, merge: Merge, act: UnderWay, noted: Noted): Promise<Followed> {
  const { old, kept, leaves } = merge;
  const { ask } = act;
  if (!noted) await begin(parts.sql, act, noting(merge));
  const before = noted && (await endOf(parts, merge, act));
  const done = before?.done ?? (await move(parts, turnsOf(parts, merge), moving(parts, act, noted)));
  if (kept) await nameHeir(parts.sql, old.id, kept.id);
  const note = { merge: { ...noteOf(merge), ...noteOfMoves(merge, done) } };
  const eventId = before?.eventId ?? (await endOld(parts, old, note, ask));
  await lookAgain(parts, merge, done, ask);
  const leave = async (): Promise<void> => {
    // Before it is put away: whatever the first is linked to next, or gets of its own, bears its reference then.
    await unstamp(parts, old);
    if (leaves) await putAway(parts, leaves.ref.side, { ...leaves.ref, kind: leaves.kind });
  };
  // Where nobody waits for the answer, a system that keeps it is retried as any that refuses a write.
  await (noted ? leave() : orOver(parts, act, leave));
  await lookAtLeft(parts, old);
  await over(parts, act);
  return { eventId, done };
}

/** What a process that died had told of the end of the first's link, and of what it had moved by then. */
async function endOf(
  parts: InlineParts,
  { from, old }: Merge,
  { ask: { correlationId } }: UnderWay,
): Promise<Followed | null> {
  const event = await eventOfAct(parts.sql, { correlationId, linkId: old.id, having: 'merge' });
  return event && { eventId: event.id, done: doneOf(from.side, event.detail.merge as unknown as MergeNote) };
}

/** What was told of moves; why something stays with the first is of no interest any more. */
const doneOf = (side: Side, { moved, movedThere, locked = [] }: Partial<MergeNote>): MovesDone => ({
  moved: { crm: [], erp: [], [side]: moved ?? [], [other(side)]: movedThere ?? [] },
  locked: locked.map((ref) => ({ ref, field: '', why: '' })),
});

/**
 * The second takes the counterpart over. The link of the first ends before anything moves, so that nothing about the
 * children changes in the other system; what was moved then is told of the second's link, and names the event of the end.
 */
async function handOver(parts: InlineParts, merge: Merge, act: UnderWay, noted: Noted): Promise<Followed> {
  const { from, into, mapping, old, kept, takenOver } = merge;
  const { ask } = act;
  // Of one CRM record one ERP record has the reference.
  const exchanged = async (): Promise<void> => {
    if (from.side === 'erp') await unstamp(parts, old);
  };
  if (noted) await exchanged();
  else {
    // In one transaction: nobody sees the counterpart without a link, and takes it for new.
    const note = { ...noteOf(merge), moved: [], movedThere: [] };
    const endings: readonly Ending[] = [
      {
        ids: kept ? [kept.id] : [],
        by: 'merged',
        ...causeOf(ask),
        noting: (tx) => begin(tx, act, noting(merge)),
      },
      { ids: [old.id], by: 'merged', ...causeOf(ask), all: true, detail: asDetail({ merge: note }) },
    ];
    const giving = [old, ...(kept ? [kept] : [])];
    await linkPairs(parts, mapping.name, [pairOf(into, takenOver!)], ask, [], { giving, endings, exchanged });
  }
  const eventId = (await endOf(parts, merge, act))?.eventId ?? null;
  const live = await liveLinkOf(parts, mapping.name, into);
  if (live) await nameHeir(parts.sql, old.id, live.id);
  const before = noted && eventId && (await movedOf(parts, eventId));
  const done = before
    ? doneOf(from.side, before)
    : await move(parts, turnsOf(parts, merge), moving(parts, act, noted));
  await lookAgain(parts, merge, done, ask);
  if (!before && eventId && done.moved[into.side].length + done.locked.length > 0)
    await tellMoved(parts, live ?? old, eventId, noteOfMoves(merge, done), ask);
  await lookAtLeft(parts, old);
  await over(parts, act);
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
  const ending = { ids: [old.id], by: 'merged', ...causeOf(ask), detail: asDetail(detail) };
  const [event] = await endLinks(parts, ending);
  return event?.id ?? null;
}

const asDetail = (detail: object) => detail as Readonly<Record<string, Json>>;

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
