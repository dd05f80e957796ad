import type { LineChange } from './connector.ts';
import { decodeRecord, encodeLine, encodeWrite } from './decode.ts';
import type { FieldRule, Lookup, Mapping } from './mapping.ts';
import { same } from './same.ts';
import { other, sides } from './sides.ts';
import type { Json, LineLink, Side, SideState, SystemRecord, Values } from './types.ts';

/**
 * How a value came back from its trip to the other side and home: `same` as it was stored; `normalised`: the same
 * value in another spelling; `lossy`: another value, as the codec declares; `broken`: another value, undeclared;
 * `held`: it can't travel, and says why.
 */
export type TripVerdict = 'same' | 'normalised' | 'lossy' | 'broken' | 'held';

/** The trip of one value of one pair. */
export interface Trip {
  readonly field: string;
  /** Id of the line link, where the field belongs to a line. */
  readonly line?: string;
  /** Where the trip began. */
  readonly side: Side;
  /** As it is stored where the trip began, as the other side would store it, and as it would be stored on its return. */
  readonly value: Json;
  readonly there: Json;
  readonly back: Json;
  readonly verdict: TripVerdict;
  /** Why it is lossy or held. */
  readonly why?: string;
}

/** Two linked records as they are now. */
export interface TripPair {
  readonly records: Readonly<Record<Side, SystemRecord>>;
  readonly lineLinks: readonly LineLink[];
}

/**
 * Sends every value of a pair to the other side and back, in thought: nothing is written. From each side travels what
 * that side may author.
 */
export function roundTrips(
  mapping: Mapping,
  { records, lineLinks }: TripPair,
  lookup: Lookup,
): readonly Trip[] {
  return sides.flatMap((side) => tripsFrom(mapping, side, { records, lineLinks }, lookup));
}

function tripsFrom(mapping: Mapping, side: Side, pair: TripPair, lookup: Lookup): readonly Trip[] {
  const [home, away] = [pair.records[side], pair.records[other(side)]];
  const lineIds = pair.lineLinks
    .filter((link) => !link.ended && link.crmLineId !== null && link.erpLineId !== null)
    .map((link) => ({ link: link.id, crm: link.crmLineId!, erp: link.erpLineId! }));
  const out = decodeRecord(mapping, side, home, lookup, 0);
  const sent = carry(mapping, other(side), away, out, lineIds, lookup);
  const there = decodeRecord(mapping, other(side), sent.record, lookup, 0);
  const returned = carry(mapping, side, home, there, lineIds, lookup);
  const back = decodeRecord(mapping, side, returned.record, lookup, 0);
  const unsent = [...out.held, ...(out.lines ?? []).flatMap((line) => line.held), ...sent.held];
  const judge = (field: string, rule: FieldRule, at: Places, line?: string): readonly Trip[] => {
    if (!travelsFrom(rule, side)) return [];
    const held = unsent.find((each) => each.field === field && each.line === at.heldUnder);
    // What can't even be read has no canonical value: it sets out on no trip, and that is told of.
    if (at.out[field] === undefined && !held) return [];
    const name = (of: Side): string => rule[of] ?? '';
    const trip = {
      field,
      ...(line === undefined ? {} : { line }),
      side,
      value: at.home[name(side)] ?? at.out[field] ?? null,
      there: at.sent[name(other(side))] ?? at.there[field] ?? null,
      back: at.returned[name(side)] ?? at.back[field] ?? null,
    };
    if (held) return [{ ...trip, there: null, back: null, verdict: 'held', why: held.message }];
    // Half of a discount follows from the other half: an empty one has nothing to bring back.
    if (at.out[field] === null && isHalf(at.table, field)) return [];
    const { lossy } = rule.codec;
    const alike = same(at.out[field], at.there[field]) && same(at.out[field], at.back[field]);
    if (alike && same(trip.value, trip.back)) return [{ ...trip, verdict: 'same' }];
    if (alike && lossy === undefined) return [{ ...trip, verdict: 'normalised' }];
    return [
      {
        ...trip,
        verdict: lossy === undefined ? 'broken' : 'lossy',
        ...(lossy !== undefined && { why: lossy }),
      },
    ];
  };
  const header = Object.entries(mapping.fields).flatMap(([field, rule]) =>
    judge(field, rule, {
      table: mapping.fields,
      out: out.values,
      there: there.values,
      back: back.values,
      home: home.fields,
      sent: sent.record.fields,
      returned: returned.record.fields,
      heldUnder: undefined,
    }),
  );
  const lines = lineIds.flatMap((ids) => {
    const [own, far] = [ids[side], ids[other(side)]];
    const values = (state: SideState, id: string): Values | undefined =>
      state.lines?.find((line) => line.lineId === id)?.values;
    const [a, b, c] = [values(out, own), values(there, far), values(back, own)];
    if (!a || !b || !c || !mapping.lines) return [];
    const table = mapping.lines;
    return Object.entries(table).flatMap(([field, rule]) =>
      judge(
        field,
        rule,
        {
          table,
          out: a,
          there: b,
          back: c,
          home: lineOf(home.fields, own),
          sent: lineOf(sent.record.fields, far),
          returned: lineOf(returned.record.fields, own),
          heldUnder: own,
        },
        ids.link,
      ),
    );
  });
  return [...header, ...lines];
}

/** Where the values of one trip are read: canonical ones by field, native ones by property. */
interface Places {
  readonly table: Readonly<Record<string, FieldRule>>;
  readonly out: Values;
  readonly there: Values;
  readonly back: Values;
  readonly home: Fields;
  readonly sent: Fields;
  readonly returned: Fields;
  /** Line under which what is held is listed. */
  readonly heldUnder: string | undefined;
}

type Fields = Readonly<Record<string, Json>>;

/** A side sends what it may author; order and derived values are not sent for their own sake. */
function travelsFrom(rule: FieldRule, side: Side): boolean {
  if (rule.derived || rule.order || (rule.crm ?? rule.erp) === null) return false;
  return rule.way === 'both' || rule.way === (side === 'crm' ? 'toErp' : 'toCrm');
}

const isHalf = (table: Places['table'], field: string): boolean =>
  table[field]?.pair !== undefined || Object.values(table).some((rule) => rule.pair === field);

/** A record with another side's values written over it, as that side would be asked to write them. */
function carry(
  mapping: Mapping,
  side: Side,
  record: SystemRecord,
  state: SideState,
  lineIds: readonly Readonly<Record<Side, string>>[],
  lookup: Lookup,
): { readonly record: SystemRecord; readonly held: SideState['held'] } {
  const header = encodeWrite(mapping, side, written(mapping, side, state.values), {
    lookup,
    current: record,
  });
  const held = [...header.held];
  let lines = linesOf(record.fields);
  const document = { ...record.fields, ...header.fields, ...setBy(mapping.fields, side, header.fields) };
  for (const ids of lineIds) {
    const values = state.lines?.find((line) => line.lineId === ids[other(side)])?.values;
    if (!values) continue;
    const made = encodeLine(mapping, side, values, { lookup, document, lineId: ids[side] });
    held.push(...made.held.map((each) => ({ ...each, line: ids[other(side)] })));
    const fields = { ...made.fields, ...setBy(mapping.lines ?? {}, side, made.fields) };
    lines = changed(lines, [{ kind: 'change', lineId: ids[side], fields }, ...made.comments]);
  }
  const fields = { ...document, lines: changed(lines, header.lineChanges) };
  return { record: { ...record, fields: fields as unknown as Fields }, held };
}

/** What a side would set by itself when these fields are written: of a discount, which half was typed. */
function setBy(rules: Places['table'], side: Side, fields: Fields): Fields {
  const written = Object.values(rules).filter((rule) => (fields[rule[side] ?? ''] ?? null) !== null);
  return Object.assign({}, ...written.map(({ codec }) => codec.sets?.(side)));
}

/** Without what only shows a property that another field writes: the state of an order stands behind three fields. */
function written(mapping: Mapping, to: Side, values: Values): Values {
  const rules = Object.entries(mapping.fields);
  const shared = ([field, rule]: (typeof rules)[number]): boolean =>
    !travelsFrom(rule, other(to)) && rules.some(([name, each]) => name !== field && each[to] === rule[to]);
  const shown = new Set(rules.filter(shared).map(([field]) => field));
  return Object.fromEntries(Object.entries(values).filter(([field]) => !shown.has(field)));
}

const linesOf = (fields: Fields): readonly Fields[] =>
  Array.isArray(fields.lines) ? (fields.lines as readonly Fields[]) : [];

const lineOf = (fields: Fields, id: string): Fields =>
  linesOf(fields).find((line) => line.lineId === id) ?? {};

function changed(lines: readonly Fields[], changes: readonly LineChange[]): readonly Fields[] {
  const now = new Map(lines.map((line) => [String(line.lineId), line]));
  for (const change of changes)
    if (change.kind === 'add') now.set(`new ${now.size}`, { lineId: `new ${now.size}`, ...change.fields });
    else if (change.kind === 'remove') now.delete(change.lineId);
    else now.set(change.lineId, { ...now.get(change.lineId), ...change.fields });
  return [...now.values()];
}
