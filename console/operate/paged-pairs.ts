import { type Operator, OperatorError } from './operator.ts';

/** One page of a report over the pairs of a flow. */
interface Page {
  readonly totalCount: number;
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** What a command says about how far it goes and how it counts. */
interface Asked<Report extends Page> {
  /** `--limit`: pairs at most; undefined for all. */
  readonly limit: string | boolean | undefined;
  /** What becomes of a pair, for the progress: `compared`. */
  readonly done: string;
  /** Pairs that a page was about. */
  pairsOf(page: Report): number;
  /** Asks for the next pairs. */
  ask(next: { readonly first: number; readonly after: string | null }): Promise<Report>;
}

/** Pairs in one request: each is read live from both systems. */
const pageSize = 100;

/** A report page by page, with its progress where somebody watches. Throws an OperatorError for a limit that is none. */
export async function* pagedPairs<Report extends Page>(
  { err }: Operator,
  { limit, done, pairsOf, ask }: Asked<Report>,
): AsyncGenerator<Report> {
  const most = limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
  if (!(most >= 1)) throw new OperatorError(`--limit ${limit} has to be a number of pairs, at least 1.`, 2);
  let pairs = 0;
  let after: string | null = null;
  do {
    const page: Report = await ask({ first: Math.min(pageSize, most - pairs), after });
    pairs += pairsOf(page);
    after = page.pageInfo.hasNextPage && pairsOf(page) > 0 ? page.pageInfo.endCursor : null;
    if (err.isTTY) err.write(`\r\x1b[K${pairs} of ${page.totalCount} pairs ${done}`);
    yield page;
  } while (after !== null && pairs < most);
  if (err.isTTY) err.write('\r\x1b[K');
}
