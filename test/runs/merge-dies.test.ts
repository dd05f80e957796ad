import { describe, expect, it } from 'vitest';
import { sides } from '../../sync/core/sides.ts';
import type { MappingName, Side } from '../../sync/core/types.ts';
import { type Moment, mortal, somePlacesOf } from './mortal.ts';
import { pairsOf } from './pairs.ts';
import { type Fields, openRuns, type Process } from './world.ts';

/**
 * A process that dies while two records become one, while that is taken back, or while an unlinking is. Whatever it had
 * done by then, the next one brings it to an end: all is as if nobody had died, taking it back gives back exactly what was,
 * and what a person has pointed elsewhere meanwhile stands.
 */
const w = await openRuns();
const ask = { mode: 'apply', actor: 'anna' } as const;

const starting = await w.live();
const { livePairs, tradeIn } = pairsOf(w);
const { product } = await tradeIn(starting, 'MERGE');
await starting.stop();

let numbers = 200_000;

type Pair = Readonly<Record<Side, string>>;

/** The records of one test: two customers, and a contact and an order of the first. */
interface Records {
  readonly first: Pair;
  readonly second: Pair;
  readonly contact: Pair;
  readonly order: Pair;
}

const flows = {
  first: ['customer', 'Customer'],
  second: ['customer', 'Customer'],
  contact: ['contact', 'Contact'],
  order: ['order', 'Order'],
} as const satisfies Readonly<Record<keyof Records, readonly [MappingName, string]>>;
const roles = Object.keys(flows) as readonly (keyof Records)[];

/** The customers differ in all that a document takes over from them. */
async function records(life: Process, name: string): Promise<Records> {
  const customer = (fields: Fields) =>
    w.create('crm', 'Customer', { name: `${name} ${++numbers}`, phone: `+4722${numbers}`, ...fields });
  const at = (line1: string) => ({ billingAddress: { line1, city: 'Oslo', country: 'NO' } });
  const first = await customer({ paymentTerms: 'NET14', ...at(`First ${numbers}`) });
  const second = await customer({ paymentTerms: 'NET45', deliveryTerms: 'EXW', ...at(`Second ${numbers}`) });
  await w.settled(life);
  const contact = await w.create('crm', 'Contact', {
    customerId: first.id,
    firstName: 'Kari',
    lastName: `Nr ${++numbers}`,
    email: `kari.${numbers}@example.com`,
  });
  const order = await w.create('crm', 'Order', {
    customerId: first.id,
    lines: [{ productId: product.id, quantity: '2', unitPrice: '100' }],
  });
  await w.settled(life);
  const pair = async (mapping: MappingName, crm: string): Promise<Pair> => {
    const [found] = await livePairs(mapping, [crm]);
    return { crm, erp: found!.erp };
  };
  return {
    first: await pair('customer', first.id),
    second: await pair('customer', second.id),
    contact: await pair('contact', contact.id),
    order: await pair('order', order.id),
  };
}

/** Which records are pairs, and all that both systems show of them. */
async function shown(all: Records) {
  const links = await Promise.all(roles.map((role) => livePairs(flows[role][0], Object.values(all[role]))));
  const fields = await Promise.all(
    roles.flatMap((role) =>
      sides.map(async (side) => {
        const record = (await w.read(side, flows[role][1], all[role][side]))!;
        return [`${side} ${role}`, { ...record.fields, archived: record.archived }] as const;
      }),
    ),
  );
  return {
    pairs: [...new Set(links.flat().map(({ crm, erp }) => `${crm} ${erp}`))].sort(),
    fields: Object.fromEntries(fields) as Readonly<Record<string, Fields>>,
  };
}

const follows: Readonly<Record<Side, readonly string[]>> = {
  crm: ['customerId', 'paymentTerms', 'deliveryTerms', 'archived'],
  erp: ['customerId', 'paymentTermsCode', 'shipmentMethodCode', 'archived'],
};

/** The same in words that are the same of all such records. */
function inWords(all: Records, { pairs, fields }: Awaited<ReturnType<typeof shown>>) {
  const nameOf = (side: Side, id: unknown) =>
    ((id ?? null) === null ? null : (roles.find((role) => all[role][side] === id) ?? id)) as string | null;
  return {
    pairs: pairs
      .map((pair) => pair.split(' '))
      .map(([crm, erp]) => `${nameOf('crm', crm)} ${nameOf('erp', erp)}`)
      .sort(),
    fields: Object.entries(fields).map(([what, own]) => [
      what,
      ...follows[what.slice(0, 3) as Side].map((name) =>
        name === 'customerId' ? nameOf(what.slice(0, 3) as Side, own[name]) : own[name],
      ),
    ]),
  };
}

/** What is done to such records before somebody dies over the act. Answers what the act is about. */
interface Act {
  readonly what: string;
  /** Follows a merge, which is taken back in the end. */
  readonly merges?: true;
  /** Answers what taking back the act is about, where it is the act that dies. */
  readonly before: (life: Process, all: Records) => Promise<string>;
  /** Answers the event by which it is taken back. */
  readonly act: (life: Process, all: Records, about: string) => Promise<string | null>;
}

const linkOf = async (mapping: MappingName, { crm }: Pair): Promise<string> =>
  (await livePairs(mapping, [crm]))[0]!.link;

const merges = sides.flatMap((side) => [
  { side, what: `customers of the ${side.toUpperCase()} that both had counterparts`, alone: false },
  { side, what: `customers of the ${side.toUpperCase()}, the second of which was alone,`, alone: true },
]);

/** One that is to take a counterpart over has none: somebody has let go of it, and put it away. */
const letGo = async (life: Process, all: Records, { side, alone }: (typeof merges)[number]) => {
  if (alone) await life.sync.unlink(await linkOf('customer', all.second), side, ask);
  await w.settled(life);
};

const merge = async (life: Process, { first, second }: Records, side: Side): Promise<string> => {
  const ref = (pair: Pair) => ({ side, entity: 'Customer', id: pair[side] });
  return (await life.sync.followMerge(ref(first), ref(second), ask))[0]!.eventIds[0]!;
};

const revert = async (life: Process, _: Records, eventId: string): Promise<null> => {
  await life.sync.revert(eventId, null, ask);
  return null;
};

const acts: readonly Act[] = [
  ...merges.map((of) => ({
    what: `following the merge of ${of.what}`,
    merges: true as const,
    async before(life: Process, all: Records) {
      await letGo(life, all, of);
      return '';
    },
    act: (life: Process, all: Records) => merge(life, all, of.side),
  })),
  ...merges.map((of) => ({
    what: `taking back the merge of ${of.what}`,
    async before(life: Process, all: Records) {
      await letGo(life, all, of);
      const eventId = await merge(life, all, of.side);
      await w.settled(life);
      return eventId;
    },
    act: revert,
  })),
  ...sides.map((keep) => ({
    what: `taking back an unlinking that kept the ${keep.toUpperCase()}`,
    async before(life: Process, { first }: Records) {
      const { eventIds } = await life.sync.unlink(await linkOf('customer', first), keep, ask);
      await w.settled(life);
      return eventIds[0]!;
    },
    act: revert,
  })),
];

/** The records as they stand before the act. */
async function prepared(life: Process, { before }: Act, name: string) {
  const all = await records(life, name);
  const about = await before(life, all);
  return { all, about, before: await shown(all) };
}

/** How often it writes to a system where nobody dies, and what it comes to. */
async function undisturbed(of: Act) {
  const { life, dieAt, writes } = await mortal(w);
  const { all, about, before } = await prepared(life, of, 'Undisturbed');
  dieAt(0, 'before');
  await of.act(life, all, about);
  const n = writes();
  await w.settled(life);
  const after = inWords(all, await shown(all));
  const back = of.merges ? await takenBack(life, all) : null;
  await life.stop();
  return { n, before: inWords(all, before), after, back: back && inWords(all, back) };
}

/** Does it in a process that dies over it. */
async function dying(of: Act, at: number, when: Moment) {
  const { life, died, dieAt } = await mortal(w);
  const all = await prepared(life, of, `Dies ${when} ${at}`);
  dieAt(at, when);
  await Promise.all([died, expect(of.act(life, all.all, all.about)).rejects.toThrow()]);
  return all;
}

/** The event by which the merge of these records is taken back. */
async function eventOfMerge({ first }: Records): Promise<string> {
  const [event] = await w.sql<{ id: string }[]>`
    select e.id from sync.event e join sync.link l on l.id = e.link_id
    where l.mapping = 'customer' and l.crm_id = ${first.crm} and l.erp_id = ${first.erp} and e.detail ? 'merge'
    order by e.seq desc limit 1`;
  return event!.id;
}

/** What all shows once the merge is taken back. */
async function takenBack(life: Process, all: Records) {
  await life.sync.revert(await eventOfMerge(all), null, ask);
  await w.settled(life);
  return shown(all);
}

const nothingLeft = async (): Promise<void> => {
  expect(await w.sql`select lane, note from sync.unfinished`).toEqual([]);
  expect(await w.sql`select lane, message from sync.dead_letter where closed_at is null`).toEqual([]);
};

/** The process that comes after the one that died. */
async function inNext(work: (next: Process) => Promise<void>): Promise<void> {
  const next = await w.live();
  await work(next).finally(() => next.stop());
}

describe.each(acts.map((of) => [of.what, of] as const))('%s', async (_, of) => {
  const whole = await undisturbed(of);

  it('writes more than once to the systems: there is somewhere to die', () => {
    expect(whole.after).not.toEqual(whole.before);
    expect(whole.n).toBeGreaterThan(1);
  });

  it.each(somePlacesOf(whole.n))(
    'that dies at write %i, %s it is made, is brought to an end by the next process',
    async (at, when) => {
      const { all, before } = await dying(of, at, when);
      await inNext(async (next) => {
        await w.settled(next);
        expect(inWords(all, await shown(all))).toEqual(whole.after);
        await nothingLeft();
        if (!of.merges) return;
        const back = await takenBack(next, all);
        expect(inWords(all, back)).toEqual(whole.back);
        expect(back).toEqual(before);
      });
    },
  );
});

it('asked for while it goes on, it is refused, and whoever is at it goes on undisturbed', async () => {
  const [came, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let held = false;
  const life = await w.live((_, connector) => ({
    ...connector,
    async write(writes, author) {
      if (held) {
        came.resolve();
        await gate.promise;
      }
      return connector.write(writes, author);
    },
  }));
  const all = await records(life, 'Asked twice');
  held = true;
  const first = merge(life, all, 'crm');
  await came.promise;
  const lease = () => w.sql`select key, token, locked_until from sync.lane where key like 'act:%'`;
  const taken = await lease();
  expect(taken).toHaveLength(1);
  await expect(merge(life, all, 'crm')).rejects.toThrow('is not over');
  expect(await lease()).toEqual(taken);
  held = false;
  gate.resolve();
  await first;
  await w.settled(life);
  await nothingLeft();
  await life.stop();
});
