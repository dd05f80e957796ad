import { expect, test } from 'vitest';
import type { Sql } from '../../drizzle/postgres/client.ts';
import { other } from '../../sync/core/sides.ts';
import type { Side } from '../../sync/core/types.ts';
import { isSoak } from '../support/scale.ts';
import { onStatement } from './on-statement.ts';
import { births, born, ground, twinOf } from './people.ts';
import { seeded } from './referee/random.ts';
import { flows } from './referee/shapes.ts';
import { judged } from './referee/story.ts';
import { inOwnWorld, type Life, type World } from './world.ts';

// A process dies over an order that it has made; before anybody has linked it, its quote is deleted. Whoever puts the order
// away dies over that: nobody finds it any more by its stamp, and all the same the log tells of it, once.
// Also where its step fails for longer than a create is looked for.
test.each([
  { deletedIn: 'crm', looks: 2 },
  { deletedIn: 'erp', looks: 10 },
] as const)(
  'what was made and put away before it was linked is told, whoever dies over it: a quote deleted in the $deletedIn',
  ({ deletedIn, looks }) =>
    inOwnWorld(async (w) => {
      const { order, ...quote } = await madeOverADeath(w);
      w.act('crm', {
        kind: 'update',
        entity: 'Quote',
        id: quote.crm,
        fields: { requestedDeliveryDate: '2027-01-09' },
      });
      w.act(deletedIn, { kind: 'delete', entity: 'Quote', id: quote[deletedIn] });
      const survivor = deletedIn === 'crm' ? 'erp' : 'crm';
      await dieOver(w, () => w.fakes[survivor].get('Quote', quote[survivor])?.archived === true);
      await dieOver(w, () => w.erp.get('Order', order)?.archived === true);
      expect(
        (await w.sql`select 1 from sync.link where erp_id = ${order}`).length,
        'links of the order',
      ).toBe(0);
      await agedAMinute(w);

      const next = await w.live(failing(looks));
      await w.settled(next);
      await toldOf(w, order);
    }),
);

// The same with any record: what it was made from is deleted before the two are linked. The soak takes both sides of each.
test.each(births.filter((_, n) => isSoak || n % 4 === 0 || n % 4 === 3))(
  'what was made and put away before it was linked is told, whoever dies over it: a $flow of the $side',
  ({ flow, side }) =>
    inOwnWorld(async (w) => {
      const on = await ground(w);
      const [target, entity] = [w.fakes[other(side)], flows[flow][other(side)]];
      const before = target.all(entity).length;
      const source = born(w, flow, side, on).id;
      await dieOver(w, () => target.all(entity).length > before);
      const made = target.all(entity).at(-1)!.id;
      w.act(side, { kind: 'delete', entity: flows[flow][side], id: source });
      await dieOver(w, () => target.get(entity, made)?.archived === true);
      await agedAMinute(w);

      const next = await w.live(failing(2));
      await w.settled(next);
      expect(await judged(w)).toEqual([]);
      expect(await w.sql`select key from sync.intent`).toEqual([]);
    }),
);

// The same, and a person has put the order away while no process lived.
test.each(['crm', 'erp'] as const)(
  'what a person puts away before anybody has linked it is told: a quote deleted in the %s',
  (deletedIn) =>
    inOwnWorld(async (w) => {
      const { order } = await archivedByHand(w, deletedIn);
      const next = await w.live(failing(2));
      await w.settled(next);
      await toldOf(w, order);
    }),
);

// And for longer than a create is looked for, nobody hears of it: the flow of orders rests.
test('what a person puts away is told when its flow goes on', () =>
  inOwnWorld(async (w) => {
    const { order } = await archivedByHand(w, 'erp', () => late(w));
    const before = await w.live();
    for (const flow of resting) await before.sync.pause(flow, true, null, 'anna');
    w.erp.feed.straighten();
    await w.settled(before);
    await before.stop();
    const next = await afterLooks(w, 10);
    for (const flow of resting) await next.sync.pause(flow, false, null, 'anna');
    await w.settled(next);
    await toldOf(w, order);
  }));

const resting = ['order', 'quoteOrder'] as const;

// And a process that has just begun hears of it after it has looked for it.
test('what a person puts away is told when its news comes late', () =>
  inOwnWorld(async (w) => {
    const { order } = await archivedByHand(w, 'erp', () => late(w));
    const next = await afterLooks(w, 2);
    w.erp.feed.straighten();
    await w.settled(next);
    await toldOf(w, order);
  }));

// And a person has deleted it, while what it was made from is put away and makes it no more.
test('what a person deletes before anybody has linked it is told, though what it was made from is put away', () =>
  inOwnWorld(async (w) => {
    const { order, ...quote } = await madeOverADeath(w);
    w.act('erp', { kind: 'delete', entity: 'Quote', id: quote.erp });
    await dieOver(w, () => w.crm.get('Quote', quote.crm)?.archived === true);
    w.act('erp', { kind: 'delete', entity: 'Order', id: order });
    const next = await w.live();
    await w.settled(next);
    expect(await judged(w)).toEqual([]);
    expect(await w.sql`select key from sync.intent`).toEqual([]);
  }));

// And of what was deleted with what it was made from the log tells that it was made, however long ago that was.
test('what was made and deleted with its origin is told, long after', () =>
  inOwnWorld(async (w) => {
    const on = await ground(w);
    const before = w.erp.all('Product').length;
    const source = born(w, 'product', 'crm', on).id;
    await dieOver(w, () => w.erp.all('Product').length > before);
    w.act('erp', { kind: 'delete', entity: 'Product', id: w.erp.all('Product').at(-1)!.id });
    w.act('crm', { kind: 'delete', entity: 'Product', id: source });
    await agedAMinute(w);
    const next = await w.live();
    await w.settled(next);
    expect(await judged(w)).toEqual([]);
    expect(await w.sql`select key from sync.intent`).toEqual([]);
  }));

/** A process that has begun to look so often for creates that nobody works on any more. */
async function afterLooks(w: World, times: number): Promise<Life> {
  let looks = 0;
  const life = await w.live((sql) =>
    onStatement(sql, (text) => {
      if (isLook(text)) looks++;
      return undefined;
    }),
  );
  await expect.poll(() => looks).toBeGreaterThanOrEqual(times);
  return life;
}

/** The ERP's news is kept back until its feed is straightened. */
const late = (w: World): void => w.erp.feed.disturb({ ...seeded(1), chance: () => false });

async function archivedByHand(w: World, deletedIn: Side, onBirth?: () => void) {
  const made = await madeOverADeath(w, onBirth);
  w.act(deletedIn, { kind: 'delete', entity: 'Quote', id: made[deletedIn] });
  const survivor = deletedIn === 'crm' ? 'erp' : 'crm';
  await dieOver(w, () => w.fakes[survivor].get('Quote', made[survivor])?.archived === true);
  w.act('erp', { kind: 'archive', entity: 'Order', id: made.order });
  await agedAMinute(w);
  return made;
}

async function toldOf(w: World, order: string): Promise<void> {
  expect(await judged(w)).toEqual([]);
  expect(await w.sql`select mapping from sync.link where erp_id = ${order} and crm_id is not null`).toEqual([
    { mapping: 'quoteOrder' },
  ]);
  expect(await w.sql`select key from sync.intent`).toEqual([]);
}

/** An ERP quote, its CRM quote and its ERP order, which was made by a process that died over it. */
async function madeOverADeath(
  w: World,
  onBirth?: () => void,
): Promise<Readonly<Record<Side | 'order', string>>> {
  const on = await ground(w);
  const before = w.erp.all('Order').length;
  const erp = born(w, 'quote', 'erp', on).id;
  onBirth?.();
  await dieOver(w, () => w.erp.all('Order').length > before);
  return { erp, crm: twinOf(w, 'quote', 'erp', erp)!, order: w.erp.all('Order').at(-1)!.id };
}

/** A process that dies as soon as a system shows this. */
async function dieOver(w: World, when: () => boolean): Promise<void> {
  const life = await w.live();
  life.dieAt('after the call', when);
  await life.dead;
  await life.kill();
  await w.bury();
}

/** A minute later, as far as what is under way can tell. */
const agedAMinute = ({ sql }: World) => sql`update sync.intent set at = at - interval '1 minute'`;

/**
 * A database that tells no step what is under way until it was asked so often for what nobody works on any more, and all but
 * the last of these looks are over.
 */
const failing =
  (untilLooks: number) =>
  (sql: Sql): Sql => {
    let looks = 0;
    return onStatement(sql, (text) => {
      if (isLook(text)) looks++;
      if (!text.includes('from sync.intent i') || !text.includes('as working') || looks >= untilLooks)
        return undefined;
      return Promise.reject(
        Object.assign(new Error('the connection is gone'), { code: 'CONNECTION_CLOSED' }),
      );
    });
  };

/** Whether a statement asks for creates that nobody works on any more. */
const isLook = (text: string): boolean =>
  text.includes('from sync.intent i') && text.includes("i.side <> ''");
