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
  readonly uncompared: readonly { readonly link: LinkHead; readonly away: readonly { message: string }[] }[];
  readonly equal: number;
  readonly drifted: readonly { readonly link: LinkHead; readonly fields: readonly Drift[] }[];
}

/** Compares the pairs of a flow live, page by page; 1 with --check when one is not in step, or could not be read. */
export const drift: Run = async (operator, { limit, check }, [flow = '']) => {
  const drifted: Report['drifted'][number][] = [];
  const uncompared: Report['uncompared'][number][] = [];
  let [checked, equal] = [0, 0];
  let [unknown, last]: [number, Report | null] = [0, null];
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
    // Where the report ends, all pairs of its last page have one reason in common.
    if (page.checked > 0) uncompared.push(...page.uncompared);
    [checked, equal] = [checked + page.checked, equal + page.equal];
    [unknown, last] = [unknown + page.unknown, page];
  }
  const rows: readonly Row[] = [
    ...drifted.flatMap(({ link, fields }) =>
      fields.filter(({ verdict }) => verdict !== 'EQUAL').map((field) => ({ link, ...field })),
    ),
    ...uncompared.map(unread),
  ];
  const columns: readonly Column<Row>[] = [
    ['RECORD', ({ link }) => nameOf(link)],
    ['FIELD', ({ field, line }) => (line ? `${field} of line ${line}` : (field ?? 'all'))],
    ['CRM', ({ crm, crmTitle }) => crmTitle ?? crm],
    ['ERP', ({ erp, erpTitle }) => erpTitle ?? erp],
    ['VERDICT', ({ verdict }) => verdict],
    ...(rows.some(({ why }) => why !== null) ? [['WHY', ({ why }) => why] as Column<Row>] : []),
  ];
  operator.show({ checked, equal, unknown, away: last?.away ?? [], drifted, uncompared }, () => [
    `${checked} pairs compared, ${equal} equal.`,
    ...(last?.checked === 0 ? lacking(last) : []),
    ...(rows.length === 0 ? [] : table(columns, rows)),
  ]);
  return check === true && drifted.length + unknown > 0 ? 1 : 0;
};

/** A line of the table: a field that is not in step, or a pair that could not be compared. */
type Row = Omit<Drift, 'field'> & { readonly link: LinkHead; readonly field: string | null };

const unread = ({ link, away }: Report['uncompared'][number]): Row => ({
  link,
  field: null,
  line: null,
  crm: null,
  erp: null,
  crmTitle: null,
  erpTitle: null,
  verdict: 'UNKNOWN',
  why: away.map(({ message }) => message).join(' '),
});
