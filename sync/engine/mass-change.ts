import { other, sides } from '../core/sides.ts';
import type { MappingName, Side } from '../core/types.ts';
import { countLinks, type LinkRow, sampleOf } from '../store/links.ts';
import type { Records } from './records.ts';
import type { StepContext } from './step-context.ts';
import { type PlanContext, refOfLink, type Work } from './work.ts';

/** Fewer records than this may vanish without a question. */
const fewest = 20;
/** So many of a flow's pairs, too. */
const share = 0.5;
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

/** What a held link waits for: the name of its issue, too. */
export const massKey = (mapping: MappingName, side: Side): string => `mass:${mapping}:${side}`;

/** How long until held works are looked at again, in ms. */
export const massPauseMs = 30_000;
