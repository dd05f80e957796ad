import { describe, expect, test } from 'vitest';
import {
  classOf,
  isCoarse,
  mapA,
  mapB,
  mapC,
  readBack,
  type StateMap,
  settleState,
} from '../../sync/core/state-maps.ts';
import type { Side } from '../../sync/core/types.ts';

/** Base (both sides), what each side shows now in canonical terms, and what comes of it. */
type Case = readonly [base: string | null, crm: string, erp: string, result: string];

/** `erp=X`: X is written in the ERP; `crm=X` likewise; `-`: nothing; `!`: a person decides. */
function outcome(map: StateMap, [base, crm, erp]: Case, at = { crm: 1, erp: 1 }): string {
  const then = base === null ? null : { crm: base, erp: readBack(map, base) };
  const verdict = settleState(map, { base: then, crm, erp, at });
  if (verdict.kind === 'rest') return '-';
  return verdict.kind === 'put' ? `${verdict.side}=${verdict.value}` : '!';
}

const table = (map: StateMap, cases: readonly Case[]): void =>
  test.each(cases)(`map ${map.name}: %s, CRM %s, ERP %s → %s`, (...row) =>
    expect(outcome(map, row)).toBe(row[3]),
  );

describe('map A', () => {
  table(mapA, [
    ['DRAFT', 'IN_REVIEW', 'DRAFT', 'erp=IN_REVIEW'],
    ['DRAFT', 'DRAFT', 'IN_REVIEW', 'crm=IN_REVIEW'],
    ['IN_REVIEW', 'IN_REVIEW', 'APPROVED', 'crm=APPROVED'],
    ['IN_REVIEW', 'APPROVED', 'IN_REVIEW', 'crm=IN_REVIEW'], // only the ERP approves
    ['APPROVED', 'SENT', 'APPROVED', '-'], // the ERP does not tell them apart
    ['SENT', 'SENT', 'APPROVED', '-'], // and its RELEASED never turns SENT back
    ['DRAFT', 'SENT', 'DRAFT', 'erp=SENT'],
    ['APPROVED', 'DRAFT', 'APPROVED', 'erp=DRAFT'], // reopen
    ['APPROVED', 'APPROVED', 'DRAFT', 'crm=DRAFT'], // reopen
    ['APPROVED', 'APPROVED', 'IN_REVIEW', 'erp=APPROVED'], // stale
    ['SENT', 'SENT', 'DRAFT', 'erp=APPROVED'], // too late to reopen: RELEASED again
    ['SENT', 'ACCEPTED', 'APPROVED', 'erp=ACCEPTED'],
    ['SENT', 'SENT', 'ACCEPTED', 'crm=ACCEPTED'],
    ['SENT', 'SENT', 'DECLINED', 'erp=APPROVED'], // only the CRM declines
    ['SENT', 'DECLINED', 'APPROVED', 'erp=DECLINED'],
    ['SENT', 'SENT', 'EXPIRED', 'crm=EXPIRED'],
    ['SENT', 'REVISED', 'APPROVED', 'erp=REVISED'],
    ['SENT', 'SENT', 'CANCELLED', 'crm=CANCELLED'],
    ['ACCEPTED', 'SENT', 'ACCEPTED', 'crm=ACCEPTED'], // final
    ['ACCEPTED', 'ACCEPTED', 'CANCELLED', 'erp=ACCEPTED'], // final
    ['DRAFT', 'IN_REVIEW', 'APPROVED', 'crm=APPROVED'], // both moved: further along
    ['SENT', 'DECLINED', 'CANCELLED', 'erp=DECLINED'], // equal ranks, a tie goes to the CRM
    [null, 'DRAFT', 'APPROVED', 'crm=APPROVED'],
    [null, 'SENT', 'IN_REVIEW', 'erp=SENT'],
    [null, 'SENT', 'APPROVED', '-'],
  ]);

  test('equal ranks: the later edit stands', () => {
    expect(outcome(mapA, ['SENT', 'DECLINED', 'CANCELLED', ''], { crm: 1, erp: 2 })).toBe('crm=CANCELLED');
  });
});

describe('map B', () => {
  table(mapB, [
    ['DRAFT', 'SUBMITTED', 'DRAFT', 'erp=SUBMITTED'],
    ['SUBMITTED', 'SUBMITTED', 'CONFIRMED', 'crm=CONFIRMED'],
    ['SUBMITTED', 'CONFIRMED', 'SUBMITTED', 'crm=SUBMITTED'], // only the ERP confirms
    ['CONFIRMED', 'DRAFT', 'CONFIRMED', 'erp=DRAFT'],
    ['CONFIRMED', 'CONFIRMED', 'DRAFT', 'crm=DRAFT'],
    ['CONFIRMED', 'CONFIRMED', 'SUBMITTED', 'erp=CONFIRMED'],
    ['CONFIRMED', 'ON_HOLD', 'CONFIRMED', 'erp=ON_HOLD'],
    ['CONFIRMED', 'CONFIRMED', 'ON_HOLD', 'crm=ON_HOLD'],
    ['ON_HOLD', 'ON_HOLD', 'CONFIRMED', 'crm=CONFIRMED'],
    ['ON_HOLD', 'CONFIRMED', 'ON_HOLD', 'erp=CONFIRMED'],
    ['ON_HOLD', 'FULFILLED', 'ON_HOLD', 'crm=ON_HOLD'], // only the ERP ships
    ['CONFIRMED', 'CONFIRMED', 'PARTIALLY_FULFILLED', 'crm=PARTIALLY_FULFILLED'],
    ['CONFIRMED', 'FULFILLED', 'CONFIRMED', 'crm=CONFIRMED'],
    ['CONFIRMED', 'ON_HOLD', 'FULFILLED', 'crm=FULFILLED'], // both moved: further along
    ['CONFIRMED', 'ON_HOLD', 'DRAFT', 'erp=ON_HOLD'],
    ['FULFILLED', 'FULFILLED', 'PARTIALLY_FULFILLED', '!'], // stale, and not ours to set
    ['FULFILLED', 'FULFILLED', 'INVOICED', 'crm=INVOICED'],
    ['CONFIRMED', 'CANCELLED', 'CONFIRMED', 'erp=CANCELLED'],
    ['PARTIALLY_FULFILLED', 'CANCELLED', 'PARTIALLY_FULFILLED', '!'], // a late cancel is an issue
    ['CONFIRMED', 'CANCELLED', 'PARTIALLY_FULFILLED', '!'],
    ['FULFILLED', 'FULFILLED', 'CANCELLED', 'crm=CANCELLED'],
    ['INVOICED', 'INVOICED', 'CLOSED', 'crm=CLOSED'],
    ['CANCELLED', 'DRAFT', 'CANCELLED', 'crm=CANCELLED'],
    [null, 'DRAFT', 'FULFILLED', 'crm=FULFILLED'],
    [null, 'ON_HOLD', 'CONFIRMED', 'erp=ON_HOLD'],
  ]);
});

describe('map C', () => {
  table(mapC, [
    ['DRAFT', 'SENT', 'DRAFT', '-'],
    ['SENT', 'ACCEPTED', 'DRAFT', 'erp=ACCEPTED'],
    ['SENT', 'SENT', 'ACCEPTED', 'crm=ACCEPTED'],
    ['SENT', 'DECLINED', 'DRAFT', 'erp=DECLINED'],
    ['SENT', 'SENT', 'CANCELLED', 'crm=CANCELLED'],
    ['SENT', 'REVISED', 'DRAFT', '-'],
    ['ACCEPTED', 'ACCEPTED', 'CANCELLED', '-'], // a cancelled order only sets the reason
    ['ACCEPTED', 'ACCEPTED', 'DRAFT', 'erp=ACCEPTED'],
    [null, 'ACCEPTED', 'CANCELLED', '-'],
    [null, 'DRAFT', 'ACCEPTED', 'crm=ACCEPTED'],
  ]);
});

describe.each([mapA, mapB, mapC])('map $name', (map) => {
  const states = Object.keys(map.states);

  test('every state of the ERP is read as a state that is written as one of its class', () => {
    for (const [native, state] of Object.entries(map.reads)) {
      expect(map.states[state]!.erp).toContain(native);
      expect(readBack(map, state)).toBe(state);
    }
  });

  test('a status round-trips: written and read back it is of the same class, and needs no second write', () => {
    for (const state of states) {
      const shown = readBack(map, state);
      expect(classOf(map, shown)).toBe(classOf(map, state));
      const again = settleState(map, {
        base: { crm: state, erp: shown },
        crm: state,
        erp: shown,
        at: { crm: 1, erp: 2 },
      });
      expect(again.kind).toBe('rest');
    }
  });

  test('whatever both sides show, one decision settles it', () => {
    for (const base of [null, ...states])
      for (const crm of states)
        for (const native of new Set(Object.values(map.states).flatMap(({ erp }) => erp))) {
          const then = base === null ? null : { crm: base, erp: readBack(map, base) };
          const now = { crm, erp: map.reads[native]! };
          const verdict = settleState(map, { base: then, ...now, at: { crm: 1, erp: 2 } });
          if (verdict.kind !== 'put') continue;
          const after = {
            ...now,
            [verdict.side]: verdict.side === 'erp' ? readBack(map, String(verdict.value)) : verdict.value,
          };
          expect(settleState(map, { base: after, ...after, at: { crm: 1, erp: 2 } }).kind).toBe('rest');
          expect(classOf(map, after.crm)).toBe(classOf(map, after.erp));
          if (base !== null)
            expect(verdict.side === 'erp' && map.states[String(verdict.value)]!.erpOnly).not.toBe(true);
        }
  });
});

/**
 * Both sides stand at the state of the row, and one of them moves to that of the column: `>` it travels, `<` it is put
 * back, `!` a person decides, `.` both show the same to the other.
 */
describe('who may move what', () => {
  const grid = (map: StateMap, mover: Side, to: string, rows: readonly string[]): void =>
    test.each(rows)(`map ${map.name}, the ${mover.toUpperCase()} moves: %s`, (row) => {
      const [marks = '', from = ''] = row.split(' ');
      const base = { crm: from, erp: readBack(map, from) };
      const made = to.split(' ').map((state) => {
        const moved = { ...base, [mover]: state };
        const verdict = settleState(map, { base, ...moved, at: { crm: 1, erp: 1 } });
        if (verdict.kind === 'put') return verdict.side === mover ? '<' : '>';
        return verdict.kind === 'conflict' ? '!' : '.';
      });
      expect(made.join('')).toBe(marks);
    });

  grid(mapA, 'crm', 'DRAFT IN_REVIEW APPROVED SENT ACCEPTED DECLINED EXPIRED REVISED CANCELLED', [
    '.><>>>>>> DRAFT',
    '>.<>>>>>> IN_REVIEW',
    '><..>>>>> APPROVED',
    '><..>>>>> SENT',
    '<<<<.<<<< ACCEPTED',
    '<<<<<.<<< DECLINED',
    '<<<<<<.<< EXPIRED',
    '<<<<<<<.< REVISED',
    '<<<<<<<<. CANCELLED',
  ]);
  grid(mapA, 'erp', 'DRAFT IN_REVIEW APPROVED ACCEPTED DECLINED EXPIRED REVISED CANCELLED', [
    '.>>><><> DRAFT',
    '>.>><><> IN_REVIEW',
    '><.><><> APPROVED',
    '<<.><><> SENT',
    '<<<.<<<< ACCEPTED',
    '<<<<.<<< DECLINED',
    '<<<<<.<< EXPIRED',
    '<<<<<<.< REVISED',
    '<<<<<<<. CANCELLED',
  ]);
  grid(
    mapB,
    'crm',
    'DRAFT SUBMITTED CONFIRMED ON_HOLD PARTIALLY_FULFILLED FULFILLED INVOICED CLOSED CANCELLED',
    [
      '.><><<<<> DRAFT',
      '>.<><<<<> SUBMITTED',
      '><.><<<<> CONFIRMED',
      '>>>.<<<<> ON_HOLD',
      '<<<>.<<<! PARTIALLY_FULFILLED',
      '<<<><.<<! FULFILLED',
      '<<<><<.<! INVOICED',
      '<<<<<<<.! CLOSED',
      '<<<<<<<<. CANCELLED',
    ],
  );
  grid(
    mapB,
    'erp',
    'DRAFT SUBMITTED CONFIRMED ON_HOLD PARTIALLY_FULFILLED FULFILLED INVOICED CLOSED CANCELLED',
    [
      '.>>>>>>>> DRAFT',
      '>.>>>>>>> SUBMITTED',
      '><.>>>>>> CONFIRMED',
      '>>>.>>>>> ON_HOLD',
      '!!!>.>>>> PARTIALLY_FULFILLED',
      '!!!>!.>>> FULFILLED',
      '!!!>!!.>> INVOICED',
      '!!!!!!!.! CLOSED',
      '<<<<<<<<. CANCELLED',
    ],
  );
  grid(mapC, 'crm', 'DRAFT IN_REVIEW APPROVED SENT ACCEPTED DECLINED EXPIRED CANCELLED REVISED', [
    '....>>>>. DRAFT',
    '....>>>>. IN_REVIEW',
    '....>>>>. APPROVED',
    '....>>>>. SENT',
    '<<<<.<<<< ACCEPTED',
    '<<<<<...< DECLINED',
    '<<<<<...< EXPIRED',
    '<<<<<...< CANCELLED',
    '....>>>>. REVISED',
  ]);
  grid(mapC, 'erp', 'DRAFT ACCEPTED CANCELLED', [
    '.>> DRAFT',
    '.>> IN_REVIEW',
    '.>> APPROVED',
    '.>> SENT',
    '<.. ACCEPTED',
    '<<. DECLINED',
    '<<. EXPIRED',
    '<<. CANCELLED',
    '.<< REVISED',
  ]);
});

describe('why', () => {
  const verdict = (map: StateMap, base: string, crm: string, erp: string, at = { crm: 1, erp: 1 }) =>
    settleState(map, { base: { crm: base, erp: readBack(map, base) }, crm, erp, at });

  test.each<readonly [StateMap, string, string, string, object]>([
    [
      mapA,
      'DRAFT',
      'SENT',
      'DRAFT',
      { kind: 'put', side: 'erp', value: 'SENT', winner: 'crm', why: 'edited' },
    ],
    [
      mapA,
      'APPROVED',
      'APPROVED',
      'IN_REVIEW',
      {
        kind: 'put',
        side: 'erp',
        value: 'APPROVED',
        winner: 'crm',
        why: 'stale: a lower rank than the pair has',
        lost: 'IN_REVIEW',
      },
    ],
    [
      mapA,
      'ACCEPTED',
      'SENT',
      'ACCEPTED',
      { kind: 'put', side: 'crm', value: 'ACCEPTED', winner: 'erp', why: 'the state is final', lost: 'SENT' },
    ],
    [
      mapA,
      'DRAFT',
      'APPROVED',
      'DRAFT',
      {
        kind: 'put',
        side: 'crm',
        value: 'DRAFT',
        winner: 'erp',
        why: "APPROVED is not the CRM's to set",
        lost: 'APPROVED',
      },
    ],
    [
      mapA,
      'DRAFT',
      'DRAFT',
      'DECLINED',
      {
        kind: 'put',
        side: 'erp',
        value: 'DRAFT',
        winner: 'crm',
        why: "DECLINED is not the ERP's to set",
        lost: 'DECLINED',
      },
    ],
    [
      mapA,
      'DRAFT',
      'NEVER',
      'DRAFT',
      { kind: 'put', side: 'crm', value: 'DRAFT', winner: 'erp', why: 'no state NEVER', lost: 'NEVER' },
    ],
    [
      mapA,
      'NEVER',
      'SENT',
      'NEVER',
      { kind: 'put', side: 'erp', value: 'SENT', winner: 'crm', why: 'edited' },
    ],
    [
      mapA,
      'SENT',
      'DECLINED',
      'CANCELLED',
      { kind: 'put', side: 'erp', value: 'DECLINED', winner: 'crm', why: 'further along', lost: 'CANCELLED' },
    ],
    [
      mapA,
      'DRAFT',
      'APPROVED',
      'IN_REVIEW',
      {
        kind: 'put',
        side: 'crm',
        value: 'IN_REVIEW',
        winner: 'erp',
        why: "APPROVED is not the CRM's to set",
        lost: 'APPROVED',
      },
    ],
    [
      mapA,
      'DRAFT',
      'IN_REVIEW',
      'DECLINED',
      {
        kind: 'put',
        side: 'erp',
        value: 'IN_REVIEW',
        winner: 'crm',
        why: "DECLINED is not the ERP's to set",
        lost: 'DECLINED',
      },
    ],
    [mapA, 'DRAFT', 'APPROVED', 'DECLINED', { kind: 'conflict', why: "DECLINED is not the ERP's to set" }],
    [
      mapB,
      'FULFILLED',
      'CANCELLED',
      'FULFILLED',
      { kind: 'conflict', why: 'the ERP has gone too far to cancel from the CRM' },
    ],
    [
      mapB,
      'CONFIRMED',
      'CANCELLED',
      'PARTIALLY_FULFILLED',
      { kind: 'conflict', why: 'the ERP has gone too far to cancel from the CRM' },
    ],
    [
      mapB,
      'FULFILLED',
      'FULFILLED',
      'PARTIALLY_FULFILLED',
      { kind: 'conflict', why: 'stale: a lower rank than the pair has' },
    ],
    [
      mapB,
      'CONFIRMED',
      'ON_HOLD',
      'FULFILLED',
      { kind: 'put', side: 'crm', value: 'FULFILLED', winner: 'erp', why: 'further along', lost: 'ON_HOLD' },
    ],
  ])('$name: %#', (map, base, crm, erp, wanted) => {
    expect(verdict(map, base, crm, erp)).toEqual(wanted);
  });

  describe('the ERP has moved to another state with the same name in the CRM', () => {
    const finer = (crm: string, native: string, then = 'SUBMITTED', at = { crm: 1, erp: 2 }) =>
      settleState(mapB, { base: { crm: then, erp: then }, crm, erp: then, at, finer: native });

    test.each<readonly [string, object]>([
      ['SUBMITTED', { kind: 'rest' }],
      ['DRAFT', { side: 'crm', value: 'SUBMITTED', why: 'further along', lost: 'DRAFT' }],
      ['CONFIRMED', { side: 'crm', value: 'SUBMITTED', why: "CONFIRMED is not the CRM's to set" }],
      ['ON_HOLD', { side: 'erp', value: 'ON_HOLD', why: 'further along', lost: 'PENDING_PREPAYMENT' }],
      ['CANCELLED', { side: 'erp', value: 'CANCELLED', lost: 'PENDING_PREPAYMENT' }],
    ])('and the CRM to %s', (state, wanted) =>
      expect(finer(state, 'PENDING_PREPAYMENT')).toMatchObject(wanted),
    );

    test('a late cancel is still a conflict', () =>
      expect(finer('CANCELLED', 'INVOICED', 'INVOICED')).toMatchObject({ kind: 'conflict' }));

    test('alone, whatever the two had agreed to differ in, it moves nothing', () =>
      expect(
        settleState(mapB, {
          base: { crm: 'DRAFT', erp: 'SUBMITTED' },
          crm: 'DRAFT',
          erp: 'SUBMITTED',
          at: { crm: 1, erp: 2 },
          finer: 'PENDING_PREPAYMENT',
        }),
      ).toEqual({ kind: 'rest' }));

    test.each([
      [mapB, 'SUBMITTED', true],
      [mapB, 'INVOICED', true],
      [mapB, 'CONFIRMED', false],
      [mapC, 'ACCEPTED', false],
      [mapA, 'NEVER', false],
    ] as const)('$name, %s: %s', (map, state, coarse) => expect(isCoarse(map, state)).toBe(coarse));
  });

  test('what the CRM had moved on to meanwhile, unseen by the ERP, is told as lost', () => {
    const passed = (map: StateMap, then: string, crm: string, erp: string) =>
      settleState(map, {
        base: { crm: then, erp: readBack(map, then) },
        crm,
        erp,
        at: { crm: 1, erp: 2 },
      });
    expect(passed(mapC, 'DRAFT', 'SENT', 'ACCEPTED')).toEqual({
      kind: 'put',
      side: 'crm',
      value: 'ACCEPTED',
      winner: 'erp',
      why: 'edited',
      lost: 'SENT',
    });
    expect(passed(mapC, 'SENT', 'SENT', 'ACCEPTED')).not.toHaveProperty('lost');
    expect(passed(mapA, 'SENT', 'APPROVED', 'EXPIRED')).toMatchObject({ side: 'crm', lost: 'APPROVED' });
  });

  test('a state put back is the one the side had, where both mean the same', () => {
    const base = { crm: 'SENT', erp: 'APPROVED' };
    const made = settleState(mapA, { base, crm: 'SENT', erp: 'IN_REVIEW', at: { crm: 1, erp: 1 } });
    expect(made).toMatchObject({ side: 'erp', value: 'APPROVED' });
  });

  test('of two equally far the later stands, and the CRM at a tie', () => {
    const equal = (at: { crm: number; erp: number }) => verdict(mapA, 'SENT', 'DECLINED', 'CANCELLED', at);
    expect([equal({ crm: 1, erp: 2 }), equal({ crm: 2, erp: 2 }), equal({ crm: 3, erp: 2 })]).toMatchObject([
      { side: 'crm' },
      { side: 'erp' },
      { side: 'erp' },
    ]);
    const first = (at: { crm: number; erp: number }) =>
      settleState(mapA, { base: null, crm: 'DECLINED', erp: 'CANCELLED', at });
    expect([first({ crm: 1, erp: 2 }), first({ crm: 2, erp: 2 })]).toMatchObject([
      { side: 'crm' },
      { side: 'erp' },
    ]);
  });

  test('nobody has moved: nothing is written, however they differ', () => {
    const base = { crm: 'SENT', erp: 'DRAFT' };
    expect(settleState(mapA, { base, crm: 'SENT', erp: 'DRAFT', at: { crm: 1, erp: 1 } }).kind).toBe('rest');
  });

  test('a hold stands between confirmed and shipped where the link is made; an unknown state behind all', () => {
    const first = (crm: string, erp: string) =>
      settleState(mapB, { base: null, crm, erp, at: { crm: 1, erp: 9 } });
    expect(first('ON_HOLD', 'CONFIRMED')).toMatchObject({ side: 'erp', value: 'ON_HOLD' });
    expect(first('ON_HOLD', 'PARTIALLY_FULFILLED')).toMatchObject({ side: 'crm' });
    expect(first('DRAFT', 'NEVER')).toMatchObject({ side: 'erp', value: 'DRAFT' });
  });
});
