import type { Run } from './command.ts';
import { pagedPairs } from './paged-pairs.ts';
import { type Column, table } from './table.ts';
import { type LinkHead, nameOf } from './words.ts';

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

/** Compares the pairs of a flow live, page by page; 1 with --check when one is not in step. */
export const drift: Run = async (operator, { limit, check }, [flow = '']) => {
  const drifted: Report['drifted'][number][] = [];
  let [checked, equal] = [0, 0];
  const pages = pagedPairs<Report>(operator, {
    operation: 'DriftReport',
    name: 'driftReport',
    flow,
    limit,
    done: 'compared',
    pairsOf: (page) => page.checked,
  });
  for await (const page of pages) {
    drifted.push(...page.drifted);
    [checked, equal] = [checked + page.checked, equal + page.equal];
  }
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
