import { describe, expect, it } from 'vitest';
import type { Side } from '../../sync/core/types.ts';
import { mortal, placesOf } from './mortal.ts';
import { type Fields, openRuns, type Process } from './world.ts';

/**
 * A process that dies while an act is taken back. Whatever it had done by then, the next one brings it to an end: all is as
 * before the act, or as the act had left it, and what a person has edited meanwhile stands.
 */
const w = await openRuns();
const ask = { mode: 'apply', actor: 'anna' } as const;

const starting = await w.live();
await starting.sync.setFlow('quoteOrder', { rule: 'accepted' }, 'test');
const product = await w.create('crm', 'Product', {
  sku: 'UNDO',
  name: 'Lamp',
  listPrice: '100',
  baseUnit: 'C62',
});
const customer = await w.create('crm', 'Customer', { name: 'Who asks' });
await w.settled(starting);
await starting.stop();

interface Pair {
  readonly link: string;
  readonly crm: string;
  readonly erp: string;
}

let made = 0;

interface Kind {
  readonly mapping: 'customer' | 'quote';
  readonly entity: 'Customer' | 'Quote';
  /** A CRM record; the n-th of its name. */
  readonly fields: (name: string, n: number) => Fields;
  /** A property that the act writes over, as each side names it. */
  readonly text: Readonly<Record<Side, string>>;
}

const customers: Kind = {
  mapping: 'customer',
  entity: 'Customer',
  // No two are alike: they would be proposed as one.
  fields: (name, n) => ({ name: `${name} ${n}`, phone: `+4722${100_000 + ++made}` }),
  text: { crm: 'phone', erp: 'phoneNo' },
};
const quotes: Kind = {
  mapping: 'quote',
  entity: 'Quote',
  fields: (name, n) => ({
    customerId: customer.id,
    notes: `${name} ${n}`,
    lines: Array.from({ length: n }, (_, at) => ({
      productId: product.id,
      quantity: String(n + at),
      unitPrice: '100',
      description: `Line ${at} of ${n}`,
    })),
  }),
  text: { crm: 'notes', erp: 'workDescription' },
};

const livePairs = ({ mapping }: Kind, ids: readonly string[]) => w.sql<Pair[]>`
  select id as link, crm_id as crm, erp_id as erp from sync.link
  where mapping = ${mapping} and (crm_id = any(${[...ids]}::text[]) or erp_id = any(${[...ids]}::text[]))
    and state <> 'ended' order by crm_id`;

async function twoPairs(life: Process, kind: Kind, name: string): Promise<readonly [Pair, Pair]> {
  const made = [
    await w.create('crm', kind.entity, kind.fields(name, 1)),
    await w.create('crm', kind.entity, kind.fields(name, 2)),
  ];
  await w.settled(life);
  const pair = async (n: 0 | 1) => (await livePairs(kind, [made[n]!.id]))[0]!;
  return [await pair(0), await pair(1)];
}

/** What an act does to two pairs, as its first event of a linking tells it. */
type Act = (life: Process, kind: Kind, pairs: readonly [Pair, Pair]) => Promise<readonly string[]>;

interface Undone {
  readonly what: string;
  readonly kind: Kind;
  /** Which of the two pairs somebody has let go of before. */
  readonly free: readonly (0 | 1)[];
  readonly act: Act;
}

const swap: Act = async (life, _, [a, b]) =>
  (await life.sync.swap({ a: a.link, b: b.link }, ask)).flatMap(({ eventIds }) => eventIds);
const undone: readonly Undone[] = [
  { what: 'a swap', kind: customers, free: [], act: swap },
  {
    what: 'a relinking',
    kind: customers,
    free: [1],
    act: async (life, _, [a, b]) => (await life.sync.relink(a.link, { erpId: b.erp }, ask)).eventIds,
  },
  {
    what: 'a linking',
    kind: customers,
    free: [0, 1],
    act: async (life, { mapping }, [a, b]) => (await life.sync.link(mapping, a.crm, b.erp, ask)).eventIds,
  },
  { what: 'a swap, lines and all,', kind: quotes, free: [], act: swap },
];

describe.each(undone)('taking back $what of the flow $kind.mapping', async ({ what, kind, free, act }) => {
  /** Which records are pairs, and all that both systems show of them. */
  async function shown(pairs: readonly Pair[]) {
    const ids = pairs.flatMap(({ crm, erp }) => [crm, erp]);
    const fields = (side: Side) =>
      Promise.all(pairs.map(async (pair) => (await w.read(side, kind.entity, pair[side]))!.fields));
    const live = (await livePairs(kind, ids)).map(({ crm, erp }) => [crm, erp]);
    return { pairs: live, crm: await fields('crm'), erp: await fields('erp') };
  }

  /** An act that was done, what there was before it and is after it, and the event by which it is taken back. */
  async function done(life: Process, name: string) {
    const pairs = await twoPairs(life, kind, `${name} over ${what}`);
    for (const n of free) await life.sync.unlink(pairs[n]!.link, 'both', ask);
    await w.settled(life);
    const before = await shown(pairs);
    const eventIds = await act(life, kind, pairs);
    await w.settled(life);
    const after = await shown(pairs);
    expect(after).not.toEqual(before);
    return { pairs, before, after, eventId: eventIds[0]! };
  }

  const undisturbed = await (async () => {
    const { life, dieAt, writes } = await mortal(w);
    const { pairs, before, eventId } = await done(life, 'Undisturbed');
    dieAt(0, 'before');
    await life.sync.revert(eventId, null, ask);
    const n = writes();
    await w.settled(life);
    await life.stop();
    return { n, before, after: await shown(pairs) };
  })();

  it('leaves all as it was, by more than one write to the systems: there is somewhere to die', () => {
    expect(undisturbed.after).toEqual(undisturbed.before);
    expect(undisturbed.n).toBeGreaterThan(1);
  });

  it.each(placesOf(undisturbed.n))(
    'that dies at write %i, %s it is made, is brought to an end by the next process',
    async (at, when) => {
      const { life, died, dieAt } = await mortal(w);
      const { pairs, before, after, eventId } = await done(life, `Dies ${when} ${at}`);
      dieAt(at, when);
      await Promise.all([died, expect(life.sync.revert(eventId, null, ask)).rejects.toThrow()]);

      const next = await w.live();
      await w.settled(next);
      const now = await shown(pairs);
      expect(now).toEqual(now.pairs.join() === after.pairs.join() ? after : before);
      await next.stop();
    },
  );

  it.each(placesOf(undisturbed.n))(
    'that dies at write %i, %s it is made, keeps what a person has edited meanwhile',
    async (at, when) => {
      const { life, died, dieAt } = await mortal(w);
      const { pairs, before, after, eventId } = await done(life, `Edited ${when} ${at}`);
      dieAt(at, when);
      await Promise.all([died, expect(life.sync.revert(eventId, null, ask)).rejects.toThrow()]);
      const typed = `+47999${at}${when === 'before' ? 1 : 2}000`;
      const [, b] = pairs;
      await w.edit('erp', kind.entity, b.erp, { [kind.text.erp]: typed });

      const next = await w.live();
      await w.settled(next);
      const now = await shown(pairs);
      const whole = now.pairs.join() === after.pairs.join() ? after : before;
      const holder = now.pairs.find(([, erp]) => erp === b.erp);
      const edited = (side: Side, ids: readonly string[], fields: readonly Fields[]) =>
        fields.map((each, n) =>
          (side === 'erp' ? ids[n] === b.erp : ids[n] === holder?.[0])
            ? { ...each, [kind.text[side]]: typed }
            : each,
        );
      expect(now).toEqual({
        pairs: whole.pairs,
        crm: edited(
          'crm',
          pairs.map(({ crm }) => crm),
          whole.crm,
        ),
        erp: edited(
          'erp',
          pairs.map(({ erp }) => erp),
          whole.erp,
        ),
      });
      await next.stop();
    },
  );
});
