import { describe, expect, test } from 'vitest';
import { other, sides } from '../../sync/core/sides.ts';
import type { Side } from '../../sync/core/types.ts';
import type { SyncResult } from '../../sync/engine/api.ts';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { pairsOf } from './pairs.ts';
import { type Fields, openWorld } from './world.ts';

/**
 * Two records that were a pair and are parted: neither the reference that the ERP's bears nor the key it was made with is
 * in the way of the next counterpart, and what was put away is not taken for it.
 */
const w = await openWorld();
const known = await knownRecords(w);
const { pair } = pairsOf(w);
const { product, customerId, ownerId } = dealsOf(w, known);
const apply = { mode: 'apply', actor: 'test' } as const;
const customer = (side: Side, id: string) => ({ side, entity: 'Customer', id }) as const;
const referenceOf = async (id: string): Promise<unknown> =>
  (await w.fields('erp', 'Customer', id)).externalReference;

/** A customer that was merged into another one of its system, and the counterpart that was put away. */
async function mergedAway(side: Side) {
  const [from, into] = [await pair(), await pair()];
  const [merged] = await w.sync.followMerge(customer(side, from[side]), customer(side, into[side]), apply);
  await w.settled();
  return { ...from, event: merged!.eventIds[0]! };
}

/** What stands of a pair: the link, the reference, which of the records are put away. */
async function standing(crm: string, erp: string) {
  const { state, erpId } = await w.linkOf('customer', crm);
  const archived = async (side: Side, id: string) => (await w.read(side, 'Customer', id)).archived;
  return {
    state,
    isOfPair: erpId === erp,
    reference: await referenceOf(erp),
    archived: [await archived('crm', crm), await archived('erp', erp)],
  };
}
const inStep = (crm: string) => ({
  state: 'synced',
  isOfPair: true,
  reference: crm,
  archived: [false, false],
});

test('a record that was merged away is linked to another one', async () => {
  const from = await mergedAway('crm');
  const free = await pair();
  await w.sync.unlink(free.link, 'both', apply);
  const done = await w.sync.link('customer', from.crm, free.erp, apply);
  await w.settled();
  expect(done.outcome).toBe('linked');
  expect(await standing(from.crm, free.erp)).toEqual(inStep(from.crm));
  expect(await referenceOf(from.erp)).toBe(null);
});

describe('asked for a counterpart, a record gets a new one, as the preview says', () => {
  const asked = (crm: string, mode: 'preview' | 'apply') =>
    w.sync.syncRecords('customer', [customer('crm', crm)], { ...apply, mode });
  /** What a plan makes and puts away; once it is made, the CRM's learns its number, which no preview knows. */
  const actions = (of: SyncResult | undefined) =>
    of!.plan.writes.map(({ side, action }) => [side, action]).filter(([, action]) => action !== 'update');

  test.each([
    ['it was merged away', () => mergedAway('crm')],
    [
      'its link was ended, and the other record put away',
      async () => {
        const ids = await pair();
        await w.sync.unlink(ids.link, 'crm', apply);
        await w.settled();
        return ids;
      },
    ],
  ])('%s', async (_, part) => {
    const from = await part();
    const [planned] = await asked(from.crm, 'preview');
    expect(actions(planned)).toEqual([['erp', 'create']]);
    const [done] = await asked(from.crm, 'apply');
    await w.settled();
    expect(actions(done)).toEqual(actions(planned));
    const { erpId } = await w.linkOf('customer', from.crm);
    expect(erpId).not.toBe(from.erp);
    expect(await standing(from.crm, erpId!)).toEqual(inStep(from.crm));
    expect(await w.read('erp', 'Customer', from.erp)).toMatchObject({
      archived: true,
      fields: { externalReference: null },
    });
  });
});

test.each(['crm', 'erp'] as const)(
  'a merge in the %s that is taken back gives the reference back',
  async (side) => {
    const from = await mergedAway(side);
    expect(await referenceOf(from.erp)).toBe(null);
    await w.sync.revert(from.event, null, apply);
    await w.settled();
    expect(await standing(from.crm, from.erp)).toEqual(inStep(from.crm));
  },
);

// A document is never written with lines missing, nor a line without its product.
test.each(['crm', 'erp'] as const)(
  'an order whose line names a product that was parted waits as a whole, and goes on once it names another one in the %s',
  async (side) => {
    const own = await w.create('crm', 'Product', { sku: `PARTED-${side}`, name: 'Parted' });
    await w.settled();
    const lines = [
      { productId: own.id, quantity: '2', unitPrice: '100' },
      { productId: product(0), quantity: '1', unitPrice: '5' },
    ];
    const { id } = await w.create('crm', 'Order', { customerId, ownerId, lines });
    await w.settled();
    const ids = { crm: id, erp: await w.twin('order', 'crm', id) };
    const linked = await w.linkOf('product', own.id);
    await w.sync.unlink(linked.id, 'both', apply);

    const shown = async (on: Side) =>
      (await w.lines(on, 'Order', ids[on])).map((line) => [line.productId, line.quantity]);
    const [first, second] = await w.lines(side, 'Order', ids[side]);
    const change = (lineId: string, fields: Fields) => ({ kind: 'change', lineId, fields }) as const;
    const there = other(side);
    const before = await shown(there);
    await w.editLines(side, 'Order', ids[side], [
      change(first!.lineId, { quantity: '7' }),
      change(second!.lineId, { quantity: '3' }),
    ]);
    await w.settled();
    const waiting = await w.linkOf('order', id);
    expect([waiting.state, waiting.waitsFor?.map(({ on }) => on)]).toEqual([
      'waiting',
      [`crm:Product:${own.id}`, `erp:Product:${linked.erpId}`],
    ]);
    expect(await shown(there)).toEqual(before);

    const named = String(known.Product[0][side]);
    await w.editLines(side, 'Order', ids[side], [change(first!.lineId, { productId: named })]);
    await w.settled();
    expect((await w.linkOf('order', id)).state).toBe('synced');
    for (const on of sides)
      expect(await shown(on)).toEqual(['7', '3'].map((quantity) => [known.Product[0][on], quantity]));
  },
);
