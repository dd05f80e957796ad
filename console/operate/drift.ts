import type { Run } from './command.ts';
import { lacking, type Page, pagedPairs } from './paged-pairs.ts';
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

interface Report extends Page {
  readonly checked: number;
  readonly equal: number;
  readonly drifted: readonly { readonly link: LinkHead; readonly fields: readonly Drift[] }[];
}

/** Compares the pairs of a flow live, page by page; 1 with --check when one is not in step, or could not be read. */
export const drift: Run = async (operator, { limit, check }, [flow = '']) => {
  const drifted: Report['drifted'][number][] = [];
  let [checked, equal] = [0, 0];
  let left: Pick<Page, 'unknown' | 'away'> = { unknown: 0, away: [] };
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
    left = { unknown: page.unknown, away: page.away };
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
  operator.show({ checked, equal, ...left, drifted }, () => [
    `${checked} pairs compared, ${equal} equal.`,
    ...lacking(left),
    ...(rows.length === 0 ? [] : table(columns, rows)),
  ]);
  return check === true && drifted.length + left.unknown > 0 ? 1 : 0;
};
