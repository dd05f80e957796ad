import type { FieldRule, Mapping, MappingName } from '../../sync/index.ts';
import { crm } from '../crm/entities.ts';
import { erp } from '../erp/entities.ts';
import type { Properties, PropertyType } from '../system/entity.ts';
import { isWritable } from '../system/sdl-inputs.ts';
import { awayNow } from './away.ts';
import type { SyncContext } from './context.ts';
import { type Measured, type Measures, measure } from './dataflow-measure.ts';
import { markdown, restructuredText } from './dataflow-print.ts';
import type { FlowDocument, FlowProperty, MeasuredFlow } from './flow-document.ts';
import { conditionOf, ruleInForce } from './flow-rule.ts';
import type { Mappings } from './unified.ts';
import { flowOf, snake } from './words.ts';

/**
 * The mappings as checklists. What is measured over the stored bases is measured once a reader asks for any of it: that
 * counts every pair, and most readers want to know only which properties there are.
 */
export async function dataflow(
  context: Pick<SyncContext, 'sql' | 'sync' | 'health'>,
  names: readonly MappingName[],
): Promise<readonly FlowDocument[]> {
  const { sql } = context;
  const { mappings } = context.sync;
  const set = await sql<{ mapping: string; rule: string }[]>`select mapping, rule from sync.flow`;
  const rules = new Map(set.map(({ mapping, rule }) => [mapping, rule]));
  const of = (measured: Measures) => checklists(mappings, names, rules, measured);
  let asked: Promise<readonly MeasuredFlow[]> | undefined;
  const measured = (): Promise<readonly MeasuredFlow[]> => {
    asked ??= measure(
      sql,
      names.map((name) => mappings[name]),
    ).then(of);
    return asked;
  };
  return of(nothingMeasured).map((flow, n) =>
    measuredLater(flow, {
      measured: async () => (await measured())[n]!,
      away: () => awayNow(context, mappings[names[n]!]),
    }),
  );
}

const nothingMeasured: Measures = { pairs: new Map(), fields: new Map() };

/** What is asked for where it is selected. */
interface Later {
  readonly measured: () => Promise<MeasuredFlow>;
  readonly away: FlowDocument['away'];
}

/** The same, with what is measured as functions that the executor calls where it is selected. */
function measuredLater(flow: MeasuredFlow, { measured, away }: Later): FlowDocument {
  const printed = async () => ({ ...(await measured()), away: await away() });
  const rows = (of: 'properties' | 'lines') =>
    flow[of].map((row, n) => {
      const later =
        <Name extends keyof FlowProperty>(name: Name) =>
        async (): Promise<FlowProperty[Name]> =>
          (await measured())[of][n]![name];
      return {
        ...row,
        pairsChecked: later('pairsChecked'),
        equal: later('equal'),
        notEqual: later('notEqual'),
        passRate: later('passRate'),
        lastMismatch: later('lastMismatch'),
        examples: later('examples'),
      };
    });
  return {
    ...flow,
    pairsChecked: async () => (await measured()).pairsChecked,
    properties: rows('properties'),
    lines: rows('lines'),
    away,
    markdown: async () => markdown(await printed()),
    restructuredText: async () => restructuredText(await printed()),
  };
}

function checklists(
  mappings: Mappings,
  names: readonly MappingName[],
  ruleSet: ReadonlyMap<string, string>,
  measured: Measures,
): readonly MeasuredFlow[] {
  return names.map((name) => {
    const mapping = mappings[name];
    const crmEntity = crm.entities[mapping.crm as keyof typeof crm.entities];
    const erpEntity = erp.entities[mapping.erp as keyof typeof erp.entities];
    const pairs = measured.pairs.get(name) ?? { links: 0, documents: 0, lines: 0 };
    const rowsOf = (
      rules: Readonly<Record<string, FieldRule>>,
      of: 'links' | 'lines',
    ): readonly FlowProperty[] => {
      const properties = (entity: { properties: Properties; lines?: Properties }) =>
        of === 'lines' ? (entity.lines ?? {}) : entity.properties;
      return Object.entries(rules).map(([field, rule]) =>
        flowProperty({
          field,
          rule,
          ofLine: of === 'lines',
          mapping: name,
          crm: properties(crmEntity),
          erp: properties(erpEntity),
          checked: rule.way === 'off' ? 0 : pairs[of],
          measured: measured.fields.get(`${name}.${of}.${field}`),
        }),
      );
    };
    const whole =
      mapping.linesRow === undefined
        ? []
        : [linesAsWhole(name, mapping.linesRow, pairs.documents, measured.fields.get(`${name}.links.lines`))];
    const byRow = (a: FlowProperty, b: FlowProperty) => a.row - b.row;
    return {
      flow: flowOf(name),
      crmEntity: `${crm.prefix}${mapping.crm}`,
      erpEntity: `${erp.prefix}${mapping.erp}`,
      rule: ruleInForce(ruleSet.get(name) ?? 'every'),
      condition: conditionOf(mapping.links),
      matchKeys: mapping.match.map(keyText),
      properties: [...rowsOf(mapping.fields, 'links'), ...whole].toSorted(byRow),
      lines: rowsOf(mapping.lines ?? {}, 'lines').toSorted(byRow),
      pairsChecked: pairs.links,
    };
  });
}

function keyText({ fields, score, uniqueOnly, loose }: Mapping['match'][number]): string {
  const notes = [...(uniqueOnly ? ['unique on both sides'] : []), ...(loose ? ['compared loosely'] : [])];
  return `${fields.join(' + ')} (${[score, ...notes].join(', ')})`;
}

interface Row {
  readonly field: string;
  readonly rule: FieldRule;
  readonly ofLine: boolean;
  readonly mapping: string;
  readonly crm: Properties;
  readonly erp: Properties;
  readonly checked: number;
  readonly measured: Measured | undefined;
}

/** Systems keep when a document was edited, not each of its lines. */
const latestOfLines = 'latest is the side whose document was edited later';

function flowProperty({
  field,
  rule,
  ofLine,
  mapping,
  crm: ours,
  erp: theirs,
  checked,
  measured,
}: Row): FlowProperty {
  const lacks = (name: string | null, properties: Properties) =>
    name !== null && name !== 'id' && name !== 'lineId' && !(name in properties);
  const typed = (name: string | null, properties: Properties) =>
    name === 'id' || name === 'lineId' ? 'ID' : name === null ? null : typeText(properties[name]?.type);
  const required = (name: string | null, properties: Properties) =>
    name === 'id' || (name !== null && properties[name]?.required === true);
  const writable = (name: string | null, properties: Properties) => {
    const property = name === null ? undefined : properties[name];
    return property !== undefined && isWritable(property);
  };
  const scope = ours[rule.crm ?? '']?.scope ?? theirs[rule.erp ?? '']?.scope;
  return {
    row: rule.row,
    field,
    mapping,
    crmProperty: rule.shown?.crm ?? rule.crm,
    crmType: typed(rule.shown?.crm ?? rule.crm, ours) ?? typed(rule.crm, ours),
    erpProperty: rule.shown?.erp ?? rule.erp,
    erpType: typed(rule.shown?.erp ?? rule.erp, theirs) ?? typed(rule.erp, theirs),
    direction: snake(rule.way),
    transformation: transformationOf(rule.codec),
    rule: ofLine && rule.wins === 'latest' ? `${rule.rule}; ${latestOfLines}` : rule.rule,
    wins: rule.wins.toUpperCase(),
    requiredInCrm: rule.required?.crm ?? required(rule.crm, ours),
    requiredInErp: rule.required?.erp ?? required(rule.erp, theirs),
    writableInCrm: writable(rule.shown?.crm ?? rule.crm, ours),
    writableInErp: writable(rule.shown?.erp ?? rule.erp, theirs),
    scope: scope === undefined ? null : `read:${scope}`,
    lossy: rule.codec.lossy ?? null,
    ...counts(lacks(rule.crm, ours) || lacks(rule.erp, theirs) ? 0 : checked, measured),
  };
}

/** The lines of a document as one property: equal where all of them are. */
function linesAsWhole(
  mapping: string,
  row: number,
  checked: number,
  measured: Measured | undefined,
): FlowProperty {
  return {
    row,
    field: 'lines',
    mapping,
    crmProperty: 'lines',
    crmType: '[Line]',
    erpProperty: 'lines',
    erpType: '[Line]',
    direction: 'BOTH',
    transformation: 'lines',
    rule: 'all or nothing; each line keeps a child link',
    wins: 'PER LINE',
    requiredInCrm: false,
    requiredInErp: false,
    writableInCrm: true,
    writableInErp: true,
    scope: null,
    lossy: null,
    ...counts(checked, measured),
  };
}

function counts(pairs: number, measured: Measured | undefined) {
  const pairsChecked = Math.max(0, pairs - (measured?.unchecked ?? 0));
  const notEqual = Math.min(measured?.notEqual ?? 0, pairsChecked);
  return {
    pairsChecked,
    equal: pairsChecked - notEqual,
    notEqual,
    passRate: pairsChecked === 0 ? null : (pairsChecked - notEqual) / pairsChecked,
    lastMismatch: pairs === 0 ? null : (measured?.last ?? null),
    examples: pairs === 0 ? [] : (measured?.examples ?? []),
  };
}

function typeText(type: PropertyType | undefined): string | null {
  if (type === undefined) return null;
  switch (type.kind) {
    case 'text':
      return type.max === undefined ? 'Text' : `String(${type.max})`;
    case 'code':
    case 'refCode':
      return `Code(${type.max})`;
    case 'decimal':
      return `Decimal(${type.precision},${type.scale})`;
    case 'money':
      return "Decimal(18, the currency's)";
    case 'choice':
      return `enum ${type.values.join(' ')}`;
    case 'address':
      return `Address {${type.parts.join(' ')}}`;
    case 'ref':
      return `ref ${type.to}`;
    case 'texts':
      return `[String(${type.max})]`;
    case 'list':
      return `[{${Object.keys(type.of).join(' ')}}]`;
    case 'phone':
      return 'E.164';
    case 'currency':
      return 'ISO 4217';
    case 'language':
      return 'BCP 47';
    case 'dateTime':
      return 'DateTime UTC';
    case 'email':
    case 'url':
    case 'int':
    case 'boolean':
    case 'date':
      return type.kind === 'url' ? 'URL' : type.kind.charAt(0).toUpperCase() + type.kind.slice(1);
  }
}

/** A codec in words, with the code list that its values, or a part of them, are of. */
function transformationOf({ name, list }: FieldRule['codec']): string {
  return list === undefined || name.startsWith('code list') ? name : `${name}, code list ${list}`;
}
