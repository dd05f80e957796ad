import { other, sides } from './sides.ts';
import type { Side } from './types.ts';

/** Where a line stands on each side now, and stood at the last agreement; undefined: it is not there (yet). */
export interface Place {
  readonly link: string;
  readonly now: Readonly<Record<Side, number | undefined>>;
  readonly base: Readonly<Record<Side, number | undefined>>;
}

/**
 * New line numbers for each side, so that both show one order: that of the side which moved lines since the last
 * agreement, the CRM's where both or neither did. Numbers that already fit stay, because gaps are allowed.
 */
export function orderLines(
  places: readonly Place[],
  leads: Side | null,
): Readonly<Record<Side, ReadonlyMap<string, number>>> {
  const leader = leads ?? (moved(places, 'erp') && !moved(places, 'crm') ? 'erp' : 'crm');
  const follower: Side = leader === 'crm' ? 'erp' : 'crm';
  const sequence = sorted(places, leader);
  let after = -1;
  for (const place of sorted(places, follower)) {
    const here = sequence.indexOf(place);
    if (here >= 0) after = here;
    else sequence.splice(++after, 0, place);
  }
  const typed = isOnlyRenumbered(places) ? typedElsewhere : typedForNew;
  return { crm: fit(sequence, 'crm', 1, typed), erp: fit(sequence, 'erp', 0.0001, typed) };
}

const sorted = (places: readonly Place[], side: Side): Place[] =>
  places
    .filter((place) => place.now[side] !== undefined)
    .sort((a, b) => (a.now[side] ?? 0) - (b.now[side] ?? 0));

/** Whether the lines known from before stand in another order than then. */
function moved(places: readonly Place[], side: Side): boolean {
  const then = sorted(places, side)
    .map(({ base }) => base[side])
    .filter((number) => number !== undefined);
  return then.some((number, n) => number < (then[n - 1] ?? number));
}

/**
 * Ascending numbers along the sequence, in steps of `grain` at least: what was typed on the other side where no line has
 * to move for it, else what is there and already ascends.
 */
function fit(
  sequence: readonly Place[],
  side: Side,
  grain: number,
  typedFor: typeof typedElsewhere,
): ReadonlyMap<string, number> {
  const given = new Map<string, number>();
  let last = 0;
  for (const [n, place] of sequence.entries()) {
    const mine = place.now[side];
    const next = sequence.slice(n + 1).find((p) => (p.now[side] ?? 0) > last)?.now[side] ?? Infinity;
    const typed = typedFor(place, side);
    if (typed !== undefined && typed > last && typed < next) last = typed;
    else if (mine !== undefined && (mine > last || (n === 0 && mine >= 0))) last = mine;
    else last = between(last, next, grain);
    if (last !== mine) given.set(place.link, last);
  }
  return given;
}

/** The number that the line got on the other side alone since the last agreement, where this side can hold it. */
function typedElsewhere({ now, base }: Place, side: Side): number | undefined {
  const there = now[other(side)];
  // The CRM counts in whole numbers; it has no fraction to show the ERP.
  if (there === base[other(side)] || !Number.isInteger(there)) return undefined;
  const untouched = now[side] === undefined || now[side] === base[side];
  return untouched ? there : undefined;
}

/** Of a new line. The numbers of its neighbours say no more than that it was put between them. */
const typedForNew: typeof typedElsewhere = (place, side) =>
  place.now[side] === undefined ? typedElsewhere(place, side) : undefined;

/** Whether all lines are known from before, and one side alone moved them, if any did. */
const isOnlyRenumbered = (places: readonly Place[]): boolean =>
  places.every(({ now, base }) =>
    sides.every((side) => now[side] !== undefined && base[side] !== undefined),
  ) && !sides.every((side) => moved(places, side));

function between(last: number, next: number, grain: number): number {
  const whole = Math.floor(last) + 1;
  if (whole < next || grain === 1) return whole;
  const middle = Math.round(((last + next) / 2) * 10_000) / 10_000;
  return middle > last && middle < next ? middle : whole;
}
