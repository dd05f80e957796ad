import { SyncError } from '../../core/errors.ts';
import type { Side } from '../../core/types.ts';
import type { NewEvent } from '../../store/events.ts';
import { type NewIssue, saveIssues } from '../../store/issues.ts';
import { type Cause, isLeaseLost, type Lane, type Ring } from '../../store/lanes.ts';
import { type LinkRow, linksById, linksOfLanes, linksOfRecords } from '../../store/links.ts';
import {
  type ActEvent,
  endsBy,
  eventsOfAct,
  forgetTakingBack,
  laneOfTakingBack,
  noteTakingBack,
  takenBackOn,
} from '../../store/taking-back.ts';
import type { Ask } from '../api.ts';
import { type Ending, endLinks, reviveLinks } from '../ending.ts';
import type { InlineParts } from '../inline.ts';
import { lookAtLeft } from '../lone.ts';
import { refKey } from '../records.ts';
import type { EngineParts } from '../step-context.ts';
import { refsOfLink } from '../work.ts';
import { linkedOtherwise, unstamp } from './links.ts';
import { notLinkedAgain, refusedUnheard } from './not-back.ts';
import { type Restoring, restoring, type Wrote, writeBack } from './restoring.ts';
import { syncRecords } from './sync-now.ts';
import { carryThrough } from './under-way.ts';

/** What a relinking or a swap did: the links that it ended, and those that it made. Of a linking: that link. */
export interface Exchange {
  readonly ended: readonly LinkRow[];
  readonly made: readonly { readonly link: LinkRow; readonly event: Pick<ActEvent, 'id' | 'fields'> }[];
}

/** The exchange that a link was made by, as its links stand now; null where it came in nobody's place. */
export async function exchangeOf(
  { sql }: Pick<EngineParts, 'sql'>,
  { id, linkId }: Pick<ActEvent, 'id' | 'linkId'>,
): Promise<Exchange | null> {
  const events = await eventsOfAct(sql, id);
  const replaced = events.filter(({ replacedBy }) => replacedBy?.includes(linkId));
  if (replaced.length === 0) return null;
  const links = await linksById(
    sql,
    events.map((each) => each.linkId),
  );
  const linkOf = (each: ActEvent) => links.filter((link) => link.id === each.linkId);
  return {
    ended: replaced.flatMap(linkOf),
    made: events
      .filter((each) => each.outcome === 'linked' && replaced[0]!.replacedBy!.includes(each.linkId))
      .flatMap((each) => linkOf(each).map((link) => ({ link, event: each }))),
  };
}

/** A document that the deals of these links have besides. */
export async function furtherOf(
  { sql }: Pick<EngineParts, 'sql'>,
  own: readonly LinkRow[],
): Promise<LinkRow | undefined> {
  const deals = own.map(({ lane }) => lane).filter((lane) => lane.startsWith('deal:'));
  const members = await linksOfLanes(sql, deals);
  return members.find(({ id, mapping }) => mapping !== 'userOrder' && !own.some((each) => each.id === id));
}

/** Lines stay as they are where the deal has further documents, which share them. */
export const withoutShared = (wrote: Wrote, further: LinkRow | undefined): Wrote =>
  further ? wrote.filter(({ line }) => line === undefined) : wrote;

/** A link that ends as its making is taken back, and what is given back then. */
interface Planned {
  readonly link: LinkRow;
  readonly back: readonly Restoring[];
}

/**
 * Takes back what an event and those of its act have linked. That the links end and that this is under way is stored in one
 * transaction; from there on it goes on until it is over, by whichever process. All records show again what they did and
 * the pairs that were live again; or, where a system refuses its part, all is as the act had left it, and this fails.
 * Answers the events.
 */
export async function takeBack(
  parts: InlineParts,
  eventId: string,
  planned: readonly Planned[],
  asked: Ask,
): Promise<readonly string[]> {
  const ask = { ...asked, correlationId: asked.correlationId ?? parts.newId() };
  const { token } = parts.workers();
  const by = { eventId, token, actor: ask.actor, correlationId: ask.correlationId, heard: true };
  const lane = laneOfTakingBack(eventId);
  const [ends, done] = await carryThrough(
    parts,
    { lane, token },
    `Taking back Event_${eventId}`,
    async () => {
      const ended = await endLinks(parts, ...endingsOf(by, planned));
      return [ended, await goOn(parts, by, inStep(parts, ask))] as const;
    },
  );
  if (done.refused) throw done.refused;
  return [...ends.map(({ id }) => id), ...done.eventIds];
}

function endingsOf(by: By, planned: readonly Planned[]): readonly Ending[] {
  const { eventId, token, actor, correlationId } = by;
  const cause = { kind: 'mutation', actor } as const;
  const noting: Ending['noting'] = async (tx) => {
    const note = { eventId, mapping: planned[0]!.link.mapping, cause: causeOf(by) };
    if (!(await noteTakingBack(tx, token, note)))
      throw new SyncError('STATE', `Event_${eventId} is being taken back already.`);
  };
  return planned.map(({ link, back }, n) => ({
    by: 'unlinked',
    cause,
    correlationId,
    all: true,
    ids: [link.id],
    fields: back.flatMap(({ changes }) => changes),
    detail: { keep: 'both', reverts: eventId },
    ...(n === 0 && { noting }),
  }));
}

/** Goes on with what is being taken back, as a worker that holds its lane. */
export async function goOnTakingBack(
  parts: EngineParts,
  { key, cause }: Pick<Lane, 'key' | 'cause'>,
  token: number,
): Promise<void> {
  const eventId = takenBackOn(key)!;
  const correlationId = cause.id ?? parts.newId();
  const by = { eventId, token, actor: cause.actor ?? 'sync', correlationId, heard: false };
  // The workers take it from here: their lanes are rung as the links live again.
  await goOn(parts, by, async (lanes, _, save) =>
    save(lanes.map(({ lane, mapping }) => ({ key: lane, mapping, cause: causeOf(by) }))).then((events) =>
      events.map(({ id }) => id),
    ),
  );
}

/** Who takes what back, and holds its lane. */
interface By {
  readonly eventId: string;
  readonly token: number;
  readonly actor: string;
  readonly correlationId: string;
  /** Whether whoever has asked for it waits for the answer. */
  readonly heard: boolean;
}

const causeOf = ({ actor, correlationId }: By): Cause => ({ kind: 'mutation', id: correlationId, actor });

/** Has links live again by `save`, and sees to it that their lanes are worked on. Answers the events. */
type Finishing = (
  lanes: readonly Pick<LinkRow, 'lane' | 'mapping'>[],
  links: readonly string[],
  save: (rings: readonly Ring[]) => Promise<readonly NewEvent[]>,
) => Promise<readonly string[]>;

/** Stores it with the lanes in hand, and brings the pairs into step at once. */
const inStep =
  (parts: InlineParts, ask: Ask): Finishing =>
  async (lanes, links, save) => {
    let events: readonly NewEvent[] = [];
    const saving = async (): Promise<void> => {
      events = await save([]);
    };
    const act = { mapping: null, refs: [], linkId: null, asked: { force: true } };
    const results =
      lanes.length > 0 ? await syncRecords(parts, act, ask, { lanes, links, save: saving }) : [];
    if (lanes.length === 0) await saving();
    return [...events.map(({ id }) => id), ...results.flatMap(({ eventIds }) => eventIds)];
  };

/** What it came to: the events told, or why all is as the act had left it. */
interface Done {
  readonly eventIds: readonly string[];
  readonly refused?: SyncError;
}

async function goOn(parts: EngineParts, by: By, finishing: Finishing): Promise<Done> {
  try {
    return await bringToEnd(parts, by, finishing);
  } catch (error) {
    // Another process goes on with it, or has come to the end.
    if (isLeaseLost(error)) return { eventIds: [] };
    throw error;
  }
}

async function bringToEnd(parts: EngineParts, by: By, finishing: Finishing): Promise<Done> {
  const { ended, made } = await leftOf(parts, by.eventId);
  const refused = await giveBack(parts, made).then(() => null, asRefusal);
  if (refused) {
    await putForward(parts, made);
    await finish(
      parts,
      by,
      made.map(({ link, end }) => ({ link, reverts: end.id })),
      finishing,
      refused,
    );
    return { eventIds: [], refused };
  }
  for (const { link } of made) await lookAtLeft(parts, link);
  const eventIds = await finish(
    parts,
    by,
    ended.map((link) => ({ link, reverts: by.eventId })),
    finishing,
  );
  return { eventIds };
}

/** A link that ended as its making was taken back. */
interface Unmade {
  readonly link: LinkRow;
  /** What its making wrote. */
  readonly wrote: Wrote;
  /** The event of its end: it tells what was to be given back. */
  readonly end: Pick<ActEvent, 'id' | 'fields'>;
}

/** What is left to do: nothing of links that live again, or whose person was erased meanwhile. */
async function leftOf(
  parts: EngineParts,
  eventId: string,
): Promise<{ readonly ended: readonly LinkRow[]; readonly made: readonly Unmade[] }> {
  const event = (await eventsOfAct(parts.sql, eventId)).find(({ id }) => id === eventId);
  if (!event) return { ended: [], made: [] };
  const { ended, made } = (await exchangeOf(parts, event)) ?? (await linkingOf(parts, event));
  const further = await furtherOf(parts, [...ended, ...made.map(({ link }) => link)]);
  const ends = await endsBy(
    parts.sql,
    eventId,
    made.map(({ link }) => link.id),
  );
  return {
    ended: ended.filter(isUnlinked),
    made: made.flatMap(({ link, event: { fields } }) => {
      const end = ends.find(({ linkId }) => linkId === link.id);
      return end && isUnlinked(link) ? [{ link, wrote: withoutShared(fields, further), end }] : [];
    }),
  };
}

const isUnlinked = ({ state, endedBy }: LinkRow): boolean => state === 'ended' && endedBy === 'unlinked';

async function linkingOf({ sql }: EngineParts, event: ActEvent): Promise<Exchange> {
  const links = await linksById(sql, [event.linkId]);
  return { ended: [], made: links.map((link) => ({ link, event })) };
}

/** Each record shows again what it did, wherever it shows still what the act wrote. */
async function giveBack(parts: EngineParts, made: readonly Unmade[]): Promise<void> {
  const planned = await Promise.all(
    made.map(async ({ link, wrote }) => ({ link, back: await freeOf(parts, link, wrote) })),
  );
  for (const { link } of planned) if (!(await takenSides(parts, link)).has('erp')) await unstamp(parts, link);
  const refused = (record: string): string =>
    `Nothing is taken back, for ${record} does not show again what it did`;
  for (const { back } of planned) await writeBack(parts, back, refused);
}

/** One system has refused: what was given back by then is as the act left it again. */
async function putForward(parts: EngineParts, made: readonly Unmade[]): Promise<void> {
  const none = (record: string): string =>
    `Half is taken back, for ${record} does not show again what it did`;
  for (const { link, end } of made) await writeBack(parts, await freeOf(parts, link, end.fields), none);
}

/** What is given back to records that nobody has linked otherwise since: of those it would travel. */
async function freeOf(parts: EngineParts, link: LinkRow, wrote: Wrote): Promise<readonly Restoring[]> {
  const taken = await takenSides(parts, link);
  return (await restoring(parts, link, wrote)).back.filter(({ write }) => !taken.has(write.side));
}

/** The sides on which another live pair has the record of a link that has ended. */
async function takenSides(parts: EngineParts, link: LinkRow): Promise<ReadonlySet<Side>> {
  const { crmId, erpId } = link;
  const pairs = await linkedOtherwise(parts, link);
  return new Set(
    pairs.flatMap((each): Side[] => [
      ...(each.crmId === crmId ? (['crm'] as const) : []),
      ...(each.erpId === erpId ? (['erp'] as const) : []),
    ]),
  );
}

/** A refusal of a system; everything else is thrown: it goes on when that is over. */
function asRefusal(error: unknown): SyncError {
  if (error instanceof SyncError && error.code === 'STATE') return error;
  throw error;
}

/**
 * The last of it, in one transaction: links live again with the base they had, and nothing is left to do. A pair of which a
 * person has linked a record otherwise meanwhile stays ended, and an issue says so. What waited alone is taken up as if it
 * were new.
 */
async function finish(
  parts: EngineParts,
  by: By,
  back: readonly { readonly link: LinkRow; readonly reverts: string }[],
  finishing: Finishing,
  refused: SyncError | null = null,
): Promise<readonly string[]> {
  const { eventId, token, correlationId } = by;
  const pairs: { readonly link: LinkRow; readonly reverts: string }[] = [];
  const issues: NewIssue[] = [];
  for (const each of back) {
    const { link } = each;
    if (!link.crmId || !link.erpId) continue;
    const instead = await linkedOtherwise(parts, link);
    if (instead.length > 0) {
      issues.push(notLinkedAgain(parts, eventId, link, instead));
      continue;
    }
    await endOneSided(parts, link, by);
    pairs.push(each);
  }
  if (refused && !by.heard && pairs[0]) issues.push(refusedUnheard(parts, eventId, pairs[0].link, refused));
  const alone = back
    .filter(({ link }) => !link.crmId || !link.erpId)
    .flatMap(({ link }) =>
      refsOfLink(parts, link).map((ref) => ({ lane: `rec:${refKey(ref)}`, mapping: link.mapping })),
    );
  const lanes = [...pairs.map(({ link: { lane, mapping } }) => ({ lane, mapping })), ...alone];
  const cause = { kind: 'mutation', actor: by.actor } as const;
  const noting: Ending['noting'] = async (tx) => {
    await forgetTakingBack(tx, token, eventId);
    if (issues.length > 0) await saveIssues(tx, [], issues);
  };
  return finishing(
    lanes,
    pairs.map(({ link }) => link.id),
    (rings) => reviveLinks(parts, pairs, { cause, correlationId, rings, noting }),
  );
}

/** What waited for a counterpart under a link of its own gives way to the link that lives again. */
export async function endOneSided(
  parts: EngineParts,
  link: LinkRow,
  { actor, correlationId }: Pick<Ask, 'actor' | 'correlationId'>,
): Promise<void> {
  const briefs = await linksOfRecords(parts.sql, [
    { mapping: link.mapping, side: 'crm', id: link.crmId! },
    { mapping: link.mapping, side: 'erp', id: link.erpId! },
  ]);
  const single = briefs.filter((each) => each.state !== 'ended' && !(each.crmId && each.erpId));
  await endLinks(parts, {
    ids: single.map((each) => each.id),
    by: 'merged',
    cause: { kind: 'mutation', actor },
    correlationId,
    detail: { into: link.id },
    alone: true,
  });
}
