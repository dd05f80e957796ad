import { describe, expect, test } from 'vitest';
import type { Connector, Write } from '../../sync/core/connector.ts';
import { other } from '../../sync/core/sides.ts';
import type { Side } from '../../sync/core/types.ts';
import { type Moment, placesOf } from '../runs/mortal.ts';
import { type Fields, openRuns, type Process } from '../runs/world.ts';

const w = await openRuns();

/** What happens once as a create of this entity is on its way to a system, or when it has been carried out. */
let at: { readonly entity: string; readonly when: Moment; readonly act: () => Promise<unknown> } | null =
  null;
/** The write at which the process dies, counted from that create on. */
let dies: { readonly at: number; readonly when: Moment } | null = null;
let sent: { readonly side: Side; readonly write: Write }[] = [];
let life: Process;
let died = Promise.withResolvers<void>();

const through = (side: Side, connector: Connector): Connector => ({
  ...connector,
  async write(writes, author) {
    const is = writes.some((each) => each.kind === 'create' && each.entity === at?.entity) ? at : null;
    if (is) {
      at = null;
      sent = [];
    }
    sent.push(...writes.map((write) => ({ side, write })));
    const now = at === null && dies && --(dies as { at: number }).at === 0 ? dies.when : null;
    if (is?.when === 'before') await is.act();
    if (now === 'before') return die();
    const results = await connector.write(writes, author);
    if (is?.when === 'after') await is.act();
    return now === 'after' ? die() : results;
  },
});

function die(): Promise<never> {
  died.resolve(life.kill());
  // Nothing of it comes back.
  return new Promise<never>((_, reject) => setImmediate(reject, new Error('dead')));
}

async function alive(act: () => Promise<void>): Promise<void> {
  life = await w.live(through);
  await act();
  await w.settled(life);
  await life.stop();
}

let n = 0;
const named = (side: Side): Fields => ({
  name: `Twin ${n}`,
  email: `post@twin${n}.example`,
  ...(side === 'erp' && { partnerType: 'COMPANY' }),
});

/** All customers of the pair's name in a system that are not archived, with who made the last of them. */
const customersOf = (side: Side) =>
  w.sql.unsafe<{ id: string }[]>(
    `select id from ${side}.customer where name = 'Twin ${n}' and not archived order by id`,
  );

const linksOf = () =>
  w.sql<{ crm: string | null; erp: string | null; state: string; by: string; key: string | null }[]>`
    select crm_id as crm, erp_id as erp, state, linked_by ->> 'kind' as by, linked_by ->> 'key' as key
    from sync.link where mapping = 'customer' and state <> 'ended' and not lone
      and (crm_id in (select id from crm.customer where name = ${`Twin ${n}`})
        or erp_id in (select id from erp.customer where name = ${`Twin ${n}`}))`;

/** A record of one side, and its twin that comes into being at the other just when the sync makes it there. */
async function met(side: Side, when: Moment, twin?: Fields) {
  n++;
  let theirs = '';
  at = {
    entity: 'Customer',
    when,
    act: async () => {
      theirs = (await w.create(other(side), 'Customer', { ...named(other(side)), ...twin })).id;
    },
  };
  const { id } = await w.create(side, 'Customer', named(side));
  return { mine: id, theirs: () => theirs };
}

async function onePair(side: Side, mine: string, theirs: string): Promise<void> {
  const ids = side === 'crm' ? { crm: mine, erp: theirs } : { crm: theirs, erp: mine };
  expect(await linksOf()).toEqual([{ ...ids, state: 'synced', by: 'match', key: 'email' }]);
  expect(await customersOf('crm')).toEqual([{ id: ids.crm }]);
  expect(await customersOf('erp')).toEqual([{ id: ids.erp }]);
  expect((await w.read('erp', 'Customer', ids.erp))!.fields.externalReference).toBe(ids.crm);
  expect(await w.sql`select 1 from sync.dead_letter where closed_at is null`).toEqual([]);
}

describe.each(['crm', 'erp'] as const)('a record of the %s', (side) => {
  test.each(['before', 'after'] as const)(
    'whose twin comes %s its counterpart is made is linked with that, and what was made goes',
    async (when) => {
      let pair: Awaited<ReturnType<typeof met>>;
      await alive(async () => {
        pair = await met(side, when);
      });
      await onePair(side, pair!.mine, pair!.theirs());
      const [told] = await w.sql<{ outcome: string; fields: readonly object[] }[]>`
        select outcome, fields from sync.event where link_id in (
          select id from sync.link where crm_id = ${pair!.mine} or erp_id = ${pair!.mine})
        order by seq`;
      expect(told).toEqual({
        outcome: 'linked',
        fields: expect.arrayContaining([
          expect.objectContaining({ field: 'deleted', side: other(side), why: 'its twin came first' }),
        ]),
      });
    },
  );

  test('keeps its counterpart where somebody has edited that already: a person decides', async () => {
    n++;
    let twin = '';
    at = {
      entity: 'Customer',
      when: 'after',
      act: async () => {
        const [made] = await customersOf(other(side));
        await w.edit(other(side), 'Customer', made!.id, {
          [side === 'crm' ? 'phoneNo' : 'phone']: '+4722334455',
        });
        twin = (await w.create(other(side), 'Customer', named(other(side)))).id;
      },
    };
    await alive(async () => {
      await w.create(side, 'Customer', named(side));
    });
    expect(await customersOf(other(side))).toHaveLength(2);
    expect((await linksOf()).map(({ state }) => state).sort()).toEqual(['pending', 'synced']);
    expect(
      await w.sql`select 1 from sync.proposal where record_id = ${twin} and resolved_at is null`,
    ).toHaveLength(1);
  });

  test('keeps it where two look like it: nobody knows which is the one', async () => {
    n++;
    at = {
      entity: 'Customer',
      when: 'before',
      act: async () => {
        for (const _ of [1, 2]) await w.create(other(side), 'Customer', named(other(side)));
      },
    };
    await alive(async () => {
      await w.create(side, 'Customer', named(side));
    });
    expect(await customersOf(other(side))).toHaveLength(3);
    expect((await linksOf()).map(({ state }) => state).sort()).toEqual(['pending', 'pending', 'synced']);
  });

  // Create, delete, and what the pair's first merge writes.
  test.each(placesOf(2))(
    'of a process that dies at write %i, %s it is made, ends so as well',
    async (place, when) => {
      died = Promise.withResolvers<void>();
      life = await w.live(through);
      dies = { at: place, when };
      const { mine, theirs } = await met(side, 'before');
      await died.promise;
      dies = null;
      await alive(async () => {});
      await onePair(side, mine, theirs());
    },
  );
});

test('a record without twin is made, and no system is asked for more than its like', async () => {
  n++;
  at = { entity: 'Customer', when: 'before', act: async () => {} };
  await alive(async () => {
    await w.create('crm', 'Customer', named('crm'));
  });
  expect(sent.map(({ write }) => write.kind)).not.toContain('delete');
  expect(await linksOf()).toMatchObject([{ state: 'synced', by: 'create' }]);
});

test('of whom a person has decided that he gets a counterpart of his own, what was made stays', async () => {
  n++;
  const orgNumber = '923609016';
  await alive(async () => {
    const first = await w.create('crm', 'Customer', { name: `First ${n}`, orgNumber });
    await w.settled(life);
    const again = await w.create('crm', 'Customer', { ...named('crm'), email: null, orgNumber });
    await w.settled(life);
    const [proposal] = await w.sql<{ id: string; erpId: string }[]>`
      select p.id, l.erp_id as "erpId" from sync.proposal p, sync.link l
      where p.record_id = ${again.id} and p.resolved_at is null and l.crm_id = ${first.id} and not l.lone`;
    at = {
      entity: 'Customer',
      when: 'before',
      // The one it looked like is another's by now, and a new one is its like, which nobody has seen.
      act: async () => {
        await w.edit('crm', 'Customer', first.id, { orgNumber: null });
        await w.edit('erp', 'Customer', proposal!.erpId, { registrationNo: null });
        await w.create('erp', 'Customer', { ...named('erp'), email: null, registrationNo: orgNumber });
      },
    };
    await life.sync.resolveMatch(proposal!.id, { create: true }, { mode: 'apply', actor: 'kari' });
  });
  expect(sent.filter(({ write }) => write.kind === 'delete')).toEqual([]);
  expect(await customersOf('erp')).toHaveLength(2);
  expect(await linksOf()).toContainEqual(expect.objectContaining({ state: 'synced', by: 'create' }));
});
