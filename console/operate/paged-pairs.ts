import type { Options } from './command.ts';
import type { Operator } from './operator.ts';
import { wholeNumber } from './whole-number.ts';
import { flowNamed } from './words.ts';

/** One page of a report over the pairs of a flow. */
export interface Page {
  readonly totalCount: number;
  /** Pairs that could not be read, since these systems are away. */
  readonly unknown: number;
  readonly away: readonly { readonly side: string; readonly message: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** A report as a command asks for it: `limit` is the option, pairs at most. */
interface Asked<Report extends Page> extends Pick<Options, 'limit'> {
  /** The operation, and the field of its answer. */
  readonly operation: string;
  readonly name: string;
  /** As it was typed. */
  readonly flow: string;
  /** What becomes of a pair, for the progress: `compared`. */
  readonly done: string;
  /** Pairs that a page was about. */
  pairsOf(page: Report): number;
}

/** Pairs in one request: each is read live from both systems. */
const pageSize = 100;

/** What a report lacks, as lines: it ends at the first page of which a system shows nothing. */
export const lacking = ({ unknown, away }: Pick<Page, 'unknown' | 'away'>): readonly string[] =>
  away.map(({ message }) => `It ends here: ${unknown} more pairs could not be read. ${message}`);

/** A report page by page, with its progress where somebody watches. Throws an OperatorError for a limit that is none. */
export async function* pagedPairs<Report extends Page>(
  { ask, err }: Operator,
  { operation, name, flow, limit, done, pairsOf }: Asked<Report>,
): AsyncGenerator<Report> {
  const most = wholeNumber('--limit', limit, { of: 'pairs', from: 1, usual: Number.POSITIVE_INFINITY });
  let pairs = 0;
  let after: string | null = null;
  do {
    const variables = { flow: flowNamed(flow), first: Math.min(pageSize, most - pairs), after };
    const page: Report = (await ask<Readonly<Record<string, Report>>>(operation, variables))[name]!;
    pairs += pairsOf(page);
    after = page.pageInfo.hasNextPage && pairsOf(page) > 0 ? page.pageInfo.endCursor : null;
    if (err.isTTY) err.write(`\r\x1b[K${pairs} of ${page.totalCount} pairs ${done}`);
    yield page;
  } while (after !== null && pairs < most);
  if (err.isTTY) err.write('\r\x1b[K');
}
