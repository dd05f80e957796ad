import { finerIn, noteFiner } from './finer.ts';
import type { FieldRule } from './mapping.ts';
import { type Choice, type FieldInput, settle } from './merge-field.ts';
import { hasOutlived } from './outlived.ts';
import { isPlaceholder, placeholderOfHeld } from './placeholder.ts';
import { type NamedRule, travels } from './rules.ts';
import { same } from './same.ts';
import { other, sides } from './sides.ts';
import { readBack, stateMaps } from './state-maps.ts';
import type {
  Base,
  Conflict,
  FieldChange,
  Held,
  Json,
  MergeInput,
  Side,
  SideState,
  Values,
} from './types.ts';
import type { Verdict } from './verdict.ts';

/** What a merge collects while it walks the fields of a record, and of each of its lines. */
export interface Sheet {
  readonly changes: FieldChange[];
  readonly conflicts: Conflict[];
  readonly held: Held[];
}

/** Both sides of a record or of a line, its base, and who it is: `line` is the id of the line link. */
export interface Pair {
  readonly now: Readonly<Record<Side, Pick<SideState, 'values' | 'finer' | 'held'>>>;
  readonly base: Base | null;
  readonly missing: Side | null;
  readonly line?: string;
}

/** What has to be written on each side, and the base afterwards. */
export interface Merged {
  readonly writes: Record<Side, Record<string, Json>>;
  readonly base: Record<Side, Record<string, Json>>;
}

/** Merges every field of one record or one line. */
export function mergeFields(
  rules: readonly NamedRule[],
  input: MergeInput,
  shown: Pair,
  sheet: Sheet,
): Merged {
  const pair = asMeant(rules, shown);
  const out: Merged = { writes: { crm: {}, erp: {} }, base: { crm: {}, erp: {} } };
  for (const { field, rule, second } of rules) {
    if (rule.order || second) continue;
    if (!travels(rule, input.stage, input.content)) {
      keep(field, pair, out);
      if (rule.pair) keep(rule.pair, pair, out);
    } else if (rule.pair) mergeTwins(field, rule.pair, rule, input, pair, sheet, out);
    else mergeField(field, rule, input, pair, sheet, out);
  }
  for (const { field, rule } of rules)
    if (rule.reads && travels(rule, input.stage, input.content))
      pin(field, rule.reads, pair, shown, sheet, out);
  return out;
}

/**
 * A number that the ERP keeps in the national way reads as another one where its country has changed: it is the one that
 * was agreed, and nobody's edit.
 */
function asMeant(rules: readonly NamedRule[], pair: Pair): Pair {
  const { base, now } = pair;
  if (!base) return pair;
  const meant = rules.flatMap(({ field, rule: { reads } }) => {
    const [is, was] = [now.erp.values[field], base.erp[field]];
    if (!reads || typeof is !== 'string' || typeof was !== 'string') return [];
    const moved = !same(countryOf(now.erp.values[reads]), countryOf(base.erp[reads]));
    return moved && is.slice(-6) === was.slice(-6) ? [[field, was] as const] : [];
  });
  if (meant.length === 0) return pair;
  const values = { ...now.erp.values, ...Object.fromEntries(meant) };
  return { ...pair, now: { ...now, erp: { ...now.erp, values } } };
}

/**
 * Where the ERP's country changes, what it keeps in the national way is written out with its country, so that a move to
 * another country does not change a phone or VAT number.
 */
function pin(field: string, reads: string, pair: Pair, shown: Pair, sheet: Sheet, out: Merged): void {
  const number = pair.base?.erp[field];
  if (typeof number !== 'string' || pair.now.erp.values[field] !== number || field in out.writes.erp) return;
  const place = reads in out.writes.erp ? out.writes.erp[reads] : pair.now.erp.values[reads];
  if (same(countryOf(place), countryOf(pair.base?.erp[reads]))) return;
  const now = { crm: pair.now.crm.values[field], erp: shown.now.erp.values[field] };
  write(field, 'erp', number, null, 'the country changed, not the number', undefined, now, pair, sheet, out);
}

const countryOf = (place: Json | undefined): Json =>
  typeof place === 'object' && place !== null && !Array.isArray(place)
    ? ((place as Readonly<Record<string, Json>>).country ?? null)
    : null;

function mergeField(
  field: string,
  rule: FieldRule,
  input: MergeInput,
  pair: Pair,
  sheet: Sheet,
  out: Merged,
): void {
  const { crm, erp } = pair.now;
  const heldCrm = crm.held.find((h) => h.field === field);
  const heldErp = erp.held.find((h) => h.field === field);
  const now = { crm: seen(crm.values[field], heldCrm), erp: seen(erp.values[field], heldErp) };
  const base = { crm: pair.base?.crm[field], erp: pair.base?.erp[field] };
  const key = keyOf(field, pair);
  if (input.quarantined?.has(key)) {
    rests(field, now, pair, sheet);
    keep(field, pair, out);
    return;
  }
  const [finer, finerBefore] = [erp.finer?.[field], finerIn(pair.base?.erp, field)];
  const moved = finerBefore !== undefined && same(now.erp, base.erp) && !same(finer, finerBefore);
  const asked = ask(field, rule, now, base, pair, input, input.choices?.[key]);
  const verdict = settle(moved && finer !== undefined ? { ...asked, finer } : asked);
  const written = enter(field, rule, verdict, now, base, pair, sheet, out);
  // What is written there anew is told with what its target stored.
  if (verdict.kind !== 'hold' && verdict.kind !== 'conflict' && !(field in out.writes.erp))
    noteFiner(out.base, field, finer);
  if (heldCrm && written !== 'crm') sheet.held.push(pair.line ? { ...heldCrm, line: pair.line } : heldCrm);
  if (heldErp && written !== 'erp') sheet.held.push(pair.line ? { ...heldErp, line: pair.line } : heldErp);
}

/** A value without normal form is compared by its placeholder. */
const seen = (value: Json | undefined, held: Held | undefined): Json | undefined =>
  value === undefined && held ? placeholderOfHeld(held) : value;

/** The name under which choices and quarantine know the field. */
const keyOf = (field: string, pair: Pair): string => (pair.line ? `lines.${pair.line}.${field}` : field);

const ask = (
  field: string,
  rule: FieldRule,
  now: FieldInput['now'],
  base: FieldInput['base'],
  pair: Pair,
  input: MergeInput,
  choice: Choice | undefined,
): FieldInput => ({
  rule,
  stage: input.stage,
  now,
  base,
  at: { crm: editedAt(input.crm, field, pair.line), erp: editedAt(input.erp, field, pair.line) },
  outlived: {
    crm: hasOutlived(rule, 'crm', { now, base }, input.links),
    erp: hasOutlived(rule, 'erp', { now, base }, input.links),
  },
  missing: pair.missing,
  choice,
  prefer: input.prefer,
});

/** When a side's field was edited, in ms since 1970; of a line's the record's own time is known. */
export const editedAt = ({ at, edited }: SideState, field: string, line?: string): number =>
  (line ? undefined : edited?.[field]) ?? at;

/** Writes a verdict into the sheet; answers the side that is written. */
function enter(
  field: string,
  rule: FieldRule,
  verdict: Verdict,
  now: FieldInput['now'],
  base: FieldInput['base'],
  pair: Pair,
  sheet: Sheet,
  out: Merged,
): Side | null {
  switch (verdict.kind) {
    case 'rest':
      for (const side of sides) out.base[side][field] = agreed(side, now, base);
      return null;
    case 'hold':
      keep(field, pair, out);
      return null;
    case 'open':
      for (const side of sides) out.base[side][field] = null;
      return null;
    case 'conflict':
      keep(field, pair, out);
      sheet.conflicts.push({
        field,
        ...(pair.line ? { line: pair.line } : {}),
        base: { crm: base.crm ?? null, erp: base.erp ?? null },
        crm: now.crm ?? null,
        erp: now.erp ?? null,
        why: verdict.why,
      });
      return null;
    case 'put': {
      const { side, value, winner, why } = verdict;
      write(field, side, value, winner, why, verdict.lost, now, pair, sheet, out);
      out.base[side][field] = storedAs(rule, side, value);
      out.base[other(side)][field] = agreed(other(side), now, base);
      return side;
    }
    case 'stand': {
      for (const side of sides) {
        out.base[side][field] = storedAs(rule, side, verdict.value);
        if (!same(now[side], verdict.value))
          write(field, side, verdict.value, null, verdict.why, now[side], now, pair, sheet, out);
      }
      return null;
    }
    case 'restore': {
      for (const side of sides) {
        const value = base[side];
        if (value === undefined) continue;
        out.base[side][field] = value;
        if (!same(now[side], value) && !isPlaceholder(side, value))
          write(field, side, value, null, verdict.why, now[side], now, pair, sheet, out);
      }
      return null;
    }
  }
}

/** What the side shows; without an opinion now, what it showed before. */
const agreed = (side: Side, now: FieldInput['now'], base: FieldInput['base']): Json => {
  const value = now[side];
  return value === undefined ? (base[side] ?? null) : value;
};

/** What the side will show once the value is stored: a coarser state is read back as its class. */
const storedAs = (rule: FieldRule, side: Side, value: Json): Json =>
  side === 'erp' && rule.states && typeof value === 'string'
    ? readBack(stateMaps[rule.states], value)
    : value;

function write(
  field: string,
  side: Side,
  value: Json,
  winner: Side | null,
  why: string,
  lost: Json | undefined,
  now: FieldInput['now'],
  pair: Pair,
  sheet: Sheet,
  out: Merged,
): void {
  out.writes[side][field] = value;
  const change: FieldChange = { field, side, before: now[side] ?? null, after: value, winner, why };
  sheet.changes.push({
    ...change,
    ...(pair.line ? { line: pair.line } : {}),
    ...(lost === undefined ? {} : { lost }),
  });
}

/** The field is not this link's business now: what was agreed stays agreed. */
function keep(field: string, pair: Pair, out: Merged): void {
  for (const side of sides) {
    const value = pair.base?.[side][field];
    if (value !== undefined) out.base[side][field] = value;
  }
  noteFiner(out.base, field, finerIn(pair.base?.erp, field));
}

function rests(field: string, now: FieldInput['now'], pair: Pair, sheet: Sheet): void {
  for (const side of sides)
    sheet.held.push({
      field,
      ...(pair.line ? { line: pair.line } : {}),
      side,
      kind: 'quarantined',
      value: now[side] ?? null,
      message: `${field} went back and forth too often and rests until someone decides: sync the pair and say which side wins (prefer).`,
    });
}

/** A discount is typed as a percent or as an amount: the two are settled as one, and only the typed one is written. */
function mergeTwins(
  percent: string,
  amount: string,
  rule: FieldRule,
  input: MergeInput,
  pair: Pair,
  sheet: Sheet,
  out: Merged,
): void {
  const names = [percent, amount] as const;
  const held = sides.flatMap((side) =>
    pair.now[side].held.filter((h) => h.field === percent || h.field === amount),
  );
  const now = { crm: join(pair.now.crm.values, names), erp: join(pair.now.erp.values, names) };
  const base = {
    crm: pair.base ? join(pair.base.crm, names) : undefined,
    erp: pair.base ? join(pair.base.erp, names) : undefined,
  };
  const rested = names.some((name) => input.quarantined?.has(keyOf(name, pair)));
  if (held.length > 0 || rested) {
    sheet.held.push(...held.map((h) => (pair.line ? { ...h, line: pair.line } : h)));
    if (rested) rests(percent, now, pair, sheet);
    for (const name of names) keep(name, pair, out);
    return;
  }
  const verdict = settle(
    ask(percent, typedLater(rule, now), now, base, pair, input, choose(names, input, pair)),
  );
  const whole: Merged = { writes: { crm: {}, erp: {} }, base: { crm: {}, erp: {} } };
  const notes: Sheet = { changes: [], conflicts: [], held: sheet.held };
  const twins: Pair = { ...pair, base: pair.base && { crm: wrap(base.crm), erp: wrap(base.erp) } };
  enter('', rule, verdict, now, base, twins, notes, whole);
  for (const side of sides) {
    for (const [n, name] of names.entries()) {
      if ('' in whole.base[side]) out.base[side][name] = part(whole.base[side][''], n);
      if (!('' in whole.writes[side])) continue;
      const value = part(whole.writes[side][''], n);
      if (!same(value, pair.now[side].values[name])) out.writes[side][name] = value;
    }
  }
  for (const change of notes.changes)
    for (const [n, name] of names.entries()) {
      const [before, after] = [part(change.before, n), part(change.after, n)];
      if (same(before, after)) continue;
      const told = { ...change, field: name, before, after };
      sheet.changes.push(change.lost === undefined ? told : { ...told, lost: part(change.lost, n) });
    }
  for (const conflict of notes.conflicts) {
    const n = typed(now.crm) ?? typed(now.erp) ?? 0;
    const shown = {
      base: { crm: part(base.crm, n), erp: part(base.erp, n) },
      crm: part(now.crm, n),
      erp: part(now.erp, n),
    };
    sheet.conflicts.push({ ...conflict, ...shown, field: names[n] ?? percent });
  }
}

/** Typed as an amount on one side and as a percent on the other: the later one stays, whoever wins otherwise. */
const typedLater = (rule: FieldRule, now: FieldInput['now']): FieldRule =>
  typed(now.crm) !== null && typed(now.erp) !== null && typed(now.crm) !== typed(now.erp)
    ? { ...rule, wins: 'latest' }
    : rule;

const join = (values: Values, [percent, amount]: readonly [string, string]): Json | undefined => {
  const [p, a] = [values[percent], values[amount]];
  if (p === undefined && a === undefined) return undefined;
  if (p !== null && p !== undefined) return [p, null];
  return a === null || a === undefined ? null : [null, a];
};

const part = (whole: Json | undefined, n: number): Json => (Array.isArray(whole) ? (whole[n] ?? null) : null);

/** 0: a percent, 1: an amount, null: no discount. */
const typed = (whole: Json | undefined): 0 | 1 | null =>
  Array.isArray(whole) ? (whole[0] === null ? 1 : 0) : null;

const wrap = (whole: Json | undefined): Values => (whole === undefined ? {} : { '': whole });

function choose(names: readonly [string, string], input: MergeInput, pair: Pair): Choice | undefined {
  const [percent, amount] = names.map((name) => input.choices?.[keyOf(name, pair)]);
  const [p, a] = [percent, amount].map((choice) => (choice && 'value' in choice ? choice.value : undefined));
  if (p !== undefined && p !== null) return { value: [p, null] };
  if (a !== undefined && a !== null) return { value: [null, a] };
  return p === null || a === null ? { value: null } : (percent ?? amount);
}
