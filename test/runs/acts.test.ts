import { describe, expect, it } from 'vitest';
import type { Side } from '../../sync/core/types.ts';
import { openRuns } from './world.ts';

const w = await openRuns();
const life = await w.live();
const { sync } = life;
const ask = { mode: 'apply', actor: 'anna' } as const;
const preview = { mode: 'preview', actor: 'anna' } as const;

const linkOf = async (mapping: string, id: string) => {
  const [row] = await w.sql<
    { id: string; crmId: string | null; erpId: string | null; state: string; endedBy: string | null }[]
  >`select id, crm_id as "crmId", erp_id as "erpId", state, ended_by as "endedBy" from sync.link
    where mapping = ${mapping} and (crm_id = ${id} or erp_id = ${id}) and not lone order by state = 'ended', id desc limit 1`;
  return row!;
};

describe('erasing a person', () => {
  it('empties both systems and all that the sync keeps, with a proof that holds no data', async () => {
    const customer = await w.create('crm', 'Customer', { name: 'Stays AS' });
    const person = await w.create('crm', 'Contact', {
      firstName: 'Secretia',
      lastName: 'Hemmelig',
      email: 'secretia@hemmelig.example',
      phone: '+4722334455',
      customerId: customer.id,
      address: { line1: 'Gjemt vei 1', city: 'Oslo', country: 'NO' },
    });
    await w.settled(life);
    await w.edit('crm', 'Contact', person.id, { lastName: 'Hemmeligsen' });
    await w.settled(life);
    const before = await linkOf('contact', person.id);
    const told = await sync.erase({ side: 'crm', entity: 'Contact', id: person.id }, preview);
    expect(told).toMatchObject({ records: 2, links: 1, proof: null });
    expect((await w.read('crm', 'Contact', person.id))!.fields.firstName).toBe('Secretia');

    const done = await sync.erase({ side: 'crm', entity: 'Contact', id: person.id }, ask);
    expect(done.proof).toMatch(/^[0-9a-f]{64}$/);
    await w.settled(life);
    // An edit after it brings nothing back: the link is a tombstone.
    await w.edit('erp', 'Contact', before.erpId!, { jobTitle: 'Someone' });
    await w.settled(life);
    const everything = JSON.stringify([
      (await w.read('crm', 'Contact', person.id))!,
      (await w.read('erp', 'Contact', before.erpId!))!,
      done,
      ...(await Promise.all(
        [
          'link',
          'event',
          'dead_letter',
          'proposal',
          'issue',
          'conflict',
          'planned_act',
          'run',
          'claim',
          'lane',
          'line_link',
        ].map((table) => w.sql.unsafe(`select * from sync.${table}`)),
      )),
    ]);
    for (const secret of ['Secretia', 'ecretia@', 'Hemmelig', '22334455', 'Gjemt'])
      expect([secret, everything.includes(secret)]).toEqual([secret, false]);
    expect(
      await w.sql`select 1 from sync.match_key where record in (${person.id}, ${before.erpId!})`,
    ).toEqual([]);
    expect(await linkOf('contact', person.id)).toMatchObject({ state: 'ended', endedBy: 'erased' });
    expect((await w.read('crm', 'Contact', person.id))!.archived).toBe(true);
    const [proof] = await w.sql<{ detail: { proof: string; statement: object } }[]>`
      select detail from sync.event where outcome = 'erased'`;
    expect(proof!.detail).toMatchObject({
      proof: done.proof,
      statement: { by: 'anna', counts: { links: 1, records: 2, events: told.events } },
    });
  });

  it('is refused for a company', async () => {
    const customer = await w.create('crm', 'Customer', { name: 'A company' });
    await expect(sync.erase({ side: 'crm', entity: 'Customer', id: customer.id }, ask)).rejects.toMatchObject(
      {
        code: 'BAD_USER_INPUT',
      },
    );
  });
});

describe('two records of one system that became one', () => {
  it('take their links, contacts and documents along, and apart again', async () => {
    const [a, b] = await w.all('crm', [
      { kind: 'create', entity: 'Customer', fields: { name: 'Double A' } },
      { kind: 'create', entity: 'Customer', fields: { name: 'Double B' } },
    ]);
    const [product] = await w.all('crm', [
      { kind: 'create', entity: 'Product', fields: { sku: 'M-1', name: 'Merged', listPrice: '10' } },
    ]);
    const [contact] = await w.all('crm', [
      { kind: 'create', entity: 'Contact', fields: { lastName: 'Of A', customerId: a!.id } },
    ]);
    const [order] = await w.all('crm', [
      {
        kind: 'create',
        entity: 'Order',
        fields: { customerId: a!.id, lines: [{ productId: product!.id, quantity: '2', unitPrice: '5' }] },
      },
    ]);
    await w.settled(life);
    const [la, lb, lc, lo] = [
      await linkOf('customer', a!.id),
      await linkOf('customer', b!.id),
      await linkOf('contact', contact!.id),
      await linkOf('order', order!.id),
    ];
    const [from, into] = [a!, b!].map(({ id }) => ({ side: 'crm', entity: 'Customer', id }) as const);

    const quote = await w.create('crm', 'Quote', {
      customerId: a!.id,
      lines: [{ productId: product!.id, quantity: '1', unitPrice: '5' }],
    });
    await w.settled(life);

    const [told] = await sync.followMerge(from!, into!, preview);
    // A record is named once, however many links it has, with what is written to it, in both systems.
    expect(told!.plan.writes.map(({ side, entity, action }) => `${side} ${entity} ${action}`).sort()).toEqual(
      [
        'crm Contact update',
        'crm Order update',
        'crm Quote update',
        'erp Contact update',
        'erp Customer archive',
        'erp Order update',
        'erp Order update',
        'erp Quote update',
      ],
    );
    const inPlan = (side: string, entity: string) =>
      told!.plan.writes.find((write) => write.side === side && write.entity === entity)!.fields;
    expect([inPlan('crm', 'Contact'), inPlan('erp', 'Contact')]).toEqual([
      [{ field: 'customerId', before: a!.id, after: b!.id, rule: 'merged' }],
      [{ field: 'customerId', before: la.erpId, after: lb.erpId, rule: 'merged' }],
    ]);
    expect((await linkOf('customer', a!.id)).state).toBe('synced');

    const [done] = await sync.followMerge(from!, into!, ask);
    expect(done!.plan.writes).toEqual(told!.plan.writes);
    await w.settled(life);
    expect((await w.read('crm', 'Quote', quote.id))!.fields.customerId).toBe(b!.id);
    expect(await linkOf('customer', a!.id)).toMatchObject({ state: 'ended', endedBy: 'merged' });
    expect((await w.read('erp', 'Customer', la.erpId!))!.archived).toBe(true);
    expect(await toldOf(la.id)).toEqual(['created', 'unlinked merged']);
    expect((await w.read('crm', 'Contact', contact!.id))!.fields.customerId).toBe(b!.id);
    expect((await w.read('erp', 'Contact', lc.erpId!))!.fields.customerId).toBe(lb.erpId);
    expect((await w.read('crm', 'Order', order!.id))!.fields.customerId).toBe(b!.id);
    expect((await w.read('erp', 'Order', lo.erpId!))!.fields.customerId).toBe(lb.erpId);
    expect((await linkOf('contact', contact!.id)).state).toBe('synced');

    const back = await sync.revert(done!.eventIds[0]!, null, preview);
    expect(back).toMatchObject({ outcome: 'linked', plan: { kind: 'link' } });
    expect(back.plan.writes.map(({ side, entity, action }) => `${side} ${entity} ${action}`).sort()).toEqual([
      'crm Contact update',
      'crm Order update',
      'crm Quote update',
      'erp Contact update',
      'erp Customer restore',
      'erp Order update',
      'erp Order update',
      'erp Quote update',
    ]);
    expect(back.plan.writes.find(({ entity }) => entity === 'Contact')!.fields).toEqual([
      { field: 'customerId', before: b!.id, after: a!.id, rule: 'merge taken back' },
    ]);
    expect((await linkOf('customer', a!.id)).state).toBe('ended');
    const undone = await sync.revert(done!.eventIds[0]!, null, ask);
    expect(undone).toMatchObject({ outcome: 'linked', plan: back.plan });
    await w.settled(life);
    expect(await linkOf('customer', a!.id)).toMatchObject({ id: la.id, state: 'synced', erpId: la.erpId });
    expect((await w.read('erp', 'Customer', la.erpId!))!.archived).toBe(false);
    expect((await w.read('erp', 'Contact', lc.erpId!))!.fields.customerId).toBe(la.erpId);
    expect((await w.read('erp', 'Order', lo.erpId!))!.fields.customerId).toBe(la.erpId);
    // Once is enough: what is moved on purpose from now on stays where it is.
    for (const mode of [preview, ask])
      await expect(sync.revert(done!.eventIds[0]!, null, mode)).rejects.toThrow(
        `Link_${la.id} lives: its merge was taken back before.`,
      );
  });

  it('are taken apart only as far as nobody has decided otherwise since', async () => {
    const [a, b, c] = await w.all(
      'crm',
      ['One', 'Two', 'Three'].map((name) => ({
        kind: 'create' as const,
        entity: 'Product',
        fields: { sku: `APART-${name}`, name: `Apart ${name}`, listPrice: '10' },
      })),
    );
    const customer = await w.create('crm', 'Customer', { name: 'Buys what was merged' });
    const order = await w.create('crm', 'Order', {
      customerId: customer.id,
      lines: [1, 2].map((n) => ({ productId: a!.id, quantity: String(n), unitPrice: '5' })),
    });
    await w.settled(life);
    const [from, into] = [a!, b!].map(({ id }) => ({ side: 'crm', entity: 'Product', id }) as const);
    const [done] = await sync.followMerge(from!, into!, ask);
    await w.settled(life);
    const lines = async () =>
      (await w.read('crm', 'Order', order.id))!.fields.lines as { lineId: string; productId: string }[];
    const [first, second] = await lines();
    expect([first!.productId, second!.productId]).toEqual([b!.id, b!.id]);
    await w.crm.write(
      [
        {
          kind: 'update',
          entity: 'Order',
          id: order.id,
          fields: {},
          lineChanges: [{ kind: 'change', lineId: first!.lineId, fields: { productId: c!.id } }],
        },
      ],
      { actor: 'anna', origin: 'person' },
    );
    await w.settled(life);
    await sync.revert(done!.eventIds[0]!, null, ask);
    await w.settled(life);
    expect((await lines()).map(({ productId }) => productId)).toEqual([c!.id, a!.id]);
  });

  it('stay together where the first has found another counterpart since', async () => {
    const [a, b] = [
      await w.create('crm', 'Customer', { name: 'Went into the other' }),
      await w.create('crm', 'Customer', { name: 'The other that stays' }),
    ];
    const other = await w.create('erp', 'Customer', { name: 'A third one elsewhere' });
    await w.settled(life);
    const [from, into] = [a, b].map(({ id }) => ({ side: 'crm', entity: 'Customer', id }) as const);
    const [done] = await sync.followMerge(from!, into!, ask);
    await w.settled(life);
    await sync.unlink((await linkOf('customer', other.id)).id, 'both', ask);
    await sync.link('customer', a.id, other.id, ask);
    await w.settled(life);
    for (const mode of [preview, ask])
      await expect(sync.revert(done!.eventIds[0]!, null, mode)).rejects.toThrow(
        `CRM record ${a.id} is linked already`,
      );
  });

  it('leave the counterpart to the second where that had none', async () => {
    const a = await w.create('crm', 'Customer', { name: 'Had one' });
    await w.settled(life);
    const la = await linkOf('customer', a.id);
    await sync.pause('customer', true, null, 'test');
    const b = await w.create('crm', 'Customer', { name: 'Had none' });
    const contact = await w.create('crm', 'Contact', { lastName: 'Stays', customerId: a.id });
    await w.settled(life);
    const [done] = await sync.followMerge(
      { side: 'crm', entity: 'Customer', id: a.id },
      { side: 'crm', entity: 'Customer', id: b.id },
      ask,
    );
    await sync.pause('customer', false, null, 'test');
    await w.settled(life);
    expect(await linkOf('customer', b.id)).toMatchObject({ state: 'synced', erpId: la.erpId });
    const lc = await linkOf('contact', contact.id);
    expect((await w.read('erp', 'Contact', lc.erpId!))!.fields.customerId).toBe(la.erpId);
    // The old link ends once; what came to the second is told of its own link.
    expect(await toldOf(la.id)).toEqual(['created', 'unlinked merged']);
    const moved = await w.sql`
      select detail -> 'moved' -> 0 ->> 'id' as id from sync.event
      where detail ->> 'mergeOf' = ${done!.eventIds[0]!} and link_id = ${(await linkOf('customer', b.id)).id}`;
    expect(moved).toEqual([{ id: contact.id }]);
    await sync.revert(done!.eventIds[0]!, null, ask);
    await w.settled(life);
    expect(await linkOf('customer', a.id)).toMatchObject({ id: la.id, state: 'synced', erpId: la.erpId });
    expect((await w.read('crm', 'Contact', contact.id))!.fields.customerId).toBe(a.id);
  });
});

/** What the log tells of a link, in order: outcomes, and how it ended. */
const toldOf = async (link: string) =>
  (
    await w.sql<{ told: string }[]>`
      select concat_ws(' ', outcome, detail ->> 'endedBy') as told from sync.event where link_id = ${link} order by seq`
  ).map(({ told }) => told);

describe('a deletion', () => {
  it('is not taken back by its event, which says what to do instead; that brings the pair back', async () => {
    const made = await w.create('crm', 'Customer', { name: 'Deleted by mistake' });
    await w.settled(life);
    const { id, erpId } = await linkOf('customer', made.id);
    await w.crm.write([{ kind: 'delete', entity: 'Customer', id: made.id }], {
      actor: 'anna',
      origin: 'person',
    });
    await w.settled(life);
    const [event] = await w.sql<{ id: string }[]>`
      select id from sync.event where link_id = ${id} and outcome = 'deleted'`;
    await expect(sync.revert(event!.id, null, ask)).rejects.toThrow(
      /one of its records was deleted. Sync the other \(restored, where it was archived\)/,
    );
    await w.erp.write([{ kind: 'restore', entity: 'Customer', id: erpId! }], {
      actor: 'anna',
      origin: 'person',
    });
    await w.settled(life);
    const [result] = await sync.syncRecords(
      'customer',
      [{ side: 'erp', entity: 'Customer', id: erpId! }],
      ask,
    );
    expect(result).toMatchObject({ outcome: 'created' });
    const again = await w.sql<{ crmId: string }[]>`
      select crm_id as "crmId" from sync.link where erp_id = ${erpId} and state = 'synced'`;
    expect((await w.read('crm', 'Customer', again[0]!.crmId))!.fields.name).toBe('Deleted by mistake');
  });
});

describe('history', () => {
  it('puts back what an event changed, lines too, after a preview', async () => {
    const customer = await w.create('crm', 'Customer', { name: 'History AS' });
    const product = await w.create('crm', 'Product', {
      sku: 'H-1',
      name: 'History',
      listPrice: '10',
      status: 'ACTIVE',
    });
    const order = await w.create('crm', 'Order', {
      customerId: customer.id,
      lines: [{ productId: product.id, quantity: '2', unitPrice: '5' }],
    });
    await w.settled(life);
    const link = await linkOf('order', order.id);
    const line = ((await w.read('crm', 'Order', order.id))!.fields.lines as { lineId: string }[])[0]!;
    await w.crm.write(
      [
        {
          kind: 'update',
          entity: 'Order',
          id: order.id,
          fields: {},
          lineChanges: [{ kind: 'change', lineId: line.lineId, fields: { quantity: '7' } }],
        },
      ],
      { actor: 'anna', origin: 'person' },
    );
    await w.settled(life);
    const quantities = async () =>
      Promise.all(
        (['crm', 'erp'] as const).map(async (side) => {
          const record = await w.read(side, 'Order', side === 'crm' ? order.id : link.erpId!);
          return Number((record!.fields.lines as { quantity: string }[])[0]!.quantity);
        }),
      );
    expect(await quantities()).toEqual([7, 7]);
    const [event] = await w.sql<{ id: string }[]>`
      select e.id from sync.event e, jsonb_array_elements(e.fields) f
      where e.link_id = ${link.id} and f ->> 'field' = 'quantity' and f ->> 'line' is not null and e.outcome = 'updated' order by seq desc limit 1`;
    const told = await sync.revert(event!.id, null, preview);
    expect(told.plan.changes.map(({ field }) => field)).toContain('quantity');
    expect(await quantities()).toEqual([7, 7]);
    await sync.revert(event!.id, ['quantity'], ask);
    await w.settled(life);
    expect(await quantities()).toEqual([2, 2]);
  });

  it('says which resolutions another winner would have decided otherwise', async () => {
    const customer = await w.create('crm', 'Customer', { name: 'Contested' });
    await w.settled(life);
    const link = await linkOf('customer', customer.id);
    await sync.pause('customer', true, null, 'test');
    await w.edit('crm', 'Customer', customer.id, { legalName: 'By the CRM' });
    await w.edit('erp', 'Customer', link.erpId!, { legalName: 'By the ERP' });
    await sync.pause('customer', false, null, 'test');
    await w.settled(life);
    const of = { mapping: 'customer', field: 'legalName', since: '2000-01-01T00:00:00Z' } as const;
    const otherwise = await sync.policyReplay({ ...of, winner: 'crm' });
    expect(otherwise).toMatchObject({ checked: 1, differing: 1 });
    expect(otherwise.examples[0]).toMatchObject({ winner: 'erp', stood: 'By the ERP', would: 'By the CRM' });
    expect(await sync.policyReplay({ ...of, winner: 'erp' })).toMatchObject({ checked: 1, differing: 0 });
    expect(await sync.policyReplay({ ...of, winner: 'inbox' })).toMatchObject({ checked: 1, differing: 1 });
  });

  it('and which the later edit would have; what the log does not know of does not count', async () => {
    const customer = await w.create('crm', 'Customer', { name: 'Contested in turns' });
    await w.settled(life);
    const link = await linkOf('customer', customer.id);
    const edit = (side: Side, legalName: string) =>
      w.edit(side, 'Customer', side === 'crm' ? customer.id : link.erpId!, { legalName });
    const since = new Date().toISOString();
    for (const [n, [first, last]] of (
      [
        ['crm', 'erp'],
        ['erp', 'crm'],
      ] as const
    ).entries()) {
      await sync.pause('customer', true, null, 'test');
      await edit(first, `First ${n}`);
      await edit(last, `Last ${n}`);
      await sync.pause('customer', false, null, 'test');
      await w.settled(life);
    }
    const replay = () =>
      sync.policyReplay({ mapping: 'customer', field: 'legalName', since, winner: 'latest' });
    const found = await replay();
    expect(found).toMatchObject({ checked: 2, differing: 1 });
    expect(found.examples).toMatchObject([{ winner: 'erp', stood: 'First 1', would: 'Last 1' }]);
    // As events were told before.
    await w.sql`update sync.event set fields = (select jsonb_agg(f - 'later') from jsonb_array_elements(fields) f)
      where id = ${found.examples[0]!.eventId}`;
    expect(await replay()).toMatchObject({ checked: 1, differing: 0 });
  });
});

describe('archived and restored', () => {
  it('brings both sides back; a link after a tombstone is made anew', async () => {
    const customer = await w.create('crm', 'Customer', { name: 'There and back' });
    await w.settled(life);
    const { id, erpId } = await linkOf('customer', customer.id);
    const turn = async (kind: 'archive' | 'restore') => {
      await w.crm.write([{ kind, entity: 'Customer', id: customer.id }], { actor: 'anna', origin: 'person' });
      await w.settled(life);
      return (await w.read('erp', 'Customer', erpId!))!.archived;
    };
    expect(await turn('archive')).toBe(true);
    expect(await turn('restore')).toBe(false);
    await sync.unlink(id, 'both', ask);
    await w.edit('crm', 'Customer', customer.id, { name: 'Alone' });
    await w.settled(life);
    expect((await w.read('erp', 'Customer', erpId!))!.fields.name).toBe('There and back');
    const linked = await sync.link('customer', customer.id, erpId!, { ...ask, prefer: 'crm' });
    await w.settled(life);
    expect(linked.linkId).not.toBe(id);
    expect((await w.read('erp', 'Customer', erpId!))!.fields.name).toBe('Alone');
    expect(w.errors).toEqual([]);
  });
});
