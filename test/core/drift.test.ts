import { describe, expect, test } from 'vitest';
import {
  type DriftInput,
  type DriftVerdict,
  driftBetween,
  driftUnheard,
  isInStep,
} from '../../sync/core/drift.ts';
import type { Mapping } from '../../sync/core/mapping.ts';
import type { Base, Held, Json, LineLink, LineState, SideState, Values } from '../../sync/core/types.ts';
import { rule } from './fixture.ts';

const mapping: Mapping = {
  name: 'quote',
  crm: 'Quote',
  erp: 'Quote',
  links: { kind: 'every' },
  creates: { crm: true, erp: true },
  onDelete: { crm: 'archive', erp: 'archive' },
  match: [],
  fields: {
    name: rule(),
    status: rule({ states: 'A' }),
    total: rule({ stages: ['accepted'] }),
    price: rule({ content: true }),
  },
  lines: { text: rule(), lineNumber: rule({ order: true }) },
};
const held = (field: string, message = ''): Held => ({
  field,
  side: 'crm',
  kind: 'unreadable',
  value: 'x',
  message,
});
const state = (values: Values, more: Partial<SideState> = {}): SideState => ({
  values,
  held: [],
  at: 1,
  ...more,
});
const drift = (crm: SideState, erp: SideState, more: Partial<DriftInput> = {}) =>
  driftBetween(mapping, { base: null, crm, erp, lineLinks: [], ...more });
const pair = (crm: Json | undefined, erp: Json | undefined): readonly [Values, Values] => [
  crm === undefined ? {} : { name: crm },
  erp === undefined ? {} : { name: erp },
];

describe('one field', () => {
  test.each([
    ['equal', 'a', 'a', undefined, 'equal', null],
    ['both empty', null, null, undefined, 'equal', null],
    ['never agreed', 'a', 'b', undefined, 'conflict', null],
    ['the CRM has moved', 'b', 'a', ['a', 'a'], 'crm ahead', 'a'],
    ['the ERP has moved', 'a', 'b', ['a', 'a'], 'erp ahead', 'a'],
    ['both have', 'b', 'c', ['a', 'a'], 'conflict', 'a'],
    ['neither has: they agreed to differ', 'A', 'a', ['A', 'a'], 'agreed difference', { crm: 'A', erp: 'a' }],
    ['agreed on one side alone', 'b', 'a', ['a', undefined], 'conflict', { crm: 'a', erp: null }],
    ['agreed on the other alone', 'a', 'b', [undefined, 'b'], 'crm ahead', { crm: null, erp: 'b' }],
    ['the CRM has no opinion', undefined, 'a', ['a', 'a'], 'agreed difference', 'a'],
    ['the ERP has none', 'a', undefined, ['a', 'a'], 'agreed difference', 'a'],
    ['the CRM waits', '?crm:User:1', 'a', ['a', 'a'], 'held', 'a'],
    ['the ERP waits', 'a', '?erp:User:1', ['a', 'a'], 'held', 'a'],
  ] as const)('%s', (_, crm, erp, agreed, verdict, told) => {
    const [c, e] = pair(crm, erp);
    const [bc, be] = agreed ? pair(agreed[0], agreed[1]) : [{}, {}];
    const base: Base | null = agreed ? { crm: bc, erp: be } : null;
    const [name] = drift(state(c), state(e), { base });
    expect(name).toEqual({ field: 'name', base: told, crm: crm ?? null, erp: erp ?? null, verdict });
  });

  test.each(['crm', 'erp'] as const)('that the %s holds is held, and no other one', (side) => {
    const sides = { crm: state({ name: 'a', status: 'SENT' }), erp: state({ name: 'a', status: 'SENT' }) };
    const all = { ...sides, [side]: { ...sides[side], held: [held('name', 'Nobody can read it.')] } };
    const found = drift(all.crm, all.erp);
    expect(found.map(({ field, verdict, why }) => [field, verdict, why])).toEqual([
      ['name', 'held', 'Nobody can read it.'],
      ['status', 'equal', undefined],
      ['price', 'agreed difference', undefined],
    ]);
    expect(found.map((field) => 'why' in field)).toEqual([true, false, false]);
    const [name] = found;
    expect([name!.crm, name!.erp]).toEqual(side === 'crm' ? ['x', 'a'] : ['a', 'x']);
  });

  test.each([
    ['APPROVED', 'SENT', 'agreed difference'],
    ['SENT', 'DRAFT', 'conflict'],
    ['SENT', null, 'conflict'],
    [null, 'SENT', 'conflict'],
  ])('a status that the ERP does not tell apart is no drift: %s and %s', (crm, erp, verdict) => {
    const [, status] = drift(state({ status: crm }), state({ status: erp }));
    expect(status!.verdict).toBe(verdict);
  });

  test('that is not the business of this link at this stage is left out', () => {
    const fields = (more: Partial<DriftInput>) => drift(state({}), state({}), more).map(({ field }) => field);
    expect(fields({})).toEqual(['name', 'status', 'price']);
    expect(fields({ content: false })).toEqual(['name', 'status']);
    expect(fields({ stage: 'accepted' })).toEqual(['name', 'status', 'total', 'price']);
    const early = { ...mapping, fields: { total: rule({ stages: ['quote'] }) } };
    const input = { base: null, crm: state({}), erp: state({}), lineLinks: [] };
    expect(driftBetween(early, input), 'a deal begins as a quote').toHaveLength(1);
  });
});

describe('a field is in step', () => {
  const all: Readonly<Record<DriftVerdict, boolean>> = {
    equal: true,
    'agreed difference': true,
    'crm ahead': false,
    'erp ahead': false,
    conflict: false,
    held: false,
    unknown: false,
  };
  test.each(Object.entries(all))('that is %s: %s', (verdict, is) => {
    const field = { field: 'name', base: null, crm: null, erp: null, verdict: verdict as DriftVerdict };
    expect(isInStep(field)).toBe(is);
  });
});

describe('without a side that does not answer', () => {
  const base: Base = { crm: { name: 'a' }, erp: { name: 'a' } };
  const names = (crm: SideState | null, erp: SideState | null) => {
    const found = driftUnheard(mapping, { base, crm, erp }, 'The ERP is away.');
    expect(found.map(({ field }) => field)).toEqual(['name', 'status', 'price']);
    return found[0];
  };
  const unknown = { field: 'name', base: 'a', verdict: 'unknown', why: 'The ERP is away.' };

  test('what was agreed and what the other shows is told, and nothing judged', () => {
    expect(names(state({ name: 'b' }), null)).toEqual({ ...unknown, crm: 'b', erp: null });
    expect(names(null, state({ name: 'b' }))).toEqual({ ...unknown, crm: null, erp: 'b' });
    expect(names(null, null)).toEqual({ ...unknown, crm: null, erp: null });
  });

  test('why a value of the other is held waits until both can be asked', () => {
    const crm = state({}, { held: [held('name', 'Nobody can read it.')] });
    expect(names(crm, null)).toEqual({ ...unknown, crm: 'x', erp: null });
  });
});

describe('lines', () => {
  const line = (lineId: string, text: string, more: Partial<LineState> = {}): LineState => ({
    lineId,
    values: { text, lineNumber: 1 },
    held: [],
    ...more,
  });
  const link = (crmLineId: string | null, erpLineId: string | null, based = true): LineLink => ({
    id: 'l',
    crmLineId,
    erpLineId,
    base: based ? { crm: { text: 'a' }, erp: { text: 'a' } } : null,
    ended: false,
  });
  const between = (
    crm: readonly LineState[] | undefined,
    erp: readonly LineState[] | undefined,
    ...lineLinks: readonly LineLink[]
  ) =>
    drift(state({}, crm && { lines: crm }), state({}, erp && { lines: erp }), { lineLinks })
      .filter((each) => each.line !== undefined)
      .map(({ field, line: id, crm: c, erp: e, base, verdict }) => [field, id, c, e, base, verdict]);

  test('are compared by their links, order apart', () => {
    expect(between([line('c', 'b')], [line('e', 'a', {})], link('c', 'e'))).toEqual([
      ['text', 'l', 'b', 'a', 'a', 'crm ahead'],
    ]);
  });

  const a = { text: 'a', lineNumber: 1 };
  test('one that was removed on a side: the other is to follow', () => {
    expect(between([line('c', 'a')], [], link('c', 'e'))).toEqual([
      ['line', 'l', a, null, { text: 'a' }, 'erp ahead'],
    ]);
    expect(between([], [line('e', 'a')], link('c', 'e'))).toEqual([
      ['line', 'l', null, a, { text: 'a' }, 'crm ahead'],
    ]);
  });

  test('one that is new on a side: the other has it to come, linked or not', () => {
    expect(between([line('c', 'a')], undefined)).toEqual([['line', 'c', a, null, null, 'crm ahead']]);
    expect(between(undefined, [line('e', 'a')])).toEqual([['line', 'e', null, a, null, 'erp ahead']]);
    expect(between([line('c', 'a')], [], link('c', null, false))).toEqual([
      ['line', 'l', a, null, null, 'crm ahead'],
    ]);
    expect(between([], [line('e', 'a')], link(null, 'e', false))).toEqual([
      ['line', 'l', null, a, null, 'erp ahead'],
    ]);
  });

  test('one that is on neither side, and one that stays behind, are no drift', () => {
    expect(between([], [], link('c', 'e'))).toEqual([]);
    expect(between([line('c', 'a', { behind: true })], [])).toEqual([]);
    expect(between([line('c', 'a', { behind: true })], [], link('c', null, false))).toEqual([]);
    expect(between([line('c', 'a', { behind: true })], [line('e', 'a')], link('c', 'e'))).toEqual([
      ['line', 'l', null, a, { text: 'a' }, 'crm ahead'],
    ]);
  });

  test('are not the business of a link that does not carry the content, nor of a mapping without any', () => {
    const sides = [state({}, { lines: [line('c', 'a')] }), state({})] as const;
    expect(drift(...sides, { content: false }).map(({ field }) => field)).toEqual(['name', 'status']);
    const { lines: _, ...header } = mapping;
    const input = { base: null, crm: sides[0], erp: sides[1], lineLinks: [] };
    expect(driftBetween(header, input).map(({ field }) => field)).toEqual(['name', 'status', 'price']);
  });
});
