import type { Write } from '../../core/connector.ts';
import { decodeRecord } from '../../core/decode.ts';
import type { FieldRule, Mapping } from '../../core/mapping.ts';
import { rulesOf, soleAuthor } from '../../core/rules.ts';
import { same } from '../../core/same.ts';
import { other, sides } from '../../core/sides.ts';
import type { FieldChange, Json, Side, SideState, Values } from '../../core/types.ts';
import { briefsById, type LinkRow } from '../../store/links.ts';
import type { LinkPlan, PlannedWrite } from '../api.ts';
import type { LineOp } from '../draft.ts';
import { encode } from '../encode.ts';
import { learnReferences } from '../learn.ts';
import { readRecords, recordName } from '../records.ts';
import { type EngineParts, stepContext } from '../step-context.ts';
import { refOfLink, refsOfLink } from '../work.ts';
import { writeForAct } from './write.ts';

/** What a linking wrote: of its event. */
export type Wrote = readonly Pick<FieldChange, 'field' | 'line' | 'side' | 'before' | 'after'>[];

/** What one record is to show again. */
export interface Restoring {
  /** As a plan shows it, and as its system gets it. */
  readonly write: PlannedWrite;
  readonly sent: Write;
  readonly changes: readonly FieldChange[];
}

/** What is given back, and what is not: somebody has edited it since. */
export interface Restored {
  readonly back: readonly Restoring[];
  readonly stays: LinkPlan['locked'];
}

/** Per side, what the linking wrote and still stands, with what was there before: of the header, and of lines. */
export async function restoring(parts: EngineParts, link: LinkRow, wrote: Wrote): Promise<Restored> {
  const context = stepContext(parts);
  const mapping = parts.mappings[link.mapping];
  await readRecords(parts.connectors, context.records, refsOfLink(context, link));
  await learnReferences(context, [{ links: [link] }]);
  context.table.add(await briefsById(parts.sql, namedIn(wrote)));
  const found: Restoring[] = [];
  const stays: LinkPlan['locked'][number][] = [];
  for (const side of sides) {
    const ref = refOfLink(mapping, link, side)!;
    const record = context.records.get(ref);
    if (!record) continue;
    const state = decodeRecord(mapping, side, record, context.lookup, 0);
    const own = asOne(wrote.filter((change) => change.side === side));
    const header = own.filter(
      ({ field, line, after }) =>
        line === undefined && mapping.fields[field] !== undefined && same(state.values[field], after),
    );
    const lines = linesBack(mapping, link, side, { state, own });
    const edited = own.filter(
      ({ field, line, before, after }) =>
        line === undefined &&
        isWritable(mapping.fields[field], side) &&
        ![before, after].some((value) => same(state.values[field], value)),
    );
    stays.push(
      ...[...edited.map(({ field }) => field), ...linesStaying(mapping, link, side, { state, own })].map(
        (field) => ({ field, why: `edited since: ${recordName(ref)} keeps it` }),
      ),
    );
    const values = Object.fromEntries(header.map(({ field, before }) => [field, before]));
    const ops = lines.map(({ op }) => op);
    const part = { mapping: mapping.name, link: link.id, values, lines: ops };
    const asked = { ...ref, action: 'update', version: null, key: null, parts: [part], gives: [] } as const;
    const { write: sent } = encode(context, asked);
    if (sent.kind !== 'update' || Object.keys(sent.fields).length + (sent.lineChanges?.length ?? 0) === 0)
      continue;
    const back = [...header, ...lines.flatMap(({ changes }) => changes)];
    const why = 'linking taken back';
    found.push({
      sent,
      changes: back.map(({ field, line, before, after }) => ({
        field,
        ...(line !== undefined && { line }),
        side,
        before: after,
        after: before,
        winner: null,
        why,
      })),
      write: {
        ...ref,
        action: 'update',
        fields: back.map(({ field, line, before, after }) => ({
          field,
          ...(line !== undefined && { line }),
          before: after,
          after: before,
          rule: why,
        })),
      },
    });
  }
  return { back: found, stays };
}

/** Has the records show again what they did. `refused`: what it means where one of them can't, in words that name it. */
export async function writeBack(
  parts: Pick<EngineParts, 'connectors'>,
  restored: readonly Restoring[],
  refused: (record: string) => string,
): Promise<void> {
  for (const { write, sent } of restored)
    await writeForAct(parts, write.side, [sent], (record) =>
      refused(`${write.side.toUpperCase()} ${record}`),
    );
}

/** Links that what stood there names. */
const namedIn = (wrote: Wrote): readonly string[] =>
  wrote
    .flatMap(({ before }) =>
      before !== null && typeof before === 'object' && !Array.isArray(before)
        ? Object.values(before)
        : [before],
    )
    .filter((value) => typeof value === 'string');

/** The changes of one side, one for each value: what stood there first, and what stands since the last. */
function asOne(wrote: Wrote): Wrote {
  const out = new Map<string, Wrote[number]>();
  for (const change of wrote) {
    const key = `${change.line ?? ''}\0${change.field}`;
    const first = out.get(key);
    out.set(key, first ? { ...change, before: first.before } : change);
  }
  return [...out.values()].filter(({ before, after }) => !same(before, after));
}

/** What brings one line back, and the changes that it takes back. */
interface LineBack {
  readonly op: LineOp;
  readonly changes: Wrote;
}

/**
 * Lines that the linking added go where nobody has edited them since; those that it removed come again, under their ids; of
 * the others, what it wrote and still stands.
 */
function linesBack(
  mapping: Mapping,
  link: LinkRow,
  side: Side,
  { state, own }: { readonly state: SideState; readonly own: Wrote },
): readonly LineBack[] {
  const table = mapping.lines;
  if (!table) return [];
  const out: LineBack[] = [];
  for (const [line, changes] of Map.groupBy(own, (change) => change.line)) {
    if (line === undefined) continue;
    const lineId = lineIdOf(link, side, line);
    const stands = state.lines?.find((each) => each.lineId === lineId)?.values;
    const whole = changes.find(({ field }) => field === 'line');
    if (whole && whole.before === null) {
      if (stands && isAsWritten(table, stands, changes))
        out.push({ op: { kind: 'remove', lineId, values: {} }, changes: [whole] });
    } else if (whole) {
      const values = Object.entries(whole.before as Values).filter(
        ([field, value]) => value !== null && isWritable(table[field], side),
      );
      if (!stands)
        out.push({ op: { kind: 'add', lineId, values: Object.fromEntries(values) }, changes: [whole] });
    } else if (stands) {
      const back = changes.filter(
        ({ field, after }) => isWritable(table[field], side) && same(stands[field], after),
      );
      const values = Object.fromEntries(back.map(({ field, before }) => [field, before]));
      if (back.length > 0) out.push({ op: { kind: 'change', lineId, values }, changes: back });
    }
  }
  return out;
}

/** What lines show that was edited since, each name once: `lines.quantity`, or `line` for one that goes no more. */
function linesStaying(
  { lines: table }: Mapping,
  link: LinkRow,
  side: Side,
  { state, own }: { readonly state: SideState; readonly own: Wrote },
): readonly string[] {
  if (!table) return [];
  const out = new Set<string>();
  for (const [line, changes] of Map.groupBy(own, (change) => change.line)) {
    if (line === undefined) continue;
    const stands = state.lines?.find(({ lineId }) => lineId === lineIdOf(link, side, line));
    if (!stands) continue;
    const whole = changes.find(({ field }) => field === 'line');
    if (whole) {
      if (whole.before === null && !isAsWritten(table, stands.values, changes)) out.add('line');
      continue;
    }
    for (const { field, before, after } of changes)
      if (
        isWritable(table[field], side) &&
        !table[field]?.order &&
        ![before, after].some((value) => same(stands.values[field], value))
      )
        out.add(`lines.${field}`);
  }
  return [...out];
}

/** The id of a line on a side: it has none of its own where no link knows it. */
function lineIdOf(link: LinkRow, side: Side, line: string): string {
  const known = link.lines.find(({ id }) => id === line);
  return (side === 'crm' ? known?.crmLineId : known?.erpLineId) ?? line;
}

/** Whether the sync writes a field of a line on a side: not its id there, nor what that side alone works out. */
const isWritable = (rule: FieldRule | undefined, side: Side): boolean =>
  rule !== undefined &&
  rule[side] !== null &&
  rule[side] !== 'lineId' &&
  !rule.derived &&
  !(rule.given?.[side] && soleAuthor(rule) !== other(side));

/** Whether a line that was added shows still what was written, as far as people type it. */
function isAsWritten(table: Mapping['fields'], now: Values, changes: Wrote): boolean {
  const written: Record<string, Json> = {};
  for (const { field, after } of changes)
    if (field === 'line') Object.assign(written, after);
    else written[field] = after;
  return rulesOf(table).every(
    ({ field, rule }) =>
      rule.order || rule.way !== 'both' || !(field in written) || same(now[field], written[field]),
  );
}
