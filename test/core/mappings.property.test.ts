import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { driftBetween } from '../../sync/core/drift.ts';
import type { Mapping } from '../../sync/core/mapping.ts';
import { placeholderOfHeld } from '../../sync/core/placeholder.ts';
import { author, guards, rulesOf, travels } from '../../sync/core/rules.ts';
import { same } from '../../sync/core/same.ts';
import { classOf, stateMaps } from '../../sync/core/state-maps.ts';
import type { Json, Side, Stage } from '../../sync/core/types.ts';
import { mappings } from '../../sync/mappings/index.ts';
import { nativeFields } from './generate.ts';
import { inputOf, planOf, type Stepped, shownAfter, stateOf, step, type World } from './world.ts';

const runs = { numRuns: 200 };
const stageOf: Readonly<Record<string, readonly Stage[]>> = {
  quote: ['quote', 'accepted'],
  quoteOrder: ['quote', 'accepted', 'ordered'],
  order: ['ordered', 'released', 'shipped'],
};

const pairs = (mapping: Mapping): fc.Arbitrary<World> =>
  fc
    .record({
      crm: nativeFields(mapping, 'crm'),
      erp: nativeFields(mapping, 'erp'),
      at: fc.record({ crm: fc.constantFrom(1, 2), erp: fc.constantFrom(1, 2) }),
      stage: fc.constantFrom<Stage>(...(stageOf[mapping.name] ?? (['quote'] as const))),
    })
    .map((w) => ({ ...w, base: null, lineLinks: [], content: mapping.carries?.includes(w.stage) ?? true }));

const quiet = ({ plan }: Stepped): boolean =>
  [plan.writes.crm, plan.writes.erp].every((w) => Object.keys(w).length === 0) &&
  plan.lineWrites.crm.length + plan.lineWrites.erp.length === 0;

/** Steps until nothing is written any more; fails when that takes more than a few. */
function settle(mapping: Mapping, start: World): Stepped {
  let last = step(mapping, start);
  for (let n = 0; n < 4; n++) {
    const next = step(mapping, last.world);
    const stuck = next.written.crm + next.written.erp === 0;
    if (quiet(next) || stuck) return next;
    last = next;
  }
  throw new Error(`does not settle: ${JSON.stringify(planOf(mapping, last.world).changes)}`);
}

/** A discount is one decision under the name of either half. */
const twins = <T extends { readonly field: string }>(x: T): readonly T[] =>
  x.field.startsWith('discount')
    ? ['discountPercent', 'discountAmount'].map((field) => ({ ...x, field }))
    : [x];

const values = (mapping: Mapping, world: World, side: Side): Readonly<Record<string, Json>> => {
  const state = stateOf(mapping, world, side);
  const unreadable = state.held.map((h) => [h.field, placeholderOfHeld(h)] as const);
  return { ...Object.fromEntries(unreadable), ...state.values };
};

/** Whether two sides may rest with different values: one can't hold the other's, or its author has none. */
function isExplained(mapping: Mapping, world: World, field: string): boolean {
  const rule = mapping.fields[field]!;
  const [c, e] = [values(mapping, world, 'crm')[field], values(mapping, world, 'erp')[field]];
  const by = author(rule, world.stage)?.side;
  if (by && ((by === 'crm' ? c : e) ?? null) === null) return true;
  if (c === undefined || e === undefined) return true;
  if (rule.states === 'C' && c === 'ACCEPTED' && e === 'CANCELLED') return true;
  return (
    same(shownAfter(mapping, world, 'erp', field, c), e) ||
    same(shownAfter(mapping, world, 'crm', field, e), c)
  );
}

describe.each(mappings.map((m) => [m.name, m] as const))('%s', (_name, mapping) => {
  test('settles within a few steps, whatever both sides showed', () => {
    fc.assert(
      fc.property(pairs(mapping), (world) => void settle(mapping, world)),
      runs,
    );
  });

  test('is even afterwards, or every field that is not is listed', () => {
    fc.assert(
      fc.property(pairs(mapping), (world) => {
        const { world: now, plan, unfit } = settle(mapping, world);
        const listed = new Set(
          [...plan.conflicts, ...plan.held]
            .flatMap(twins)
            .map((x) => `${x.line ?? ''}.${x.field}`)
            .concat(unfit.map((h) => `.${h.field}`)),
        );
        const unfitLines = new Set(unfit.filter((h) => h.line).map((h) => h.field));
        const input = inputOf(mapping, now);
        const uneven = driftBetween(mapping, {
          ...input,
          lineLinks: now.lineLinks.filter((l) => !l.ended),
        }).filter(
          ({ verdict, field, line }) =>
            verdict !== 'equal' &&
            !(verdict === 'agreed difference' && (line || isExplained(mapping, now, field))) &&
            !listed.has(`${line ?? ''}.${field}`) &&
            !(line && unfitLines.has(field)),
        );
        expect(uneven).toEqual([]);
      }),
      runs,
    );
  });

  test('an edit of one side reaches the other and stays where it was typed', () => {
    const edits = pairs(mapping).chain((world) =>
      fc.constantFrom<Side>('crm', 'erp').chain((side) =>
        fc.record({
          world: fc.constant(world),
          side: fc.constant(side),
          typed: nativeFields(mapping, side),
        }),
      ),
    );
    fc.assert(
      fc.property(edits, fc.nat(), ({ world, side, typed }, pick) => {
        const off = side === 'crm' ? 'erp' : 'crm';
        const { world: before, plan: open, unfit: refused } = settle(mapping, world);
        const rules = rulesOf(mapping.fields).filter(
          ({ rule }) => rule[side] !== null && rule[side] !== 'id',
        );
        const { field, rule } = rules[pick % rules.length]!;
        const property = rule[side]!;
        if (rule.pair || rules.some((r) => r.rule.pair === field) || property === 'status') return;
        const edited: World = {
          ...before,
          [side]: { ...before[side], [property]: typed[property]! },
          at: { ...before.at, [side]: 10 },
        };
        const [was, now] = [values(mapping, before, side)[field], values(mapping, edited, side)[field]];
        const { world: after, plan, unfit } = settle(mapping, edited);
        const listed = [
          ...refused,
          ...open.conflicts,
          ...open.held,
          ...plan.conflicts,
          ...plan.held,
          ...unfit,
        ];
        if (listed.some((x) => x.field === field)) return;
        const told = `${side} ${field}: ${JSON.stringify([was, now, values(mapping, before, off)[field], plan.changes])}`;
        const seen = { own: values(mapping, after, side)[field], other: values(mapping, after, off)[field] };
        if (!travels(rule, before.stage, before.content)) {
          expect(seen.own, told).toEqual(now);
          return;
        }
        const by = author(rule, before.stage);
        if (by && by.side !== side) {
          expect(same(seen.own, was) || same(seen.own, seen.other) || rule.required?.[side], told).toBe(true);
          return;
        }
        if ((now ?? null) === null && rule.required?.[off]) return;
        expect(seen.own, told).toEqual(now);
        if (same(was, now)) return;
        expect(
          same(seen.other, now) || same(seen.other, shownAfter(mapping, after, off, field, now ?? null)),
          told,
        ).toBe(true);
        expect(guards(rule, before.stage) && side === 'crm', told).toBe(false);
      }),
      runs,
    );
  });

  test('once even, a step writes nothing, and an edit is answered by at most one write of each side', () => {
    fc.assert(
      fc.property(pairs(mapping), fc.constantFrom<Side>('crm', 'erp'), fc.nat(), (world, side, pick) => {
        const { world: even } = settle(mapping, world);
        const again = step(mapping, even);
        expect(again.written, JSON.stringify(again.plan.changes)).toEqual({ crm: 0, erp: 0 });
        expect(again.world.base).toEqual(even.base);
        const rules = rulesOf(mapping.fields).filter(
          ({ rule }) => rule[side] !== null && rule[side] !== 'id',
        );
        const { rule } = rules[pick % rules.length]!;
        const property = rule[side]!;
        // a phone that nobody could read may become one when its country changes
        if (rule.required?.[side] || /address/iu.test(property)) return;
        const first = step(mapping, { ...even, [side]: { ...even[side], [property]: null } });
        const second = step(mapping, first.world);
        expect(
          second.written,
          `${side} ${property} ${JSON.stringify(second.plan.changes)} after ${JSON.stringify(first.plan.changes)} ${JSON.stringify(first.unfit)}`,
        ).toEqual({ crm: 0, erp: 0 });
      }),
      runs,
    );
  });

  test('the base is what each side shows, but for what is listed', () => {
    fc.assert(
      fc.property(pairs(mapping), (world) => {
        const { world: now, plan, unfit } = settle(mapping, world);
        const listed = new Set(
          [...plan.conflicts, ...plan.held, ...unfit].flatMap(twins).map((x) => x.field),
        );
        for (const side of ['crm', 'erp'] as const)
          for (const { field, rule } of rulesOf(mapping.fields)) {
            if (listed.has(field) || !travels(rule, now.stage, now.content)) continue;
            const shown = values(mapping, now, side)[field] ?? null;
            if (rule.states && side === 'crm' && shown !== null) {
              const map = stateMaps[rule.states];
              expect(classOf(map, String(now.base![side][field]))).toBe(classOf(map, String(shown)));
            } else expect([field, now.base![side][field] ?? null]).toEqual([field, shown]);
          }
      }),
      runs,
    );
  });
});
