import { SyncError } from '../core/errors.ts';
import type { MappingName, RecordRef } from '../core/types.ts';
import { type Choice, pendingChoices } from '../store/conflicts.ts';
import { openDecisions } from '../store/decisions.ts';
import { type Lane, ring } from '../store/lanes.ts';
import { type LinkRow, linksOfLanes } from '../store/links.ts';
import type { NewProposal } from '../store/proposals.ts';
import { saveLinks } from '../store/save-links.ts';
import { anyway } from '../store/sql.ts';
import { adopt } from './adopt.ts';
import type { Adopted } from './adopted.ts';
import { withAssignments } from './assignments.ts';
import { withUntold } from './decisions.ts';
import { endLinks } from './ending.ts';
import { learnBriefs } from './heirs.ts';
import { learnChosen, learnReferences, learnTombstones, learnWanted } from './learn.ts';
import { withOtherDeals } from './other-deal.ts';
import { readRecords, recordName, refKey, refOf, verifyGone } from './records.ts';
import { awaitRevisions } from './revised.ts';
import type { StepContext } from './step-context.ts';
import { withTakenBack } from './taken-back.ts';
import { waitsForBacklog, withUnread } from './unread.ts';
import { seekTwins } from './waited.ts';
import { refsOfLink, refsOfWork, versionOf, type Work } from './work.ts';

/** What a step has to work on, and the lanes that are settled without work. */
export interface Gathered {
  readonly works: readonly Work[];
  readonly settled: readonly SettledLane[];
  readonly proposals: readonly NewProposal[];
}

/** A lane that is settled without work. */
export interface SettledLane {
  readonly lane: Lane;
  /** Done (null) or due again after so many ms. */
  readonly againMs: number | null;
  /** The flow whose backlog it waits for. */
  readonly behind?: MappingName;
}

/** What a caller asks of a step beyond what rang. */
export interface Asked {
  /** Work on the lanes although nothing about their records is new. */
  readonly force?: boolean;
  /** Write nothing at all, not even the links of records that have none. */
  readonly preview?: boolean;
  readonly prefer?: 'crm' | 'erp';
  /** Decisions per link, on top of those stored with its conflicts. */
  readonly choices?: Readonly<Record<string, Readonly<Record<string, Choice>>>>;
  /** Versions the records must have (by `crm:Customer:42`): a plan is applied as previewed or not at all. */
  readonly versions?: Readonly<Record<string, string>>;
  /** Plan this link, which is not stored, in place of what is. */
  readonly as?: LinkRow;
}

/**
 * Reads afresh all that these lanes' links need: the links, both records, what they refer to. A lane whose records
 * stand at the versions the links know has no news: our own write came back, and nothing is read for it.
 */
export async function gather(
  context: StepContext,
  lanes: readonly Lane[],
  asked: Asked = {},
): Promise<Gathered> {
  const strangers = lanes.filter((lane) => lane.key.startsWith('rec:'));
  const linked = lanes.filter((lane) => !lane.key.startsWith('rec:'));
  const settled: SettledLane[] = [];
  const likely = context.likely.refs();
  const lanesOf = linked.map((lane) => lane.key);
  const [[decisions, links, referred], adopted] = await Promise.all([
    context.sql.together((one) =>
      Promise.all([openDecisions(one), linksOfLanes(one, lanesOf), context.linksOf(likely, one)]),
    ),
    strangers.length > 0 ? adopt(context, strangers) : [],
    readRecords(context.connectors, context.records, refsAhead(context, linked)),
  ]);
  // Who adopted meanwhile has asked for himself.
  await learnBriefs(context, referred, 'ahead');
  for (const ref of likely) context.table.knows(ref);
  for (const link of links) context.stored.set(link.id, link);
  for (const [pair, own] of Map.groupBy(decisions, (each) => each.pair)) context.untold.set(pair, own);
  const works: Work[] = await takeAdopted(context, adopted, settled, asked);
  const preferring = asked.prefer && { prefer: asked.prefer };
  if (asked.as) {
    const lane = lanes[0]!;
    context.stored.set(asked.as.id, asked.as);
    works.splice(0, works.length, { lane, links: [asked.as], choices: {}, ...preferring });
    linked.length = 0;
  }
  const byLane = Map.groupBy(links, (link) => link.lane);
  for (const lane of linked) {
    const own = byLane.get(lane.key) ?? [];
    // Its links have ended meanwhile; an earlier step that failed may have claimed for them.
    if (own.length === 0) context.claimed.add(lane.key);
    if (own.length === 0 || (!asked.force && isEcho(context, lane, own)))
      settled.push({ lane, againMs: null });
    else works.push({ lane, links: own, choices: {}, ...preferring });
  }
  const refs = works.flatMap((work) => refsOfWork(context, work));
  await readRecords(context.connectors, context.records, refs);
  await verifyGone(context.connectors, context.records, refs);
  if (!asked.force && !asked.preview) putBehind(context, works, settled);
  const told = asked.force ? await withUnread(context, works) : works;
  const revised = await awaitRevisions(context, told);
  const sought = await seekTwins(context, revised.works);
  works.splice(0, works.length, ...sought.works);
  for (const { lane } of [...revised.later, ...sought.later])
    settled.push({ lane, againMs: twinPauseMs * 2 ** Math.min(lane.putOff, 5) });
  if (asked.versions) checkVersions(context, works, asked.versions);
  const ordered = await withOtherDeals(context, works, asked.preview === true);
  works.splice(0, works.length, ...ordered.works);
  for (const { lane } of [...revised.history, ...ordered.joined]) settled.push({ lane, againMs: null });
  for (const { lane } of ordered.later)
    settled.push({ lane, againMs: twinPauseMs * 2 ** Math.min(lane.putOff, 5) });
  await Promise.all([
    learnReferences(context, works),
    learnWanted(context, works),
    learnTombstones(context, works),
  ]);
  const decided = await withDecisions(context, await withAssignments(context, works), asked.choices ?? {});
  await learnChosen(context, decided);
  return {
    works: await withTakenBack(context, withUntold(context, decided)),
    settled,
    proposals: [
      ...adopted.flatMap((each) => (each.kind === 'linked' && each.proposal ? [each.proposal] : [])),
      ...sought.proposals,
    ],
  };
}

/** Takes those out of the works that have to wait for a backlog. */
function putBehind(context: StepContext, works: Work[], settled: SettledLane[]): void {
  const open = works.filter((work) => {
    const behind = waitsForBacklog(context, work);
    if (behind !== null) settled.push({ lane: work.lane, againMs: backlogPauseMs, behind });
    return behind === null;
  });
  works.splice(0, works.length, ...open);
}

/** How long a lane rests at least that waits for a flow that rests or is behind, in ms: settings tell late that it is not. */
export const backlogPauseMs = 100;

async function takeAdopted(
  context: StepContext,
  adopted: readonly Adopted[],
  settled: SettledLane[],
  asked: Asked,
): Promise<Work[]> {
  const works: Work[] = [];
  if (!asked.preview) await saveJoined(context, adopted);
  const rings = adopted.flatMap((each) => {
    const { rung, edits, cause, priority } = each.lane;
    if (each.kind === 'handed')
      return [{ key: each.to, mapping: each.mapping, rung, edits, cause, priority }];
    if (each.kind === 'joined') {
      const { lane: key, mapping } = each.links.at(-1)!;
      return [{ key, mapping, rung, edits, cause, priority }];
    }
    if (each.kind === 'later' && each.ring)
      return [{ key: `rec:${refKey(each.ring)}`, mapping: each.lane.mapping, cause, priority }];
    return [];
  });
  if (!asked.preview) await ring(context.sql, rings);
  for (const each of adopted) {
    if (each.kind === 'linked')
      works.push({
        lane: each.lane,
        links: [each.link],
        choices: {},
        ...(asked.prefer && { prefer: asked.prefer }),
      });
    else if (each.kind === 'joined' && asked.preview)
      works.push({ lane: each.lane, links: await withDeal(context, each.links), choices: {} });
    else if (each.kind === 'behind')
      settled.push({ lane: each.lane, againMs: backlogPauseMs, behind: each.flow });
    else
      settled.push({
        lane: each.lane,
        againMs: each.kind === 'later' ? twinPauseMs * 2 ** Math.min(each.lane.putOff, 5) : null,
      });
  }
  return works;
}

/** A preview's links that are not stored, with the other links of their deal. */
async function withDeal(context: StepContext, joining: readonly LinkRow[]): Promise<readonly LinkRow[]> {
  const { lane } = joining.at(-1)!;
  const members = lane.startsWith('deal:') ? await context.linksOfDeal(lane) : [];
  const others = members.filter(({ id }) => !joining.some((link) => link.id === id));
  return [...others, ...joining];
}

/** Stores the links that records have joined; those that give way to them end, and are told of. */
async function saveJoined(context: StepContext, adopted: readonly Adopted[]): Promise<void> {
  const joined = adopted.filter((each) => each.kind === 'joined');
  const ends = ({ links }: (typeof joined)[number]): boolean => links.some((link) => link.state === 'ended');
  await saveLinks(
    context.sql,
    joined.filter((each) => !ends(each)).flatMap((each) => each.links),
  );
  for (const { lane, links } of joined.filter(ends)) {
    const [ended, live] = [
      links.filter((l) => l.state === 'ended'),
      links.filter((l) => l.state !== 'ended'),
    ];
    const ids = ended.map(({ id }) => id);
    await endLinks(context, { ids, by: ended[0]!.endedBy!, cause: lane.cause, saving: live });
  }
}

/** How long a lane waits for a twin that is being created, or for the document its deal starts with. */
const twinPauseMs = 40;

/** Whether every record that rang stands at the version the links have seen. */
function isEcho({ mappings }: StepContext, lane: Lane, links: readonly LinkRow[]): boolean {
  const rung = Object.entries(lane.rung);
  if (rung.length === 0 || anyway in lane.rung || lane.cause.kind !== 'change') return false;
  return rung.every(([key, version]) => {
    const { side, entity, id } = refOf(key);
    const own = links.filter(
      (l) => mappings[l.mapping][side] === entity && (side === 'crm' ? l.crmId : l.erpId) === id,
    );
    return version !== null && own.length > 0 && own.every((l) => versionOf(l, side) === version);
  });
}

/** Records that the lanes' links joined when they were rung: read while the links themselves are. */
const refsAhead = ({ mappings }: StepContext, lanes: readonly Lane[]): RecordRef[] =>
  lanes.flatMap(({ pairs }) => (pairs ?? []).flatMap((pair) => (pair ? refsOfLink({ mappings }, pair) : [])));

async function withDecisions(
  context: StepContext,
  works: readonly Work[],
  asked: NonNullable<Asked['choices']>,
): Promise<readonly Work[]> {
  const disputed = works.flatMap((work) => work.links.filter((l) => l.state === 'conflict').map((l) => l.id));
  if (disputed.length === 0 && Object.keys(asked).length === 0) return works;
  const stored = disputed.length > 0 ? await pendingChoices(context.sql, disputed) : new Map();
  return works.map((work) => {
    const own = work.links.flatMap((link) => {
      const choices = { ...stored.get(link.id), ...asked[link.id] };
      return Object.keys(choices).length > 0 ? [[link.id, choices] as const] : [];
    });
    return own.length > 0 ? { ...work, choices: Object.fromEntries(own) } : work;
  });
}

function checkVersions(
  context: StepContext,
  works: readonly Work[],
  versions: NonNullable<Asked['versions']>,
): void {
  for (const ref of works.flatMap((work) => refsOfWork(context, work))) {
    const [was, is] = [versions[refKey(ref)], context.records.get(ref)?.version ?? ''];
    if (was !== undefined && was !== is)
      throw new SyncError(
        'STALE_PLAN',
        `${recordName(ref)} has moved from version ${was} to ${is} since the preview. Preview it again.`,
      );
  }
}
