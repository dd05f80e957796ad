import { expect, test } from 'vitest';
import { other } from '../../sync/core/sides.ts';
import { born, ground } from './people.ts';
import { flows } from './referee/shapes.ts';
import { judged } from './referee/story.ts';
import { inOwnWorld } from './world.ts';

const cells = (['customer', 'contact', 'product', 'quote', 'order'] as const).flatMap((flow) =>
  (['crm', 'erp'] as const).map((side) => ({ flow, side })),
);

// F9. A process makes a record and dies over it; before anybody can link it, a person deletes it where it was made.
test.each(cells)(
  'what is deleted where it has just been made is not made once more: $flow of the $side',
  {
    timeout: 60_000,
  },
  ({ flow, side }) =>
    inOwnWorld(async (w) => {
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
      const next = await w.live();
      await w.settled(next);
      expect(target.all(entity)).toHaveLength(before);
      expect(w.fakes[side].get(flows[flow][side], source.id)).toMatchObject({ archived: true });
      expect(
        await w.sql`select distinct state, ended_by from sync.link where ${made.id} in (crm_id, erp_id)`,
      ).toEqual([{ state: 'ended', ended_by: 'deleted' }]);
      expect(await judged(w)).toEqual([]);
      expect(next.errors).toEqual([]);
    }),
);
