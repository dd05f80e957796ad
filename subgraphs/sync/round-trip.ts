import type { Trip } from '../../sync/index.ts';
import { awayOf } from './away.ts';
import type { SyncContext } from './context.ts';
import { nextPairs, type PairsAsked } from './drift-report.ts';
import { told } from './errors.ts';
import { seen, seenText } from './masking.ts';
import { shown } from './rows.ts';
import { mappingOf } from './words.ts';

/** Trips that are shown one by one: all that came back as another value or could not travel, at most so many. */
const mostShown = 100;

/** Sends every value of the next pairs of a flow to the other side and home, without writing, and says how it came back. */
export async function roundTripProof(context: SyncContext, asked: PairsAsked) {
  const { flow } = asked;
  const { page, totalCount } = await nextPairs(context, asked);
  const { trips, away } = await told(() => context.sync.roundTrips(page.nodes.map(({ id }) => id)));
  const all = [...trips].flatMap(([linkId, found]) => found.map((trip) => ({ linkId, trip })));
  const telling = all.filter(({ trip }) => trip.verdict !== 'same' && trip.verdict !== 'normalised');
  const mapping = mappingOf(flow);
  return {
    flow,
    pairs: trips.size,
    unknown: Object.keys(away).length > 0 ? page.nodes.length : 0,
    away: awayOf(away),
    ...counted(all.map(({ trip }) => trip)),
    fields: [...Map.groupBy(all, ({ trip }) => nameOf(trip))].map(([field, found]) => ({
      field,
      ...counted(found.map(({ trip }) => trip)),
      why: found.find(({ trip }) => trip.verdict === 'lossy')?.trip.why ?? null,
    })),
    examples: telling
      .toSorted((a, b) => severity(b.trip) - severity(a.trip))
      .slice(0, mostShown)
      .map(({ linkId, trip }) => {
        const value = (json: Trip['value']) => seen(context, mapping, trip.field, shown(json));
        return {
          linkId,
          field: nameOf(trip),
          line: trip.line ?? null,
          side: trip.side.toUpperCase(),
          value: value(trip.value),
          there: value(trip.there),
          back: value(trip.back),
          verdict: trip.verdict.toUpperCase(),
          // It may quote the value.
          why: trip.why === undefined ? null : seenText(context, mapping, trip.field, trip.why),
        };
      }),
    pageInfo: page.pageInfo,
    totalCount,
  };
}

const nameOf = ({ field, line }: Trip): string => (line === undefined ? field : `lines.${field}`);

const severity = ({ verdict }: Trip): number => ['held', 'lossy', 'broken'].indexOf(verdict);

function counted(trips: readonly Trip[]) {
  const count = (verdict: Trip['verdict']) => trips.filter((trip) => trip.verdict === verdict).length;
  return {
    checked: trips.length,
    same: count('same'),
    normalised: count('normalised'),
    lossy: count('lossy'),
    broken: count('broken'),
    held: count('held'),
  };
}
