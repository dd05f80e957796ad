import { describe, expect, it } from 'vitest';
import type { Write } from '../../sync/core/connector.ts';
import type { Side } from '../../sync/core/types.ts';
import { type Moment, mortal, placesOf, somePlacesOf } from './mortal.ts';
import { type Pair, pairsOf } from './pairs.ts';
import { refusing } from './refusing.ts';
import { type Fields, openRuns, type Process } from './world.ts';

/**
 * A process that dies while an act is taken back. Whatever it had done by then, the next one brings it to an end: all is as
 * before the act, or as the act had left it, and what a person has edited meanwhile stands.
 */
const w = await openRuns();
const ask = { mode: 'apply', actor: 'anna' } as const;

const starting = await w.live();
await starting.sync.setFlow('quoteOrder', { rule: 'accepted' }, 'test');
const { livePairs, tradeIn, twoPairs } = pairsOf(w);
const { product, customer } = await tradeIn(starting, 'UNDO');
await starting.stop();

interface Kind {
  readonly mapping: 'customer' | 'quote';
  readonly entity: 'Customer' | 'Quote';
  /** A CRM record; the n-th of its name. */
  readonly fields: (name: string, n: number) => Fields;
  /** A property that the act writes over, as each side names it. */
  readonly text: Readonly<Record<Side, string>>;
}

let numbers = 100_000;

const customers: Kind = {
  mapping: 'customer',
  entity: 'Customer',
  // No two are alike: they would be proposed as one.
  fields: (name) => ({ name: `${name} ${++numbers}`, phone: `+4722${numbers}` }),
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
  { what: 'a swap of customers', kind: customers, free: [], act: swap },
  {
    what: 'a relinking of customers',
    kind: customers,
    free: [1],
    act: async (life, _, [a, b]) => (await life.sync.relink(a.link, { erpId: b.erp }, ask)).eventIds,
  },
  {
    what: 'a linking of customers',
    kind: customers,
    free: [0, 1],
    act: async (life, { mapping }, [a, b]) => (await life.sync.link(mapping, a.crm, b.erp, ask)).eventIds,
  },
  { what: 'a swap of quotes, lines and all,', kind: quotes, free: [], act: swap },
];

/** Which records are pairs, and all that both systems show of them. */
async function shown(kind: Kind, pairs: readonly Pair[]) {
  const ids = pairs.flatMap(({ crm, erp }) => [crm, erp]);
  const fields = (side: Side) =>
    Promise.all(pairs.map(async (pair) => (await w.read(side, kind.entity, pair[side]))!.fields));
  const live = (await livePairs(kind.mapping, ids)).map(({ crm, erp }) => [crm, erp]);
  return { pairs: live, crm: await fields('crm'), erp: await fields('erp') };
}

/** An act that was done, what there was before it and is after it, and the event by which it is taken back. */
async function done(life: Process, { what, kind, free, act }: Undone, name: string) {
  const pairs = await twoPairs(life, kind, `${name} over ${what}`);
  for (const n of free) await life.sync.unlink(pairs[n]!.link, 'both', ask);
  await w.settled(life);
  const before = await shown(kind, pairs);
  const eventIds = await act(life, kind, pairs);
  await w.settled(life);
  const after = await shown(kind, pairs);
  expect(after).not.toEqual(before);
  return { pairs, before, after, eventId: eventIds[0]! };
}

/** Takes back what was done in a process that dies over it. */
async function dying(of: Undone, at: number, when: Moment, live = w.live) {
  const { life, died, dieAt } = await mortal({ live });
  const all = await done(life, of, `Dies ${when} ${at}`);
  dieAt(at, when);
  await Promise.all([died, expect(life.sync.revert(all.eventId, null, ask)).rejects.toThrow()]);
  return all;
}

/** How often it writes to a system where nobody dies. */
async function undisturbed(of: Undone, live = w.live) {
  const { life, dieAt, writes } = await mortal({ live });
  const all = await done(life, of, 'Undisturbed');
  dieAt(0, 'before');
  const refused = await life.sync.revert(all.eventId, null, ask).then(() => null, String);
  const n = writes();
  await w.settled(life);
  await life.stop();
  return { ...all, n, refused, now: await shown(of.kind, all.pairs) };
}

/** A swap, and what comes in nobody's place. */
const short = undone
  .filter(({ kind, free }) => kind === customers && free.length !== 1)
  .map((of) => [of.what, of] as const);

describe.each(undone.map((of) => [of.what, of] as const))('taking back %s', async (_, of) => {
  const { kind } = of;
  const whole = await undisturbed(of);

  it('leaves all as it was, by more than one write to the systems: there is somewhere to die', () => {
    expect(whole.now).toEqual(whole.before);
    expect(whole.n).toBeGreaterThan(1);
  });

  it.each(somePlacesOf(whole.n))(
    'that dies at write %i, %s it is made, is brought to an end by the next process',
    async (at, when) => {
      const { pairs, before } = await dying(of, at, when);
      const next = await w.live();
      await w.settled(next);
      expect(await shown(kind, pairs)).toEqual(before);
      await next.stop();
    },
  );
});

describe.each(short)('taking back %s', async (_, of) => {
  const { kind } = of;
  const { n } = await undisturbed(of);

  it.each(placesOf(n).filter(([, when]) => when === 'before'))(
    'that dies at write %i, %s it is made, keeps what a person has edited meanwhile',
    async (at, when) => {
      const { pairs, before } = await dying(of, at, when);
      const typed = `+479991000${at}`;
      const [, { crm, erp }] = pairs;
      await w.edit('erp', kind.entity, erp, { [kind.text.erp]: typed });

      const next = await w.live();
      await w.settled(next);
      const travels = before.pairs.some((pair) => pair.join() === `${crm},${erp}`);
      const [first, second] = [before.crm, before.erp];
      expect(await shown(kind, pairs)).toEqual({
        pairs: before.pairs,
        crm: [first[0], travels ? { ...first[1], [kind.text.crm]: typed } : first[1]],
        erp: [second[0], { ...second[1], [kind.text.erp]: typed }],
      });
      await next.stop();
    },
  );
});

/** What a person has to look at since this event was taken back. */
const toldOf = async (eventId: string) =>
  (
    await w.sql<{ message: string }[]>`
      select message from sync.issue where code = 'NOT_TAKEN_BACK' and closed_at is null
        and message like ${`%Event_${eventId}%`}`
  ).map(({ message }) => message);

/** Systems that refuse what a write wants of one record. */
function refusingOne() {
  let refused: string | null = null;
  const isRefused = (write: Write): boolean =>
    write.kind === 'update' &&
    write.id === refused &&
    Object.values(customers.text).some((field) => field in write.fields);
  const live: typeof w.live = (through = (_, connector) => connector, keeping) =>
    w.live((side, connector) => through(side, refusing(connector, isRefused)), keeping);
  return {
    live,
    /**
     * From the moment that it is done. A swap has written to the ERP, and its other pair is given back first; what is linked
     * takes the newer values, which are those of the second pair.
     */
    over: ({ act, ...of }: Undone): Undone => ({
      ...of,
      async act(life, kind, pairs) {
        refused = null;
        const eventIds = await act(life, kind, pairs);
        await w.settled(life);
        refused = pairs[0][of.free.length === 0 ? 'erp' : 'crm'];
        return eventIds;
      },
    }),
  };
}

describe.each(short)('taking back %s, a part of which a system refuses,', async (_, of) => {
  const { live, over } = refusingOne();
  const refused = over(of);
  const whole = await undisturbed(refused, live);

  it('leaves all as the act had left it, and says so', () => {
    expect(whole.refused).toMatch(
      /Nothing is taken back, for (CRM|ERP) Customer .* does not show again what it did: Not this one\./,
    );
    expect(whole.now).toEqual(whole.after);
  });

  it.each(placesOf(whole.n).filter(([, when]) => when === 'after'))(
    'does so where it dies at write %i, %s it is made',
    async (at, when) => {
      const { pairs, after } = await dying(refused, at, when, live);
      const next = await live();
      await w.settled(next);
      expect(await shown(of.kind, pairs)).toEqual(after);
      await next.stop();
    },
  );

  it('is told as an issue where only the next process meets that, until it is taken back', async () => {
    const { before, pairs, eventId } = await dying(refused, 1, 'after', live);
    const next = await live();
    await w.settled(next);
    expect(await toldOf(eventId)).toEqual([
      expect.stringMatching(
        /^Nothing is taken back, for (CRM|ERP) Customer .*: Not this one\. .* take Event_.* back again/,
      ),
    ]);
    await next.stop();
    const open = await w.live();
    await open.sync.revert(eventId, null, ask);
    await w.settled(open);
    expect(await shown(of.kind, pairs)).toEqual(before);
    expect(await toldOf(eventId)).toEqual([]);
    await open.stop();
  });
});

it('a pair of which a person has linked a record otherwise meanwhile stays ended, as an issue says until both have a counterpart', async () => {
  const first = await w.live();
  const [third] = await twoPairs(first, customers, 'Third');
  await first.sync.unlink(third.link, 'both', ask);
  await w.settled(first);
  await first.stop();
  const { eventId, pairs } = await dying(undone[0]!, 1, 'before');
  const [a, b] = pairs;

  const [met, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let waits = true;
  const next = await w.live((_, connector) => ({
    ...connector,
    async write(writes, author) {
      if (waits) {
        waits = false;
        met.resolve();
        await released.promise;
      }
      return connector.write(writes, author);
    },
  }));
  await met.promise;
  const { linkId } = await next.sync.link('customer', a.crm, third.erp, ask);
  released.resolve();
  await w.settled(next);
  const paired = async () => (await livePairs('customer', [a.crm, b.crm])).map(({ crm, erp }) => [crm, erp]);
  expect(await paired()).toEqual(
    expect.arrayContaining([
      [a.crm, third.erp],
      [b.crm, b.erp],
    ]),
  );
  const names = `CRM Customer ${a.crm} and ERP Customer ${a.erp} were not linked again when Event_${eventId} was taken back`;
  expect(await toldOf(eventId)).toEqual([
    `${names}, for CRM Customer ${a.crm} had been linked otherwise meanwhile (Link_${linkId}). If they belong together, unlink that and link them; if not, link what was left without a counterpart. This closes once both have one.`,
  ]);

  await next.sync.unlink(linkId!, 'both', ask);
  expect(await toldOf(eventId)).toHaveLength(1);
  await next.sync.link('customer', a.crm, a.erp, ask);
  expect(await toldOf(eventId)).toEqual([]);
  await next.stop();
});

it('what meets a system that is away goes on by itself when that is back', async () => {
  let away = false;
  const life = await w.live((_, connector) => ({
    ...connector,
    write: (writes, author) =>
      away
        ? Promise.reject(Object.assign(new Error('nobody there'), { code: 'ECONNREFUSED' }))
        : connector.write(writes, author),
  }));
  const { pairs, before, eventId } = await done(life, undone[0]!, 'Awaited');
  away = true;
  await expect(life.sync.revert(eventId, null, ask)).rejects.toThrow(
    `Taking back Event_${eventId} goes on by itself.`,
  );
  await expect(life.sync.revert(eventId, null, ask)).rejects.toThrow('There is no live link');
  away = false;
  await w.settled(life);
  expect(await shown(customers, pairs)).toEqual(before);
  await life.stop();
});
