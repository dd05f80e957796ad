import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FieldRule, Mapping, Winner } from '../../sync/core/mapping.ts';
import { merge } from '../../sync/core/merge.ts';
import type {
  Base,
  Json,
  LineLink,
  LineState,
  MergePlan,
  Side,
  SideState,
  Values,
} from '../../sync/core/types.ts';
import { counter } from './fixture.ts';

const names = ['a', 'b', 'c'] as const;
const runs = { numRuns: 3000 };
const codec = { name: 'as is', decode: (value: Json) => ({ value }), encode: (value: Json) => ({ value }) };
const value = fc.constantFrom<Json>(null, 'x', 'y', 'z');
const values = fc.record({ a: value, b: value, c: value }) as fc.Arbitrary<Values>;
const rule = fc
  .record({
    way: fc.constantFrom<FieldRule['way']>('both', 'both', 'toErp', 'toCrm'),
    wins: fc.constantFrom<Winner>('latest', 'crm', 'erp', 'inbox'),
  })
  .map((r): FieldRule => ({ row: 1, crm: 'x', erp: 'x', codec, rule: '', ...r }));
const side = fc.constantFrom<Side>('crm', 'erp');
const mappingOf = (fields: Mapping['fields'], lines?: Mapping['lines']): Mapping => ({
  name: 'order',
  crm: 'X',
  erp: 'X',
  links: { kind: 'every' },
  creates: { crm: true, erp: true },
  onDelete: { crm: 'archive', erp: 'archive' },
  match: [],
  fields,
  ...(lines ? { lines } : {}),
});
const mapping = fc.record({ a: rule, b: rule, c: rule }).map((fields) => mappingOf(fields));

/** What each side is able to hold: everything, or it can't tell `z` from `y`. */
type Holds = Readonly<Record<Side, (v: Json) => Json>>;
const hold = fc.constantFrom<(v: Json) => Json>(
  (v) => v,
  (v) => (v === 'z' ? 'y' : v),
);
const holds: fc.Arbitrary<Holds> = fc.record({ crm: hold, erp: hold });
const kept = (h: Holds, on: Side, v: Values): Values =>
  Object.fromEntries(Object.entries(v).map(([k, x]) => [k, h[on](x)]));

interface Pair {
  readonly base: Base | null;
  readonly crm: Values;
  readonly erp: Values;
  readonly at: Readonly<Record<Side, number>>;
}
const times = fc.record({ crm: fc.integer({ min: 1, max: 3 }), erp: fc.integer({ min: 1, max: 3 }) });
const arbPair = (h: Holds) =>
  fc
    .record({ base: fc.option(fc.record({ crm: values, erp: values })), crm: values, erp: values, at: times })
    .map((p): Pair => ({ ...p, crm: kept(h, 'crm', p.crm), erp: kept(h, 'erp', p.erp) }));
const world = fc
  .record({ m: mapping, h: holds })
  .chain(({ m, h }) => fc.record({ m: fc.constant(m), h: fc.constant(h), p: arbPair(h) }));

const state = (v: Values, at: number): SideState => ({ values: v, held: [], at });
const plan = (m: Mapping, p: Pair): MergePlan =>
  merge(
    m,
    {
      base: p.base,
      crm: state(p.crm, p.at.crm),
      erp: state(p.erp, p.at.erp),
      lineLinks: [],
      content: true,
      stage: 'quote',
    },
    counter(),
  );

/** All that apply and record do: the target stores what it can, and the base remembers that. */
function apply(h: Holds, p: Pair, s: MergePlan): Pair {
  const written = { crm: kept(h, 'crm', s.writes.crm), erp: kept(h, 'erp', s.writes.erp) };
  return {
    ...p,
    crm: { ...p.crm, ...written.crm },
    erp: { ...p.erp, ...written.erp },
    base: { crm: { ...s.base.crm, ...written.crm }, erp: { ...s.base.erp, ...written.erp } },
  };
}
const nothing = { crm: {}, erp: {} };
const open = (s: MergePlan): ReadonlySet<string> => new Set(s.conflicts.map((c) => c.field));

describe('merge over any mapping', () => {
  test('settles: after one step nothing is written any more, and conflicts stay as they are', () => {
    fc.assert(
      fc.property(world, ({ m, h, p }) => {
        const first = plan(m, p);
        const after = apply(h, p, first);
        const again = plan(m, after);
        expect(again.writes).toEqual(nothing);
        expect(again.changes).toEqual([]);
        expect(again.conflicts).toEqual(first.conflicts);
        expect(again.base).toEqual(after.base);
      }),
      runs,
    );
  });

  test('is symmetrical: but for the tie, the sides are only names', () => {
    const flip: Readonly<Record<string, string>> = { crm: 'erp', erp: 'crm', toErp: 'toCrm', toCrm: 'toErp' };
    const swap = <T>(x: Readonly<Record<Side, T>>): Record<Side, T> => ({ crm: x.erp, erp: x.crm });
    const mirror = (m: Mapping): Mapping =>
      mappingOf(
        Object.fromEntries(
          Object.entries(m.fields).map(([k, f]) => [
            k,
            {
              ...f,
              wins: (flip[f.wins] ?? f.wins) as Winner,
              way: (flip[f.way] ?? f.way) as FieldRule['way'],
            },
          ]),
        ),
      );
    const mirrored = (p: Pair): Pair => ({ ...swap(p), at: swap(p.at), base: p.base && swap(p.base) });
    fc.assert(
      fc.property(world, ({ m, h, p }) => {
        fc.pre(p.at.crm !== p.at.erp);
        const there = apply(h, p, plan(m, p));
        const back = apply(swap(h), mirrored(p), plan(mirror(m), mirrored(p)));
        expect(mirrored(back)).toEqual(there);
      }),
      runs,
    );
  });

  test('loses no edit: the editor keeps what was typed, the other side gets what it can hold of it', () => {
    fc.assert(
      fc.property(mapping, holds, values, values, side, times, (m, h, agreed, typed, on, at) => {
        const off: Side = on === 'crm' ? 'erp' : 'crm';
        const base = { crm: kept(h, 'crm', agreed), erp: kept(h, 'erp', agreed) };
        const p: Pair = { base, crm: base.crm, erp: base.erp, at, [on]: kept(h, on, typed) };
        const after = apply(h, p, plan(m, p));
        for (const n of names) {
          const oneWay = m.fields[n]!.way === (on === 'crm' ? 'toCrm' : 'toErp');
          const edit = h[on](typed[n]!);
          const moved = edit !== base[on][n] && edit !== base[off][n];
          expect(after[on][n]).toEqual(oneWay && moved ? base[on][n] : edit);
          expect(after[off][n]).toEqual(moved && !oneWay ? h[off](edit) : base[off][n]);
        }
      }),
      runs,
    );
  });

  test('any history of edits and steps, lost and repeated, ends in agreement or in the inbox', () => {
    const move = fc.oneof(
      fc.record({ do: fc.constant('edit' as const), on: side, to: values }),
      fc.record({ do: fc.constant('step' as const), lost: fc.boolean() }),
    );
    fc.assert(
      fc.property(mapping, holds, values, fc.array(move, { maxLength: 30 }), (m, h, start, moves) => {
        const begin = { crm: kept(h, 'crm', start), erp: kept(h, 'erp', start) };
        let p: Pair = { base: begin, ...begin, at: { crm: 1, erp: 1 } };
        let clock = 1;
        for (const s of moves) {
          if (s.do === 'edit') p = { ...p, [s.on]: kept(h, s.on, s.to), at: { ...p.at, [s.on]: ++clock } };
          else {
            const next = apply(h, p, plan(m, p));
            // a step that died before it was recorded: the records have moved, the base has not
            p = s.lost ? { ...next, base: p.base } : next;
          }
        }
        p = apply(h, p, plan(m, p));
        const listed = open(plan(m, p));
        for (const n of names) {
          if (listed.has(n)) continue;
          const [c, e] = [p.crm[n]!, p.erp[n]!];
          const oneWay = m.fields[n]!.way !== 'both' && (c === null || e === null);
          expect(oneWay || c === e || h.erp(c) === e || h.crm(e) === c).toBe(true);
        }
      }),
      runs,
    );
  });

  test('remembers what was agreed: afterwards the base is what each side shows', () => {
    fc.assert(
      fc.property(world, ({ m, h, p }) => {
        const first = plan(m, p);
        const after = apply(h, p, first);
        for (const n of names)
          if (!open(first).has(n))
            expect([after.base!.crm[n], after.base!.erp[n]]).toEqual([after.crm[n], after.erp[n]]);
      }),
      runs,
    );
  });

  test('tells every write, and what was lost by it', () => {
    fc.assert(
      fc.property(world, ({ m, p }) => {
        const s = plan(m, p);
        const told = s.changes.map((c) => `${c.side}.${c.field}`).sort();
        const written = (['crm', 'erp'] as const).flatMap((on) =>
          Object.keys(s.writes[on]).map((f) => `${on}.${f}`),
        );
        expect(told).toEqual(written.sort());
        for (const c of s.changes) {
          expect(c.before).toEqual(p[c.side][c.field]);
          expect(c.after).toEqual(s.writes[c.side][c.field]);
          const edited = p.base && p[c.side][c.field] !== p.base[c.side][c.field];
          if (edited) expect(c.lost).toEqual(c.before);
        }
      }),
      runs,
    );
  });
});

const lineRules: NonNullable<Mapping['lines']> = {
  lineId: { row: 1, crm: 'lineId', erp: 'x', codec, rule: '', way: 'toErp', wins: 'crm' },
  lineNumber: { row: 2, crm: 'x', erp: 'x', codec, rule: '', way: 'both', wins: 'crm', order: true },
  productId: { row: 4, crm: 'x', erp: 'x', codec, rule: '', way: 'both', wins: 'crm' },
  quantity: { row: 6, crm: 'x', erp: 'x', codec, rule: '', way: 'both', wins: 'latest' },
};
const documents = mappingOf({}, lineRules);

/** A document of each side, and the links of its lines. */
interface Documents {
  readonly crm: readonly LineState[];
  readonly erp: readonly LineState[];
  readonly links: readonly LineLink[];
}

const newId = counter('id');

function stepLines(d: Documents, record = true): Documents & { readonly plan: MergePlan } {
  const at = { values: {}, held: [], at: 1 };
  const s = merge(
    documents,
    {
      base: { crm: {}, erp: {} },
      crm: { ...at, lines: d.crm },
      erp: { ...at, lines: d.erp },
      lineLinks: d.links,
      content: true,
      stage: 'quote',
    },
    newId,
  );
  const write = (on: Side): readonly LineState[] => {
    const lines = new Map(d[on].map((line) => [line.lineId, line]));
    for (const w of s.lineWrites[on]) {
      if (w.kind === 'remove') lines.delete(w.lineId);
      else if (w.kind === 'change')
        lines.set(w.lineId, {
          ...lines.get(w.lineId)!,
          values: { ...lines.get(w.lineId)!.values, ...w.values },
        });
      else {
        const fresh = {
          lineId: on === 'crm' ? w.lineId : null,
          productId: null,
          quantity: null,
          lineNumber: null,
        };
        lines.set(w.lineId, { lineId: w.lineId, held: [], values: { ...fresh, ...w.values } });
      }
    }
    return [...lines.values()];
  };
  return { crm: write('crm'), erp: write('erp'), links: record ? s.lineLinks : d.links, plan: s };
}

const inOrder = (lines: readonly LineState[]): readonly (readonly [Json, Json])[] =>
  [...lines]
    .sort((a, b) => Number(a.values.lineNumber) - Number(b.values.lineNumber))
    .map(({ values: v }) => [v.productId ?? null, v.quantity ?? null] as const);

type LineMove =
  | { readonly do: 'add'; readonly on: Side; readonly product: string; readonly at: number }
  | { readonly do: 'remove' | 'edit' | 'move'; readonly on: Side; readonly nth: number; readonly to: number }
  | { readonly do: 'step'; readonly lost: boolean };
const lineMove: fc.Arbitrary<LineMove> = fc.oneof(
  fc.record({ do: fc.constant('add' as const), on: side, product: fc.constantFrom('p', 'q'), at: fc.nat(9) }),
  fc.record({
    do: fc.constantFrom('remove' as const, 'edit' as const, 'move' as const),
    on: side,
    nth: fc.nat(5),
    to: fc.nat(9),
  }),
  fc.record({ do: fc.constant('step' as const), lost: fc.boolean() }),
);

function edit(d: Documents, m: LineMove): Documents {
  if (m.do === 'step') return stepLines(d, !m.lost);
  const lines = d[m.on];
  if (m.do === 'add') {
    const lineId = newId();
    const v = {
      lineId: m.on === 'crm' ? lineId : null,
      productId: m.product,
      quantity: '1',
      lineNumber: m.at + 1,
    };
    return { ...d, [m.on]: [...lines, { lineId, held: [], values: v }] };
  }
  const nth = lines[m.nth % Math.max(1, lines.length)];
  if (!nth) return d;
  if (m.do === 'remove') return { ...d, [m.on]: lines.filter((line) => line !== nth) };
  const change: Values = m.do === 'edit' ? { quantity: String(m.to) } : { lineNumber: m.to + 1 };
  return {
    ...d,
    [m.on]: lines.map((line) => (line === nth ? { ...line, values: { ...line.values, ...change } } : line)),
  };
}

describe('lines', () => {
  test('any history of added, removed, edited and moved lines ends in the same lines in the same order, or in the inbox', () => {
    fc.assert(
      fc.property(fc.array(lineMove, { maxLength: 25 }), (moves) => {
        let d: Documents = { crm: [], erp: [], links: [] };
        for (const m of moves) d = edit(d, m);
        let last = stepLines(d);
        for (let n = 0; n < 2; n++) last = stepLines(last);
        expect(last.plan.lineWrites).toEqual({ crm: [], erp: [] });
        const disputed = new Set(last.plan.conflicts.map((c) => c.line));
        const ids = (key: 'crmLineId' | 'erpLineId') =>
          new Set(last.links.filter((l) => disputed.has(l.id)).map((l) => l[key]));
        const calm = (lines: readonly LineState[], key: 'crmLineId' | 'erpLineId') =>
          lines.filter((l) => !ids(key).has(l.lineId));
        expect(inOrder(calm(last.crm, 'crmLineId'))).toEqual(inOrder(calm(last.erp, 'erpLineId')));
        const live = last.links.filter((l) => !l.ended && !disputed.has(l.id));
        expect(new Set(live.map((l) => l.crmLineId)).size).toBe(calm(last.crm, 'crmLineId').length);
        expect(live.every((l) => l.crmLineId !== null && l.erpLineId !== null)).toBe(true);
        for (const l of live)
          expect(last.erp.find((e) => e.lineId === l.erpLineId)?.values.lineId).toBe(l.crmLineId);
      }),
      { numRuns: 2000 },
    );
  });

  test('a removed line never comes back from an old snapshot, and an added one is never doubled', () => {
    fc.assert(
      fc.property(fc.array(lineMove, { maxLength: 12 }), side, (moves, on) => {
        let d: Documents = { crm: [], erp: [], links: [] };
        for (const m of moves) d = edit(d, m);
        const even = stepLines(stepLines(d));
        const snapshot = even[on];
        const gone = snapshot[0];
        if (!gone || even.plan.conflicts.length > 0) return;
        const removed = stepLines({ ...even, [on]: snapshot.filter((line) => line !== gone) });
        const old = stepLines({ ...removed, [on]: snapshot });
        const off = on === 'crm' ? 'erp' : 'crm';
        expect(old[off].map((l) => l.lineId)).toEqual(removed[off].map((l) => l.lineId));
        expect(old[on].some((l) => l.lineId === gone.lineId)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
});
