import type { FlowProperty, PrintedFlow } from './flow-document.ts';

const columns: readonly (readonly [title: string, cell: (row: FlowProperty) => string])[] = [
  ['#', ({ row }) => String(row)],
  ['CRM property', ({ crmProperty }) => crmProperty ?? '(made from the record)'],
  ['CRM type', ({ crmType }) => crmType ?? ''],
  ['ERP property', ({ erpProperty }) => erpProperty ?? '(made from the record)'],
  ['ERP data type', ({ erpType }) => erpType ?? ''],
  ['Direction', ({ direction }) => arrows[direction] ?? direction],
  ['Transformation and rules', ({ transformation, rule }) => `${transformation}: ${rule}`],
  ['Lossy', ({ lossy }) => lossy ?? 'no'],
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
export function markdown(document: PrintedFlow): string {
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

/** A checklist as reStructuredText: one list-table, the properties of lines under the row of the lines. */
export function restructuredText(document: PrintedFlow): string {
  const title = titleOf(document);
  const table = [
    `.. list-table:: ${title}`,
    '   :header-rows: 1',
    '',
    ...listRow(columns.map(([name]) => name)),
    ...rowsWithLines(document).map((cells) => listRow(cells).join('\n')),
  ].join('\n');
  return [`${title}\n${'='.repeat(title.length)}`, intro(document), table, ''].join('\n\n');
}

/** The cells of every row; a line's property is named `lines.quantity`, and numbered after the lines' own row. */
function rowsWithLines({ properties, lines }: PrintedFlow): readonly (readonly string[])[] {
  const cellsOf = (row: FlowProperty) => columns.map(([, cell]) => cell(row));
  const linesRow = properties.find(({ field }) => field === 'lines')?.row ?? properties.length + 1;
  const within = (name: string | null) => name && `lines.${name}`;
  return [
    ...properties.map(cellsOf),
    ...lines.map((line) => {
      const { crmProperty, erpProperty } = line;
      const [, ...cells] = cellsOf({
        ...line,
        crmProperty: within(crmProperty),
        erpProperty: within(erpProperty),
      });
      return [`${linesRow}.${line.row}`, ...cells];
    }),
  ];
}

function listRow(cells: readonly string[]): readonly string[] {
  return cells.map((cell, n) => `   ${n === 0 ? '* -' : '  -'} ${escaped(cell)}`.trimEnd());
}

/** A text as reStructuredText takes it for what it says: no emphasis, no reference, no list, no line of a title. */
function escaped(text: string): string {
  return text.replaceAll(/([*`|\\]|_(?=\W|$))/g, '\\$1').replace(/^([-+•#=~^"'.:]+)(?=\s|$)/, '\\$1');
}

function titleOf({ crmEntity, erpEntity, flow }: PrintedFlow): string {
  return `${flow}: ${crmEntity} and ${erpEntity}`;
}

function intro({ rule, condition, matchKeys, pairsChecked, away }: PrintedFlow): string {
  const keys = matchKeys.length === 0 ? 'not matched by values' : `matched by ${matchKeys.join(', else ')}`;
  const only = condition === null ? '' : `, and only where ${condition}`;
  const unheard = away.map(
    ({ side, message }) => ` The ${side} does not answer (${message}): counted over what was read last.`,
  );
  return `Link rule: ${rule}${only}; ${keys}. ${pairsChecked} pairs checked.${unheard.join('')}`;
}
