import { other, sides } from '../core/sides.ts';
import type { MappingName, Side } from '../core/types.ts';
import { type Blocker, countLinks, type LinkRow, sampleOf } from '../store/links.ts';
import type { Editing, Touched } from '../store/touched.ts';
import { floodOver } from './floods.ts';
import type { Records } from './records.ts';
import type { StepContext } from './step-context.ts';
import { type PlanContext, refOfLink, type Work } from './work.ts';

/** Fewer records than this may vanish without a question. */
const fewest = 20;
/** So many of a flow's pairs, too. */
export const share = 0.5;
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
    if (vanished < fewest || vanished <= share * (live + ended)) continue;
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
 * The same of edits: where one author's changes come in bulk and have come to more than a flow's share of pairs, those
 * that are not written yet are held. It is not the batch that is judged: what of them waits in the queue counts, what is
 * held, and what the last minute has carried out. What people edit singly is live work, which nobody counts; records
 * without counterpart overwrite nothing. Held works are carried out when a person retries them, or edits or syncs the
 * record; runs, which come by themselves, too, leave them held.
 */
export async function holdMassEdits(context: StepContext, works: readonly Work[]): Promise<readonly Work[]> {
  if (context.massEditShare >= 1) return works;
  const editing = new Map(works.map((work) => [work, editingOf(work)]));
  const asked = new Map([...editing.values()].flatMap((each) => (each ? [[each.on, each] as const] : [])));
  const found = asked.size > 0 ? await context.touchedLately.of([...asked.values()]) : [];
  const held = new Map(
    found
      .filter(({ touched, pairs }) => touched > floodOver && touched > context.massEditShare * pairs)
      .map((of) => [of.on, { on: of.on, reason: reasonOf(asked.get(of.on)!, of) }]),
  );
  return works.map((work) => {
    const massEdit = held.get(editing.get(work)?.on ?? '') ?? stillHeld(work);
    return massEdit ? { ...work, massEdit } : work;
  });
}

/**
 * Whose edit of a pair came in bulk. What the sync itself wrote is no work any more, since the links know its version; its
 * name says nothing, for a raw edit bears that of the database's user, which may be the same.
 */
function editingOf({ lane, links }: Work): Editing | null {
  const { flood, side, actor = '' } = lane.cause;
  if (lane.priority === 0 || !flood || !side) return null;
  if (!links.some(({ crmId, erpId }) => crmId !== null && erpId !== null)) return null;
  return { mapping: lane.mapping, side, actor, on: `${massKey(lane.mapping, side)}:${actor}` };
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
  return `${actor || 'Somebody unknown'} has changed ${count(touched)} of this flow's ${count(pairs)} linked records in the ${side.toUpperCase()} at once; what was not written yet is held. When it is meant, retry MASS_CHANGE; when not, put the values back there. A record that somebody edits by itself, or syncs now, travels as it stands.`;
}

/** What a held link waits for: the name of its issue, too. Of held edits it names the author besides. */
export const massKey = (mapping: MappingName, side: Side): string => `mass:${mapping}:${side}`;

/** How long until held works are looked at again, in ms. */
export const massPauseMs = 30_000;
