import type { FlowDocument, FlowProperty } from './flow-document.ts';

type Printed = Omit<FlowDocument, 'markdown' | 'restructuredText'>;

const columns: readonly (readonly [title: string, cell: (row: FlowProperty) => string])[] = [
  ['#', ({ row }) => String(row)],
  ['CRM property', ({ crmProperty }) => crmProperty ?? '(made from the record)'],
  ['CRM type', ({ crmType }) => crmType ?? ''],
  ['ERP property', ({ erpProperty }) => erpProperty ?? '(made from the record)'],
  ['ERP data type', ({ erpType }) => erpType ?? ''],
  ['Direction', ({ direction }) => arrows[direction] ?? direction],
  [
    'Transformation and rules',
    ({ transformation, rule, lossy }) =>
      `${transformation}: ${rule}${lossy === null ? '' : ` (lossy: ${lossy})`}`,
  ],
  ['Wins', ({ wins }) => wins],
  [
    'Null CRM/ERP',
    ({ requiredInCrm, requiredInErp }) => `${requiredInCrm ? 'N' : 'Y'}/${requiredInErp ? 'N' : 'Y'}`,
  ],
  ['Pairs checked', ({ pairsChecked }) => String(pairsChecked)],
  ['Equal', ({ equal }) => String(equal)],
  ['Not equal', ({ notEqual }) => String(notEqual)],
  [
    'Pass rate',
    ({ passRate }) => (passRate === null ? '' : `${(Math.floor(passRate * 10_000) / 100).toFixed(2)} %`),
  ],
];

const arrows: Readonly<Record<string, string>> = { BOTH: '⇄', TO_ERP: '→', TO_CRM: '←', OFF: 'off' };

/** A checklist as Markdown: one table for the record, one for its lines. */
export function markdown(document: Printed): string {
  const table = (rows: readonly FlowProperty[]) =>
    [
      `| ${columns.map(([title]) => title).join(' | ')} |`,
      `|${columns.map(() => ' --- |').join('')}`,
      ...rows.map((row) => `| ${columns.map(([, cell]) => cell(row).replaceAll('|', '\\|')).join(' | ')} |`),
    ].join('\n');
  return [
    `## ${titleOf(document)}`,
    intro(document),
    table(document.properties),
    ...(document.lines.length === 0 ? [] : ['### Lines', table(document.lines)]),
    '',
  ].join('\n\n');
}

/** A checklist as reStructuredText, as list-tables. */
export function restructuredText(document: Printed): string {
  const table = (title: string, rows: readonly FlowProperty[]) =>
    [
      `.. list-table:: ${title}`,
      '   :header-rows: 1',
      '',
      ...listRow(columns.map(([name]) => name)),
      ...rows.flatMap((row) => listRow(columns.map(([, cell]) => cell(row)))),
    ].join('\n');
  const title = titleOf(document);
  return [
    `${title}\n${'='.repeat(title.length)}`,
    intro(document),
    table(title, document.properties),
    ...(document.lines.length === 0 ? [] : [table(`${title}: lines`, document.lines)]),
    '',
  ].join('\n\n');
}

function listRow(cells: readonly string[]): readonly string[] {
  return cells.map((cell, n) =>
    `   ${n === 0 ? '* -' : '  -'} ${cell.replaceAll(/([*`|\\])/g, '\\$1')}`.trimEnd(),
  );
}

function titleOf({ crmEntity, erpEntity, flow }: Printed): string {
  return `${flow}: ${crmEntity} and ${erpEntity}`;
}

function intro({ rule, matchKeys, pairsChecked }: Printed): string {
  const keys = matchKeys.length === 0 ? 'not matched by values' : `matched by ${matchKeys.join(', else ')}`;
  return `Link rule: ${rule}; ${keys}. ${pairsChecked} pairs checked.`;
}
