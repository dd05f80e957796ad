import { SyncError } from '../../core/errors.ts';
import type { Json, RecordRef, Side } from '../../core/types.ts';
import type { NewEvent } from '../../store/events.ts';
import type { Ring } from '../../store/lanes.ts';
import { type LinkRow, linksById } from '../../store/links.ts';
import { forgetAct } from '../../store/unfinished.ts';
import type { Ask, LinkPlan, SyncResult } from '../api.ts';
import { reviveLink } from '../ending.ts';
import { type InlineParts, patienceMs } from '../inline.ts';
import { tokenOf } from '../sync-token.ts';
import { refOfLink, refsOfLink } from '../work.ts';
import { childrenToBe, joined } from './children.ts';
import { liveLink, mustBeFree, mustExist, one, previewLink } from './links.ts';
import { restoring, type Wrote } from './restoring.ts';
import { syncRecords } from './sync-now.ts';
import { type Exchange, endOneSided, exchangeOf, furtherOf, takeBack, withoutShared } from './taking-back.ts';
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

/** An event that is to be taken back. */
export interface UndoneEvent {
  readonly id: string;
  readonly linkId: string;
  readonly fields: Wrote;
}

/**
 * Takes an unlinking back: the same link lives again with the base it had, so that what either side edited meanwhile
 * travels as an edit. The record that was put away with it comes back. Refused where a record has found another.
 */
export async function undoUnlink(
  parts: InlineParts,
  event: UndoneEvent,
  keep: 'both' | Side,
  ask: Ask,
): Promise<SyncResult> {
  const [link] = await linksById(parts.sql, [event.linkId]);
  if (!link) throw new SyncError('NOT_FOUND', `There is no link Link_${event.linkId}.`);
  if (link.state !== 'ended')
    throw new SyncError('BAD_USER_INPUT', `Link_${link.id} lives: its unlinking was taken back before.`);
  if (link.endedBy === 'erased')
    throw new SyncError(
      'BAD_USER_INPUT',
      `Link_${link.id} ended when its person was erased, which nothing brings back. Create the records anew.`,
    );
  if (!link.crmId || !link.erpId) return takeUpAgain(parts, link, ask);
  const ids = { crmId: link.crmId, erpId: link.erpId };
  await mustExist(parts, link.mapping, ids);
  await mustBeFree(parts, link.mapping, ids, link.id);
  const dropped: Side | null = keep === 'both' ? null : keep === 'crm' ? 'erp' : 'crm';
  const ref = dropped && refOfLink(parts.mappings[link.mapping], link, dropped);
  if (ask.mode === 'preview') return previewRevival(parts, link, ref, ask);
  const act = toBegin(parts, link.id, ask);
  const { revived, result } = await carryThrough(parts, act, `Taking back Event_${event.id}`, async () => {
    const note = { kind: 'relive', eventId: event.id, restores: ref } as const;
    if (ref) {
      await begin(parts.sql, act, { mapping: link.mapping, note });
      await orOver(parts, act, () => bringBack(parts, ref.side, ref));
    }
    await endOneSided(parts, link, ask);
    const cause = { kind: 'mutation', actor: ask.actor } as const;
    // The workers go on with a pair that lives again where this process dies.
    const rings = [{ key: link.lane, mapping: link.mapping, cause, delayMs: patienceMs }];
    const { id } = await reviveUnlinked(parts, link, act, note, rings);
    const pair = { mapping: null, refs: [], linkId: link.id, asked: { force: true } };
    return { revived: id, result: one(await syncRecords(parts, pair, ask)) };
  });
  return {
    ...result,
    outcome: 'linked',
    plan: stampedAgain(result.plan),
    eventIds: [revived, ...result.eventIds],
  };
}

/** Taking an unlinking back, as it is noted where a record was put away with it. */
interface NotedRelive {
  readonly kind: 'relive';
  readonly eventId: string;
  readonly restores: RecordRef | null;
}

/** The link lives again, and nothing is left to do but a step on its lane. */
function reviveUnlinked(
  parts: InlineParts,
  link: LinkRow,
  act: UnderWay,
  { eventId, restores }: NotedRelive,
  rings: readonly Ring[],
): Promise<NewEvent> {
  const { actor, correlationId } = act.ask;
  return reviveLink(parts, link, {
    cause: { kind: 'mutation', actor },
    correlationId,
    reverts: eventId,
    rings,
    ...(restores && { noting: (tx) => forgetAct(tx, act.token, act.lane) }),
  });
}

/** Goes on with taking an unlinking back. Where a person has linked a record otherwise meanwhile, that stands, and an issue says so. */
export async function goOnReliving(
  parts: InlineParts,
  linkId: string,
  act: UnderWay,
  noted: Json,
): Promise<void> {
  const note = noted as unknown as NotedRelive;
  const { actor, correlationId } = act.ask;
  const [link] = await linksById(parts.sql, [linkId]);
  if (link?.state !== 'ended' || !link.crmId || !link.erpId || !note.restores) return over(parts, act);
  const cause = { kind: 'mutation', id: correlationId, actor } as const;
  await unlessLinkedOtherwise(parts, act, { ended: link, eventId: note.eventId }, async () => {
    await bringBack(parts, note.restores!.side, note.restores!);
    await endOneSided(parts, link, act.ask);
    await reviveUnlinked(parts, link, act, note, [{ key: link.lane, mapping: link.mapping, cause }]);
  });
}

/** The references that the unlinking took off come back: nobody has edited them, and nothing is locked. */
const stampedAgain = (plan: LinkPlan): LinkPlan => ({
  ...plan,
  locked: plan.locked.filter(({ field }) => field !== 'id' && field !== 'lineId'),
});

/** A record that waited alone is taken up as if it were new: there is no base to go on with. */
async function takeUpAgain(parts: InlineParts, link: LinkRow, ask: Ask): Promise<SyncResult> {
  const act = { mapping: null, refs: refsOfLink(parts, link), linkId: null, asked: { force: true } };
  return one(await syncRecords(parts, act, ask));
}

/** What taking an unlinking back writes: the record that was put away comes back, and what was edited meanwhile travels. */
async function previewRevival(
  parts: InlineParts,
  link: LinkRow,
  back: RecordRef | null,
  ask: Ask,
): Promise<SyncResult> {
  const planned = await previewLink(parts, { ...link, state: 'pending', endedBy: null }, ask);
  // It stands as put away now, and is not when the pair is planned again.
  const travels = ({ field }: { readonly field: string }): boolean => back === null || field !== 'archived';
  const writes = planned.plan.writes
    .map((write) => ({ ...write, fields: write.fields.filter(travels) }))
    .filter(({ fields }) => fields.length > 0);
  const restore = back ? [{ ...back, action: 'restore' as const, fields: [] }] : [];
  const plan = {
    ...stampedAgain(planned.plan),
    kind: 'link' as const,
    writes: [...restore, ...writes],
    changes: planned.plan.changes.filter(travels),
  };
  const [children] = await childrenToBe(parts, { ended: [], made: [link] });
  return { ...planned, outcome: 'linked', plan, linkId: link.id, ...children };
}

/**
 * Takes a relinking or a swap back, whichever of its new links is named: all of them end, each side shows again what they
 * wrote over, and the pairs that were live again with the base they had. All or nothing where a record has found another.
 */
async function undoExchange(
  parts: InlineParts,
  event: UndoneEvent,
  { ended, made }: Exchange,
  ask: Ask,
): Promise<SyncResult> {
  const news = made.map(({ link }) => link.id);
  await mustBeAlone(parts, event, { ended, made });
  const pairs = ended.filter((link) => link.crmId && link.erpId);
  for (const { mapping, crmId, erpId, id } of pairs) {
    await mustExist(parts, mapping, { crmId: crmId!, erpId: erpId! });
    await mustBeFree(parts, mapping, { crmId: crmId!, erpId: erpId! }, id, ...news);
  }
  const planned = await Promise.all(
    made.map(async ({ link, event }) => ({ link, ...(await restoring(parts, link, event.fields)) })),
  );
  const writes = planned.flatMap(({ back }) => back.map(({ write }) => write));
  const locked = planned.flatMap(({ stays }) => stays);
  const preview = await told(parts, ended[0]!, { writes, locked });
  const plan = { ...preview.plan, kind: 'link' as const };
  if (ask.mode === 'preview')
    return {
      ...preview,
      outcome: 'linked',
      plan,
      ...joined(await childrenToBe(parts, { ended: made.map(({ link }) => link), made: pairs })),
    };
  const eventIds = await takeBack(parts, event.id, planned, ask);
  return { ...preview, outcome: 'linked', plan, eventIds, syncToken: await tokenOf(parts.sql) };
}

/** Refuses documents whose deal has others: what those carry of them is not told by the exchange alone. */
async function mustBeAlone(
  parts: InlineParts,
  { id }: UndoneEvent,
  { ended, made }: Exchange,
): Promise<void> {
  const further = await furtherOf(parts, [...ended, ...made.map(({ link }) => link)]);
  if (!further) return;
  const named = made.map(({ link }) => `Link_${link.id}`).join(' and ');
  throw new SyncError(
    'BAD_USER_INPUT',
    `Event_${id} linked documents otherwise whose deal has another one by now (Link_${further.id}), which shares their lines. Unlink ${named}, and link the records of ${ended.map((link) => `Link_${link.id}`).join(' and ')} anew.`,
  );
}

/**
 * Takes a linking back: the link ends, and each side shows again what the linking wrote over, wherever nobody has
 * edited it since. Lines stay as they are where the deal has further documents, which share them. All or nothing where a
 * system refuses its part.
 */
export async function undoLink(parts: InlineParts, event: UndoneEvent, ask: Ask): Promise<SyncResult> {
  const link = await liveLink(parts, event.linkId);
  const exchange = await exchangeOf(parts, event);
  if (exchange) {
    const made = exchange.made.filter((each) => each.link.state !== 'ended');
    return undoExchange(parts, event, { ...exchange, made }, ask);
  }
  const wrote = withoutShared(event.fields, await furtherOf(parts, [link]));
  const { back: planned, stays: locked } = await restoring(parts, link, wrote);
  const writes = planned.map(({ write }) => write);
  const preview = await told(parts, link, { writes, locked });
  if (ask.mode === 'preview')
    return { ...preview, ...(await childrenToBe(parts, { ended: [link], made: [] }))[0] };
  const eventIds = await takeBack(parts, event.id, [{ link, back: planned }], ask);
  return { ...preview, eventIds, syncToken: await tokenOf(parts.sql) };
}

async function told(
  parts: InlineParts,
  link: LinkRow,
  { writes, locked }: Pick<LinkPlan, 'writes' | 'locked'>,
): Promise<SyncResult> {
  return {
    outcome: 'unlinked',
    plan: { kind: 'unlink', writes, changes: [], conflicts: [], held: [], locked },
    planToken: null,
    linkId: link.id,
    eventIds: [],
    syncToken: await tokenOf(parts.sql),
    waitsFor: [],
  };
}
