import { SyncError } from '../../core/errors.ts';
import { other } from '../../core/sides.ts';
import type { Json, Side } from '../../core/types.ts';
import type { NewEvent } from '../../store/events.ts';
import { type LinkRow, linksById, linksOfLanes } from '../../store/links.ts';
import { eventOfAct } from '../../store/unfinished.ts';
import type { Ask, PlannedWrite, SyncResult } from '../api.ts';
import { type Ending, reviveLink } from '../ending.ts';
import { holding, type InlineParts } from '../inline.ts';
import { lookAtLeft } from '../lone.ts';
import { refKey } from '../records.ts';
import { refOfLink, refsOfLink } from '../work.ts';
import { childrenParted } from './children.ts';
import { mustBeFree, unstamp } from './links.ts';
import { causeOf, liveLinkOf, type MergeNote, movedOf, told } from './merge-note.ts';
import { inHand, lanesOf } from './moves.ts';
import { asMovedBack, type Moved, moveBack, movedStill, writesOfMoves } from './references.ts';
import { type Restored, restoring, type Wrote, writeBack } from './restoring.ts';
import { syncRecords } from './sync-now.ts';
import {
  begin,
  carryThrough,
  orOver,
  over,
  toBegin,
  type UnderWay,
  unlessLinkedOtherwise,
} from './under-way.ts';
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
  if (!old) throw new SyncError('NOT_FOUND', `There is no link Link_${linkId}.`);
  const mapping = parts.mappings[old.mapping];
  const { side } = merge;
  const found = await parts.connectors[side].read(mapping[side], [merge.from]);
  if (!found.has(merge.from))
    throw new SyncError(
      'NOT_FOUND',
      `The ${side.toUpperCase()} has no ${mapping[side]} ${merge.from} any more: the merge cannot be undone.`,
    );
  const writes = await takingBack(parts, old, merge);
  // One that a refusal cut short is gone on with.
  if (old.state !== 'ended' && writes.length === 0)
    throw new SyncError('BAD_USER_INPUT', `Link_${old.id} lives: its merge was taken back before.`);
  // The second gives back what it had taken over, and nobody else: of a first that was alone it had nothing.
  const ref = { side, entity: mapping[side], id: merge.into };
  const tookOver = merge.dropped === null && old.crmId !== null && old.erpId !== null;
  const taken = tookOver ? await liveLinkOf(parts, old.mapping, ref) : null;
  if (old.state === 'ended' && old.crmId && old.erpId)
    await mustBeFree(parts, old.mapping, { crmId: old.crmId, erpId: old.erpId }, taken?.id ?? old.id);
  const { back, stays } = await overwritten(parts, taken);
  const plan = {
    ...nothingElse,
    kind: 'link' as const,
    writes: [...back.map(({ write }) => write), ...writes],
    locked: stays,
  };
  if (ask.mode === 'preview')
    return {
      ...(await told(parts, old, {}, null)),
      outcome: 'linked',
      plan,
      ...(await childrenParted(parts, old, {
        taken,
        written: await writtenBack(parts, old, merge),
        left: merge.locked ?? [],
      })),
    };
  const act = toBegin(parts, old.id, ask);
  const restores = !taken && merge.dropped !== null && merge.archived;
  const unmerge = { kind: 'unmerge', eventId, taken: taken?.id ?? null, restores } as const;
  const { events, results } = await carryThrough(parts, act, `Taking back Event_${eventId}`, async () => {
    await begin(parts.sql, act, { mapping: old.mapping, note: unmerge });
    if (restores) await orOver(parts, act, () => restore(parts, old, merge));
    const { id } = await reviveOld(parts, old, act, unmerge, taken);
    // Whoever asked hears of a refusal, and repeats it: what is left by then is gone on with.
    let results: readonly SyncResult[] = [];
    await orOver(parts, act, async () => {
      results = await partAgain(parts, old, merge, act, taken);
    });
    return { events: [id], results };
  });
  const [result] = results;
  return { ...result!, outcome: 'linked', plan, eventIds: [...events, ...result!.eventIds] };
}

/** Taking a merge back, as it is noted. */
interface NotedUnmerge {
  readonly kind: 'unmerge';
  readonly eventId: string;
  /** The link that had taken the counterpart over, and ends. */
  readonly taken: string | null;
  /** Whether the counterpart was put away. */
  readonly restores: boolean;
}

/** Goes on with taking a merge back, to its end. What a person has linked otherwise meanwhile stands, and an issue says so. */
export async function goOnParting(
  parts: InlineParts,
  linkId: string,
  act: UnderWay,
  noted: Json,
): Promise<void> {
  const note = noted as unknown as NotedUnmerge;
  const [event] = await parts.sql<{ merge: Json }[]>`
    select detail -> 'merge' as merge from sync.event where id = ${note.eventId}`;
  const [old] = await linksById(parts.sql, [linkId]);
  if (!old || !event) return over(parts, act);
  const merge = await withMoved(parts, note.eventId, event.merge as unknown as MergeNote);
  const { correlationId } = act.ask;
  const revived = await eventOfAct(parts.sql, { correlationId, linkId, having: 'reverts' });
  const [taken] = note.taken === null ? [] : await linksById(parts.sql, [note.taken]);
  if (revived && old.state === 'ended') return over(parts, act);
  const reviving = async (): Promise<void> => {
    if (note.restores) await restore(parts, old, merge);
    await reviveOld(parts, old, act, note, taken ?? null);
  };
  const pair = { ended: old, eventId: note.eventId, but: taken?.id };
  if (!revived && !(await unlessLinkedOtherwise(parts, act, pair, reviving))) return;
  await partAgain(parts, old, merge, act, taken ?? null);
}

/** The counterpart comes back before its link lives again: that would take it for put away. */
const restore = (parts: InlineParts, { mapping }: LinkRow, { side, dropped }: MergeNote): Promise<void> =>
  bringBack(parts, other(side), { entity: parts.mappings[mapping][other(side)], id: dropped! });

/** Only a person brings a link back from its end: steps leave ended links alone. Nobody sees the counterpart without link. */
async function reviveOld(
  parts: InlineParts,
  old: LinkRow,
  { ask }: UnderWay,
  { eventId }: NotedUnmerge,
  taken: LinkRow | null,
): Promise<NewEvent> {
  const by = causeOf(ask);
  const revive = (endings: readonly Ending[]) => reviveLink(parts, old, { ...by, reverts: eventId, endings });
  if (!taken) return revive([]);
  const lanes = [taken, old].map(({ lane, mapping }) => ({ key: lane, mapping }));
  // No step takes for an edit what is about to be given back.
  return holding(parts, lanes, { ...by.cause, id: ask.correlationId }, async () => {
    const revived = await revive([{ ids: [taken.id], by: 'unlinked', ...by, detail: { reverts: eventId } }]);
    await giveBack(parts, old, taken);
    return revived;
  });
}

/**
 * Both records of the pair that had taken the counterpart over show again what they did. Behind its end: a step on it would
 * carry that over. One on the pair that lives again may, where a process dies in between, and carries this over, too.
 */
async function giveBack(parts: InlineParts, old: LinkRow, taken: LinkRow): Promise<void> {
  const refused = (record: string): string =>
    `The link lives again, but ${record} does not show again what it did`;
  await writeBack(parts, (await overwritten(parts, taken)).back, refused);
  // Of one CRM record one ERP record has the reference; what the linking wrote may be pruned from the log.
  if (taken.erpId !== old.erpId) await unstamp(parts, taken);
}

/** What both records of a pair that ends showed before they were linked, wherever they show still what that wrote. */
async function overwritten(parts: InlineParts, taken: LinkRow | null): Promise<Restored> {
  if (!taken) return { back: [], stays: [] };
  const linked = await parts.sql<{ fields: Wrote }[]>`
    select fields from sync.event where link_id = ${taken.id} and outcome = 'linked' order by seq`;
  return restoring(
    parts,
    taken,
    linked.flatMap(({ fields }) => fields),
  );
}

/** The link lives again: what was moved follows it, and its pair is brought into step. */
async function partAgain(
  parts: InlineParts,
  old: LinkRow,
  merge: MergeNote,
  act: UnderWay,
  taken: LinkRow | null,
): Promise<readonly SyncResult[]> {
  const { ask } = act;
  if (taken && act.again) await giveBack(parts, old, taken);
  if (taken) await lookAtLeft(parts, taken);
  await moveAllBack(parts, old, merge, act);
  const pair = { mapping: null, refs: [], linkId: old.id, asked: { force: true } };
  const results = await syncRecords(parts, pair, ask);
  await over(parts, act);
  return results;
}

/**
 * Moves back what the merge had moved, in both systems before either is looked at, and looks at what had stayed with the
 * first: it means that again.
 */
async function moveAllBack(
  parts: InlineParts,
  old: LinkRow,
  { side, from, into, moved, movedThere, dropped, kept, locked = [] }: MergeNote,
  { ask, again }: UnderWay,
): Promise<void> {
  const there = other(side);
  const was = await keptThere(parts, old, { side, kept });
  const back = async (on: Side, list: readonly Moved[], [before, after]: readonly [string, string]) =>
    moveBack(parts, on, { moved: list, to: after, was: before, again });
  const refs = [
    ...moved.map(({ entity, id }) => ({ side, entity, id })),
    ...movedThere.map(({ entity, id }) => ({ side: there, entity, id })),
    ...locked,
  ];
  const lanes = await lanesOf(parts, refs);
  for (const part of lanes) {
    const own = await namedBy(parts, part);
    const mine =
      (on: Side) =>
      ({ entity, id }: Moved) =>
        own.has(refKey({ side: on, entity, id }));
    await inHand(parts, part, ask, async () => {
      await back(side, moved.filter(mine(side)), [into, from]);
      if (dropped && was) await back(there, movedThere.filter(mine(there)), [was, dropped]);
    });
  }
  // What no link holds.
  await back(side, moved, [into, from]);
  if (dropped && was) await back(there, movedThere, [was, dropped]);
}

/** The records of these lanes' links. */
async function namedBy(
  parts: InlineParts,
  lanes: readonly Pick<LinkRow, 'lane'>[],
): Promise<ReadonlySet<string>> {
  const links = await linksOfLanes(
    parts.sql,
    lanes.map(({ lane }) => lane),
  );
  return new Set(links.flatMap((link) => refsOfLink(parts, link)).map(refKey));
}

/** The second's record in the other system. */
async function keptThere(
  parts: InlineParts,
  { mapping }: LinkRow,
  { side, kept }: Pick<MergeNote, 'side' | 'kept'>,
): Promise<string | undefined> {
  const [link] = kept ? await linksById(parts.sql, [kept]) : [];
  return link && refOfLink(parts.mappings[mapping], link, other(side))?.id;
}

/** Where the second took the counterpart over, what was moved was told after the link had ended. */
async function withMoved(parts: InlineParts, eventId: string, merge: MergeNote): Promise<MergeNote> {
  if (merge.dropped !== null) return merge;
  const told = await movedOf(parts, eventId);
  return { ...merge, moved: [...merge.moved, ...(told?.moved ?? [])], locked: told?.locked ?? [] };
}

/** What was moved, as taking the merge back leaves it. */
async function writtenBack(
  parts: InlineParts,
  old: LinkRow,
  { side, from, into, moved, movedThere, dropped, kept }: MergeNote,
): Promise<Awaited<ReturnType<typeof asMovedBack>>> {
  const was = await keptThere(parts, old, { side, kept });
  return [
    ...(await asMovedBack(parts, side, { moved, to: from, was: into })),
    ...(dropped && was ? await asMovedBack(parts, other(side), { moved: movedThere, to: dropped, was }) : []),
  ];
}

const nothingElse = { changes: [], conflicts: [], held: [], locked: [] } as const;

/**
 * What taking a merge back writes: what was moved, and not elsewhere since, names the first record again, and its
 * counterpart is restored where it is still put away.
 */
async function takingBack(
  parts: InlineParts,
  old: LinkRow,
  { side, from, into, moved, movedThere, dropped, archived, kept }: MergeNote,
): Promise<readonly PlannedWrite[]> {
  const was = await keptThere(parts, old, { side, kept });
  const back = async (on: Side, list: readonly Moved[], [before, after]: readonly [string, string]) =>
    writesOfMoves(on, await movedStill(parts, on, list, before), { before, after, rule: 'merge taken back' });
  const there = other(side);
  const entity = parts.mappings[old.mapping][there];
  const counterpart = dropped ? (await parts.connectors[there].read(entity, [dropped])).get(dropped) : null;
  return [
    ...(await back(side, moved, [into, from])),
    ...(dropped && was ? await back(there, movedThere, [was, dropped]) : []),
    ...(dropped && archived && counterpart?.archived !== false
      ? [{ side: there, entity, id: dropped, action: 'restore', fields: [] } as const]
      : []),
  ];
}
