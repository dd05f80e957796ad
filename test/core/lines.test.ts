import { describe, expect, test } from 'vitest';
import { orderLines, type Place } from '../../sync/core/line-order.ts';
import { pairLines } from '../../sync/core/line-pairs.ts';
import type { LineLink, LineOrigins, LineState, Values } from '../../sync/core/types.ts';
import { counter } from './fixture.ts';

/** Where a line stands now and stood then: `[name, CRM now, ERP now, CRM then, ERP then]`. */
type Row = readonly [string, ...(number | undefined)[]];

const places = (rows: readonly Row[]): readonly Place[] =>
  rows.map(([link, crm, erp, wasCrm, wasErp]) => ({
    link,
    now: { crm, erp },
    base: { crm: wasCrm, erp: wasErp },
  }));
const none = undefined;

describe('the order of lines', () => {
  test.each<readonly [string, readonly Row[], object, object]>([
    [
      'numbers that ascend stay, gaps or not',
      [
        ['a', 1, 1],
        ['b', 5, 2.5],
        ['c', 9, 7],
      ],
      {},
      {},
    ],
    [
      'a line of the CRM alone gets the next number',
      [
        ['a', 1, 1, 1, 1],
        ['b', 2, none],
      ],
      {},
      { b: 2 },
    ],
    [
      'a line of the ERP alone, too',
      [
        ['a', 1, 1, 1, 1],
        ['b', none, 2],
      ],
      { b: 2 },
      {},
    ],
    [
      'a line of the ERP alone stands where it stands there',
      [
        ['a', 1, 1, 1, 1],
        ['b', none, 2],
        ['c', 2, 3, 2, 2],
      ],
      { b: 2, c: 3 },
      {},
    ],
    [
      'first of all',
      [
        ['b', none, 0.5],
        ['a', 1, 1, 1, 1],
      ],
      { b: 1, a: 2 },
      {},
    ],
    [
      'a line between two others gets a number between theirs in the ERP',
      [
        ['a', 1, 1, 1, 1],
        ['b', 2, none],
        ['c', 3, 2, 2, 2],
      ],
      {},
      { b: 1.5 },
    ],
    [
      'a whole one where there is room',
      [
        ['a', 1, 1, 1, 1],
        ['b', 2, none],
        ['c', 3, 5, 2, 5],
      ],
      {},
      { b: 2 },
    ],
    [
      'where not even four decimals leave room, what follows moves on',
      [
        ['a', 1, 1, 1, 1],
        ['b', 2, none],
        ['c', 3, 1.0001, 2, 1.0001],
      ],
      {},
      { b: 2, c: 3 },
    ],
    [
      'moved in the CRM',
      [
        ['a', 2, 1, 1, 1],
        ['b', 1, 2, 2, 2],
      ],
      {},
      { a: 3 },
    ],
    [
      'moved in the ERP',
      [
        ['a', 1, 2, 1, 1],
        ['b', 2, 1, 2, 2],
      ],
      { a: 3 },
      {},
    ],
    [
      'moved on both sides: the CRM',
      [
        ['a', 2, 3, 1, 1],
        ['b', 1, 2, 2, 2],
        ['c', 3, 1, 3, 3],
      ],
      {},
      { c: 4 },
    ],
    [
      'never agreed and different: the CRM',
      [
        ['a', 1, 2],
        ['b', 2, 1],
      ],
      {},
      { b: 3 },
    ],
    [
      'no place is zero, but the first may be',
      [
        ['a', 0, 0],
        ['b', 1, 1],
      ],
      {},
      {},
    ],
    [
      'a negative first one is put right',
      [
        ['a', -1, -1],
        ['b', 1, 1],
      ],
      { a: 1, b: 2 },
      { a: 0.5 },
    ],
    [
      'a number typed in the CRM, where no line has to move for it',
      [
        ['a', 1, 1, 1, 1],
        ['b', 7, 2, 2, 2],
      ],
      {},
      { b: 7 },
    ],
    [
      'a number typed in the ERP',
      [
        ['a', 1, 1, 1, 1],
        ['b', 2, 4, 2, 2],
      ],
      { b: 4 },
      {},
    ],
    [
      'a number that only the ERP can hold, or that was typed on both sides, stays where it was typed',
      [
        ['a', 1, 1, 1, 1],
        ['b', 2, 2.5, 2, 2],
        ['c', 5, 6, 3, 3],
      ],
      {},
      {},
    ],
    [
      'a line moved to the end, with the number that it got there',
      [
        ['a', 7, 1, 1, 1],
        ['b', 2, 2, 2, 2],
      ],
      {},
      { a: 7 },
    ],
    [
      'the numbers of new lines',
      [
        ['a', 3, none],
        ['b', 7, none],
      ],
      {},
      { a: 3, b: 7 },
    ],
    [
      'the same number twice',
      [
        ['a', 1, 1],
        ['b', 1, 1],
      ],
      { b: 2 },
      { b: 2 },
    ],
    [
      'a new line among those that moved counts for nothing',
      [
        ['n', none, 0.5],
        ['a', 1, 1, 1, 1],
        ['b', 2, 2, 2, 2],
      ],
      { n: 1, a: 2, b: 3 },
      {},
    ],
    [
      'lines of before in their order, and one that nobody had agreed on before another: the CRM leads',
      [
        ['a', 2, 1, 1, 1],
        ['n', 1, 2],
      ],
      {},
      { a: 3 },
    ],
    [
      'new lines in a row share the room before the next number',
      [
        ['a', 1, 1, 1, 1],
        ['b', 2, none],
        ['c', 3, none],
        ['d', 4, 2, 2, 2],
      ],
      {},
      { b: 1.5, c: 1.75 },
    ],
    [
      'a number that moves itself takes no room: the next that stays does',
      [
        ['a', 1, 5, 1, 5],
        ['b', 2, none],
        ['c', 3, 1],
        ['d', 4, 5.5, 2, 5.5],
      ],
      {},
      { b: 5.25, c: 5.375 },
    ],
    [
      'nor does one that another line has, too',
      [
        ['a', 1, 1, 1, 1],
        ['b', 2, none],
        ['c', 3, 1],
        ['d', 4, 2, 2, 2],
      ],
      {},
      { b: 1.5, c: 1.75 },
    ],
    [
      'moved in the ERP past a line that is new there',
      [
        ['a', 1, 3, 1, 1],
        ['n', none, 2],
        ['b', 2, 1, 2, 2],
      ],
      { n: 3, a: 4 },
      {},
    ],
    [
      'whole numbers before fractions, where what was typed does not fit',
      [
        ['a', 1, 4, 1, 4],
        ['b', 2, none],
        ['c', 3, 9, 2, 9],
      ],
      {},
      { b: 5 },
    ],
    [
      'room that rounding takes away is none',
      [
        ['a', 2, 0.0001, 2, 0.0001],
        ['b', 3, none],
        ['c', 4, 0.0002, 3, 0.0002],
      ],
      {},
      { b: 1, c: 2 },
    ],
    [
      'a number typed between two others',
      [
        ['a', 1, 1, 1, 1],
        ['b', 4, 2, 2, 2],
        ['c', 9, 9, 9, 9],
      ],
      {},
      { b: 4 },
    ],
    [
      'a number typed while its line was taken away on the other side, where it is made again',
      [
        ['a', 1, 1, 1, 1],
        ['b', 7, none, 2, 2],
      ],
      {},
      { b: 7 },
    ],
    [
      'a number beside a line that a side took away says no more than where its line stands',
      [
        ['a', 1, 1, 1, 1],
        ['b', 2, none, 2, 2],
        ['c', 7, 3, 3, 3],
      ],
      {},
      { b: 2 },
    ],
    [
      'nor one beside a line that nobody had agreed on',
      [
        ['a', 1, 1, 1, 1],
        ['n', 2, 2],
        ['c', 7, 3, 3, 3],
      ],
      {},
      {},
    ],
    [
      'numbers below zero are in order, too: moved in the ERP',
      [
        ['a', -2, 2, -2, 1],
        ['b', 1, 1, 1, 2],
      ],
      { a: 2 },
      {},
    ],
  ])('%s', (_, rows, crm, erp) => {
    const made = orderLines(places(rows), null);
    expect([Object.fromEntries(made.crm), Object.fromEntries(made.erp)]).toEqual([crm, erp]);
  });

  test('once goods were shipped the ERP leads, whoever moved', () => {
    const moved = places([
      ['a', 2, 1, 1, 1],
      ['b', 1, 2, 2, 2],
    ]);
    const made = orderLines(moved, 'erp');
    expect([Object.fromEntries(made.crm), Object.fromEntries(made.erp)]).toEqual([{ b: 3 }, {}]);
    const lacking = orderLines(
      places([
        ['a', 1, none],
        ['b', 2, 2, 2, 2],
      ]),
      'erp',
    );
    expect([Object.fromEntries(lacking.crm), Object.fromEntries(lacking.erp)]).toEqual([{}, { a: 1 }]);
  });
});

describe('which lines are the same', () => {
  const line = (lineId: string, values: Values = {}): LineState => ({ lineId, values, held: [] });
  const link = (
    id: string,
    crmLineId: string | null,
    erpLineId: string | null,
    more: Partial<LineLink> = {},
  ) => ({
    id,
    crmLineId,
    erpLineId,
    base: { crm: {}, erp: {} },
    ended: false,
    ...more,
  });
  const paired = (
    links: readonly LineLink[],
    crm: readonly LineState[],
    erp: readonly LineState[],
    origins?: LineOrigins,
  ) => {
    const made = pairLines(links, { crm, erp }, counter(), origins);
    return {
      pairs: made.pairs.map((p) => [p.link.id, p.crm?.lineId ?? null, p.erp?.lineId ?? null]),
      ids: made.pairs.map((p) => [p.link.crmLineId, p.link.erpLineId]),
      based: made.pairs.map((p) => p.link.base !== null),
      ended: made.ended.map(({ id, ended }) => [id, ended]),
      returned: made.returned.map(({ link: { id }, side, line: { lineId } }) => [id, side, lineId]),
    };
  };
  const nothing = { ended: [], returned: [] };

  test('those of a link, whether or not both are still there', () => {
    const links = [link('l1', 'c1', 'e1'), link('l2', 'c2', 'e2'), link('l3', 'c3', 'e3')];
    expect(paired(links, [line('c1'), line('c2')], [line('e1')])).toEqual({
      pairs: [
        ['l1', 'c1', 'e1'],
        ['l2', 'c2', null],
        ['l3', null, null],
      ],
      ids: [
        ['c1', 'e1'],
        ['c2', 'e2'],
        ['c3', 'e3'],
      ],
      based: [true, true, true],
      ...nothing,
    });
  });

  test('a line that bears the id of the other; of its quote; of the same product in the same unit', () => {
    const crm = [
      line('c1', { productId: 'p', unit: 'EA', lineNumber: 2 }),
      line('c2', { productId: 'p', unit: 'EA', lineNumber: 1 }),
      line('c3', { productId: 'p', unit: 'H', quoteLineId: 'q3' }),
      line('c4', { productId: 'x' }),
    ];
    const erp = [
      line('e1', { productId: 'p', unit: 'EA', lineNumber: 1 }),
      line('e2', { productId: 'p', unit: 'EA', lineNumber: 2 }),
      line('e3', { productId: 'other', lineId: 'q3' }),
      line('e4', { productId: 'y', lineId: 'c4' }),
      line('e5', { productId: 'p', unit: 'H' }),
    ];
    expect(paired([], crm, erp).pairs).toEqual([
      ['n1', 'c1', 'e2'],
      ['n2', 'c2', 'e1'],
      ['n3', 'c3', 'e3'],
      ['n4', 'c4', 'e4'],
      ['n5', null, 'e5'],
    ]);
  });

  test('a line that was made from the other, whatever either shows now, but for one that bears an id', () => {
    const origins: LineOrigins = {
      idFor: (id) => `made of ${id}`,
      idsOf: (id) => [`with ${id}`, `from ${id}`],
      isMade: (id) => /^(with|from) /.test(id),
    };
    const [lamp, chair] = [{ productId: 'lamp' }, { productId: 'chair' }];
    const crm = [
      line('from e1', lamp),
      line('with e2', lamp),
      line('made of e3', lamp),
      line('from e4', lamp),
    ];
    const erp = [
      line('e1', chair),
      line('e2', chair),
      line('e3', chair),
      line('e4', { ...chair, lineId: 'with e2' }),
      line('e5', lamp),
    ];
    expect(paired([], crm, erp, origins).pairs).toEqual([
      ['n1', 'from e1', 'e1'],
      ['n2', 'with e2', 'e4'],
      ['n3', 'made of e3', 'e5'],
      ['n4', 'from e4', null],
      ['n5', null, 'e2'],
      ['n6', null, 'e3'],
    ]);
    expect(
      paired([link('l', 'from e1', 'e9')], [line('from e1')], [line('e1', chair)], origins).pairs,
    ).toEqual([
      ['l', 'from e1', null],
      ['n1', null, 'e1'],
    ]);
  });

  test('without a product the text tells lines apart, with one it does not', () => {
    const text = (id: string, description: string) => line(id, { kind: 'TEXT', description });
    expect(paired([], [text('c1', 'a'), text('c2', 'b')], [text('e1', 'b'), text('e2', 'c')]).pairs).toEqual([
      ['n1', 'c1', null],
      ['n2', 'c2', 'e1'],
      ['n3', null, 'e2'],
    ]);
    const product = (id: string, description: string) => line(id, { productId: 'p', description });
    expect(paired([], [product('c1', 'a')], [product('e1', 'b')]).pairs).toEqual([['n1', 'c1', 'e1']]);
    expect(paired([], [line('c1', { kind: 'TEXT' })], [line('e1', { kind: 'CHARGE' })]).pairs).toEqual([
      ['n1', 'c1', null],
      ['n2', null, 'e1'],
    ]);
  });

  test('one counterpart serves one line', () => {
    const same = (id: string) => line(id, { productId: 'p' });
    expect(paired([], [same('c1'), same('c2')], [same('e1')]).pairs).toEqual([
      ['n1', 'c1', 'e1'],
      ['n2', 'c2', null],
    ]);
    const stamps = [line('e1', { lineId: 'c1' }), line('e2', { lineId: 'q' })];
    expect(paired([], [line('c1', { quoteLineId: 'q' })], stamps).pairs, 'the surest').toEqual([
      ['n1', 'c1', 'e1'],
      ['n2', null, 'e2'],
    ]);
    const quoted = (id: string) => line(id, { quoteLineId: 'q', productId: id });
    expect(paired([], [quoted('c1'), quoted('c2')], [line('e1', { lineId: 'q' })]).pairs).toEqual([
      ['n1', 'c1', 'e1'],
      ['n2', 'c2', null],
    ]);
  });

  test('a link of one side alone keeps its id when the counterpart is found', () => {
    const half = link('l1', 'c1', null, { base: null });
    expect(paired([half], [line('c1', { productId: 'p' })], [line('e1', { productId: 'p' })])).toEqual({
      pairs: [['l1', 'c1', 'e1']],
      ids: [['c1', 'e1']],
      based: [false],
      ...nothing,
    });
    const other = link('l1', null, 'e1', { base: null });
    expect(paired([other], [], [line('e1')]).pairs).toEqual([['l1', null, 'e1']]);
    expect(paired([other], [], [])).toEqual({
      pairs: [],
      ids: [],
      based: [],
      ended: [['l1', true]],
      returned: [],
    });
  });

  test('a pair without base whose lines are both there is a pair; one of which is gone looks again', () => {
    const fresh = link('l1', 'c1', 'e1', { base: null });
    expect(paired([fresh], [line('c1')], [line('e1', { productId: 'q' })]).pairs).toEqual([
      ['l1', 'c1', 'e1'],
    ]);
    expect(paired([fresh], [line('c1')], [])).toEqual({
      pairs: [['l1', 'c1', null]],
      ids: [['c1', null]],
      based: [false],
      ...nothing,
    });
  });

  test('a removed line that stands there again is told, and pairs with nothing', () => {
    const gone = link('l1', 'c1', 'e1', { ended: true });
    expect(paired([gone], [line('c1', { productId: 'p' })], [line('e9', { productId: 'p' })])).toEqual({
      pairs: [['n1', null, 'e9']],
      ids: [[null, 'e9']],
      based: [false],
      ended: [['l1', true]],
      returned: [['l1', 'crm', 'c1']],
    });
    expect(paired([gone], [], [line('e1')]).returned).toEqual([['l1', 'erp', 'e1']]);
    expect(paired([link('l1', null, 'e1', { ended: true })], [line('c1')], []).returned).toEqual([]);
  });
});
