import { other } from './sides.ts';
import type { Json, Side } from './types.ts';
import { rest, type Verdict } from './verdict.ts';

/** One state of the CRM with its counterparts in the ERP. */
export interface State {
  /** How far along: null keeps the rank of the state before (a hold). */
  readonly rank: number | null;
  /** ERP states that mean the same; the first is written. */
  readonly erp: readonly string[];
  /** Who may move a pair into it. */
  readonly movers: readonly Side[];
  /** Nothing leaves it. */
  readonly terminal?: true;
  /** States only the ERP makes, by shipping and invoicing: never written there. */
  readonly erpOnly?: true;
}

/** A map of states: the CRM's names are canonical, the ERP's are read as the first CRM state that has them. */
export interface StateMap {
  readonly name: 'A' | 'B' | 'C';
  readonly states: Readonly<Record<string, State>>;
  /** How an ERP state is read, where several CRM states have it. */
  readonly reads: Readonly<Record<string, string>>;
}

const both: readonly Side[] = ['crm', 'erp'];
const crm: readonly Side[] = ['crm'];
const erp: readonly Side[] = ['erp'];

const stateMap = (
  name: StateMap['name'],
  states: StateMap['states'],
  prefer: readonly string[] = [],
): StateMap => {
  const reads: Record<string, string> = {};
  for (const state of [...prefer, ...Object.keys(states)])
    for (const native of states[state]?.erp ?? []) reads[native] ??= state;
  return { name, states, reads };
};

/** CRM quote and ERP quote. */
export const mapA = stateMap('A', {
  DRAFT: { rank: 0, erp: ['OPEN'], movers: both },
  IN_REVIEW: { rank: 1, erp: ['PENDING_APPROVAL'], movers: both },
  APPROVED: { rank: 2, erp: ['RELEASED'], movers: erp },
  SENT: { rank: 3, erp: ['RELEASED'], movers: crm },
  ACCEPTED: { rank: 4, erp: ['ACCEPTED'], movers: both, terminal: true },
  DECLINED: { rank: 4, erp: ['REJECTED'], movers: crm, terminal: true },
  EXPIRED: { rank: 4, erp: ['EXPIRED'], movers: both, terminal: true },
  REVISED: { rank: 4, erp: ['ARCHIVED'], movers: crm, terminal: true },
  CANCELLED: { rank: 4, erp: ['CANCELLED'], movers: both, terminal: true },
});

/** CRM order and ERP order. */
export const mapB = stateMap('B', {
  DRAFT: { rank: 0, erp: ['OPEN'], movers: both },
  SUBMITTED: { rank: 1, erp: ['PENDING_APPROVAL', 'PENDING_PREPAYMENT'], movers: both },
  CONFIRMED: { rank: 2, erp: ['RELEASED'], movers: erp },
  ON_HOLD: { rank: null, erp: ['ON_HOLD'], movers: both },
  PARTIALLY_FULFILLED: { rank: 3, erp: ['PARTIALLY_SHIPPED'], movers: erp, erpOnly: true },
  FULFILLED: { rank: 4, erp: ['SHIPPED'], movers: erp, erpOnly: true },
  INVOICED: { rank: 5, erp: ['INVOICED', 'PARTIALLY_INVOICED'], movers: erp, erpOnly: true },
  CLOSED: { rank: 6, erp: ['CLOSED'], movers: erp, terminal: true, erpOnly: true },
  CANCELLED: { rank: 6, erp: ['CANCELLED'], movers: both, terminal: true },
});

/** CRM quote and ERP order: a PROPOSAL until the quote is accepted. */
export const mapC = stateMap(
  'C',
  {
    DRAFT: { rank: 0, erp: ['PROPOSAL'], movers: both },
    IN_REVIEW: { rank: 1, erp: ['PROPOSAL'], movers: crm },
    APPROVED: { rank: 2, erp: ['PROPOSAL'], movers: crm },
    SENT: { rank: 3, erp: ['PROPOSAL'], movers: crm },
    ACCEPTED: {
      rank: 4,
      erp: [
        'OPEN',
        'PENDING_APPROVAL',
        'PENDING_PREPAYMENT',
        'RELEASED',
        'ON_HOLD',
        'PARTIALLY_SHIPPED',
        'SHIPPED',
        'PARTIALLY_INVOICED',
        'INVOICED',
        'CLOSED',
      ],
      movers: both,
      terminal: true,
    },
    DECLINED: { rank: 4, erp: ['CANCELLED'], movers: crm, terminal: true },
    EXPIRED: { rank: 4, erp: ['CANCELLED'], movers: both, terminal: true },
    CANCELLED: { rank: 4, erp: ['CANCELLED'], movers: both, terminal: true },
    REVISED: { rank: 4, erp: ['PROPOSAL'], movers: crm, terminal: true },
  },
  ['CANCELLED'],
);

/** The state maps by name. */
export const stateMaps: Readonly<Record<'A' | 'B' | 'C', StateMap>> = { A: mapA, B: mapB, C: mapC };

/** The ERP state that a canonical state is written as; two states with the same one are not told apart there. */
export const classOf = (map: StateMap, state: string): string => map.states[state]?.erp[0] ?? state;

/** Whether the ERP tells apart what the CRM calls by this one name: of a final state it does not matter any more. */
export const isCoarse = (map: StateMap, state: string): boolean => {
  const { erp, terminal } = map.states[state] ?? { erp: [] };
  return erp.length > 1 && !terminal;
};

/** What the ERP will show, in canonical terms, once a canonical state was written. */
export const readBack = (map: StateMap, state: string): string => map.reads[classOf(map, state)] ?? state;

/** Both sides' states now and at the last agreement (null: the link is being made), with the instants of their edits. */
export interface StateInput {
  readonly base: Readonly<Record<Side, string>> | null;
  readonly crm: string;
  readonly erp: string;
  readonly at: Readonly<Record<Side, number>>;
  /** What the ERP calls its state, where it has moved to another one since that the CRM calls by the same name. */
  readonly finer?: Json;
}

/** Decides a status. A lower rank than the pair's is stale and put back, unless it reopens; what only the ERP can make is never written there. */
export function settleState(map: StateMap, input: StateInput): Verdict {
  if (classOf(map, input.crm) === classOf(map, input.erp)) return rest;
  if (!input.base) return firstMeeting(map, input);
  const moved = {
    crm: classOf(map, input.crm) !== classOf(map, input.base.crm),
    erp: classOf(map, input.erp) !== classOf(map, input.base.erp),
  };
  if (moved.crm && (moved.erp || input.finer !== undefined)) return bothMoved(map, input, input.base);
  if (moved.crm || moved.erp) return oneMoved(map, input, moved.crm ? 'crm' : 'erp');
  return rest;
}

function firstMeeting(map: StateMap, input: StateInput): Verdict {
  const [c, e] = [rankAlone(map, input.crm), rankAlone(map, input.erp)];
  if (onlyCloses(map, input.crm, input.erp)) return rest;
  const winner = c > e || (c === e && input.at.crm >= input.at.erp) ? 'crm' : 'erp';
  return move(winner, input, 'further along');
}

function oneMoved(map: StateMap, input: StateInput, mover: Side): Verdict {
  const standing = input[other(mover)];
  if (mover === 'erp' && onlyCloses(map, standing, input.erp)) return rest;
  const objection = objects(map, standing, input[mover], mover);
  if (objection === null) {
    const passed = movedWithin(map, input, other(mover));
    return { ...move(mover, input, 'edited'), ...(passed !== undefined && { lost: passed }) };
  }
  return putBack(map, input, mover, objection);
}

function bothMoved(map: StateMap, input: StateInput, base: Readonly<Record<Side, string>>): Verdict {
  const objection = {
    crm: objects(map, lateFor(map, input, base), input.crm, 'crm'),
    erp: objects(map, base.crm, input.erp, 'erp'),
  };
  if (objection.crm === lateCancel) return { kind: 'conflict', why: lateCancel };
  if (objection.crm !== null && objection.erp !== null) return { kind: 'conflict', why: objection.erp };
  if (objection.crm !== null) return { ...move('erp', input, objection.crm), lost: input.crm };
  if (objection.erp !== null) return { ...move('crm', input, objection.erp), lost: shownBy(input, 'erp') };
  const before = rankAlone(map, base.erp);
  const [c, e] = [rankAfter(map, input.crm, before), rankAfter(map, input.erp, before)];
  const winner = c > e || (c === e && input.at.crm >= input.at.erp) ? 'crm' : 'erp';
  return { ...move(winner, input, 'further along'), lost: shownBy(input, other(winner)) };
}

/** A side's state in its own words, where the canonical one would not tell that it has moved. */
const shownBy = (input: StateInput, side: Side): Json =>
  side === 'erp' && input.finer !== undefined ? input.finer : input[side];

/** Where a side stands that has moved since, but not so that the other side would see it. */
const movedWithin = (map: StateMap, input: StateInput, side: Side): Json | undefined => {
  const before = input.base![side];
  return input[side] !== before && classOf(map, input[side]) === classOf(map, before)
    ? input[side]
    : undefined;
};

/** A cancel in the CRM is judged against where the ERP is now, everything else against where it was. */
const lateFor = (map: StateMap, input: StateInput, base: Readonly<Record<Side, string>>): string =>
  map.states[input.erp]?.erpOnly ? input.erp : base.erp;

const move = (winner: Side, input: StateInput, why: string) =>
  ({ kind: 'put', side: other(winner), value: input[winner], winner, why }) as const;

function putBack(map: StateMap, input: StateInput, mover: Side, why: string): Verdict {
  const standing = input[other(mover)];
  if (why === lateCancel || (mover === 'erp' && map.states[standing]?.erpOnly))
    return { kind: 'conflict', why };
  const before = input.base?.[mover];
  const fine = before !== undefined && classOf(map, before) === classOf(map, standing) ? before : standing;
  return { kind: 'put', side: mover, value: fine, winner: other(mover), why, lost: input[mover] };
}

/** Why a cancel in the CRM is not applied: goods have left. A person decides, and is told so by an issue as well. */
export const lateCancel = 'the ERP has gone too far to cancel from the CRM';
const stale = 'stale: a lower rank than the pair has';
const terminal = 'the state is final';

/** Why a move is not applied, or null. */
function objects(map: StateMap, from: string, to: string, mover: Side): string | null {
  const [then, next] = [map.states[from], map.states[to]];
  if (!next) return `no state ${to}`;
  if (!then) return null;
  if (map.name === 'B' && to === 'CANCELLED' && mover === 'crm' && (then.rank ?? 0) >= 3) return lateCancel;
  if (then.terminal) return terminal;
  if (then.rank === null) return next.erpOnly && mover === 'crm' ? notIts(to, mover) : null;
  if (next.rank === null || next.rank >= then.rank)
    return next.movers.includes(mover) ? null : notIts(to, mover);
  return next.rank === 0 && then.rank <= 2 ? null : stale;
}

const notIts = (state: string, mover: Side): string =>
  `${state} is not the ${mover === 'crm' ? 'CRM' : 'ERP'}'s to set`;

/** A confirmed order that is cancelled leaves its quote accepted: it only gives the quote a reason. */
export const onlyCloses = (map: StateMap, quote: Json | undefined, order: Json | undefined): boolean =>
  map.name === 'C' && quote === 'ACCEPTED' && order === 'CANCELLED';

/** A hold alone counts as further than confirmed and less far than shipped. */
const rankAlone = (map: StateMap, state: string): number => rankAfter(map, state, 2.5);

/** A hold keeps the rank it found, and stands above an equal one. */
const rankAfter = (map: StateMap, state: string, before: number): number =>
  map.states[state]?.rank ?? (map.states[state] ? before + 0.5 : -1);
