import type { Run } from './command.ts';
import { lacking, type Page, pagedPairs } from './paged-pairs.ts';
import { type Column, table } from './table.ts';
import { type LinkHead, nameOf } from './words.ts';

/** How often values came back in which way. */
interface Trips {
  readonly checked: number;
  readonly same: number;
  readonly normalised: number;
  readonly lossy: number;
  readonly broken: number;
  readonly held: number;
}

interface FieldTrips extends Trips {
  readonly field: string;
  readonly why: string | null;
}

interface Example {
  readonly link: LinkHead;
  readonly field: string;
  readonly line: string | null;
  readonly side: string;
  readonly value: unknown;
  readonly there: unknown;
  readonly back: unknown;
  readonly verdict: string;
  readonly why: string | null;
}

interface Proof extends Trips, Page {
  readonly pairs: number;
  readonly fields: readonly FieldTrips[];
  readonly examples: readonly Example[];
}

/** Examples that are shown; each page brings a hundred at most. */
const mostShown = 100;

/**
 * Sends every value of a flow's pairs to the other side and home, in thought; 1 with --check when one comes back as
 * another although nobody declared that, or a pair could not be read.
 */
export const roundTrip: Run = async (operator, { limit, check }, [flow = '']) => {
  const fields = new Map<string, FieldTrips>();
  const examples: Example[] = [];
  let pairs = 0;
  let left: Pick<Page, 'unknown' | 'away'> = { unknown: 0, away: [] };
  const pages = pagedPairs<Proof>(operator, {
    operation: 'RoundTripProof',
    name: 'roundTripProof',
    flow,
    limit,
    done: 'proved',
    pairsOf: (page) => page.pairs,
  });
  for await (const page of pages) {
    for (const each of page.fields) fields.set(each.field, added(fields.get(each.field), each));
    examples.push(...page.examples);
    pairs += page.pairs;
    left = { unknown: page.unknown, away: page.away };
  }
  const rows = [...fields.values()];
  const all = rows.reduce<Trips>(added, nothing);
  const telling = examples.toSorted((a, b) => severity(b) - severity(a)).slice(0, mostShown);
  operator.show({ pairs, ...all, ...left, fields: rows, examples: telling }, () => [
    `${all.checked} values of ${pairs} pairs: ${all.same + all.normalised} came back, ${all.lossy} lost what is declared, ${all.broken} broke, ${all.held} cannot travel.`,
    ...lacking(left),
    ...(rows.length === 0 ? [] : table(fieldColumns, rows)),
    ...(telling.length === 0 ? [] : ['', ...table(exampleColumns, telling)]),
  ]);
  return check === true && all.broken + left.unknown > 0 ? 1 : 0;
};

const nothing: Trips = { checked: 0, same: 0, normalised: 0, lossy: 0, broken: 0, held: 0 };

function added<T extends Trips>(before: T | undefined, now: T): T {
  if (!before) return now;
  return {
    ...now,
    ...before,
    checked: before.checked + now.checked,
    same: before.same + now.same,
    normalised: before.normalised + now.normalised,
    lossy: before.lossy + now.lossy,
    broken: before.broken + now.broken,
    held: before.held + now.held,
  };
}

const severity = ({ verdict }: Example): number => ['HELD', 'LOSSY', 'BROKEN'].indexOf(verdict);

const fieldColumns: readonly Column<FieldTrips>[] = [
  ['FIELD', ({ field }) => field],
  ['CHECKED', ({ checked }) => checked],
  ['SAME', ({ same }) => same],
  ['NORMALISED', ({ normalised }) => normalised],
  ['LOSSY', ({ lossy }) => lossy],
  ['BROKEN', ({ broken }) => broken],
  ['HELD', ({ held }) => held],
  ['WHAT GETS LOST', ({ why }) => why],
];

const exampleColumns: readonly Column<Example>[] = [
  ['RECORD', ({ link }) => nameOf(link)],
  ['FIELD', ({ field, line }) => (line ? `${field} of line ${line}` : field)],
  ['FROM', ({ side }) => side],
  ['VALUE', ({ value }) => value],
  ['THERE', ({ there }) => there],
  ['BACK', ({ back }) => back],
  ['VERDICT', ({ verdict }) => verdict],
  ['WHY', ({ why }) => why],
];
