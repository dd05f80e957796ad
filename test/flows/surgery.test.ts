import { describe, expect, test } from 'vitest';
import { other } from '../../sync/core/sides.ts';
import type { Side } from '../../sync/core/types.ts';
import type { SyncResult } from '../../sync/index.ts';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { type Fields, openWorld } from './world.ts';

/**
 * A person links records otherwise. What refers to them is looked at at once: it ends equal, or is listed with the reason,
 * however long nobody edits it.
 */
const w = await openWorld();
const known = await knownRecords(w);
const { product, ownerId, ordered, released, quantities } = dealsOf(w, known);
const apply = { mode: 'apply', actor: 'test' } as const;

let n = 0;

/** A customer with a contact and an order, all synced. */
async function customer() {
  const name = `Customer ${++n} of a surgery`;
  const made = await w.create('crm', 'Customer', { name, ownerId });
  const contact = await w.create('crm', 'Contact', { lastName: `Of ${n}`, customerId: made.id });
  const lines = [{ productId: product(0), quantity: '2', unitPrice: '100' }];
  const order = await w.create('crm', 'Order', { customerId: made.id, ownerId, lines });
  await w.settled();
  const { id: link, erpId } = await w.linkOf('customer', made.id);
  return { name, crm: made.id, erp: erpId!, link, contact: contact.id, order: order.id };
}

type Customer = Awaited<ReturnType<typeof customer>>;

/** Whom the records that refer to a customer name in both systems, their state and what differs. */
async function children(of: Customer) {
  const named = async (mapping: 'contact' | 'order', entity: string, id: string) => {
    const link = await w.linkOf(mapping, id);
    const drift = (await w.sync.drift([link.id])).get(link.id)!.fields;
    const customerOf = async (side: Side, record: string) =>
      (await w.fields(side, entity, record)).customerId;
    return {
      crm: await customerOf('crm', id),
      erp: await customerOf('erp', link.erpId!),
      state: link.state,
      on: (link.waitsFor ?? []).map(({ on }) => on),
      differs: drift.flatMap(({ field, verdict }) => (verdict === 'equal' ? [] : [`${field} ${verdict}`])),
    };
  };
  return [await named('contact', 'Contact', of.contact), await named('order', 'Order', of.order)];
}

const both = <T>(each: T): readonly [T, T] => [each, each];

test('two customers that are swapped: their contacts and orders follow the CRM, and the log tells', async () => {
  const [a, b] = [await customer(), await customer()];
  await w.sync.swap({ a: a.link, b: b.link }, apply);
  await w.settled();
  const at = (crm: string, erp: string) => both({ crm, erp, state: 'synced', on: [], differs: [] });
  expect(await children(a)).toEqual(at(a.crm, b.erp));
  expect(await children(b)).toEqual(at(b.crm, a.erp));
  const [last] = (await w.events((await w.linkOf('order', a.order)).id)).slice(-1);
  expect(last!.fields).toMatchObject([{ field: 'customerId', side: 'erp', winner: 'crm', why: 'CRM wins' }]);
});

test('a customer that is relinked, or unlinked: its contacts and orders wait for the record that has none', async () => {
  const [a, b] = [await customer(), await customer()];
  await w.sync.unlink(b.link, 'both', apply);
  await w.settled();
  const waiting = (crm: string, erp: string, on: readonly string[]) =>
    both({ crm, erp, state: 'waiting', on, differs: ['customerId held'] });
  expect(await children(b)).toEqual(
    waiting(b.crm, b.erp, [`crm:Customer:${b.crm}`, `erp:Customer:${b.erp}`]),
  );
  await w.sync.relink(a.link, { erpId: b.erp }, apply);
  await w.settled();
  expect(await children(a)).toEqual(waiting(a.crm, a.erp, [`erp:Customer:${a.erp}`]));
  // Linked, they go on.
  await w.sync.link('customer', b.crm, a.erp, apply);
  await w.settled();
  const at = (crm: string, erp: string) => both({ crm, erp, state: 'synced', on: [], differs: [] });
  expect(await children(a)).toEqual(at(a.crm, b.erp));
  expect(await children(b)).toEqual(at(b.crm, a.erp));
});

test('an unlinking that is taken back: what waited goes on', async () => {
  const a = await customer();
  const before = await children(a);
  const { eventIds } = await w.sync.unlink(a.link, 'both', apply);
  await w.settled();
  expect((await children(a)).map(({ state }) => state)).toEqual(['waiting', 'waiting']);
  await w.sync.revert(eventIds[0]!, null, apply);
  await w.settled();
  expect(await children(a)).toEqual(before);
});

test('what began to wait while an unlinking was taken back goes on, too', async () => {
  const { id: customerId } = await w.create('crm', 'Customer', { name: `Alone ${++n}`, ownerId });
  await w.settled();
  const { id: link } = await w.linkOf('customer', customerId);
  const { eventIds } = await w.sync.unlink(link, 'both', apply);
  await w.settled();
  const held = await holdingRevival(w, link);
  const back = w.sync.revert(eventIds[0]!, null, apply);
  await held.isThere();
  // It does not see the pair live yet, nor was it seen by what rings.
  const { id } = await w.create('crm', 'Contact', { lastName: `Late ${n}`, customerId });
  await w.settled();
  expect(await w.linkOf('contact', id)).toMatchObject({ state: 'waiting' });
  await held.letGo();
  await back;
  await w.settled();
  expect(await w.linkOf('contact', id)).toMatchObject({ state: 'synced' });
});

test('an unlinking that is taken back locks nothing: the references that it took off come back', async () => {
  const [of, order] = [await customer(), await plainOrder('3')];
  for (const link of [of.link, order.link]) {
    const { eventIds } = await w.sync.unlink(link, 'both', apply);
    const planned = await w.sync.revert(eventIds[0]!, null, { mode: 'preview', actor: 'test' });
    expect(planned.plan.locked).toEqual([]);
    const done = await w.sync.revert(eventIds[0]!, null, apply);
    expect(done.plan.locked).toEqual([]);
    await w.settled();
  }
  const lineIds = async (side: Side, id: string, named: string) =>
    (await w.lines(side, 'Order', id)).map((line) => line[named]);
  expect(await lineIds('erp', order.erp, 'lineExternalReference')).toEqual(
    await lineIds('crm', order.crm, 'lineId'),
  );
});

test('two customers that are swapped keep what the CRM shows of each, whichever was edited last', async () => {
  const [a, b] = [await customer(), await customer()];
  await w.edit('erp', 'Customer', b.erp, { legalName: 'Edited last' });
  await w.settled();
  const [first, second] = await w.sync.swap({ a: a.link, b: b.link }, apply);
  await w.settled();
  expect([first!.outcome, second!.outcome]).toEqual(['linked', 'linked']);
  for (const [crm, erp, name] of [
    [a.crm, b.erp, a.name],
    [b.crm, a.erp, b.name],
  ] as const)
    expect([
      (await w.fields('crm', 'Customer', crm)).name,
      (await w.fields('erp', 'Customer', erp)).name,
    ]).toEqual([name, name]);
});

describe('a preview tells what becomes of the contacts and orders', () => {
  const preview = { mode: 'preview', actor: 'test' } as const;

  /** Per pair that refers to the records: its outcome, and what is written of whose customer, or what it waits for. */
  const told = (results: readonly SyncResult[] | SyncResult) =>
    [results].flat().map(({ children = [], childCount }) => {
      expect(childCount).toBe(children.length);
      return new Map(
        children.map(({ linkId, outcome, plan, waitsFor }) => [
          linkId,
          {
            outcome,
            writes: plan.writes.flatMap(({ side, fields }) =>
              fields.map(({ field, before, after, rule }) => [side, field, before, after, rule]),
            ),
            on: waitsFor.map(({ on }) => on),
          },
        ]),
      );
    });
  const linksOf = async (of: Customer) => [
    (await w.linkOf('contact', of.contact)).id,
    (await w.linkOf('order', of.order)).id,
  ];
  const each = <T>(ids: readonly string[], is: T) => new Map(ids.map((id) => [id, is]));

  test('of two customers that are swapped: the ERP names the other, as the log tells once it is done', async () => {
    const [a, b] = [await customer(), await customer()];
    const planned = await w.sync.swap({ a: a.link, b: b.link }, preview);
    const moved = (before: string, after: string) => ({
      outcome: 'updated',
      writes: [['erp', 'customerId', before, after, 'CRM wins']],
      on: [],
    });
    expect(told(planned)).toEqual([
      each(await linksOf(a), moved(b.link, a.link)),
      each(await linksOf(b), moved(a.link, b.link)),
    ]);
    expect(await children(a)).toMatchObject(both({ crm: a.crm, erp: a.erp, state: 'synced' }));
    await w.sync.applyPlan(planned[0]!.planToken!, { actor: 'test' });
    await w.settled();
    expect(await children(a)).toEqual(both({ crm: a.crm, erp: b.erp, state: 'synced', on: [], differs: [] }));
    expect(
      told(
        await w.sync.swap(
          { a: (await w.linkOf('customer', a.crm)).id, b: (await w.linkOf('customer', b.crm)).id },
          preview,
        ),
      ).map(({ size }) => size),
    ).toEqual([2, 2]);
  });

  test('of one with deals: each document waits, or goes on, as it is said to', async () => {
    await released();
    await ordered();
    const { id } = await w.linkOf('customer', String(known.Customer[0].crm));
    const [planned] = told(await w.sync.unlink(id, 'both', preview));
    const { eventIds } = await w.sync.unlink(id, 'both', apply);
    await w.settled();
    const states = await w.sql<{ id: string; state: string }[]>`
      select id, state from sync.link where id = any(${[...planned!.keys()] as string[]}::text[])`;
    expect(planned!.size).toBeGreaterThan(5);
    expect(Object.fromEntries(states.map(({ id, state }) => [id, state === 'waiting']))).toEqual(
      Object.fromEntries([...planned!].map(([id, { outcome }]) => [id, outcome === 'waiting'])),
    );
    await w.sync.revert(eventIds[0]!, null, apply);
    await w.settled();
  });

  test('of one that is unlinked, relinked and linked again: what waits, for what, and what goes on', async () => {
    const [a, b] = [await customer(), await customer()];
    const waiting = (...on: readonly string[]) => ({ outcome: 'waiting', writes: [], on });
    expect(told(await w.sync.unlink(b.link, 'both', preview))).toEqual([
      each(await linksOf(b), waiting(`crm:Customer:${b.crm}`, `erp:Customer:${b.erp}`)),
    ]);
    const { eventIds } = await w.sync.unlink(b.link, 'both', apply);
    await w.settled();
    const goesOn = { outcome: 'unchanged', writes: [], on: [] };
    expect(told(await w.sync.revert(eventIds[0]!, null, preview))).toEqual([each(await linksOf(b), goesOn)]);
    expect(told(await w.sync.link('customer', b.crm, b.erp, preview))).toEqual([
      each(await linksOf(b), goesOn),
    ]);
    expect(told(await w.sync.relink(a.link, { erpId: b.erp }, preview))).toEqual([
      new Map([
        ...each(await linksOf(a), waiting(`erp:Customer:${a.erp}`)),
        ...each(await linksOf(b), waiting(`crm:Customer:${b.crm}`)),
      ]),
    ]);
    const { eventIds: relinked } = await w.sync.relink(a.link, { erpId: b.erp }, apply);
    await w.settled();
    const [back] = told(await w.sync.revert(relinked[0]!, null, preview));
    for (const id of await linksOf(a)) expect(back!.get(id)).toEqual(goesOn);
    expect(await children(b)).toMatchObject(both({ state: 'waiting', on: [`crm:Customer:${b.crm}`] }));
  });
});

describe('the preview of a merge tells what becomes of the contacts and orders', () => {
  const preview = { mode: 'preview', actor: 'test' } as const;
  /** The pair of this record is in step, its reference with it. */
  const atRest = async (side: Side, of: Customer) => {
    const { state, crmId, erpId } = await w.linkOf('customer', of[side]);
    expect(state).toBe('synced');
    expect((await w.fields('erp', 'Customer', erpId!)).externalReference).toBe(crmId);
    expect(await w.sql`select message from sync.dead_letter where closed_at is null`).toEqual([]);
  };
  const ref = (side: Side, id: string) => ({ side, entity: 'Customer', id }) as const;
  const linksOf = async (of: Customer) => [
    (await w.linkOf('contact', of.contact)).id,
    (await w.linkOf('order', of.order)).id,
  ];
  /** Per pair: what becomes of it, and what a step writes of it to the other system. */
  const told = ({ children = [], childCount }: SyncResult) => {
    expect(childCount).toBe(children.length);
    return new Map(
      children.map(({ linkId, outcome, plan, waitsFor }) => [
        linkId,
        [outcome, plan.writes.map(({ side, action }) => `${action} ${side}`), waitsFor.map(({ on }) => on)],
      ]),
    );
  };

  /** A CRM customer that waits for a person: two of the ERP are like it. */
  const proposed = async () => {
    const name = `Alike ${++n}`;
    await w.sync.pause('customer', true, 'a test', 'test');
    for (let nth = 0; nth < 2; nth++)
      await w.written('erp', { kind: 'create', entity: 'Customer', fields: { name } });
    const { id } = await w.create('crm', 'Customer', { name, ownerId });
    await w.settled();
    // The candidates' own turn never comes: they stay without link.
    await w.forgetNews('erp');
    await w.sync.pause('customer', false, null, 'test');
    await w.settled();
    return id;
  };
  /** What the log tells last of each. */
  const log = (ids: readonly string[]) =>
    Promise.all(ids.map(async (id) => [id, (await w.events(id)).at(-1)?.outcome] as const));

  test.for(['crm', 'erp'] as const)('two of the %s with counterparts: the merge moves them', async (side) => {
    const [a, b] = [await customer(), await customer()];
    const planned = await w.sync.followMerge(ref(side, a[side]), ref(side, b[side]), preview);
    const ids = await linksOf(a);
    expect(told(planned[0]!)).toEqual(new Map(ids.map((id) => [id, ['updated', [], []]])));
    await w.sync.applyPlan(planned[0]!.planToken!, { actor: 'test' });
    await w.settled();
    expect(await log(ids)).toEqual(ids.map((id) => [id, 'updated']));
    expect(await children(a)).toEqual(both({ crm: b.crm, erp: b.erp, state: 'synced', on: [], differs: [] }));
  });

  test.for(['crm', 'erp'] as const)('one of the %s that takes the counterpart over', async (side) => {
    const [a, b] = [await customer(), await customer()];
    await w.sync.unlink(b.link, 'both', apply);
    await w.settled();
    const planned = await w.sync.followMerge(ref(side, a[side]), ref(side, b[side]), preview);
    const [ids, waiting] = [await linksOf(a), await linksOf(b)];
    const there = other(side);
    // What waits for both records of the second goes on waiting for the one that is left alone.
    const on = [`${there}:Customer:${b[there]}`];
    expect(told(planned[0]!)).toEqual(
      new Map<string, unknown>([
        ...ids.map((id) => [id, ['updated', [], []]] as const),
        ...waiting.map((id) => [id, ['waiting', [], on]] as const),
      ]),
    );
    await w.sync.applyPlan(planned[0]!.planToken!, { actor: 'test' });
    await w.settled();
    const shown = { [side]: b[side], [there]: a[there], state: 'synced', on: [], differs: [] };
    expect(await children(a)).toEqual(both(shown));
    await atRest(side, b);
    expect(await children(b)).toMatchObject(both({ state: 'waiting', on }));
  });

  test('one that has no counterpart: what waited for it goes on with the second', async () => {
    const b = await customer();
    const alone = await proposed();
    const { id: contact } = await w.create('crm', 'Contact', { lastName: `Of ${n}`, customerId: alone });
    await w.settled();
    const { id } = await w.linkOf('contact', contact);
    const [planned] = await w.sync.followMerge(ref('crm', alone), ref('crm', b.crm), preview);
    expect(told(planned!)).toEqual(new Map([[id, ['created', ['create erp'], []]]]));
    await w.sync.applyPlan(planned!.planToken!, { actor: 'test' });
    await w.settled();
    const link = await w.linkOf('contact', contact);
    expect(link).toMatchObject({ id, state: 'synced' });
    expect((await w.fields('erp', 'Contact', link.erpId!)).customerId).toBe(b.erp);
  });

  describe('taken back', () => {
    /** What the log tells last of each, or what it waits for. */
    const become = async (ids: readonly string[]) => {
      const links = await w.sql<{ id: string; state: string; waitsFor: Fields[] | null }[]>`
        select id, state, waits_for as "waitsFor" from sync.link where id = any(${[...ids]}::text[])`;
      const outcomes = new Map(await log(ids));
      return new Map(
        links.map(({ id, state, waitsFor }) => [
          id,
          [state === 'waiting' ? state : outcomes.get(id), waitsFor ?? []],
        ]),
      );
    };
    const doing = async (side: Side, a: Customer, b: Customer) => {
      const [done] = await w.sync.followMerge(ref(side, a[side]), ref(side, b[side]), apply);
      await w.settled();
      return done!.eventIds[0]!;
    };

    test.for(['crm', 'erp'] as const)(
      'of the %s with counterparts: what was moved, and what is frozen, means the first again',
      async (side) => {
        const [a, b] = [await customer(), await customer()];
        const frozen = await plainOrder('4', { customerId: a.crm });
        await w.edit('erp', 'Order', frozen.erp, { status: 'RELEASED' });
        await w.settled();
        const before = await children(a);
        const left = await w.create('crm', 'Contact', { lastName: 'Leaves', customerId: a.crm });
        await w.settled();
        const event = await doing(side, a, b);
        // What somebody has pointed elsewhere since stays there, and is not named.
        const elsewhere = String(known.Customer[0].crm);
        await w.edit('crm', 'Contact', left.id, { customerId: elsewhere });
        await w.settled();
        const planned = await w.sync.revert(event, null, preview);
        const ids = [...(await linksOf(a)), frozen.link];
        expect(told(planned)).toEqual(new Map(ids.map((id) => [id, ['updated', [], []]])));
        for (const child of planned.children!) expect(child.plan.changes).not.toEqual([]);
        await w.sync.applyPlan(planned.planToken!, { actor: 'test' });
        await w.settled();
        expect(await log(ids)).toEqual(ids.map((id) => [id, 'updated']));
        expect(await children(a)).toEqual(before);
        expect(await standing(frozen.link)).toEqual(['synced', []]);
        expect((await w.fields('crm', 'Contact', left.id)).customerId).toBe(elsewhere);
      },
    );

    test.for(['crm', 'erp'] as const)(
      'of the %s where the second had taken the counterpart over: it is alone again, and with it what has come to it since',
      async (side) => {
        const [a, b] = [await customer(), await customer()];
        await w.sync.unlink(b.link, 'both', apply);
        await w.settled();
        const names = async () => [
          (await w.fields('crm', 'Customer', a.crm)).name,
          (await w.fields('erp', 'Customer', a.erp)).name,
          (await w.fields('crm', 'Customer', b.crm)).name,
          (await w.fields('erp', 'Customer', b.erp)).name,
        ];
        expect(await names()).toEqual([a.name, a.name, b.name, b.name]);
        const before = await children(a);
        const event = await doing(side, a, b);
        expect(await names()).not.toEqual([a.name, a.name, b.name, b.name]);
        const customerId = side === 'crm' ? b.crm : a.crm;
        const { id } = await w.create('crm', 'Contact', { lastName: 'Since', customerId });
        await w.settled();
        const since = (await w.linkOf('contact', id)).id;
        const planned = await w.sync.revert(event, null, preview);
        expect([...told(planned).keys()].sort()).toEqual([...(await linksOf(a)), since].sort());
        await w.sync.applyPlan(planned.planToken!, { actor: 'test' });
        await w.settled();
        await atRest('crm', a);
        expect(await names()).toEqual([a.name, a.name, b.name, b.name]);
        expect(await children(a)).toEqual(before);
        expect(await become(planned.children!.map(({ linkId }) => linkId!))).toEqual(
          new Map(
            planned.children!.map(({ linkId, outcome, waitsFor }) => [linkId!, [outcome, waitsFor]] as const),
          ),
        );
      },
    );

    test('nobody sees the counterpart without link meanwhile', async () => {
      const [a, b] = [await customer(), await customer()];
      await w.sync.unlink(b.link, 'both', apply);
      await w.settled();
      const event = await doing('erp', a, b);
      const linkOfA = async () => (await w.linkOf('customer', a.crm)).id;
      const taken = await linkOfA();
      const held = await holdingRevival(w, a.link);
      const back = w.sync.revert(event, null, apply);
      await held.isThere();
      expect(await linkOfA()).toBe(taken);
      await held.letGo();
      await back;
      await w.settled();
      expect(await linkOfA()).toBe(a.link);
    });

    test('of one that had no counterpart: the second keeps its own, and what had gone on with it waits again', async () => {
      const b = await customer();
      const alone = await proposed();
      const { id: contact } = await w.create('crm', 'Contact', { lastName: `Of ${n}`, customerId: alone });
      await w.settled();
      const [done] = await w.sync.followMerge(ref('crm', alone), ref('crm', b.crm), apply);
      await w.settled();
      const { id } = await w.linkOf('contact', contact);
      const planned = await w.sync.revert(done!.eventIds[0]!, null, preview);
      await w.sync.applyPlan(planned.planToken!, { actor: 'test' });
      await w.settled();
      expect(await w.linkOf('customer', b.crm)).toMatchObject({ id: b.link, state: 'synced', erpId: b.erp });
      expect(told(planned)).toEqual(new Map([[id, ['waiting', [], [`crm:Customer:${alone}`]]]]));
    });
  });
});

/** Holds up what has a link live again, before it commits: where it has rung, or found nobody to ring. */
async function holdingRevival({ sql }: typeof w, link: string) {
  await sql.unsafe(`
    create or replace function hold_revival() returns trigger language plpgsql as $$
    begin
      if exists (select 1 from sync.link where id = '${link}' and state <> 'ended') then
        perform pg_advisory_xact_lock(77);
      end if;
      return null;
    end $$`);
  await sql`create or replace trigger hold_revival after insert on sync.lane for each statement execute function hold_revival()`;
  const mine = sql.alone();
  await mine`select pg_advisory_lock(77)`;
  return {
    async isThere() {
      const asked = () =>
        sql`select 1 from pg_locks where locktype = 'advisory' and objid = 77 and not granted`;
      while ((await asked()).length === 0) await sql`select pg_sleep(0.01)`;
    },
    async letGo() {
      await mine.end();
      await sql`drop trigger hold_revival on sync.lane`;
    },
  };
}

/** A link's state, and what differs of its records. */
async function standing(id: string) {
  const [{ state } = {}] = await w.sql<{ state: string }[]>`select state from sync.link where id = ${id}`;
  const drift = (await w.sync.drift([id])).get(id)!.fields;
  return [state, drift.filter(({ verdict }) => !['equal', 'agreed difference'].includes(verdict))];
}

/** An order that no quote came before, and of each side its lines' quantities. */
async function plainOrder(quantity: string, fields: Record<string, string> = {}) {
  const lines = [{ productId: product(0), quantity, unitPrice: '100', description: `Of ${quantity}` }];
  const made = await w.create('crm', 'Order', {
    customerId: String(known.Customer[0].crm),
    ownerId,
    lines,
    ...fields,
  });
  await w.settled();
  const { id: link, erpId } = await w.linkOf('order', made.id);
  return { crm: made.id, erp: erpId!, link };
}

test.for([
  [undefined, ['2', '7']],
  ['crm', ['2', '7']],
  ['erp', ['7', '2']],
] as const)(
  'two plain orders are swapped, preferring %s, lines and all',
  async ([prefer, [first, second]]) => {
    const [a, b] = [await plainOrder('2', { notes: 'of 2' }), await plainOrder('7', { notes: 'of 7' })];
    const ask = { ...apply, ...(prefer && { prefer }) };
    await w.sync.swap({ a: a.link, b: b.link }, ask);
    await w.settled();
    for (const [crm, erp, quantity] of [
      [a.crm, b.erp, first],
      [b.crm, a.erp, second],
    ] as const) {
      expect(await w.twin('order', 'crm', crm)).toBe(erp);
      expect([await quantities('crm', 'Order', crm), await quantities('erp', 'Order', erp)]).toEqual(
        both([Number(quantity)]),
      );
      expect((await w.fields('erp', 'Order', erp)).workDescription).toBe(`of ${quantity}`);
      expect((await w.lines('erp', 'Order', erp))[0]!.lineExternalReference).toBe(
        (await w.lines('crm', 'Order', crm))[0]!.lineId,
      );
      expect(await w.linkOf('order', crm)).toMatchObject({ state: 'synced' });
    }
  },
);

describe('documents of deals that have further ones', () => {
  const modes = ['preview', 'apply'] as const;

  test.for(modes)('are not relinked, which says so at once (%s)', async (mode) => {
    const [deal, b] = [await ordered(), await plainOrder('5')];
    const link = await w.linkOf('order', deal.order);
    await w.sync.unlink(b.link, 'both', apply);
    await w.settled();
    await expect(w.sync.relink(link.id, { erpId: b.erp }, { ...apply, mode })).rejects.toThrow(
      `Link_${link.id} belongs to a deal with further documents`,
    );
    expect(await w.linkOf('order', deal.order)).toMatchObject({ id: link.id, state: 'synced' });
    // As the refusal says.
    await w.sync.unlink(link.id, 'both', apply);
    await w.sync.link('order', deal.order, b.erp, apply);
    await w.settled();
    expect(await w.linkOf('order', deal.order)).toMatchObject({ erpId: b.erp, state: 'synced' });
  });

  test.for(modes)('are not linked with those of another one (%s)', async (mode) => {
    const [a, b] = [await ordered(), await ordered()];
    for (const { order } of [a, b]) await w.sync.unlink((await w.linkOf('order', order)).id, 'both', apply);
    await w.settled();
    const refusal = w.sync.link('order', a.order, b.erpOrder, { ...apply, mode });
    await expect(refusal).rejects.toThrow(
      `CRM record ${a.order} and ERP record ${b.erpOrder} belong to two deals with further documents`,
    );
    expect((await w.links({ id: a.order })).filter(({ state }) => state !== 'ended')).toEqual([]);
    // Those of one deal are.
    const { outcome } = await w.sync.link('order', a.order, a.erpOrder, { ...apply, mode });
    expect(outcome).toBe('linked');
  });
});

test('an order whose deal has further documents is not swapped', async () => {
  const [a, deal] = [await plainOrder('3'), await ordered()];
  const link = await w.linkOf('order', deal.order);
  await expect(w.sync.swap({ a: a.link, b: link.id }, apply)).rejects.toThrow(
    `Link_${link.id} belongs to a deal with further documents`,
  );
  expect(await w.twin('order', 'crm', a.crm)).toBe(a.erp);
});

describe('taken back, by the event of either new link,', () => {
  const shown = async (...of: readonly Customer[]) =>
    Promise.all(
      of.flatMap(({ crm, erp }) => [w.fields('crm', 'Customer', crm), w.fields('erp', 'Customer', erp)]),
    );

  test.for([0, 1] as const)('a swap leaves both pairs as they were (%s)', async (nth) => {
    const [a, b] = [await customer(), await customer()];
    const before = [await shown(a, b), await children(a), await children(b)];
    const swapped = await w.sync.swap({ a: a.link, b: b.link }, apply);
    await w.settled();
    const eventId = swapped[nth]!.eventIds[0]!;
    const planned = await w.sync.revert(eventId, null, { mode: 'preview', actor: 'test' });
    expect(planned).toMatchObject({ outcome: 'linked', plan: { kind: 'link' } });
    const named = planned.plan.writes.filter(({ fields }) => fields.some(({ field }) => field === 'name'));
    expect(named.map(({ side, id }) => [side, id]).sort()).toEqual(
      [
        ['erp', a.erp],
        ['erp', b.erp],
      ].sort(),
    );
    expect(await w.twin('customer', 'crm', a.crm)).toBe(b.erp);
    await w.sync.applyPlan(planned.planToken!, { actor: 'test' });
    await w.settled();
    for (const { crm, erp, link } of [a, b])
      expect(await w.linkOf('customer', crm)).toMatchObject({ id: link, erpId: erp, state: 'synced' });
    expect([await shown(a, b), await children(a), await children(b)]).toEqual(before);
    await expect(w.sync.revert(swapped[1 - nth]!.eventIds[0]!, null, apply)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('a relinking leaves the pair that was', async () => {
    const [a, b] = [await customer(), await customer()];
    await w.sync.unlink(b.link, 'both', apply);
    await w.settled();
    const before = [await shown(a), await children(a)];
    const { eventIds } = await w.sync.relink(a.link, { erpId: b.erp }, apply);
    await w.settled();
    await w.sync.revert(eventIds[0]!, null, apply);
    await w.settled();
    expect(await w.linkOf('customer', a.crm)).toMatchObject({ id: a.link, erpId: a.erp, state: 'synced' });
    expect([await shown(a), await children(a)]).toEqual(before);
    expect(await w.links({ id: b.erp })).toEqual([]);
    expect((await w.fields('erp', 'Customer', b.erp)).name).toBe(b.name);
  });

  test('a swap says so where a record has found another since', async () => {
    const [a, b, c] = [await customer(), await customer(), await customer()];
    const [first, second] = await w.sync.swap({ a: a.link, b: b.link }, apply);
    await w.settled();
    await w.sync.unlink(c.link, 'both', apply);
    await w.sync.relink(second!.linkId!, { erpId: c.erp }, apply);
    await w.settled();
    await expect(w.sync.revert(first!.eventIds[0]!, null, apply)).rejects.toThrow('is linked already');
    expect(await w.twin('customer', 'crm', a.crm)).toBe(b.erp);
  });

  type Document = Awaited<ReturnType<typeof plainOrder>>;
  /** All that people see of a document in both systems, and how its lines belong together. */
  const documentShown = async (mapping: 'quote' | 'order', { crm, erp, link }: Document) => {
    const { id, erpId, state } = await w.linkOf(mapping, crm);
    expect({ id, erpId, state }).toEqual({ id: link, erpId: erp, state: 'synced' });
    return [await alone(mapping, 'crm', crm), await alone(mapping, 'erp', erp)];
  };
  const alone = async (mapping: 'quote' | 'order', side: Side, id: string) => {
    const { lines, ...fields } = await w.fields(side, mapping === 'quote' ? 'Quote' : 'Order', id);
    return { fields, lines };
  };
  const orderShown = (of: Document) => documentShown('order', of);
  const quoteShown = (of: Document) => documentShown('quote', of);

  /** Two orders of which one has a line more, of a product that the other has not. */
  const twoOrders = async () => {
    const [a, b] = [await plainOrder('4', { notes: 'of 4' }), await plainOrder('5', { notes: 'of 5' })];
    const line = { productId: product(1), quantity: '6', unitPrice: '10', description: 'More' };
    await w.editLines('crm', 'Order', a.crm, [{ kind: 'add', fields: line }]);
    await w.settled();
    return [a, b] as const;
  };

  /** The same of quotes, which have no order before they are accepted. */
  const twoQuotes = async () => {
    await w.sync.setFlow('quoteOrder', { rule: 'accepted' }, 'test');
    const quote = async (quantity: string, ...more: readonly Fields[]): Promise<Document> => {
      const line = { productId: product(0), quantity, unitPrice: '100', description: `Of ${quantity}` };
      const { id: crm } = await w.create('crm', 'Quote', {
        customerId: String(known.Customer[0].crm),
        ownerId,
        lines: [line, ...more],
      });
      await w.settled();
      const { id: link, erpId } = await w.linkOf('quote', crm);
      return { crm, erp: erpId!, link };
    };
    const more = { productId: product(1), quantity: '6', unitPrice: '10', description: 'More' };
    return [await quote('4', more), await quote('5')] as const;
  };

  test.for([
    [0, 'crm'],
    [1, 'erp'],
  ] as const)('a swap of quotes leaves both as they were (%s, preferring %s)', async ([nth, prefer]) => {
    const [a, b] = await twoQuotes();
    const before = [await quoteShown(a), await quoteShown(b)];
    const swapped = await w.sync.swap({ a: a.link, b: b.link }, { ...apply, prefer });
    await w.settled();
    expect([await alone('quote', 'crm', a.crm), await alone('quote', 'erp', a.erp)]).not.toEqual(before[0]);
    await w.sync.revert(swapped[nth]!.eventIds[0]!, null, apply);
    await w.settled();
    expect([await quoteShown(a), await quoteShown(b)]).toEqual(before);
  });

  test('a relinking of quotes leaves the pair that was, and the other quote as it stood', async () => {
    const [a, b] = await twoQuotes();
    await w.sync.unlink(b.link, 'both', apply);
    await w.settled();
    const before = [await quoteShown(a), await alone('quote', 'erp', b.erp)];
    const { eventIds } = await w.sync.relink(a.link, { erpId: b.erp }, apply);
    await w.settled();
    await w.sync.revert(eventIds[0]!, null, apply);
    await w.settled();
    expect([await quoteShown(a), await alone('quote', 'erp', b.erp)]).toEqual(before);
    expect(await w.links({ id: b.erp, mapping: 'quote' })).toEqual([]);
  });

  test('a linking of quotes by hand leaves both as they stood, lines and all', async () => {
    const [a, b] = await twoQuotes();
    for (const { link } of [a, b]) await w.sync.unlink(link, 'both', apply);
    await w.settled();
    const shown = async () => [await alone('quote', 'crm', a.crm), await alone('quote', 'erp', b.erp)];
    const before = await shown();
    const { linkId } = await w.sync.link('quote', a.crm, b.erp, apply);
    await w.settled();
    expect(await shown()).not.toEqual(before);
    const linked = (await w.events(linkId!)).find(({ outcome }) => outcome === 'linked');
    await w.sync.revert(linked!.id, null, apply);
    await w.settled();
    expect(await shown()).toEqual(before);
  });

  test.for([
    [0, 'crm'],
    [1, 'crm'],
    [0, 'erp'],
  ] as const)(
    'a swap of documents leaves both as they were, lines and all (%s, preferring %s)',
    async ([nth, prefer]) => {
      const [a, b] = await twoOrders();
      const before = [await orderShown(a), await orderShown(b)];
      const swapped = await w.sync.swap({ a: a.link, b: b.link }, { ...apply, prefer });
      await w.settled();
      const planned = await w.sync.revert(swapped[nth]!.eventIds[0]!, null, {
        mode: 'preview',
        actor: 'test',
      });
      expect(planned).toMatchObject({ outcome: 'linked', plan: { kind: 'link' } });
      const lines = planned.plan.writes.flatMap(({ fields }) =>
        fields.filter(({ field }) => field === 'line'),
      );
      expect(lines.map(({ before, after }) => [before === null, after === null])).toEqual(
        expect.arrayContaining([
          [true, false],
          [false, true],
        ]),
      );
      await w.sync.applyPlan(planned.planToken!, { actor: 'test' });
      await w.settled();
      expect([await orderShown(a), await orderShown(b)]).toEqual(before);
    },
  );

  test('a relinking of documents leaves the pair that was, and the other document as it stood', async () => {
    const [a, b] = await twoOrders();
    await w.sync.unlink(b.link, 'both', apply);
    await w.settled();
    const alone = async () => {
      const { lines, ...fields } = await w.fields('erp', 'Order', b.erp);
      return { fields, lines };
    };
    const before = [await orderShown(a), await alone()];
    const { eventIds } = await w.sync.relink(a.link, { erpId: b.erp }, apply);
    await w.settled();
    await w.sync.revert(eventIds[0]!, null, apply);
    await w.settled();
    expect([await orderShown(a), await alone()]).toEqual(before);
    expect(await w.links({ id: b.erp, mapping: 'order' })).toEqual([]);
  });

  test('a linking of documents by hand leaves both as they stood, lines and all', async () => {
    const [a, b] = await twoOrders();
    for (const { link } of [a, b]) await w.sync.unlink(link, 'both', apply);
    await w.settled();
    const alone = async () =>
      [await w.fields('crm', 'Order', a.crm), await w.fields('erp', 'Order', b.erp)] as const;
    const before = await alone();
    const { linkId } = await w.sync.link('order', a.crm, b.erp, apply);
    await w.settled();
    expect(await quantities('crm', 'Order', a.crm)).not.toEqual([4, 6]);
    const linked = (await w.events(linkId!)).find(({ outcome }) => outcome === 'linked');
    await w.sync.revert(linked!.id, null, apply);
    await w.settled();
    expect(await alone()).toEqual(before);
  });

  test('what somebody has edited since stays with the document that shows it', async () => {
    const [a, b] = await twoOrders();
    const [first] = await w.sync.swap({ a: a.link, b: b.link }, apply);
    await w.settled();
    const [line] = await w.lines('erp', 'Order', b.erp);
    await w.editLines('erp', 'Order', b.erp, [
      { kind: 'change', lineId: line!.lineId, fields: { description: 'Edited since' } },
    ]);
    await w.settled();
    const planned = await w.sync.revert(first!.eventIds[0]!, null, { ...apply, mode: 'preview' });
    const done = await w.sync.revert(first!.eventIds[0]!, null, apply);
    // The act tells of the same.
    expect(planned.plan.locked).toEqual(done.plan.locked);
    expect(done.plan.locked).toEqual([
      { field: 'lines.description', why: `edited since: ERP Order ${b.erp} keeps it` },
    ]);
    await w.settled();
    const texts = async (side: Side, id: string) =>
      (await w.lines(side, 'Order', id)).map(({ description }) => description);
    expect(await texts('erp', b.erp)).toContain('Edited since');
    expect(await texts('crm', b.crm)).toEqual(await texts('erp', b.erp));
    expect(await texts('crm', a.crm)).toEqual(await texts('erp', a.erp));
    expect(await quantities('erp', 'Order', a.erp)).toEqual([4, 6]);
  });

  test('what a person has edited of a customer since stays, and the preview says so', async () => {
    const [a, b] = [await customer(), await customer()];
    for (const { link } of [a, b]) await w.sync.unlink(link, 'both', apply);
    await w.settled();
    const { linkId } = await w.sync.link('customer', a.crm, b.erp, apply);
    await w.settled();
    await w.edit('crm', 'Customer', a.crm, { name: `Edited since ${++n}` });
    await w.settled();
    const linked = (await w.events(linkId!)).find(({ outcome }) => outcome === 'linked')!;
    const written = linked.fields.find(({ field }) => field === 'name')!.side;
    const record = { crm: `CRM Customer ${a.crm}`, erp: `ERP Customer ${b.erp}` }[written];
    const planned = await w.sync.revert(linked.id, null, { ...apply, mode: 'preview' });
    expect(planned.plan.locked).toEqual([{ field: 'name', why: `edited since: ${record} keeps it` }]);
    const done = await w.sync.revert(linked.id, null, apply);
    expect(done.plan.locked).toEqual(planned.plan.locked);
  });

  test('a swap of documents stays whole where a system refuses its part: it was shipped', async () => {
    const [a, b] = await twoOrders();
    const swapped = await w.sync.swap({ a: a.link, b: b.link }, apply);
    await w.settled();
    await w.edit('erp', 'Order', a.erp, { status: 'RELEASED' });
    await w.settled();
    const [line] = await w.lines('erp', 'Order', a.erp);
    const shipped = {
      kind: 'change',
      lineId: line!.lineId,
      fields: { quantityShipped: line!.quantity! },
    } as const;
    await w.editLines('erp', 'Order', a.erp, [shipped]);
    await w.settled();
    const links = [
      { crm: a.crm, erp: b.erp, link: swapped[0]!.linkId! },
      { crm: b.crm, erp: a.erp, link: swapped[1]!.linkId! },
    ];
    const before = await Promise.all(links.map(orderShown));
    await expect(w.sync.revert(swapped[0]!.eventIds[0]!, null, apply)).rejects.toThrow(
      `Nothing is taken back, for ERP Order ${a.erp} does not show again what it did`,
    );
    await w.settled();
    expect(await Promise.all(links.map(orderShown))).toEqual(before);
  });

  test('a relinking whose deal has got another document since is refused, and says which', async () => {
    const [a, b] = await twoQuotes();
    await w.sync.unlink(b.link, 'both', apply);
    await w.settled();
    const { linkId } = await w.sync.relink(a.link, { erpId: b.erp }, apply);
    await w.settled();
    await w.edit('crm', 'Quote', a.crm, { status: 'ACCEPTED' });
    await w.settled();
    const linked = (await w.events(linkId!)).find(({ outcome }) => outcome === 'linked');
    const refusal = w.sync.revert(linked!.id, null, apply);
    await expect(refusal).rejects.toThrow('linked documents otherwise whose deal has another one by now');
    await expect(refusal).rejects.toThrow(
      `Unlink Link_${linkId}, and link the records of Link_${a.link} anew.`,
    );
  });
});
