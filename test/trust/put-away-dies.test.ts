import { expect, test } from 'vitest';
import { other } from '../../sync/core/sides.ts';
import type { FieldChange } from '../../sync/core/types.ts';
import { births, born, edited, ground, twinOf } from './people.ts';
import { flows } from './referee/shapes.ts';
import { judged } from './referee/story.ts';
import { inOwnWorld, type Point, type World } from './world.ts';

// F1, I7. A step puts the counterpart of a record away, or brings it back, and dies before it has recorded that: the
// records stand alike by then, so only what was noted ahead tells of it.
test.each(births)(
  'what was put away or brought back as a process died is told once: $flow of the $side',
  (cell) =>
    inOwnWorld(async (w) => {
      const { act, cameBack, put } = await pairOf(w, cell);
      for (const [n, kind] of (['archive', 'restore'] as const).entries()) {
        await diesOver(w, 'after the call', () => act(kind));
        const told = await cameBack();
        expect(told.slice(n)).toEqual([put(kind)]);
      }
    }),
);

test('what a process died before it put away is told once, by who does it', () =>
  inOwnWorld(async (w) => {
    const { act, cameBack, put } = await pairOf(w, births[0]!);
    await diesOver(w, 'before the call', () => act('archive'));
    expect(await cameBack()).toEqual([put('archive')]);
  }));

test('what was put away as a process died, and a person has brought back since, is told as under way', () =>
  inOwnWorld(async (w) => {
    const { act, cameBack, target } = await pairOf(w, births[0]!);
    await diesOver(w, 'after the call', () => act('archive'));
    w.act(target.side, { kind: 'restore', entity: target.entity, id: target.id });
    const [first] = await cameBack();
    expect(first).toMatchObject({ after: true, why: 'was under way when the process died' });
  }));

test('what was written besides and then not put away, as a process died, is told as it came', () =>
  inOwnWorld(async (w) => {
    const { act, cameBack, put, edit, target } = await pairOf(w, births[0]!);
    // It dies between the two: what was written is there, and the record is in use.
    const isWritten = (): boolean => w.fakes[target.side].log.at(-1)?.kind === 'update';
    await diesOver(
      w,
      'after the call',
      () => {
        edit();
        act('archive');
      },
      isWritten,
    );
    expect(w.fakes[target.side].get(target.entity, target.id)!.archived).toBe(false);
    expect(await cameBack()).toEqual([put('archive')]);
  }));

/** A pair at rest, and what a person does to the one of the two that was there first. */
async function pairOf(w: World, { flow, side }: (typeof births)[number]) {
  const on = await ground(w);
  const first = await w.live();
  const { id } = born(w, flow, side, on);
  await w.settled(first);
  await first.stop();
  const entity = flows[flow][side];
  const target = { side: other(side), entity: flows[flow][other(side)], id: twinOf(w, flow, side, id)! };
  return {
    target,
    act: (kind: 'archive' | 'restore') => w.act(side, { kind, entity, id }),
    edit: () => edited(w, flow, side, id),
    put: (kind: 'archive' | 'restore') => ({
      field: 'archived',
      side: target.side,
      before: kind === 'restore',
      after: kind === 'archive',
      winner: side,
      why: `${kind}d`,
    }),
    /** The next process puts all in order: what the log tells of putting the other away then. */
    async cameBack(): Promise<readonly FieldChange[]> {
      await w.bury();
      const next = await w.live();
      await w.settled(next);
      const events = await w.sql<{ fields: readonly FieldChange[] }[]>`
        select e.fields from sync.event e join sync.link l on l.id = e.link_id
        where l.mapping = ${flow} and ${id} in (l.crm_id, l.erp_id) order by e.pos`;
      expect(await w.sql`select pair, changes from sync.decision`).toEqual([]);
      expect(await judged(w)).toEqual([]);
      expect(next.errors).toEqual([]);
      await next.stop();
      return events.flatMap(({ fields }) => fields.filter(({ field }) => field === 'archived'));
    },
  };
}

/** What a person does, and a process that dies over it. */
async function diesOver(w: World, point: Point, act: () => void, when?: () => boolean): Promise<void> {
  const life = await w.live();
  life.dieAt(point, when);
  act();
  await life.dead;
  await life.kill();
}
