import type { Shapes } from './check.ts';
import type { Shape } from './codecs/codec.ts';
import type { PropertyShapes } from './define-mapping.ts';
import type { FieldRule, Mapping } from './mapping.ts';
import type { Side } from './types.ts';

/** What was measured for one field over the live data; left out where nobody measured. */
export interface Measured {
  readonly checked: number;
  readonly equal: number;
  /** One pair that differs, for people. */
  readonly example?: string;
}

/** One row of the dataflow document. */
export interface DocumentRow {
  readonly row: number;
  readonly field: string;
  readonly crm: string;
  readonly crmType: string;
  readonly erp: string;
  readonly erpType: string;
  readonly way: FieldRule['way'];
  readonly transformation: string;
  readonly rule: string;
  /** `Y/N`: may be null in the CRM, required in the ERP. */
  readonly nulls: string;
  readonly wins: FieldRule['wins'] | 'per line';
  readonly lossy?: string;
  readonly measured?: Measured;
}

/** One mapping as a checklist. */
export interface FlowDocument {
  readonly flow: string;
  readonly crm: string;
  readonly erp: string;
  readonly rows: readonly DocumentRow[];
  readonly lines: readonly DocumentRow[];
}

const arrows: Readonly<Record<FieldRule['way'], string>> = { both: '⇄', toErp: '→', toCrm: '←', off: 'off' };

/** The mapping as data: what the dataflow query shows and both prints are made from. `measured` by field name, lines under `lines.<field>`. */
export function describe(
  mapping: Mapping,
  shapes: Shapes,
  measured: Readonly<Record<string, Measured>> = {},
): FlowDocument {
  const [crm, erp] = [shapes.crm[mapping.crm], shapes.erp[mapping.erp]];
  const rows = (
    table: Readonly<Record<string, FieldRule>>,
    of: Readonly<Record<Side, PropertyShapes>>,
    prefix: string,
  ): readonly DocumentRow[] =>
    Object.entries(table)
      .sort(([, a], [, b]) => a.row - b.row)
      .map(([field, rule]) => describeRow(field, rule, of, measured[prefix + field]));
  const whole: readonly DocumentRow[] =
    mapping.linesRow === undefined ? [] : [{ ...linesAsWhole, row: mapping.linesRow }];
  return {
    flow: mapping.name,
    crm: mapping.crm,
    erp: mapping.erp,
    rows: [
      ...rows(mapping.fields, { crm: crm?.properties ?? {}, erp: erp?.properties ?? {} }, ''),
      ...whole,
    ].sort((a, b) => a.row - b.row),
    lines: rows(mapping.lines ?? {}, { crm: crm?.lines ?? {}, erp: erp?.lines ?? {} }, 'lines.'),
  };
}

const linesAsWhole = {
  field: 'lines',
  crm: 'lines',
  crmType: '[Line]',
  erp: 'lines',
  erpType: '[Line]',
  way: 'both',
  transformation: 'lines',
  rule: 'all or nothing; merged line by line',
  nulls: 'Y/Y',
  wins: 'per line',
} as const;

function describeRow(
  field: string,
  rule: FieldRule,
  of: Readonly<Record<Side, PropertyShapes>>,
  measured: Measured | undefined,
): DocumentRow {
  const name = (side: Side): string => rule.shown?.[side] ?? rule[side] ?? '-';
  const type = (side: Side): string => {
    const shown = rule.shown?.[side];
    const property = (shown === undefined ? undefined : of[side][shown]) ?? of[side][rule[side] ?? ''];
    return rule[side] === 'id' || rule[side] === 'lineId' ? 'ID' : property ? typeName(property.type) : '-';
  };
  const nulls = (side: Side): string =>
    rule[side] === null ? '-' : rule.required?.[side] || rule[side] === 'id' ? 'N' : 'Y';
  return {
    row: rule.row,
    field,
    crm: name('crm'),
    crmType: type('crm'),
    erp: name('erp'),
    erpType: type('erp'),
    way: rule.way,
    transformation: rule.codec.name,
    rule: rule.rule,
    nulls: `${nulls('crm')}/${nulls('erp')}`,
    wins: rule.wins,
    ...(rule.codec.lossy ? { lossy: rule.codec.lossy } : {}),
    ...(measured ? { measured } : {}),
  };
}

const kinds: Readonly<Record<string, string>> = {
  email: 'Email',
  phone: 'E.164',
  url: 'URL',
  currency: 'ISO 4217',
  language: 'BCP 47',
  int: 'Int',
  boolean: 'Boolean',
  date: 'Date',
  dateTime: 'DateTime',
  address: 'Address',
  list: 'list',
  texts: 'list of texts',
};

/** A type as the tables of a dataflow document write it. */
function typeName(type: Shape & { readonly values?: readonly string[]; readonly to?: string }): string {
  switch (type.kind) {
    case 'text':
      return type.max === undefined ? 'Text' : `String(${type.max})`;
    case 'code':
    case 'refCode':
      return `Code(${type.max})`;
    case 'decimal':
      return `Decimal(${type.precision},${type.scale})`;
    case 'money':
      return 'Decimal(18,2)';
    case 'choice':
      return `enum ${(type.values ?? []).join(' ')}`;
    case 'ref':
      return `ref ${type.to}`;
    default:
      return kinds[type.kind] ?? type.kind;
  }
}

/** Share of the checked pairs that are equal, as people read it. */
const passRate = ({ checked, equal }: Measured): string =>
  checked === 0 ? '-' : `${((100 * equal) / checked).toFixed(2)} %`;

const measures = (row: DocumentRow): readonly string[] => {
  const m = row.measured;
  return m ? [String(m.checked), String(m.equal), passRate(m), m.example ?? ''] : ['', '', '', ''];
};

const headings = [
  '#',
  'CRM property',
  'CRM type',
  'ERP property',
  'ERP data type',
  'Dir',
  'Transformation and rules',
];
const more = ['Null', 'Wins', 'Lossy', 'Checked', 'Equal', 'Pass rate', 'Example'];

const cells = (row: DocumentRow): readonly string[] => [
  String(row.row),
  row.crm,
  row.crmType,
  row.erp,
  row.erpType,
  arrows[row.way],
  `${row.transformation}: ${row.rule}`,
  row.nulls,
  row.wins.toUpperCase(),
  row.lossy ?? '',
  ...measures(row),
];

const titles = (doc: FlowDocument): readonly (readonly [string, readonly DocumentRow[]])[] => [
  [`${doc.flow}: CRM ${doc.crm} ⇄ ERP ${doc.erp}`, doc.rows],
  ...(doc.lines.length > 0 ? [[`${doc.flow}: lines`, doc.lines] as const] : []),
];

/** The dataflow document of one mapping, in Markdown. */
export function markdown(doc: FlowDocument): string {
  const line = (texts: readonly string[]): string =>
    `| ${texts.map((t) => t.replaceAll('|', '\\|')).join(' | ')} |`;
  return titles(doc)
    .map(([title, rows]) => {
      const all = [...headings, ...more];
      const table = [line(all), line(all.map(() => '--')), ...rows.map((row) => line(cells(row)))];
      return [`## ${title}`, '', ...table, ''].join('\n');
    })
    .join('\n');
}

/** The dataflow document of one mapping, in reStructuredText: one list-table per flow. */
export function restructuredText(doc: FlowDocument): string {
  return titles(doc)
    .map(([title, rows]) => {
      const item = (texts: readonly string[]): string =>
        texts.map((text, n) => `   ${n === 0 ? '* -' : '  -'} ${escaped(text)}`.trimEnd()).join('\n');
      return [
        title,
        '='.repeat([...title].length),
        '',
        '.. list-table::',
        '   :header-rows: 1',
        '',
        item([...headings, ...more]),
        ...rows.map((row) => item(cells(row))),
        '',
      ].join('\n');
    })
    .join('\n');
}

/** Characters that mean something in reStructuredText. */
const escaped = (text: string): string => text.replace(/[\\*`|_]/gu, '\\$&');
