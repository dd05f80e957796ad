import { SyncError } from '../core/errors.ts';
import type { RecordRef, SystemRecord } from '../core/types.ts';
import { type Choice, pendingChoices } from '../store/conflicts.ts';
import { openDecisions } from '../store/decisions.ts';
import { type Lane, ring } from '../store/lanes.ts';
import {
  briefsById,
  type LinkBrief,
  type LinkRow,
  linksById,
  linksOfLanes,
  type MappedRef,
} from '../store/links.ts';
import type { NewProposal } from '../store/proposals.ts';
import { saveLinks } from '../store/save-links.ts';
import { waitedFor } from '../store/waits.ts';
import { adopt } from './adopt.ts';
import type { Adopted } from './adopted.ts';
import { withUntold } from './decisions.ts';
import { endLinks } from './ending.ts';
import { freshLink } from './fresh-link.ts';
import { referencesOf } from './lookup.ts';
import { readRecords, refKey, refOf, verifyGone } from './records.ts';
import { isOpenOrder } from './stage.ts';
import type { StepContext } from './step-context.ts';
import { seekTwins } from './waited.ts';
import { refsOfLink, type Work } from './work.ts';

/** What a step has to work on, and the lanes that are settled without work. */
export interface Gathered {
  readonly works: readonly Work[];
  /** Done (null) or due again after so many ms. */
  readonly settled: readonly { readonly lane: Lane; readonly againMs: number | null }[];
  readonly proposals: readonly NewProposal[];
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
  const settled: { lane: Lane; againMs: number | null }[] = [];
  const likely = context.likely.refs();
  const [decisions, adopted, links, referred] = await Promise.all([
    openDecisions(context.sql),
    strangers.length > 0 ? adopt(context, strangers) : [],
    linksOfLanes(
      context.sql,
      linked.map((lane) => lane.key),
    ),
    likely.length > 0 ? context.linksOf(likely) : [],
    readRecords(context.connectors, context.records, refsAhead(context, linked)),
  ]);
  // Known only from here on: who adopted meanwhile has asked for himself.
  for (const ref of likely) context.table.knows(ref);
  context.table.add(referred);
  for (const link of links) context.stored.set(link.id, link);
  for (const [pair, own] of Map.groupBy(decisions, (each) => each.pair)) context.untold.set(pair, own);
  const works: Work[] = await takeAdopted(context, adopted, settled, asked);
  if (asked.as) {
    const lane = lanes[0]!;
    context.stored.set(asked.as.id, asked.as);
    works.splice(0, works.length, { lane, links: [asked.as], choices: {} });
    linked.length = 0;
  }
  const byLane = Map.groupBy(links, (link) => link.lane);
  for (const lane of linked) {
    const own = byLane.get(lane.key) ?? [];
    if (own.length === 0 || (!asked.force && isEcho(context, lane, own)))
      settled.push({ lane, againMs: null });
    else works.push({ lane, links: own, choices: {}, ...(asked.prefer && { prefer: asked.prefer }) });
  }
  const refs = works.flatMap((work) => refsOf(context, work));
  await readRecords(context.connectors, context.records, refs);
  await verifyGone(context.connectors, context.records, refs);
  const sought = await seekTwins(context, works);
  works.splice(0, works.length, ...sought.works);
  for (const { lane } of sought.later)
    settled.push({ lane, againMs: twinPauseMs * 2 ** Math.min(lane.attempts, 5) });
  if (asked.versions) checkVersions(context, works, asked.versions);
  await Promise.all([learnReferences(context, works), learnWanted(context, works)]);
  const decided = await withDecisions(context, await withAssignments(context, works), asked.choices ?? {});
  await learnChosen(context, decided);
  return {
    works: withUntold(context, decided),
    settled,
    proposals: [
      ...adopted.flatMap((each) => (each.kind === 'linked' && each.proposal ? [each.proposal] : [])),
      ...sought.proposals,
    ],
  };
}

async function takeAdopted(
  context: StepContext,
  adopted: readonly Adopted[],
  settled: { lane: Lane; againMs: number | null }[],
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
      works.push({ lane: each.lane, links: each.links, choices: {} });
    else
      settled.push({
        lane: each.lane,
        againMs: each.kind === 'later' ? twinPauseMs * 2 ** Math.min(each.lane.attempts, 5) : null,
      });
  }
  return works;
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
  if (rung.length === 0 || lane.cause.kind !== 'change') return false;
  return rung.every(([key, version]) => {
    const { side, entity, id } = refOf(key);
    const own = links.filter(
      (l) => mappings[l.mapping][side] === entity && (side === 'crm' ? l.crmId : l.erpId) === id,
    );
    return version !== null && own.length > 0 && own.every((l) => known(l, side) === version);
  });
}

const known = (link: LinkRow, side: 'crm' | 'erp'): string | null =>
  side === 'crm' ? link.crmVersion : link.erpVersion;

/** Records that the lanes' links joined when they were rung: read while the links themselves are. */
const refsAhead = ({ mappings }: StepContext, lanes: readonly Lane[]): RecordRef[] =>
  lanes.flatMap(({ pairs }) => (pairs ?? []).flatMap((pair) => (pair ? refsOfLink({ mappings }, pair) : [])));

const refsOf = (context: StepContext, work: Pick<Work, 'links'>): readonly RecordRef[] =>
  work.links.flatMap((link) => refsOfLink(context, link));

/** Makes the links of everything these works' records refer to known to the codecs. */
export async function learnReferences(
  context: StepContext,
  works: readonly Pick<Work, 'links'>[],
): Promise<void> {
  const wanted: MappedRef[] = [];
  const ids = new Set<string>();
  for (const work of works) {
    context.table.add(work.links);
    for (const ref of refsOf(context, work)) {
      const record = context.records.get(ref);
      if (record) wanted.push(...referencesOf(context, ref, record));
    }
    for (const link of work.links) if (link.base && link.state === 'conflict') collectLinkIds(link, ids);
  }
  context.likely.met(wanted);
  const fresh = wanted.filter((ref) => !context.table.knows(ref));
  const unknown = [...ids].filter((id) => !context.table.knowsId(id));
  if (fresh.length > 0) context.table.add(await context.linksOf(fresh));
  if (unknown.length > 0) context.table.add(await briefsById(context.sql, unknown));
}

/** Where a flow creates only what is connected: which of its unlinked records others wait for. */
async function learnWanted(context: StepContext, works: readonly Work[]): Promise<void> {
  const single = works
    .flatMap((work) => work.links)
    .filter((link) => !(link.crmId && link.erpId) && context.ruleOf(link.mapping) === 'connected');
  const keys = single.flatMap((link) => refsOfLink(context, link).map(refKey));
  if (keys.length === 0) return;
  for (const key of await waitedFor(context.sql, keys)) context.wanted.add(key);
}

/** Bases may name links that no record refers to any more: a decision can bring them back. */
function collectLinkIds(link: LinkRow, into: Set<string>): void {
  for (const values of [link.base?.crm, link.base?.erp])
    for (const [field, value] of Object.entries(values ?? {}))
      if (field.endsWith('Id') && typeof value === 'string' && !value.startsWith('?')) into.add(value);
}

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

/** Values that are to stand may name links that neither record refers to: what is put back, or was typed. */
async function learnChosen(context: StepContext, works: readonly Work[]): Promise<void> {
  const named = works.flatMap((work) =>
    Object.values(work.choices).flatMap((choices) =>
      Object.entries(choices).flatMap(([path, choice]) =>
        path.endsWith('Id') && 'value' in choice && typeof choice.value === 'string' ? [choice.value] : [],
      ),
    ),
  );
  const unknown = named.filter((id) => !context.table.knowsId(id));
  if (unknown.length > 0) context.table.add(await briefsById(context.sql, unknown));
}

function checkVersions(
  context: StepContext,
  works: readonly Work[],
  versions: NonNullable<Asked['versions']>,
): void {
  for (const ref of works.flatMap((work) => refsOf(context, work))) {
    const [was, is] = [versions[refKey(ref)], context.records.get(ref)?.version ?? ''];
    if (was !== undefined && was !== is)
      throw new SyncError(
        'STALE_PLAN',
        `${refKey(ref)} has moved from version ${was} to ${is} since the preview. Preview it again.`,
      );
  }
}

/**
 * Links each open ERP order of these deals to the user its salesperson stands for, and ends the assignment that a
 * reassignment replaced. Works come back with the fresh link among theirs.
 */
export async function withAssignments(
  context: StepContext,
  works: readonly Work[],
): Promise<readonly Work[]> {
  const orders = works.flatMap((work) => {
    if (work.links.some((link) => link.mapping === 'userOrder')) return [];
    const link = work.links.find((l) => l.erpId && (l.mapping === 'order' || l.mapping === 'quoteOrder'));
    const record = link && context.records.get({ side: 'erp', entity: 'Order', id: link.erpId! });
    return record && isOpenOrder(record) ? [{ work, order: record.id, user: userOf(context, record) }] : [];
  });
  if (orders.length === 0) return works;
  const known = await context.linksOf(
    orders.map(({ order }) => ({ mapping: 'userOrder' as const, side: 'erp' as const, id: order })),
  );
  const live = known.filter((link) => link.state !== 'ended');
  const liveOf = (order: string): LinkBrief | undefined => live.find((link) => link.erpId === order);
  const moved = orders.filter(({ order, user }) => (liveOf(order)?.crmId ?? null) !== user);
  if (moved.length === 0) return works;
  const users = moved.flatMap(({ user }) =>
    user ? [{ side: 'crm', entity: 'User', id: user } as const] : [],
  );
  const [ending] = await Promise.all([
    linksById(
      context.sql,
      moved.flatMap(({ order }) => liveOf(order)?.id ?? []),
    ),
    readRecords(context.connectors, context.records, users),
  ]);
  for (const link of ending) context.stored.set(link.id, link);
  const linksFor = ({ order, user }: (typeof moved)[number]): LinkRow[] => {
    const before = ending.filter((link) => link.erpId === order);
    const by = { kind: 'match', key: 'salesperson', score: 100 } as const;
    return [
      ...before.map((link): LinkRow => ({ ...link, state: 'ended', endedBy: 'reassigned' })),
      ...(user ? [freshLink(context.newId(), 'userOrder', null, { crmId: user, erpId: order, by })] : []),
    ];
  };
  const added = new Map(moved.map((each) => [each.work, linksFor(each)]));
  return works.map((work) =>
    added.has(work) ? { ...work, links: [...work.links, ...added.get(work)!] } : work,
  );
}

/** The CRM user that an ERP order's salesperson stands for. */
function userOf({ lookup }: StepContext, order: SystemRecord): string | null {
  const salesperson = order.fields.salespersonId;
  if (typeof salesperson !== 'string') return null;
  const link = lookup.link({ side: 'erp', entity: 'Salesperson', id: salesperson });
  return (link && lookup.record(link, 'crm')) ?? null;
}
