import type { Run } from './command.ts';
import { OperatorError } from './operator.ts';
import { type Column, table } from './table.ts';
import { capitals, type LinkHead, nameOf } from './words.ts';

interface Drift {
  readonly field: string;
  readonly line: string | null;
  readonly crm: unknown;
  readonly erp: unknown;
  readonly crmTitle: string | null;
  readonly erpTitle: string | null;
  readonly verdict: string;
  readonly why: string | null;
}

interface Report {
  readonly checked: number;
  readonly equal: number;
  readonly totalCount: number;
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly drifted: readonly { readonly link: LinkHead; readonly fields: readonly Drift[] }[];
}

/** Pairs compared in one request: each is read live from both systems. */
const pageSize = 100;

/** Compares the pairs of a flow live, page by page; 1 with --check when one is not in step. */
export const drift: Run = async (operator, { limit, check }, [flow = '']) => {
  const most = limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
  if (!(most >= 1)) throw new OperatorError(`--limit ${limit} has to be a number of pairs, at least 1.`, 2);
  const drifted: Report['drifted'][number][] = [];
  let [checked, equal, total] = [0, 0, 0];
  let after: string | null = null;
  do {
    const answer: { driftReport: Report } = await operator.ask('DriftReport', {
      flow: capitals(flow),
      first: Math.min(pageSize, most - checked),
      after,
    });
    const page = answer.driftReport;
    drifted.push(...page.drifted);
    [checked, equal, total] = [checked + page.checked, equal + page.equal, page.totalCount];
    after = page.pageInfo.hasNextPage && page.checked > 0 ? page.pageInfo.endCursor : null;
    if (operator.err.isTTY) operator.err.write(`\r\x1b[K${checked} of ${total} pairs compared`);
  } while (after !== null && checked < most);
  if (operator.err.isTTY) operator.err.write('\r\x1b[K');
  const rows = drifted.flatMap(({ link, fields }) =>
    fields.filter(({ verdict }) => verdict !== 'EQUAL').map((field) => ({ link, ...field })),
  );
  const columns: readonly Column<(typeof rows)[number]>[] = [
    ['RECORD', ({ link }) => nameOf(link)],
    ['FIELD', ({ field, line }) => (line ? `${field} of line ${line}` : field)],
    ['CRM', ({ crm, crmTitle }) => crmTitle ?? crm],
    ['ERP', ({ erp, erpTitle }) => erpTitle ?? erp],
    ['VERDICT', ({ verdict }) => verdict],
    ...(rows.some(({ why }) => why !== null)
      ? [['WHY', ({ why }) => why] as Column<(typeof rows)[number]>]
      : []),
  ];
  operator.show({ checked, equal, drifted }, () => [
    `${checked} pairs compared, ${equal} equal.`,
    ...(rows.length === 0 ? [] : table(columns, rows)),
  ]);
  return check === true && drifted.length > 0 ? 1 : 0;
};
