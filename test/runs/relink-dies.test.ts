import { describe, expect, it } from 'vitest';
import type { Side } from '../../sync/core/types.ts';
import { mortal, placesOf } from './mortal.ts';
import { type Pair, pairsOf } from './pairs.ts';
import { type Fields, openRuns, type Process } from './world.ts';

const w = await openRuns();
const ask = { mode: 'apply', actor: 'anna' } as const;

const starting = await w.live();
const { livePairs, tradeIn, twoPairs } = pairsOf(w);
const { product, customer } = await tradeIn(starting, 'RELINK');
await starting.stop();

interface Flow {
  readonly mapping: 'customer' | 'order';
  readonly entity: 'Customer' | 'Order';
  /** The side whose record the link is given another of. */
  readonly side: Side;
  /** A CRM record of the flow; the n-th of its name. */
  readonly fields: (name: string, n: number) => Fields;
  /** What must be the same on both sides, as each shows it. */
  readonly agreed: Readonly<Record<Side, (fields: Fields) => unknown>>;
}

const customers: Omit<Flow, 'side'> = {
  mapping: 'customer',
  entity: 'Customer',
  fields: (name, n) => ({ name: `${name} ${n}`, phone: `+472233445${n}` }),
  agreed: { crm: ({ name }) => name, erp: ({ name }) => name },
};
const linesOf = (fields: Fields, text: string): unknown =>
  (fields.lines as readonly Fields[]).map((line) => [line[text], Number(line.quantity)]).sort();
const orders: Omit<Flow, 'side'> = {
  mapping: 'order',
  entity: 'Order',
  fields: (name, n) => ({
    customerId: customer.id,
    notes: `${name} ${n}`,
    lines: [{ productId: product.id, quantity: String(n + 2), unitPrice: '100' }],
  }),
  agreed: {
    crm: (fields) => [fields.notes, fields.totalAmount, linesOf(fields, 'description')],
    erp: (fields) => [fields.workDescription, fields.amountInclVat, linesOf(fields, 'description')],
  },
};
const flows: readonly Flow[] = [
  { ...customers, side: 'erp' },
  { ...customers, side: 'crm' },
  { ...orders, side: 'erp' },
];

/** A pair, and another one of which somebody has let go: its records are free. */
async function pairAndFree(life: Process, flow: Flow, name: string) {
  const [a, b] = await twoPairs(life, flow, name);
  await life.sync.unlink(b.link, 'both', ask);
  await w.settled(life);
  return { a, b };
}

const target = (side: Side, b: Pair) => (side === 'crm' ? { crmId: b.crm } : { erpId: b.erp });

describe.each(flows)('a relink in the flow $mapping to another record of the $side', async (flow) => {
  const { mapping, entity, side, agreed } = flow;
  const stampOf = async (erpId: string) =>
    (await w.read('erp', entity, erpId))!.fields.externalReference ?? null;
  /** One pair is left, the new one or the old, and it is in step. */
  async function inStep(a: Pair, b: Pair): Promise<'old' | 'new'> {
    const live = await livePairs(mapping, [a.crm, a.erp, b.crm, b.erp]);
    const pairs = live.filter(({ crm, erp }) => crm && erp);
    const old = { crm: a.crm, erp: a.erp };
    const fresh = side === 'crm' ? { crm: b.crm, erp: a.erp } : { crm: a.crm, erp: b.erp };
    expect(pairs).toHaveLength(1);
    const { crm, erp } = pairs[0]!;
    expect([old, fresh]).toContainEqual({ crm, erp });
    const [mine, theirs] = [await w.read('crm', entity, crm), await w.read('erp', entity, erp)];
    expect(agreed.erp(theirs!.fields)).toEqual(agreed.crm(mine!.fields));
    expect(await stampOf(erp)).toBe(crm);
    // The record that is left over names nobody.
    if (erp !== a.erp) expect(await stampOf(a.erp)).toBeNull();
    if (erp !== b.erp) expect(await stampOf(b.erp)).toBeNull();
    return crm === old.crm && erp === old.erp ? 'old' : 'new';
  }
  const all = await (async () => {
    const { life, dieAt, writes } = await mortal(w);
    const { a, b } = await pairAndFree(life, flow, `Undisturbed by ${side}`);
    dieAt(0, 'before');
    await life.sync.relink(a.link, target(side, b), ask);
    const n = writes();
    await w.settled(life);
    await life.stop();
    return { n, a, b };
  })();

  it('makes the new pair, by more than one write to the systems: there is somewhere to die', async () => {
    expect(await inStep(all.a, all.b)).toBe('new');
    expect(all.n).toBeGreaterThan(1);
  });

  it.each(placesOf(all.n))(
    'that dies at write %i, %s it is made, leaves one pair that is in step, the new one or the old',
    async (at, when) => {
      const { life, died, dieAt } = await mortal(w);
      const { a, b } = await pairAndFree(life, flow, `Dies by ${side} ${when} ${at}`);
      dieAt(at, when);
      const relinked = life.sync.relink(a.link, target(side, b), ask);
      await Promise.all([died, expect(relinked).rejects.toThrow()]);

      const next = await w.live();
      await w.settled(next);
      await inStep(a, b);
      await next.stop();
    },
  );
});
