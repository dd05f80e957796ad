import { expect, test } from 'vitest';
import type { MappingName, Side } from '../../sync/core/types.ts';
import { born, ground, twinOf } from './people.ts';
import { judged } from './referee/story.ts';
import { inOwnWorld, type Life, type World } from './world.ts';

// Documents of a deal share their work. What a flow that rests would have to write of it nobody writes, and nothing is half
// done: the deal waits, and goes on with the flow.

const pause = ({ sync }: Life, flow: MappingName, paused = true) => sync.pause(flow, paused, null, 'anna');

/** What the sync wrote to one side's records of an entity since a mark. */
const written = (w: World, side: Side, entity: string, since: number): readonly string[] =>
  w.fakes[side].log
    .slice(since)
    .filter((entry) => entry.actor === 'tandem' && entry.entity === entity)
    .flatMap(({ kind, after }) => (kind === 'update' ? Object.keys(after) : [kind]));

/** A record that is in step, with all that its deal has, when a flow of that is paused. */
async function restingOver(w: World, flow: MappingName, kind: 'quote' | 'order', side: Side) {
  const on = await ground(w);
  const life = await w.live();
  const { id } = born(w, kind, side, on);
  await w.settled(life);
  await pause(life, flow);
  return { on, life, id };
}

async function goesOn(w: World, life: Life, flow: MappingName): Promise<void> {
  expect(await w.letters()).toEqual([]);
  await pause(life, flow, false);
  await w.settled(life);
  expect(life.errors).toEqual([]);
  expect(await w.sql`select key from sync.lane`).toEqual([]);
  expect(await judged(w)).toEqual([]);
}

test.each(['crm', 'erp'] as const)(
  'a new quote of the %s gets no ERP order while QUOTE_ORDER rests',
  (side) =>
    inOwnWorld(async (w) => {
      const on = await ground(w);
      const life = await w.live();
      await pause(life, 'quoteOrder');
      const quote = born(w, 'quote', side, on).id;
      await w.settled(life);
      expect(w.erp.all('Order')).toEqual([]);
      expect(
        await w.sql`select 1 from sync.link where mapping = 'quote' and ${quote} in (crm_id, erp_id) and (lone or state <> 'ended')`,
        'the quote is shown all the same',
      ).toHaveLength(1);
      await goesOn(w, life, 'quoteOrder');
      expect(w.erp.all('Order')).toHaveLength(1);
      expect(twinOf(w, 'quote', side, quote)).not.toBeNull();
    }),
);

test.each([
  { flow: 'quoteOrder', side: 'crm', entity: 'Quote' },
  { flow: 'quoteOrder', side: 'erp', entity: 'Order' },
  { flow: 'quote', side: 'erp', entity: 'Order' },
] as const)(
  'a proposal whose $side $entity is edited waits as a whole while $flow rests',
  ({ flow, side, entity }) =>
    inOwnWorld(async (w) => {
      const { life, id: quote } = await restingOver(w, flow, 'quote', 'crm');
      const since = { crm: w.crm.log.length, erp: w.erp.log.length };
      const id = side === 'crm' ? quote : w.erp.all('Order')[0]!.id;
      w.edit(side, entity, id, { requestedDeliveryDate: '2027-01-09' });
      await w.settled(life);
      for (const [of, what] of [
        ['crm', 'Quote'],
        ['erp', 'Quote'],
        ['erp', 'Order'],
      ] as const)
        expect(written(w, of, what, since[of]), `${of} ${what}`).toEqual([]);
      w.edit(side, entity, id, { requestedDeliveryDate: '2027-02-10' });
      await w.settled(life);
      await goesOn(w, life, flow);
      const dates = [w.crm.all('Quote'), w.erp.all('Quote'), w.erp.all('Order')].map(
        ([r]) => r!.fields.requestedDeliveryDate,
      );
      expect(dates).toEqual(['2027-02-10', '2027-02-10', '2027-02-10']);
    }),
);

test.each(['crm', 'erp'] as const)(
  'a quote that is deleted in the %s keeps its ERP order while QUOTE_ORDER rests',
  (side) =>
    inOwnWorld(async (w) => {
      const { life, id: quote } = await restingOver(w, 'quoteOrder', 'quote', side);
      w.act(side, { kind: 'delete', entity: 'Quote', id: quote });
      await w.settled(life);
      expect(w.erp.all('Order')[0]!.archived).toBe(false);
      await goesOn(w, life, 'quoteOrder');
      expect(w.erp.all('Order')[0]!.archived).toBe(true);
    }),
);

test('who sells an order stays as it is while USER_ORDER rests, and new orders are made', () =>
  inOwnWorld(async (w) => {
    const { on, life, id: order } = await restingOver(w, 'userOrder', 'order', 'crm');
    const since = w.erp.log.length;
    const per = w.create('crm', 'User', { fullName: 'Per Berg', email: 'per@firm.example', active: true });
    w.edit('crm', 'Order', order, { ownerId: per.id });
    const other = born(w, 'order', 'crm', on).id;
    await w.settled(life);
    expect(written(w, 'erp', 'Order', since)).not.toContain('salespersonName');
    expect(twinOf(w, 'order', 'crm', other)).not.toBeNull();
    await goesOn(w, life, 'userOrder');
    const names = [order, other].map(
      (id) => w.erp.get('Order', twinOf(w, 'order', 'crm', id)!)!.fields.salespersonName,
    );
    expect(names).toEqual(['Per Berg', 'Kari Holm']);
  }));

test('what somebody syncs by hand does not wait', () =>
  inOwnWorld(async (w) => {
    const { life, id: quote } = await restingOver(w, 'quoteOrder', 'quote', 'crm');
    w.edit('crm', 'Quote', quote, { requestedDeliveryDate: '2027-01-09' });
    await w.settled(life);
    const [link] = await w.sql<
      { id: string }[]
    >`select id from sync.link where mapping = 'quoteOrder' and crm_id = ${quote}`;
    await life.sync.syncLink(link!.id, { mode: 'apply', actor: 'anna' });
    expect(w.erp.all('Order')[0]!.fields.requestedDeliveryDate).toBe('2027-01-09');
    await goesOn(w, life, 'quoteOrder');
  }));
