import { orderLines, type Place } from './line-order.ts';
import { type LinePair, pairLines } from './line-pairs.ts';
import type { FieldRule } from './mapping.ts';
import { isTyped, type NamedRule, onlyErp, rulesOf, soleAuthor, travels } from './rules.ts';
import { same } from './same.ts';
import { type Merged, mergeFields, type Sheet } from './sheet.ts';
import { other, reached, sides } from './sides.ts';
import type { Base, Json, LineLink, LineState, LineWrite, MergeInput, Side, Values } from './types.ts';

/** Line writes per side and the line links afterwards. */
export interface MergedLines {
  readonly writes: Readonly<Record<Side, readonly LineWrite[]>>;
  readonly links: readonly LineLink[];
}

/** A line that will be there on both sides, with what is still to be written. */
interface Living {
  readonly pair: LinePair;
  readonly merged: Merged;
  /** The sides on which the line has to be added, and under which ids. */
  readonly adds: Readonly<Partial<Record<Side, string>>>;
}

/** What the steps of one merge of lines share. */
interface Desk {
  readonly rules: readonly NamedRule[];
  readonly input: MergeInput;
  readonly newId: () => string;
  readonly sheet: Sheet;
  readonly living: Living[];
  readonly links: LineLink[];
  readonly writes: Record<Side, LineWrite[]>;
}

/** Merges the lines of a document one by one: merge rules 9 and 10, and every field rule for each line. */
export function mergeLines(
  table: Readonly<Record<string, FieldRule>>,
  input: MergeInput,
  newId: () => string,
  sheet: Sheet,
): MergedLines {
  if (!input.content) return { writes: { crm: [], erp: [] }, links: input.lineLinks };
  const rules = rulesOf(table);
  const desk: Desk = { rules, input, newId, sheet, living: [], links: [], writes: { crm: [], erp: [] } };
  const present = (lines: readonly LineState[] | undefined) => (lines ?? []).filter((line) => !line.behind);
  const behind = new Set((input.crm.lines ?? []).filter((line) => line.behind).map((line) => line.lineId));
  const paired = pairLines(
    input.lineLinks,
    { crm: present(input.crm.lines), erp: present(input.erp.lines) },
    newId,
    input.origins,
  );
  const back = broughtBack(input, paired.pairs);
  // A line that is brought back keeps the id under which it is told of; its tombstone bars what it was.
  const bury = (link: LineLink) => (back.has(link.id) ? { ...link, id: newId(), ended: true } : link);
  desk.links.push(...paired.ended.map(bury));
  for (const pair of paired.pairs) {
    if (back.has(pair.link.id)) desk.links.push(bury(pair.link));
    else if (decided(input, pair.link.id) === null) takeAway(desk, pair);
    else if (pair.crm && pair.erp) meet(desk, pair);
    else if (pair.link.base === null) addNew(desk, pair);
    else removed(desk, pair, behind);
  }
  for (const { link, side, line } of paired.returned) cameBack(desk, link, side, line);
  for (const [id, values] of back) bringBack(desk, id, values);
  finish(desk);
  return { writes: desk.writes, links: desk.links };
}

const lines = { crm: 'crmLineId', erp: 'erpLineId' } as const;
const nothing = { values: {}, held: [] } as const;

function meet(desk: Desk, pair: LinePair): void {
  const { crm, erp, link } = pair;
  const now = { crm: crm ?? nothing, erp: erp ?? nothing };
  const merged = mergeFields(
    desk.rules,
    isAsMade(desk, pair)
      ? { ...desk.input, crm: { ...desk.input.crm, at: Number.NEGATIVE_INFINITY } }
      : desk.input,
    { now, base: link.base, missing: null, line: link.id },
    desk.sheet,
  );
  desk.living.push({ pair, merged, adds: {} });
}

/** Whether the CRM's line says no more than the ERP's did when it was made from that: whatever the ERP's says now is newer. */
const isAsMade = ({ input: { crm, origins } }: Desk, pair: LinePair): boolean =>
  pair.link.base === null &&
  crm.unedited === true &&
  pair.crm !== null &&
  pair.erp !== null &&
  origins?.idsOf(pair.erp.lineId).includes(pair.crm.lineId) === true;

/**
 * A line of one side only: it is added on the other, unless its side may not add lines at this stage, or the pair is being
 * made and the other's values are to stand.
 */
function addNew(desk: Desk, pair: LinePair): void {
  const from: Side = pair.crm ? 'crm' : 'erp';
  const choice = decision(desk, pair.link);
  const asks = from === 'crm' && guarded(desk);
  if (choice === undefined && isOrphan(desk, pair)) remove(desk, pair, 'crm', 'removed');
  else if (from === 'crm' && reached(desk.input.stage, 'shipped')) remove(desk, pair, 'crm', reverted(desk));
  else if (asks && !(choice ?? desk.input.prefer)) open(desk, pair, 'a line was added to a released order');
  else if ((asks ? (choice ?? desk.input.prefer) : (choice ?? preferred(desk, from))) === other(from))
    remove(desk, pair, from, 'decided');
  else add(desk, pair, other(from), 'created');
}

/**
 * Whether a line of the CRM was made from one that the ERP has removed before it could bear the CRM's id. What somebody has
 * edited since stays; and one that had been agreed, and stayed behind, tells nothing of that.
 */
function isOrphan({ input: { crm, origins, prefer, lineLinks } }: Desk, pair: LinePair): boolean {
  const id = pair.crm?.lineId;
  if (id === undefined || pair.erp || !crm.unedited || prefer === 'crm' || !origins?.isMade(id)) return false;
  return !lineLinks.some(
    ({ ended, erpLineId }) => ended && erpLineId !== null && origins.idsOf(erpLineId).includes(id),
  );
}

/** Whose lines stand where two documents that were apart become a pair. What is shipped stays; one that is being made has no say. */
function preferred({ input: { base, prefer, stage, ...now } }: Desk, from: Side): Side | undefined {
  return base === null && !reached(stage, 'shipped') && !now[other(from)].missing ? prefer : undefined;
}

const reverted = (desk: Desk): string => `reverted: ${onlyErp(desk.input.stage)}`;

/** A linked line that one side no longer has. */
function removed(desk: Desk, pair: LinePair, behind: ReadonlySet<string>): void {
  const { link, crm, erp } = pair;
  if (!crm && !erp) {
    desk.links.push({ ...link, ended: true });
    return;
  }
  const gone: Side = crm ? 'erp' : 'crm';
  const staysBehind = behind.has(link.crmLineId ?? '');
  const contested = contest(desk, pair, gone);
  const choice = decision(desk, link, other(gone)) ?? (contested === null ? undefined : desk.input.prefer);
  const onlyErpEdits = reached(desk.input.stage, 'shipped');
  if (onlyErpEdits && gone === 'crm') add(desk, pair, 'crm', reverted(desk));
  else if (onlyErpEdits && contested !== null && choice !== 'erp') remove(desk, pair, 'crm', reverted(desk));
  else if (choice === other(gone) || choice === 'base') add(desk, pair, gone, 'decided');
  else if (choice === undefined && contested !== null) open(desk, pair, contested);
  else remove(desk, pair, other(gone), choice === undefined ? 'removed' : 'decided', staysBehind);
}

/** Why a removal needs a person, or null. */
function contest(desk: Desk, pair: LinePair, gone: Side): string | null {
  if (gone === 'crm' && guarded(desk)) return 'a line was removed from a released order';
  return isEdited(desk, pair, other(gone))
    ? `removed in the ${name(gone)}, edited in the ${name(other(gone))}`
    : null;
}

const name = (side: Side): string => (side === 'crm' ? 'CRM' : 'ERP');

/** Why a line that was removed, and stands there again, is removed again. */
export const staysRemoved = 'a removed line stays removed';

/** A line that was removed stands there again: an old snapshot, or a write that undid the removal. */
function cameBack(desk: Desk, link: LineLink, side: Side, line: LineState): void {
  const pair = { link, crm: null, erp: null, [side]: line } as LinePair;
  desk.writes[side].push({ kind: 'remove', link: link.id, lineId: line.lineId });
  note(desk, pair, side, staysRemoved);
}

const guarded = (desk: Desk): boolean =>
  reached(desk.input.stage, 'released') && !reached(desk.input.stage, 'shipped');

/** Whose line stands, as a person said it: of values that are to stand, that of the side which has it (`has`). */
function decision(desk: Desk, { id }: LineLink, has?: Side): Side | 'base' | undefined {
  const choice = desk.input.choices?.[pathOf(id)];
  if (choice && 'take' in choice) return choice.take;
  return decided(desk.input, id) ? has : undefined;
}

const pathOf = (link: string): string => `lines.${link}.line`;

/** The values with which a person wants a line to stand; null: it is not to be there. */
function decided({ choices }: MergeInput, link: string): Values | null | undefined {
  const choice = choices?.[pathOf(link)];
  if (!choice || !('value' in choice)) return undefined;
  const { value } = choice;
  if (value === null) return null;
  return typeof value === 'object' && !Array.isArray(value) ? (value as Values) : undefined;
}

/** Lines that a person wants to stand and that are on neither side, by the ids of their links. */
function broughtBack(input: MergeInput, pairs: readonly LinePair[]): ReadonlyMap<string, Values> {
  const there = new Set(pairs.flatMap(({ link, crm, erp }) => (crm || erp ? [link.id] : [])));
  return new Map(
    Object.keys(input.choices ?? {}).flatMap((path) => {
      const [, id] = /^lines\.(.+)\.line$/.exec(path) ?? [];
      const values = id === undefined || there.has(id) ? null : decided(input, id);
      return values ? [[id!, values] as const] : [];
    }),
  );
}

/** The line is made anew on both sides, with what people had typed for it; the rest follows. */
function bringBack(desk: Desk, id: string, values: Values): void {
  const order = desk.rules.find(({ rule }) => rule.order)?.field;
  // The CRM counts lines in whole numbers.
  const home: Side = order === undefined || Number.isInteger(values[order]) ? 'crm' : 'erp';
  const ids = { crm: desk.newId(), erp: desk.newId() };
  const typed: Record<Side, Record<string, Json>> = { crm: {}, erp: {} };
  for (const { field, rule } of desk.rules) {
    const value = values[field];
    if (value === undefined || value === null || !travels(rule, desk.input.stage, true)) continue;
    if (rule.order || isTyped(rule)) typed[soleAuthor(rule) ?? home][field] = value;
  }
  const at = (side: Side): LineState => ({
    lineId: ids[side],
    values: side === 'crm' ? { ...typed.crm, lineId: ids.crm } : typed.erp,
    held: [],
  });
  const now = { crm: at('crm'), erp: at('erp') };
  const link: LineLink = { id, crmLineId: ids.crm, erpLineId: ids.erp, base: null, ended: false };
  const quiet: Sheet = { changes: [], conflicts: [], held: desk.sheet.held };
  const merged = mergeFields(
    desk.rules,
    { ...desk.input, prefer: home },
    { now, base: null, missing: other(home), line: id },
    quiet,
  );
  for (const side of sides) {
    merged.writes[side] = { ...typed[side], ...merged.writes[side] };
    const after = merged.writes[side];
    desk.sheet.changes.push({
      field: 'line',
      line: id,
      side,
      before: null,
      after,
      winner: null,
      why: 'decided',
    });
  }
  const pair = { link, crm: null, erp: null, [home]: now[home] } as LinePair;
  desk.living.push({ pair, merged, adds: ids });
}

/** A person wants the line gone from both sides. */
function takeAway(desk: Desk, pair: LinePair): void {
  for (const side of sides) {
    const line = pair[side];
    if (!line) continue;
    desk.writes[side].push({ kind: 'remove', link: pair.link.id, lineId: line.lineId });
    note(desk, pair, side, 'decided', null);
  }
  desk.links.push({ ...pair.link, ended: true });
}

function isEdited(desk: Desk, { link, crm, erp }: LinePair, side: Side): boolean {
  const values = (side === 'crm' ? crm : erp)?.values ?? {};
  const base = link.base?.[side] ?? {};
  return desk.rules.some(
    ({ field, rule }) =>
      rule.way === 'both' && !rule.order && values[field] !== undefined && !same(values[field], base[field]),
  );
}

function add(desk: Desk, pair: LinePair, on: Side, why: string): void {
  const lineId = on === 'crm' && pair.erp ? idMadeFrom(desk, pair.erp.lineId) : desk.newId();
  const at = { ...pair, link: { ...pair.link, base: null, [lines[on]]: lineId } };
  const fresh = { values: on === 'crm' ? { lineId } : {}, held: [] };
  const now = { crm: at.crm ?? fresh, erp: at.erp ?? fresh };
  const quiet: Sheet = { changes: [], conflicts: [], held: desk.sheet.held };
  const unguarded = { ...desk.input, prefer: other(on) };
  const merged = mergeFields(
    desk.rules,
    unguarded,
    { now, base: null, missing: on, line: pair.link.id },
    quiet,
  );
  desk.living.push({ pair: at, merged, adds: { [on]: lineId } });
  desk.sheet.changes.push({
    field: 'line',
    line: pair.link.id,
    side: on,
    before: null,
    after: merged.writes[on],
    winner: other(on),
    why,
  });
}

/** One that has been a line of this document before is another one when it is made again. */
function idMadeFrom({ input: { origins, lineLinks }, newId }: Desk, erpLineId: string): string {
  const id = origins?.idFor(erpLineId);
  return id === undefined || lineLinks.some(({ crmLineId }) => crmLineId === id) ? newId() : id;
}

function remove(desk: Desk, pair: LinePair, on: Side, why: string, staysBehind = false): void {
  const line = pair[on];
  if (!line) return;
  desk.writes[on].push({ kind: 'remove', link: pair.link.id, lineId: line.lineId });
  // a line that stays behind may be taken later: only its counterpart gets a tombstone
  desk.links.push({ ...pair.link, ...(staysBehind ? { [lines[other(on)]]: null } : {}), ended: true });
  note(desk, pair, on, why);
}

function note(desk: Desk, pair: LinePair, side: Side, why: string, winner: Side | null = other(side)): void {
  const before = pair[side]?.values ?? null;
  desk.sheet.changes.push({ field: 'line', line: pair.link.id, side, before, after: null, winner, why });
}

/** The line as a whole is for a person to decide. */
function open(desk: Desk, { link, crm, erp }: LinePair, why: string): void {
  desk.links.push(link);
  desk.sheet.conflicts.push({
    field: 'line',
    line: link.id,
    base: { crm: link.base?.crm ?? null, erp: link.base?.erp ?? null },
    crm: crm?.values ?? null,
    erp: erp?.values ?? null,
    why,
  });
}

/** Numbers the lines, and turns what was decided for each into writes. */
function finish(desk: Desk): void {
  const field = desk.rules.find(({ rule }) => rule.order)?.field;
  const numbers = field === undefined ? none : orderLines(places(desk, field), leads(desk));
  for (const { pair, merged, adds } of desk.living) {
    const { link } = pair;
    for (const side of sides) {
      const values: Record<string, Json> = merged.writes[side];
      const moved = numbers[side].get(link.id);
      const added = adds[side];
      if (field !== undefined) renumber(desk, pair, merged, side, field, moved, added !== undefined);
      if (added !== undefined) {
        desk.writes[side].push({ kind: 'add', link: link.id, lineId: added, values });
      } else if (Object.keys(values).length > 0) {
        const lineId = pair[side]?.lineId;
        if (lineId !== undefined) desk.writes[side].push({ kind: 'change', link: link.id, lineId, values });
      }
    }
    desk.links.push({ ...link, base: merged.base });
  }
}

const none: Readonly<Record<Side, ReadonlyMap<string, number>>> = { crm: new Map(), erp: new Map() };

const leads = (desk: Desk): Side | null => (reached(desk.input.stage, 'shipped') ? 'erp' : null);

function renumber(
  desk: Desk,
  pair: LinePair,
  merged: Merged,
  side: Side,
  field: string,
  moved: number | undefined,
  isNew: boolean,
): void {
  const before = pair[side]?.values[field] ?? null;
  merged.base[side][field] = moved ?? before;
  if (moved === undefined) return;
  merged.writes[side][field] = moved;
  if (isNew) return;
  const change = { field, line: pair.link.id, side, before, after: moved, winner: other(side), why: 'order' };
  desk.sheet.changes.push(change);
}

const places = (desk: Desk, field: string): readonly Place[] =>
  desk.living.map(({ pair }) => ({
    link: pair.link.id,
    now: { crm: place(pair.crm?.values, field), erp: place(pair.erp?.values, field) },
    base: {
      crm: place(baseOf(pair.link.base, 'crm'), field),
      erp: place(baseOf(pair.link.base, 'erp'), field),
    },
  }));

const baseOf = (base: Base | null, side: Side): Values | undefined => base?.[side];

const place = (values: Values | undefined, field: string): number | undefined => {
  const value = values?.[field];
  return typeof value === 'number' ? value : undefined;
};
