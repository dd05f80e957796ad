import type { Side } from './types.ts';

/** How far a system's clock is ahead of ours, in ms: measured at a round trip, and right to within `boundMs`. */
export interface ClockReading {
  readonly offsetMs: number;
  /** Half of the round trip, as the system looked at its clock some time in between, and what is lost by telling instants in whole ms. */
  readonly boundMs: number;
}

/** What a system said its clock shows, asked and answered at these instants of ours, all in ms. */
export function clockReading(asked: number, theirs: number, answered: number): ClockReading {
  return { offsetMs: theirs - (asked + answered) / 2, boundMs: (answered - asked) / 2 + toldMs };
}

/** Their instants and ours are told in whole ms: together they are wrong by less than this. */
const toldMs = 1;

/**
 * The better of what was known and what was measured just now: the narrower one, as long as the two can both be true.
 * Where they can't, the clock was set, and only the latest holds.
 */
export function betterReading(known: ClockReading | null, latest: ClockReading): ClockReading {
  if (!known || !agree(known, latest)) return latest;
  return known.boundMs < latest.boundMs ? known : latest;
}

/**
 * What to take off each system's instants to compare them with each other and with ours. A difference that the
 * measurement can't tell from none is none: two systems on one clock must not seem apart by the noise of a round trip.
 */
export function clockOffsets(
  readings: Readonly<Record<Side, ClockReading | null>>,
): Readonly<Record<Side, number>> {
  const { crm, erp } = readings;
  const own = (reading: ClockReading | null): number =>
    !reading || Math.abs(reading.offsetMs) <= reading.boundMs ? 0 : reading.offsetMs;
  if (!crm || !erp || !agree(crm, erp)) return { crm: own(crm), erp: own(erp) };
  const shared = own(crm.boundMs <= erp.boundMs ? crm : erp);
  return { crm: shared, erp: shared };
}

/** Whether both readings can be of one clock. */
const agree = (a: ClockReading, b: ClockReading): boolean =>
  Math.abs(a.offsetMs - b.offsetMs) <= a.boundMs + b.boundMs;
