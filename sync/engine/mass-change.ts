import { sides } from '../core/sides.ts';
import type { MappingName, Side } from '../core/types.ts';
import { countLinks } from '../store/links.ts';
import type { StepContext } from './step-context.ts';
import { refOfLink, type Work } from './work.ts';

/** Fewer records than this may vanish without a question. */
const fewest = 20;
/** So many of a flow's pairs, too. */
const share = 0.5;

/**
 * The mass-change breaker: when more than half of a flow is read as gone from one system, and at least twenty records,
 * its list was more likely empty or cut short than everything deleted. Those works are held, looked at again after a
 * while, and carried out only when the records are back or a person retries them.
 */
export async function holdMassDeletes(
  context: StepContext,
  works: readonly Work[],
): Promise<readonly Work[]> {
  const gone = works.flatMap((work) => goneFrom(context, work));
  if (gone.length === 0) return works;
  const flows = [...new Set(gone.map((each) => each.mapping))];
  const counts = await countLinks(context.sql, flows);
  const held = new Map<Work, Side>();
  for (const [key, group] of Map.groupBy(gone, ({ mapping, side }) => `${mapping}:${side}`)) {
    const { live, ended } = counts.get(key.split(':')[0] as MappingName) ?? { live: 0, ended: 0 };
    const touched = group.length + ended;
    if (touched < fewest || touched <= share * (live + ended)) continue;
    for (const { work, side } of group) if (work.lane.cause.kind !== 'retry') held.set(work, side);
  }
  return held.size === 0
    ? works
    : works.map((work) => (held.has(work) ? { ...work, massGone: held.get(work)! } : work));
}

function goneFrom(context: StepContext, work: Work): { work: Work; mapping: MappingName; side: Side }[] {
  for (const link of work.links)
    for (const side of sides) {
      if (link.state === 'ended') continue;
      const ref = refOfLink(context.mappings[link.mapping], link, side);
      if (ref && !context.records.get(ref)) return [{ work, mapping: link.mapping, side }];
    }
  return [];
}

/** What a held link waits for: the name of its issue, too. */
export const massKey = (mapping: MappingName, side: Side): string => `mass:${mapping}:${side}`;

/** How long until held works are looked at again, in ms. */
export const massPauseMs = 30_000;
