import { describe, expect, it } from 'vitest';
import type { Connector, Write } from '../../sync/core/connector.ts';
import { sides } from '../../sync/core/sides.ts';
import type { MappingName, Side } from '../../sync/core/types.ts';
import { letGo as letLanesGo } from '../../sync/store/lanes.ts';
import { laneOfAct, noteAct } from '../../sync/store/unfinished.ts';
import { type Moment, mortal, somePlacesOf } from './mortal.ts';
import { pairsOf } from './pairs.ts';
import { refusing } from './refusing.ts';
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

describe.each(acts.map((of) => [of.what, of] as const))('%s', (_, of) => {
  it.each([
    [1, 'before'],
    [2, 'after'],
  ] as const)(
    'that dies at write %i, %s it is made, keeps what people edit until the next process goes on',
    async (at, when) => {
      const { all } = await dying(of, at, when);
      const n = ++numbers;
      await w.edit('crm', 'Contact', all.contact.crm, { jobTitle: `Buyer ${n}` });
      await w.edit('erp', 'Contact', all.contact.erp, { phoneNo: `+4723${n}` });
      await w.edit('crm', 'Order', all.order.crm, { notes: `Order ${n}` });
      await inNext(async (next) => {
        await w.settled(next);
        const { fields } = await shown(all);
        expect(fields['crm contact']).toMatchObject({ jobTitle: `Buyer ${n}`, phone: `+4723${n}` });
        expect(fields['erp contact']).toMatchObject({ jobTitle: `Buyer ${n}`, phoneNo: `+4723${n}` });
        expect(fields['crm order']).toMatchObject({ notes: `Order ${n}` });
        await nothingLeft();
      });
    },
  );
});

/** Both systems, which refuse writes of one kind as long as `of.refused` says so. */
function refusingAll(kind: Write['kind']) {
  const of = { refused: true };
  const through = (_: Side, connector: Connector): Connector =>
    refusing(connector, (write) => of.refused && write.kind === kind);
  return { of, through };
}

const letters = () =>
  w.sql<{ id: string; message: string }[]>`
    select id, message from sync.dead_letter where closed_at is null`;

const actOf = (what: string): Act => acts.find((each) => each.what === what)!;
const following = actOf('following the merge of customers of the CRM that both had counterparts');
const parting = actOf('taking back the merge of customers of the CRM that both had counterparts');
const reliving = actOf('taking back an unlinking that kept the CRM');

describe.each([
  [following.what, following, 'archive', 'The link has ended, but the ERP keeps Customer'],
  [parting.what, parting, 'restore', 'Nothing is taken back, since the ERP does not restore Customer'],
  [reliving.what, reliving, 'restore', 'Nothing is taken back, since the ERP does not restore Customer'],
] as const)(
  '%s, of which a system refuses a part when nobody waits for the answer,',
  async (_, act, kind, message) => {
    const whole = await undisturbed(act);

    it('waits as a dead letter, and comes to its end once that is retried', async () => {
      const { all } = await dying(act, 1, 'before');
      const { of, through } = refusingAll(kind);
      const next = await w.live(through);
      await w.settled(next);
      const [letter, ...others] = await letters();
      expect(others).toEqual([]);
      expect(letter!.message).toBe(`${message} ${all.first.erp}: Not this one.`);
      of.refused = false;
      await next.sync.retry({ ids: [letter!.id] }, ask);
      await w.settled(next);
      expect(inWords(all, await shown(all))).toEqual(whole.after);
      await nothingLeft();
      await next.stop();
    });
  },
);

it('a merge whose last write waits as a dead letter is taken back, and the letter is closed', async () => {
  const { all, before } = await dying(following, 1, 'before');
  const { of, through } = refusingAll('archive');
  const next = await w.live(through);
  await w.settled(next);
  expect(await letters()).toHaveLength(1);
  of.refused = false;
  expect(await takenBack(next, all)).toEqual(before);
  await nothingLeft();
  await next.stop();
});

it('a taking back that dies right behind its note, and is refused once the link lives again, waits as a dead letter', async () => {
  const act = actOf('taking back the merge of customers of the CRM, the second of which was alone,');
  const whole = await undisturbed(act);
  const life = await w.live();
  const { all, about } = await prepared(life, act, 'Noted');
  const [event] = await w.sql<{ link: string }[]>`select link_id as link from sync.event where id = ${about}`;
  const [taken] = await livePairs('customer', [all.second.crm]);
  await life.stop();
  const by = { actor: 'anna', correlationId: 'noted' };
  const lane = laneOfAct(event!.link);
  const note = { kind: 'unmerge', eventId: about, taken: taken!.link, restores: false, by };
  const cause = { kind: 'mutation', id: by.correlationId, actor: by.actor } as const;
  await noteAct(w.sql, 0, { lane, mapping: 'customer', cause, note, behind: [] });
  await letLanesGo(w.sql, 0, [lane]);
  const { of, through } = refusingAll('update');
  const next = await w.live(through);
  // The step of the pair that lives again is refused, too, by the same system.
  await w.settled(next);
  expect((await letters()).map(({ message }) => message)).toContainEqual(
    expect.stringContaining('The link lives again, but'),
  );
  expect(await w.sql`select 1 from sync.issue where code = 'NOT_TAKEN_BACK' and closed_at is null`).toEqual(
    [],
  );
  of.refused = false;
  await next.sync.retry({ ids: (await letters()).map(({ id }) => id) }, ask);
  await w.settled(next);
  expect(inWords(all, await shown(all))).toEqual(whole.after);
  await nothingLeft();
  await next.stop();
});

const partingErp = actOf('taking back the merge of customers of the ERP that both had counterparts');

describe.each([
  [partingErp.what, partingErp, 'erp'],
  [reliving.what, reliving, 'crm'],
] as const)('%s that dies', (_, act, side) => {
  it('leaves the pair ended where a person has linked one of its records otherwise, as an issue says until both have a counterpart', async () => {
    const first = await w.live();
    const third = await records(first, 'Third');
    await first.sync.unlink(await linkOf('customer', third.first), 'both', ask);
    await w.settled(first);
    await first.stop();
    const { all, about } = await dying(act, 1, 'before');
    const [met, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const next = await w.live((_, connector) => ({
      ...connector,
      async write(writes, author) {
        if (writes.some(({ kind }) => kind === 'restore')) {
          met.resolve();
          await gate.promise;
          throw Object.assign(new Error('nobody there'), { code: 'ECONNREFUSED' });
        }
        return connector.write(writes, author);
      },
    }));
    await met.promise;
    const link = ([{ crm }, { erp }]: readonly [Pair, Pair]) => next.sync.link('customer', crm, erp, ask);
    const { linkId } = await link(side === 'crm' ? [all.first, third.first] : [third.first, all.first]);
    gate.resolve();
    await w.settled(next);
    const told = () =>
      w.sql<{ message: string }[]>`
        select message from sync.issue where code = 'NOT_TAKEN_BACK' and closed_at is null`;
    expect((await told()).map(({ message }) => message)).toEqual([
      expect.stringContaining(
        `CRM Customer ${all.first.crm} and ERP Customer ${all.first.erp} were not linked again when Event_${about} was taken back`,
      ),
    ]);
    const { pairs } = await shown({ ...all, second: third.first });
    expect(pairs).toContain(
      side === 'crm' ? `${all.first.crm} ${third.first.erp}` : `${third.first.crm} ${all.first.erp}`,
    );
    await nothingLeft();
    await next.sync.unlink(linkId!, 'both', ask);
    expect(await told()).toHaveLength(1);
    await link([all.first, all.first]);
    expect(await told()).toEqual([]);
    await next.stop();
  });
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
