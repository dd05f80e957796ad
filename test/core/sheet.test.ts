import { describe, expect, test } from 'vitest';
import type { FieldRule } from '../../sync/core/mapping.ts';
import { rulesOf } from '../../sync/core/rules.ts';
import { mergeFields, type Pair, type Sheet } from '../../sync/core/sheet.ts';
import type { Base, Held, Json, MergeInput, Side, Values } from '../../sync/core/types.ts';
import { rule } from './fixture.ts';

interface Asked extends Partial<Pick<MergeInput, 'choices' | 'prefer' | 'stage' | 'content'>> {
  readonly base?: Base | null;
  readonly crm?: Values;
  readonly erp?: Values;
  readonly held?: readonly Held[];
  readonly at?: readonly [number, number];
  /** Per side, when single fields were edited. */
  readonly edited?: Readonly<Partial<Record<Side, Readonly<Record<string, number>>>>>;
  readonly quarantined?: readonly string[];
  readonly line?: string;
  /** The side whose record is yet to be made. */
  readonly missing?: Side;
}

/** Merges the fields of one record, or of the line `line`; `held` by side. */
function merged(table: Readonly<Record<string, FieldRule>>, asked: Asked) {
  const sheet: Sheet = { changes: [], conflicts: [], held: [] };
  const { crm = {}, erp = {}, held = [], at = [1, 1] } = asked;
  const of = (side: Side) => held.filter((each) => each.side === side);
  const pair: Pair = {
    now: { crm: { values: crm, held: of('crm') }, erp: { values: erp, held: of('erp') } },
    base: asked.base ?? null,
    missing: asked.missing ?? null,
    ...(asked.line && { line: asked.line }),
  };
  const input: MergeInput = {
    base: null,
    crm: { values: {}, held: [], at: at[0], ...(asked.edited?.crm && { edited: asked.edited.crm }) },
    erp: { values: {}, held: [], at: at[1], ...(asked.edited?.erp && { edited: asked.edited.erp }) },
    lineLinks: [],
    content: asked.content ?? true,
    stage: asked.stage ?? 'quote',
    ...(asked.choices && { choices: asked.choices }),
    ...(asked.prefer && { prefer: asked.prefer }),
    ...(asked.quarantined && { quarantined: new Set(asked.quarantined) }),
  };
  return { ...mergeFields(rulesOf(table), input, pair, sheet), ...sheet };
}

const even = (values: Values): Base => ({ crm: values, erp: values });
const unread = (field: string, side: Side, value: Json = 'junk'): Held => ({
  field,
  side,
  kind: 'unreadable',
  value,
  message: 'm',
});
const one = { f: rule() };

describe('one field', () => {
  test('an edit: what is written, what is agreed, what is told', () => {
    expect(merged(one, { base: even({ f: 'a' }), crm: { f: 'b' }, erp: { f: 'a' } })).toEqual({
      writes: { crm: {}, erp: { f: 'b' } },
      base: { crm: { f: 'b' }, erp: { f: 'b' } },
      changes: [{ field: 'f', side: 'erp', before: 'a', after: 'b', winner: 'crm', why: 'edited' }],
      conflicts: [],
      held: [],
    });
  });

  test("that both edited: its own time decides where it is known, and else the record's", () => {
    const both = { base: even({ f: 'a' }), crm: { f: 'b' }, erp: { f: 'c' } };
    const winner = (at: readonly [number, number], edited?: Asked['edited'], line?: string) =>
      merged(one, { ...both, at, ...(edited && { edited }), ...(line && { line }) }).changes[0]!.winner;
    expect(winner([1, 9], { erp: { f: 0 } })).toBe('crm');
    expect(winner([9, 1], { crm: { f: 0 } })).toBe('erp');
    expect(winner([1, 9], { erp: { g: 0 } })).toBe('erp');
    expect(winner([1, 9], { erp: { f: 0 } }, 'l1'), 'a line has no such times').toBe('erp');
  });

  test('typed where its author is yet to be made: nothing is written, and nothing was there', () => {
    const written = merged({ f: rule({ way: 'toCrm' }) }, { crm: { f: 'typed' }, missing: 'erp' });
    expect(written).toEqual({
      writes: { crm: {}, erp: {} },
      base: { crm: { f: null }, erp: { f: null } },
      changes: [],
      conflicts: [],
      held: [],
    });
  });

  test('of a line bears its name', () => {
    const told = merged(one, { line: 'l1', base: even({ f: 'a' }), crm: { f: 'b' }, erp: { f: 'c' } });
    expect(told.changes).toEqual([
      {
        field: 'f',
        line: 'l1',
        side: 'erp',
        before: 'c',
        after: 'b',
        winner: 'crm',
        why: 'latest',
        lost: 'c',
      },
    ]);
    const asked = merged({ f: rule({ wins: 'inbox' }) }, { line: 'l1', crm: { f: 'b' }, erp: { f: 'c' } });
    expect(asked.conflicts).toEqual([
      {
        field: 'f',
        line: 'l1',
        base: { crm: null, erp: null },
        crm: 'b',
        erp: 'c',
        why: 'changed on both sides',
      },
    ]);
    expect(asked.base).toEqual({ crm: {}, erp: {} });
  });

  test('that both show: that is agreed, and so is what one showed before it had no opinion', () => {
    const rested = (base: Base | null, crm: Values, erp: Values) => merged(one, { base, crm, erp }).base;
    expect(rested(null, { f: 'a' }, { f: 'a' })).toEqual(even({ f: 'a' }));
    expect(rested(null, {}, {})).toEqual(even({ f: null }));
    expect(rested(even({ f: 'a' }), {}, { f: 'a' })).toEqual(even({ f: 'a' }));
    expect(rested({ crm: { f: 'A' }, erp: { f: 'a' } }, { f: 'A' }, { f: 'a' })).toEqual({
      crm: { f: 'A' },
      erp: { f: 'a' },
    });
  });

  test('decided to a value stands on the sides that lack it', () => {
    const all = { base: even({ f: 'a' }), crm: { f: 'b' }, erp: { f: 'c' } };
    expect(merged(one, { ...all, choices: { f: { value: 'c' } } })).toMatchObject({
      writes: { crm: { f: 'c' }, erp: {} },
      base: even({ f: 'c' }),
      changes: [{ side: 'crm', before: 'b', after: 'c', winner: null, why: 'decided', lost: 'b' }],
    });
    expect(merged(one, { ...all, line: 'l1', choices: { f: { value: 'c' } } }).writes.crm).toEqual({});
    expect(merged(one, { ...all, line: 'l1', choices: { 'lines.l1.f': { value: 'z' } } }).writes).toEqual({
      crm: { f: 'z' },
      erp: { f: 'z' },
    });
  });

  test('decided to the base is put back where it moved; what was never agreed or waited stays', () => {
    const back = (base: Base | null) =>
      merged(one, { base, crm: { f: 'b' }, erp: { f: 'c' }, choices: { f: { take: 'base' } } });
    expect(back(even({ f: 'a' }))).toMatchObject({
      writes: { crm: { f: 'a' }, erp: { f: 'a' } },
      base: even({ f: 'a' }),
      changes: [
        { side: 'crm', before: 'b', after: 'a', winner: null, why: 'decided: base', lost: 'b' },
        { side: 'erp', before: 'c', after: 'a', lost: 'c' },
      ],
    });
    expect(back({ crm: { f: 'a' }, erp: { f: 'c' } }).writes).toEqual({ crm: { f: 'a' }, erp: {} });
    expect(back({ crm: { f: 'a' }, erp: {} })).toMatchObject({
      writes: { crm: { f: 'a' }, erp: {} },
      base: { crm: { f: 'a' }, erp: {} },
    });
    expect(back({ crm: { f: '?crm:User:1' }, erp: { f: 'a' } })).toMatchObject({
      writes: { crm: {}, erp: { f: 'a' } },
      base: { crm: { f: '?crm:User:1' }, erp: { f: 'a' } },
    });
    expect(back(null)).toMatchObject({ writes: { crm: {}, erp: {} }, changes: [] });
  });

  test('a status is agreed as the ERP will show it', () => {
    const status = { f: rule({ states: 'A', wins: 'rank' }) };
    const { writes, base } = merged(status, {
      base: even({ f: 'DRAFT' }),
      crm: { f: 'SENT' },
      erp: { f: 'DRAFT' },
    });
    expect([writes.erp, base]).toEqual([{ f: 'SENT' }, { crm: { f: 'SENT' }, erp: { f: 'APPROVED' } }]);
    const decided = { base: even({ f: 'DRAFT' }), crm: { f: 'X' }, erp: { f: 'Y' } };
    expect(merged(status, { ...decided, choices: { f: { value: 'SENT' } } }).base).toEqual({
      crm: { f: 'SENT' },
      erp: { f: 'APPROVED' },
    });
    expect(
      merged(status, { base: even({ f: 'DRAFT' }), crm: { f: 'DRAFT' }, erp: { f: 'IN_REVIEW' } }).base,
    ).toEqual(even({ f: 'IN_REVIEW' }));
    expect(merged(one, { base: even({ f: 'DRAFT' }), crm: { f: 'SENT' }, erp: { f: 'DRAFT' } }).base).toEqual(
      even({ f: 'SENT' }),
    );
  });

  test('in conflict keeps its base', () => {
    const inbox = { f: rule({ wins: 'inbox' }) };
    const { base, conflicts } = merged(inbox, { base: even({ f: 'a' }), crm: { f: 'b' }, erp: { f: 'c' } });
    expect([base, conflicts]).toEqual([
      even({ f: 'a' }),
      [{ field: 'f', base: { crm: 'a', erp: 'a' }, crm: 'b', erp: 'c', why: 'changed on both sides' }],
    ]);
  });
});

describe('a value that cannot be read', () => {
  test('is listed, and remembered as a placeholder', () => {
    const told = merged(one, { crm: { f: null }, held: [unread('f', 'erp'), unread('other', 'erp')] });
    expect(told).toMatchObject({
      writes: { crm: {}, erp: {} },
      base: { crm: { f: null }, erp: { f: '?erp:unreadable:"junk"' } },
      held: [unread('f', 'erp')],
    });
  });

  test('of a line is listed under its name', () => {
    for (const side of ['crm', 'erp'] as const)
      expect(merged(one, { line: 'l1', held: [unread('f', side)] }).held).toEqual([
        { ...unread('f', side), line: 'l1' },
      ]);
  });

  test('is no longer listed once an edit of the other side has replaced it', () => {
    const base = (side: Side): Base => ({
      ...even({ f: null }),
      [side]: { f: `?${side}:unreadable:"junk"` },
    });
    for (const side of ['crm', 'erp'] as const) {
      const now = side === 'crm' ? { erp: { f: 'b' } } : { crm: { f: 'b' } };
      const told = merged(one, { base: base(side), ...now, held: [unread('f', side)] });
      expect([told.writes[side], told.held]).toEqual([{ f: 'b' }, []]);
    }
  });

  test('does not hide the one of the other side', () => {
    const both = [unread('f', 'crm', 'x'), unread('f', 'erp', 'y')];
    expect(merged(one, { held: both }).held).toEqual(both);
  });
});

describe('a field that rests', () => {
  test('in quarantine is listed with both values and keeps its base', () => {
    const asked = { base: even({ f: 'a' }), crm: { f: 'b' }, erp: {} };
    expect(merged(one, { ...asked, quarantined: ['f'] })).toEqual({
      writes: { crm: {}, erp: {} },
      base: even({ f: 'a' }),
      changes: [],
      conflicts: [],
      held: (['crm', 'erp'] as const).map((side) => ({
        field: 'f',
        side,
        kind: 'quarantined',
        value: side === 'crm' ? 'b' : null,
        message:
          'f went back and forth too often and rests until someone decides: sync the pair and say which side wins (prefer).',
      })),
    });
    const line = merged(one, { ...asked, line: 'l1', quarantined: ['lines.l1.f'] });
    expect(line.held.map((each) => each.line)).toEqual(['l1', 'l1']);
    expect(merged(one, { ...asked, line: 'l1', quarantined: ['f'] }).held).toEqual([]);
  });

  test('is not the business of this link now keeps its base, as far as there is one', () => {
    const table = {
      f: rule({ content: true }),
      p: rule({ content: true, pair: 'q' }),
      q: rule({ content: true }),
    };
    const values = { f: 'b', p: '5', q: null };
    const told = merged(table, {
      content: false,
      base: { crm: { f: 'a', p: '1', q: '2' }, erp: { f: 'a' } },
      crm: values,
    });
    expect(told).toMatchObject({
      writes: { crm: {}, erp: {} },
      base: { crm: { f: 'a', p: '1', q: '2' }, erp: { f: 'a' } },
    });
    expect(told.base.erp).toStrictEqual({ f: 'a' });
    expect(merged(table, { content: false, crm: values }).base).toStrictEqual({ crm: {}, erp: {} });
  });

  test('is an order of lines, which are numbered as a whole', () => {
    expect(merged({ f: rule({ order: true }) }, { crm: { f: 1 }, erp: { f: 2 } }).base).toEqual({
      crm: {},
      erp: {},
    });
  });
});

describe('a discount, typed in percent or as an amount', () => {
  const table = { p: rule({ pair: 'a' }), a: rule() };
  const percent = (p: string) => ({ p, a: null });
  const amount = (a: string) => ({ p: null, a });
  const no = { p: null, a: null };

  test.each<readonly [string, Values, Values, Values | null, readonly [number, number], object, object]>([
    ['both show the same', percent('5'), percent('5'), null, [1, 1], {}, {}],
    ['neither has any', no, no, null, [1, 1], {}, {}],
    ['of one side', percent('5'), {}, null, [1, 1], {}, { p: '5' }],
    ['edited', percent('6'), percent('5'), percent('5'), [1, 1], {}, { p: '6' }],
    [
      'typed the other way: both halves are written',
      amount('9'),
      percent('5'),
      percent('5'),
      [1, 1],
      {},
      amount('9'),
    ],
    ['taken away', no, percent('5'), percent('5'), [1, 1], {}, { p: null }],
    ['an amount taken away', amount('9'), no, amount('9'), [1, 1], { a: null }, {}],
    ['of which a side says nothing', percent('5'), {}, percent('5'), [1, 1], {}, {}],
    ['of which one half is not known', { a: '9' }, percent('5'), percent('5'), [1, 1], {}, amount('9')],
    ['of which the other is not known', { p: '6' }, percent('5'), percent('5'), [1, 1], {}, { p: '6' }],
    ['of which one half is empty', { p: null }, percent('5'), percent('5'), [1, 1], {}, { p: null }],
    ['both edited: the later', percent('6'), percent('7'), percent('5'), [1, 2], { p: '7' }, {}],
    [
      'both edited, typed in two ways: the later',
      percent('6'),
      amount('9'),
      percent('5'),
      [1, 2],
      amount('9'),
      {},
    ],
  ])('%s', (_, crm, erp, base, at, toCrm, toErp) => {
    const told = merged(table, { crm, erp, base: base && even(base), at });
    expect(told.writes).toEqual({ crm: toCrm, erp: toErp });
  });

  test('is told half by half, the lost one too', () => {
    const told = merged(table, { base: even(percent('5')), crm: percent('6'), erp: amount('9'), at: [1, 2] });
    expect(told.changes).toEqual([
      { field: 'p', side: 'crm', before: '6', after: null, winner: 'erp', why: 'latest', lost: '6' },
      { field: 'a', side: 'crm', before: null, after: '9', winner: 'erp', why: 'latest', lost: null },
    ]);
    expect(told.base).toEqual(even(amount('9')));
    const edited = { erp: { p: 0 } };
    expect(
      merged(table, { base: even(percent('5')), crm: percent('6'), erp: amount('9'), at: [1, 2], edited })
        .changes[0],
    ).toMatchObject({ winner: 'crm' });
    const edit = merged(table, { base: even(percent('5')), crm: percent('6'), erp: percent('5') });
    expect(edit.changes).toEqual([
      { field: 'p', side: 'erp', before: '5', after: '6', winner: 'crm', why: 'edited' },
    ]);
  });

  const inbox = { p: rule({ pair: 'a', wins: 'inbox' }), a: rule({ wins: 'inbox' }) };
  test.each([
    ['in percent', percent('6'), percent('7'), 'p', '6', '7', '5'],
    ['as an amount', amount('6'), amount('7'), 'a', '6', '7', null],
    ['where one took it away', no, amount('7'), 'a', null, '7', null],
    ['where the other took it away', percent('7'), no, 'p', '7', null, '5'],
  ])(
    'that a person decides is asked once, under the half that was typed: %s',
    (_, crm, erp, field, c, e, was) => {
      const told = merged(inbox, { base: even(percent('5')), crm, erp });
      expect(told.conflicts).toEqual([
        { field, base: { crm: was, erp: was }, crm: c, erp: e, why: 'changed on both sides' },
      ]);
      expect(told.base).toEqual(even(percent('5')));
    },
  );

  test('that a person decides before anything was agreed leaves it so', () => {
    const told = merged(inbox, { crm: percent('6'), erp: percent('7') });
    expect([told.conflicts.length, told.base]).toEqual([1, { crm: {}, erp: {} }]);
  });

  test('typed in two ways is never asked: the later stays', () => {
    const told = merged(inbox, { base: even(percent('5')), crm: percent('6'), erp: amount('7'), at: [2, 1] });
    expect([told.conflicts, told.writes.erp]).toEqual([[], percent('6')]);
  });

  test.each([
    [{ p: { value: '8' } }, percent('8')],
    [{ a: { value: '8' } }, amount('8')],
    [{ p: { value: null }, a: { value: '8' } }, amount('8')],
    [{ p: { value: '8' }, a: { value: null } }, percent('8')],
    [{ p: { value: null } }, no],
    [{ a: { value: null } }, no],
    [{ a: { take: 'erp' } }, percent('7')],
    [{ p: { take: 'crm' } }, percent('6')],
    [{ p: { take: 'crm' }, a: { take: 'erp' } }, percent('6')],
  ] as const)('decided by %j', (choices, stands) => {
    const told = merged(inbox, { base: even(percent('5')), crm: percent('6'), erp: percent('7'), choices });
    expect(told.base).toEqual(even(stands));
  });

  test('of which a half cannot be read holds as a whole', () => {
    const asked = { base: even(percent('5')), crm: percent('6'), erp: {} };
    for (const field of ['p', 'a']) {
      const told = merged(table, { ...asked, held: [unread(field, 'erp')] });
      expect(told).toMatchObject({ writes: { crm: {}, erp: {} }, held: [unread(field, 'erp')] });
      expect(told.base).toEqual(even(percent('5')));
      const line = merged(table, { ...asked, line: 'l1', held: [unread(field, 'erp')] });
      expect(line.held).toEqual([{ ...unread(field, 'erp'), line: 'l1' }]);
      expect(merged(table, { ...asked, quarantined: [field] }).held.map((h) => [h.field, h.kind])).toEqual([
        ['p', 'quarantined'],
        ['p', 'quarantined'],
      ]);
    }
    expect(merged(table, { ...asked, held: [unread('other', 'erp')] }).held).toEqual([]);
  });
});

describe('a number that is read in a country', () => {
  const table = { place: rule(), phone: rule({ reads: 'place' }) };
  const at = (country: string | null, phone: Json = '+4722334455') => ({ place: { country }, phone });
  const norway = even(at('NO'));

  test('is written out when the ERP moves to another country', () => {
    const told = merged(table, { base: norway, crm: at('NO'), erp: at('SE', '+4622334455') });
    expect(told.writes).toEqual({ crm: { place: { country: 'SE' } }, erp: { phone: '+4722334455' } });
    expect(told.changes.at(-1)).toEqual({
      field: 'phone',
      side: 'erp',
      before: '+4622334455',
      after: '+4722334455',
      winner: null,
      why: 'the country changed, not the number',
    });
    expect(told.changes.filter(({ field }) => field === 'phone')).toHaveLength(1);
    expect(told.base).toEqual({ crm: at('SE'), erp: at('SE') });
  });

  test.each([
    ['the later edit', [1, 2]],
    ['the earlier one', [2, 1]],
  ] as const)('that the CRM edits while the ERP moves travels, though the move is %s', (_, times) => {
    const mine = '+4799999999';
    const told = merged(table, {
      base: norway,
      crm: at('NO', mine),
      erp: at('SE', '+4622334455'),
      at: times,
    });
    expect(told.writes).toEqual({ crm: { place: { country: 'SE' } }, erp: { phone: mine } });
    expect(told.base).toEqual(even(at('SE', mine)));
  });

  test('does not reach the CRM as another one where the CRM puts the country back', () => {
    const crm = { place: { country: 'NO', city: 'Oslo' }, phone: '+4722334455' };
    const told = merged(table, { base: norway, crm, erp: at('SE', '+4622334455'), at: [2, 1] });
    expect(told.writes).toEqual({ crm: {}, erp: { place: crm.place } });
  });

  test('is left alone where it does not travel, and where nothing was agreed yet', () => {
    const elsewhere = { place: rule(), phone: rule({ reads: 'place', content: true }) };
    const moved = { crm: at('NO'), erp: at('SE') };
    expect(merged(elsewhere, { base: norway, content: false, ...moved }).writes.erp).toEqual({});
    expect(merged(table, { base: null, crm: at('SE'), erp: at('SE') }).writes.erp).toEqual({});
  });

  test('that the ERP alone may edit is put back in the CRM, and written out', () => {
    const oneWay = { place: rule(), phone: rule({ reads: 'place', way: 'toCrm' }) };
    const told = merged(oneWay, { base: norway, crm: at('NO', '+4799999999'), erp: at('SE') });
    expect(told.writes).toMatchObject({ crm: { phone: '+4722334455' }, erp: { phone: '+4722334455' } });
  });

  test('that is still read as the same one is written out all the same', () => {
    expect(merged(table, { base: norway, crm: at('NO'), erp: at('SE') }).writes.erp).toEqual({
      phone: '+4722334455',
    });
  });

  test.each<readonly [string, Values, Values, object]>([
    ['stays where the country does', at('NO'), at('NO', '+4700000000'), {}],
    ['that is another one is an edit', at('NO'), at('SE', '+46812345678'), {}],
    ['that the CRM edits is written as such', at('NO', '+4799999999'), at('SE'), { phone: '+4799999999' }],
    ['that is empty stays so', at('NO'), at('SE', null), {}],
  ])('%s', (_, crm, erp, toErp) => {
    expect(merged(table, { base: norway, crm, erp }).writes.erp).toEqual(toErp);
  });

  test('of a line is found among what was told of that line', () => {
    const told = merged(table, { line: 'l1', base: norway, crm: at('NO'), erp: at('SE', '+4622334455') });
    expect(told.changes.filter(({ field }) => field === 'phone')).toMatchObject([
      { line: 'l1', after: '+4722334455' },
    ]);
  });

  test('where nothing was agreed yet, or the place is none, stays', () => {
    expect(merged(table, { crm: at('NO'), erp: at('SE', '+4722334455'), at: [2, 1] }).writes.erp).toEqual({
      place: { country: 'NO' },
    });
    expect(
      merged(table, { base: even({ phone: '+4722334455' }), crm: {}, erp: { phone: '+4722334455' } }).writes
        .erp,
    ).toEqual({});
    const odd = { place: 'Oslo', phone: '+4722334455' };
    expect(merged(table, { base: even(odd), crm: odd, erp: { ...odd, place: ['Oslo'] } }).writes.erp).toEqual(
      {},
    );
  });
});
