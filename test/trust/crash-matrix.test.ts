import { describe, expect, test } from 'vitest';
import { other } from '../../sync/core/sides.ts';
import type { Side } from '../../sync/core/types.ts';
import { isSoak } from '../support/scale.ts';
import { births, born, edited, ground, type Operation, twinOf } from './people.ts';
import { type FlowName, flows } from './referee/shapes.ts';
import { judged } from './referee/story.ts';
import { inOwnWorld, type Life, type Point, points, type World } from './world.ts';

/** Flows and the sides on which their records are made, with what people do to them there. */
interface Cell {
  readonly flow: FlowName;
  readonly side: Side;
  readonly act: Operation;
}

const cells: readonly Cell[] = births.flatMap((birth) =>
  (['create', 'update', 'delete'] as const).map((act) => ({ ...birth, act })),
);

/** The test command takes each cell at one of the points, so that each flow, operation and point comes up; the soak takes all. */
const isTaken = (point: number, cell: number): boolean => isSoak || (point + cell) % points.length === 0;

// F1. The deal's other two flows ride along: a quote makes its ERP order (quoteOrder), an order its user's block (userOrder).
describe.each(points.map((point, n) => ({ point, n })))('the process dies: $point', ({ point, n }) => {
  test.each(cells.filter((_, i) => isTaken(n, i)))('$flow in the $side: $act', (cell) =>
    inOwnWorld((w) => dies(w, point, cell)),
  );
});

async function dies(w: World, point: Point, { flow, side, act }: Cell): Promise<void> {
  const on = await ground(w);
  let id = '';
  if (act !== 'create') {
    const before = await w.live();
    id = born(w, flow, side, on).id;
    await w.settled(before);
    await before.stop();
  }
  const life = await w.live();
  life.dieAt(point);
  if (act === 'create') id = born(w, flow, side, on).id;
  else if (act === 'update') edited(w, flow, side, id);
  else w.act(side, { kind: 'delete', entity: flows[flow][side], id });
  await diedOrSettled(w, life);
  await life.kill();
  await w.bury();
  const next = await w.live();
  // Back at work within ten seconds of the restart.
  await w.settled(next, 10_000);
  const broken = await judged(w);
  if (act !== 'delete')
    expect(twinOf(w, flow, side, id), `the counterpart in the ${other(side)}`).not.toBeNull();
  expect(broken).toEqual([]);
  expect(next.errors).toEqual([]);
  await next.stop();
}

/** A cell in which the process never comes to its point is no cell: a delete that is not read makes no call, for one. */
async function diedOrSettled(w: World, life: Life): Promise<void> {
  await Promise.race([life.dead, w.settled(life).catch(() => life.dead)]);
}
