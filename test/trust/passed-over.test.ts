import { expect, test } from 'vitest';
import { other } from '../../sync/core/sides.ts';
import type { Json, Side } from '../../sync/core/types.ts';
import { births, born, ground, newValue, twinOf } from './people.ts';
import { type FlowName, flows } from './referee/shapes.ts';
import { judged } from './referee/story.ts';
import { inOwnWorld, type Point, type World } from './world.ts';

// F1, I7. A step writes an edit and dies over it. Before anybody comes, a person types over what it wrote, and the edit it
// was made of is edited once more: neither system shows it any longer.
test.each(births)(
  'what was written as a process died is told though it was typed over: $flow of the $side',
  (cell) =>
    inOwnWorld(async (w) => {
      const died = await diesOver(w, cell, 'after the call');
      died.typeOver('typed over');
      died.editAgain();
      const { told, broken } = await died.cameBack();
      expect(told).toContainEqual(expect.objectContaining<object>({ before: died.before, after: died.sent }));
      expect(broken).toEqual([]);
    }),
);

// The same, and the record it was written to is deleted.
test.each(births)('and though its record was deleted: $flow of the $side', (cell) =>
  inOwnWorld(async (w) => {
    const died = await diesOver(w, cell, 'after the call');
    died.editAgain();
    died.remove();
    const { told, broken } = await died.cameBack();
    expect(told).toContainEqual(expect.objectContaining<object>({ before: died.before, after: died.sent }));
    expect(broken).toEqual([]);
  }),
);

// What came to nothing is not told, whatever a person typed there since.
test('what a process died before it wrote is not told as written', () =>
  inOwnWorld(async (w) => {
    const died = await diesOver(w, { flow: 'customer', side: 'crm' }, 'before the call');
    died.typeOver('typed there');
    died.editAgain();
    const { told, broken } = await died.cameBack();
    expect(told.filter(({ after }) => after === died.sent)).toEqual([]);
    expect(broken).toEqual([]);
  }));

// Once it is found, it is told once, with what was decided then.
test('what a process died over is told once, where nobody has touched it', () =>
  inOwnWorld(async (w) => {
    const died = await diesOver(w, { flow: 'customer', side: 'erp' }, 'after the call');
    const { told, broken } = await died.cameBack();
    expect(told.filter(({ after }) => after === died.sent)).toEqual([
      {
        field: expect.any(String),
        side: 'crm',
        before: died.before,
        after: died.sent,
        winner: 'erp',
        why: 'edited',
      },
    ]);
    expect(broken).toEqual([]);
  }));

interface Cell {
  readonly flow: FlowName;
  readonly side: Side;
}

/** A pair whose record in `side` was edited; the process that was to write that to the other side died at a point. */
async function diesOver(w: World, { flow, side }: Cell, point: Point) {
  const on = await ground(w);
  const target = other(side);
  const entity = { crm: flows[flow].crm, erp: flows[flow].erp };
  const [canonical, erpField] = Object.entries(flows[flow].both)[0]!;
  const field = { crm: canonical, erp: erpField };
  const first = await w.live();
  const { id } = born(w, flow, side, on);
  await w.settled(first);
  await first.stop();
  const twin = twinOf(w, flow, side, id)!;
  const shown = (): Json | undefined => w.fakes[target].get(entity[target], twin)?.fields[field[target]];
  const before = shown();
  const sent = newValue(field[side]);
  const life = await w.live();
  life.dieAt(point, () => point === 'before the call' || shown() === sent);
  w.edit(side, entity[side], id, { [field[side]]: sent });
  await life.dead;
  await life.kill();
  return {
    before: before ?? null,
    sent,
    typeOver: (value: string) => w.edit(target, entity[target], twin, { [field[target]]: value }),
    editAgain: () => w.edit(side, entity[side], id, { [field[side]]: newValue(field[side]) }),
    remove: () => w.act(target, { kind: 'delete', entity: entity[target], id: twin }),
    /** The next process puts all in order: what its log tells of the field then, and what the referee finds broken. */
    async cameBack() {
      await w.bury();
      const next = await w.live();
      await w.settled(next);
      const events = await w.sql<{ fields: readonly { field: string; after: Json }[] }[]>`
        select e.fields from sync.event e join sync.link l on l.id = e.link_id
        where ${twin} in (l.crm_id, l.erp_id) order by e.pos`;
      const told = events.flatMap(({ fields }) => fields.filter((each) => each.field === canonical));
      expect(await w.sql`select * from sync.decision`).toEqual([]);
      expect(next.errors).toEqual([]);
      return { told, broken: await judged(w) };
    },
  };
}
