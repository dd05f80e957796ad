import { expect, test } from 'vitest';
import type { Side } from '../../sync/core/types.ts';
import { born, ground, twinOf } from './people.ts';
import { calm, type Fault } from './referee/faults.ts';
import { judged } from './referee/story.ts';
import { inOwnWorld, type Life, type World } from './world.ts';

// I7. An order's salesperson is linked in the step that makes the order, and his block is noted before it is written. What
// was noted is told once and forgotten, whatever becomes of the step and of the order.

/** An update of a system's order goes wrong once, by itself: what else the step writes goes through. */
const faults = [
  { side: 'crm', when: 'before' },
  { side: 'crm', when: 'after' },
  { side: 'erp', when: 'before' },
  { side: 'erp', when: 'after' },
] as const satisfies readonly { readonly side: Side; readonly when: Fault['when'] }[];

test.each(faults)(
  'an update of the $side order whose outcome is open leaves no note: it fails $when it is carried out',
  ({ side, when }) =>
    inOwnWorld(async (w) => {
      const on = await ground(w);
      let left = 1;
      w.fakes[side].faults = ({ call, entity, kind }) =>
        call === 'write' && entity === 'Order' && kind === 'update' && left-- > 0
          ? { when, as: 'write', code: 'UNKNOWN_OUTCOME' }
          : null;
      const life = await w.live();
      const { id } = born(w, 'order', 'crm', on);
      await expect.poll(() => left).toBeLessThan(1);
      w.fakes[side].faults = calm;
      await whole(w, life, twinOf(w, 'order', 'crm', id)!);
    }),
);

/** What a person does with the ERP order before anybody comes who could tell of the block. */
const meanwhile = {
  'is deleted': (w: World, id: string) => w.act('erp', { kind: 'delete', entity: 'Order', id }),
  'is closed': (w: World, id: string) => w.edit('erp', 'Order', id, { status: 'CLOSED' }),
  'is taken from him': (w: World, id: string) => w.edit('erp', 'Order', id, { salespersonId: null }),
  'stays as it is': () => {},
};

test.each(Object.entries(meanwhile))(
  'a process dies over the block, and the order %s: it is told once',
  (_, happens) =>
    inOwnWorld(async (w) => {
      const on = await ground(w);
      const first = await w.live();
      const blocked = (): string | undefined =>
        w.erp.all('Order').find(({ fields }) => typeof fields.salespersonName === 'string')?.id;
      first.dieAt('after the call', () => blocked() !== undefined);
      born(w, 'order', 'crm', on);
      await first.dead;
      await first.kill();
      const order = blocked()!;
      happens(w, order);
      await w.bury();
      await whole(w, await w.live(), order);
    }),
);

/** Waits until all is in order, and looks: no note is left, the block is told once, and the referee finds nothing broken. */
async function whole(w: World, life: Life, order: string): Promise<void> {
  await w.settled(life);
  expect(await w.sql`select pair, changes from sync.decision`).toEqual([]);
  const events = await w.sql<{ fields: readonly { field: string; after: unknown }[] }[]>`
    select e.fields from sync.event e join sync.link l on l.id = e.link_id
    where l.mapping = 'userOrder' and l.erp_id = ${order}`;
  const names = events.flatMap(({ fields }) => fields.filter(({ field }) => field === 'fullName'));
  expect(names).toEqual([expect.objectContaining({ after: 'Kari Holm' })]);
  expect(await judged(w)).toEqual([]);
  await life.stop();
}
