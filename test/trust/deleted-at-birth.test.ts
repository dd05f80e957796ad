import { expect, test } from 'vitest';
import { other } from '../../sync/core/sides.ts';
import { births, born, ground } from './people.ts';
import { flows } from './referee/shapes.ts';
import { judged } from './referee/story.ts';
import { inOwnWorld, type World } from './world.ts';

// F9. A process makes a record and dies over it; before anybody can link it, a person deletes it where it was made.
test.each(births)(
  'what is deleted where it has just been made is not made once more: $flow of the $side',
  (cell) =>
    inOwnWorld(async (w) => {
      const born = await deletedAtBirth(w, cell);
      const next = await w.live();
      await w.settled(next);
      await ended(w, cell, born);
      expect(next.errors).toEqual([]);
    }),
);

// The same, and whoever comes to put that in order dies as well: after the survivor was archived, before it was told.
test.each(births)('and the log tells of both, whoever dies over it once more: $flow of the $side', (cell) =>
  inOwnWorld(async (w) => {
    const born = await deletedAtBirth(w, cell);
    const second = await w.live();
    second.dieAt('after the call', () => sourceOf(w, cell, born)?.archived === true);
    await second.dead;
    await second.kill();
    await w.bury();
    const next = await w.live();
    await w.settled(next);
    await ended(w, cell, born);
    expect(next.errors).toEqual([]);
  }),
);

// The same, and what it was made from is deleted as well: no link can tell of either.
test.each(births)(
  'and where its origin is deleted as well, the log still tells: $flow of the $side',
  (cell) =>
    inOwnWorld(async (w) => {
      const born = await deletedAtBirth(w, cell);
      w.act(cell.side, { kind: 'delete', entity: flows[cell.flow][cell.side], id: born.source });
      const next = await w.live();
      await w.settled(next);
      const target = other(cell.side);
      expect(w.fakes[target].all(flows[cell.flow][target])).toHaveLength(born.before);
      expect(await judged(w)).toEqual([]);
      expect(next.errors).toEqual([]);
    }),
);

type Cell = (typeof births)[number];

/** A record, and what a process made of it that died over it; a person has deleted that since. */
interface Born {
  readonly source: string;
  readonly made: string;
  /** Records that were there before. */
  readonly before: number;
}

async function deletedAtBirth(w: World, { flow, side }: Cell): Promise<Born> {
  const on = await ground(w);
  const target = w.fakes[other(side)];
  const entity = flows[flow][other(side)];
  const before = target.all(entity).length;
  const life = await w.live();
  life.dieAt('after the call', () => target.all(entity).length > before);
  const source = born(w, flow, side, on);
  await life.dead;
  await life.kill();
  const made = target.all(entity).at(-1)!;
  expect([target.all(entity).length, made.updatedBy]).toEqual([before + 1, 'tandem']);
  w.act(other(side), { kind: 'delete', entity, id: made.id });
  await w.bury();
  return { source: source.id, made: made.id, before };
}

const sourceOf = (w: World, { flow, side }: Cell, { source }: Born) =>
  w.fakes[side].get(flows[flow][side], source);

/** The pair has ended as by any other deletion, and all of it was told. */
async function ended(w: World, cell: Cell, born: Born): Promise<void> {
  const target = other(cell.side);
  expect(w.fakes[target].all(flows[cell.flow][target])).toHaveLength(born.before);
  expect(sourceOf(w, cell, born)).toMatchObject({ archived: true });
  expect(
    await w.sql`select distinct state, ended_by from sync.link where ${born.made} in (crm_id, erp_id) and not lone`,
  ).toEqual([{ state: 'ended', ended_by: 'deleted' }]);
  expect(await judged(w)).toEqual([]);
}
