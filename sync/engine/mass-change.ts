import { other, sides } from '../core/sides.ts';
import type { Json, MappingName, Side } from '../core/types.ts';
import { type Blocker, countLinks, type LinkRow, sampleOf } from '../store/links.ts';
import type { Editing, Touched } from '../store/touched.ts';
import type { RecordWrite, WorkPlan } from './draft.ts';
import { fewest } from './most-of-flow.ts';
import type { Records } from './records.ts';
import type { StepContext } from './step-context.ts';
import { type PlanContext, refOfLink, versionOf, type Work } from './work.ts';

/** So many of a flow's pairs, too. */
export const massShare = 0.5;
/** So many of the flow's records are looked at before the first deletion is believed; a flow of no more is known exactly. */
const sampleSize = 200;

/**
 * The mass-change breaker: when more than half of a flow is gone from one system or put away there, and at least twenty
 * records, its list was more likely empty or cut short, or a script went astray, than everything deleted. News of it
 * comes in pieces, so it is not the batch that is judged: before any deletion or archiving is carried out, the system is
 * asked for a sample of the flow's other records, and what the last minute saw deleted counts, too. Such works are held,
 * looked at again after a while, and carried out only when the records are back or a person retries them.
 */
export async function holdMassRemovals(
  context: StepContext,
  works: readonly Work[],
): Promise<readonly Work[]> {
  const gone = works
    .filter((work) => work.lane.cause.kind !== 'retry')
    .flatMap((work) => goneFrom(context, work));
  if (gone.length === 0) return works;
  const flows = [...new Set(gone.map((each) => each.mapping))];
  const counts = await countLinks(context.sql, flows);
  const held = new Map<Work, Side>();
  for (const group of Map.groupBy(gone, ({ mapping, side }) => `${mapping}:${side}`).values()) {
    const { mapping, side } = group[0]!;
    const { live, ended } = counts.get(mapping) ?? { live: 0, ended: 0 };
    if (live + ended < fewest) continue;
    const vanished = Math.max(group.length, live * (await shareGone(context, mapping, side))) + ended;
    if (vanished < fewest || vanished <= massShare * (live + ended)) continue;
    for (const { work } of group) held.set(work, side);
  }
  return held.size === 0
    ? works
    : works.map((work) => (held.has(work) ? { ...work, massGone: held.get(work)! } : work));
}

/** How much of a flow's sample a system does not show, or shows as archived though the pair was not. */
async function shareGone(
  { sql, connectors, mappings }: StepContext,
  mapping: MappingName,
  side: Side,
): Promise<number> {
  const sample = await sampleOf(sql, mapping, side, sampleSize);
  if (sample.length === 0) return 0;
  const shown = await connectors[side].read(
    mappings[mapping][side],
    sample.map(({ id }) => id),
  );
  const removed = sample.filter(({ id, archived }) => {
    const now = shown.get(id);
    return now === undefined || (now.archived && !archived);
  });
  return removed.length / sample.length;
}

function goneFrom(context: StepContext, work: Work): { work: Work; mapping: MappingName; side: Side }[] {
  for (const link of work.links)
    for (const side of sides) {
      if (link.state === 'ended') continue;
      const ref = refOfLink(context.mappings[link.mapping], link, side);
      const decided = work.choices[link.id]?.archived !== undefined;
      if ((ref && !context.records.get(ref)) || (!decided && isPutAway(context, link, side)))
        return [{ work, mapping: link.mapping, side }];
    }
  return [];
}

/** Whether a record was archived in this system since the pair was agreed on, and its counterpart would follow. */
export function isPutAway(
  { mappings, records }: Pick<PlanContext, 'mappings'> & { readonly records: Pick<Records, 'get'> },
  link: LinkRow,
  side: Side,
): boolean {
  const mapping = mappings[link.mapping];
  const shown = (of: Side) => {
    const ref = refOfLink(mapping, link, of);
    return ref && records.get(ref);
  };
  const was = side === 'crm' ? link.crmArchived : link.erpArchived;
  return !mapping.between && !was && shown(side)?.archived === true && shown(other(side))?.archived === false;
}

/**
 * The same of edits: where one author changes more than a flow's share of pairs at once, and most of them alike (a column
 * emptied, one value for all), those that are not written yet are held. How many they are is not judged by the batch:
 * what of them waits in the queue counts, what is held, and what the last minute has carried out. A burst of edits that
 * each say something else travels, however large; records without counterpart overwrite nothing; what people edit singly
 * is live work, which nobody counts. Held works are carried out when a person retries them, or edits or syncs the record;
 * runs, which come by themselves, too, leave them held.
 * @param planned what a work would write
 */
export async function holdMassEdits(
  context: StepContext,
  works: readonly Work[],
  planned: (work: Work) => WorkPlan,
): Promise<readonly Work[]> {
  if (context.massEditShare >= 1) return works;
  const editing = new Map(works.map((work) => [work, editingOf(context, work)]));
  const asked = new Map([...editing.values()].flatMap((each) => (each ? [[each.on, each] as const] : [])));
  const found = asked.size > 0 ? await context.touchedLately.of([...asked.values()]) : [];
  const held = new Map<Work, Blocker>();
  for (const of of found) {
    if (of.touched < fewest || of.touched <= context.massEditShare * of.pairs) continue;
    const own = works.filter((work) => editing.get(work)?.on === of.on);
    const blocker = { on: of.on, reason: reasonOf(asked.get(of.on)!, of) };
    for (const work of alikeAmong(context, own, planned, of.held > 0)) held.set(work, blocker);
  }
  return works.map((work) => {
    const massEdit = held.get(work) ?? stillHeld(work);
    return massEdit ? { ...work, massEdit } : work;
  });
}

/** Those that do what most of them do. Of so few that nobody can tell, all where others of the same flood are held. */
function alikeAmong(
  context: StepContext,
  works: readonly Work[],
  planned: (work: Work) => WorkPlan,
  areOthersHeld: boolean,
): readonly Work[] {
  if (works.length < fewest) return areOthersHeld ? works : [];
  const brings = new Map(
    works.map((work) => [work, new Set(planned(work).writes.flatMap((write) => typedIn(context, write)))]),
  );
  const times = new Map<string, number>();
  for (const said of brings.values()) for (const each of said) times.set(each, (times.get(each) ?? 0) + 1);
  const most = new Set([...times].filter(([, n]) => n > massShare * works.length).map(([each]) => each));
  return works.filter((work) => [...brings.get(work)!].some((each) => most.has(each)));
}

/** What a write brings of values that people type, each as one text. Computed ones, a night's stock or balances, move all at once. */
export const typedIn = (
  { mappings }: Pick<PlanContext, 'mappings'>,
  { parts }: Pick<RecordWrite, 'parts'>,
): readonly string[] =>
  parts.flatMap(({ mapping, values }) =>
    Object.entries(values)
      .filter(([field]) => mappings[mapping].fields[field]?.throttleMs === undefined)
      .map(([field, value]: [string, Json]) => JSON.stringify([mapping, field, value])),
  );

/**
 * Whose edit of a pair that had agreed came in a flood. A record whose version the links know was edited by nobody: the
 * sync wrote it, in another process or in one that has died since, and what its pair has still to do is no edit of
 * anybody's. The sync's name says nothing, for a raw edit bears that of the database's user, which may be the same.
 */
function editingOf(context: StepContext, { lane, links }: Work): Editing | null {
  const { flood, side, actor = '' } = lane.cause;
  if (lane.priority === 0 || !flood || !side) return null;
  if (!links.some((link) => link.crmId && link.erpId && link.base && isMoved(context, link, side)))
    return null;
  return { mapping: lane.mapping, side, actor, on: `${massKey(lane.mapping, side)}:${actor}` };
}

/** Whether a record shows another version than its link knows. */
function isMoved({ mappings, records }: StepContext, link: LinkRow, side: Side): boolean {
  const ref = refOfLink(mappings[link.mapping], link, side);
  const record = ref && records.get(ref);
  return record?.version !== versionOf(link, side);
}

/** What a work waits for that was held, and that nobody has edited by itself or asked for by now. */
function stillHeld({ lane, links }: Work): Blocker | undefined {
  const { kind } = lane.cause;
  const isSingle = kind === 'change' && lane.priority === 0;
  if (isSingle || kind === 'retry' || kind === 'mutation') return undefined;
  return links.flatMap(({ waitsFor }) => waitsFor).find(({ on }) => /^mass:[^:]*:[^:]*:/.test(on));
}

function reasonOf({ side, actor }: Editing, { touched, pairs }: Touched): string {
  const count = (n: number): string => n.toLocaleString('en-US');
  return `${actor || 'Somebody unknown'} has changed ${count(touched)} of this flow's ${count(pairs)} linked records in the ${side.toUpperCase()} at once, most of them alike; what was not written yet is held. When it is meant, retry MASS_CHANGE; when not, put the values back there. A record that somebody edits by itself, or syncs now, travels as it stands.`;
}

/** What a held link waits for: the name of its issue, too. Of held edits it names the author besides. */
export const massKey = (mapping: MappingName, side: Side): string => `mass:${mapping}:${side}`;

/** How long until held works are looked at again, in ms. */
export const massPauseMs = 30_000;
