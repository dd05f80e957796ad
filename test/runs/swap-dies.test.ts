import { expect, it } from 'vitest';
import { mortal, placesOf } from './mortal.ts';
import { pairsOf } from './pairs.ts';
import { openRuns } from './world.ts';

const w = await openRuns();
const ask = { mode: 'apply', actor: 'anna' } as const;

const { livePairs, twoPairs } = pairsOf(w);
const customers = {
  mapping: 'customer',
  entity: 'Customer',
  fields: (name: string, n: number) => ({ name: `${name} ${n}`, phone: `+472233445${n}` }),
} as const;

/** How often a swap that goes through writes to a system. */
const all = await (async () => {
  const { life, dieAt, writes } = await mortal(w);
  const [a, b] = await twoPairs(life, customers, 'Undisturbed');
  dieAt(0, 'before');
  expect(await life.sync.swap({ a: a.link, b: b.link }, ask)).toHaveLength(2);
  const n = writes();
  await life.stop();
  return n;
})();

it('a swap writes to the systems more than twice: there is somewhere to die', () => {
  expect(all).toBeGreaterThan(2);
});

it.each(placesOf(all))(
  'a process that dies at write %i of a swap, %s it is made, leaves two pairs that are in step, crosswise or as they were',
  async (at, when) => {
    const { life, died, dieAt } = await mortal(w);
    const [a, b] = await twoPairs(life, customers, `Dies ${when} ${at}`);
    dieAt(at, when);
    const swapped = life.sync.swap({ a: a.link, b: b.link }, ask);
    await Promise.all([died, expect(swapped).rejects.toThrow()]);

    const next = await w.live();
    await w.settled(next);
    const pairs = (await livePairs('customer', [a.crm, b.crm])).map(({ crm, erp }) => [crm, erp]);
    const asTheyWere = pairs[0]?.[1] === a.erp;
    expect(pairs).toEqual(
      asTheyWere
        ? [
            [a.crm, a.erp],
            [b.crm, b.erp],
          ]
        : [
            [a.crm, b.erp],
            [b.crm, a.erp],
          ],
    );
    for (const [crm, erp] of pairs) {
      const [mine, theirs] = [await w.read('crm', 'Customer', crm!), await w.read('erp', 'Customer', erp!)];
      expect(theirs!.fields).toMatchObject({ externalReference: crm, name: mine!.fields.name });
    }
    await next.stop();
  },
);
