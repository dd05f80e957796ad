import { afterEach, describe, expect, test } from 'vitest';
import type { Json, Side } from '../../sync/core/types.ts';
import { sized } from '../support/scale.ts';
import { born, edited, type Ground, ground, newValue, twinOf, values } from './people.ts';
import { calm, type FaultPlan } from './referee/faults.ts';
import { footprint, judge } from './referee/judge.ts';
import { type Life, openWorld } from './world.ts';

const w = await openWorld();
const on: Ground = await ground(w);
let life: Life | null = null;

async function alive(): Promise<Life> {
  life = await w.live();
  return life;
}

afterEach(async () => {
  await life?.kill();
  life = null;
  for (const fake of [w.crm, w.erp])
    Object.assign(fake, { faults: calm, down: false, pause: null, clock: Date.now });
});

/** Makes customers that are linked, and answers their ids in the CRM. */
async function linked(n: number, of: Life): Promise<readonly string[]> {
  const ids = Array.from({ length: n }, () => born(w, 'customer', 'crm', on).id);
  await w.settled(of);
  return ids;
}

const nameIn = (side: Side, id: string): unknown => w.fakes[side].get('Customer', id)?.fields.name;

describe('F2 a system is down', () => {
  test('its work waits, nothing is given up, one probe asks, and all is drained once it is back', async () => {
    const l = await alive();
    const ids = await linked(sized(100, 1_000), l);
    w.erp.down = true;
    const before = w.erp.calls.whileDown;
    for (const id of ids) edited(w, 'customer', 'crm', id);
    await expect.poll(() => l.sync.breakers().erp.open).toBe(true);
    const opened = w.erp.calls.whileDown;
    const probes = w.erp.calls.checks;
    await expect.poll(() => w.erp.calls.checks).toBeGreaterThan(probes + 1);
    expect(opened - before, 'calls until the breaker opened').toBeLessThan(12);
    expect(w.erp.calls.whileDown - opened, 'calls besides the probes').toBe(w.erp.calls.checks - probes);
    w.erp.down = false;
    await expect.poll(() => l.sync.breakers().erp.open).toBe(false);
    await w.settled(l);
    expect(await w.letters()).toEqual([]);
    expect(await judge(w)).toEqual([]);
    for (const id of ids) expect(nameIn('erp', twinOf(w, 'customer', 'crm', id)!)).toBe(nameIn('crm', id));
  });

  test('it is not at rest, and whoever waits for that waits until it is back', async () => {
    const l = await alive();
    const [id] = await linked(1, l);
    w.erp.down = true;
    edited(w, 'customer', 'crm', id!);
    await expect.poll(() => l.sync.breakers().erp.open).toBe(true);
    const probes = w.erp.calls.checks;
    const rest = w.settled(l);
    await expect.poll(() => w.erp.calls.checks).toBeGreaterThan(probes);
    w.erp.down = false;
    await rest;
    expect(nameIn('erp', twinOf(w, 'customer', 'crm', id!)!)).toBe(nameIn('crm', id!));
  });
});

describe('F5 the listening connection is cut', () => {
  test('every change is still delivered', async () => {
    const l = await alive();
    const ids = await linked(sized(20, 400), l);
    for (let round = 0; round < 5; round++) {
      for (const id of ids) edited(w, 'customer', 'crm', id);
      w.crm.feed.cut();
      w.erp.feed.cut();
    }
    await w.settled(l);
    expect(await judge(w)).toEqual([]);
  });

  test('a cursor that the feed has forgotten leads to a reconciliation', async () => {
    const l = await alive();
    const [id] = await linked(1, l);
    await l.stop();
    edited(w, 'customer', 'crm', id!);
    w.crm.feed.forget();
    const next = await alive();
    await expect.poll(() => nameIn('erp', twinOf(w, 'customer', 'crm', id!)!)).toBe(nameIn('crm', id!));
    await next.stop();
  });
});

describe('F7 concurrent edits', () => {
  test('of different fields: both are kept', async () => {
    const l = await alive();
    const [id] = await linked(1, l);
    await l.stop();
    const erp = twinOf(w, 'customer', 'crm', id!)!;
    w.edit('crm', 'Customer', id!, { legalName: 'By the CRM' });
    w.edit('erp', 'Customer', erp, { email: 'by.erp@firm.example' });
    await w.settled(await alive());
    expect(w.erp.get('Customer', erp)!.fields).toMatchObject({
      legalName: 'By the CRM',
      email: 'by.erp@firm.example',
    });
    expect(w.crm.get('Customer', id!)!.fields).toMatchObject({
      legalName: 'By the CRM',
      email: 'by.erp@firm.example',
    });
    expect(await judge(w)).toEqual([]);
  });

  test.each([0, -300_000, 300_000])(
    'F8 of the same field, clocks %i ms apart: one winner, the loser is told of',
    async (apart) => {
      const l = await alive();
      const [id] = await linked(1, l);
      await l.stop();
      const erp = twinOf(w, 'customer', 'crm', id!)!;
      w.erp.clock = () => Date.now() + apart;
      // legalName: the ERP wins whatever the clocks say.
      w.edit('crm', 'Customer', id!, { legalName: `Loser ${apart}` });
      w.edit('erp', 'Customer', erp, { legalName: `Winner ${apart}` });
      await w.settled(await alive());
      expect(w.crm.get('Customer', id!)!.fields.legalName).toBe(`Winner ${apart}`);
      const told = await w.sql`select 1 from sync.event where fields::text like ${`%Loser ${apart}%`}`;
      expect(told.length).toBeGreaterThan(0);
      expect(await judge(w)).toEqual([]);
    },
  );

  test.each([-300_000, 300_000])(
    'F8 the later edit wins, whichever clock is ahead: an ERP that is %i ms off',
    async (apart) => {
      const l = await alive();
      const ids = await linked(2, l);
      await l.stop();
      w.erp.clock = () => Date.now() + apart;
      const [first, second] = ids.map((id) => ({ crm: id, erp: twinOf(w, 'customer', 'crm', id)! }));
      w.edit('crm', 'Customer', first!.crm, { name: 'Early in the CRM' });
      w.edit('erp', 'Customer', second!.erp, { name: 'Early in the ERP' });
      const early = Date.now();
      await expect.poll(() => Date.now()).toBeGreaterThan(early + 50);
      w.edit('erp', 'Customer', first!.erp, { name: 'Late in the ERP' });
      w.edit('crm', 'Customer', second!.crm, { name: 'Late in the CRM' });
      const next = await alive();
      await w.settled(next);
      expect([nameIn('crm', first!.crm), nameIn('erp', first!.erp)]).toEqual(
        Array(2).fill('Late in the ERP'),
      );
      expect([nameIn('crm', second!.crm), nameIn('erp', second!.erp)]).toEqual(
        Array(2).fill('Late in the CRM'),
      );
      const { crm, erp } = next.sync.clocks();
      expect(Math.abs(erp!.offsetMs - apart)).toBeLessThanOrEqual(erp!.boundMs + 1);
      expect(Math.abs(crm!.offsetMs)).toBeLessThanOrEqual(crm!.boundMs + 1);
      expect(await judge(w)).toEqual([]);
    },
  );

  test.each([-3_600_000, 3_600_000])(
    'F8 a clock that is set by %i ms, and back, among edits: each arrives, and the last one stands',
    async (jump) => {
      const l = await alive();
      const ids = await linked(20, l);
      const last = new Map<string, Json>();
      const edits = (side: Side): void => {
        for (const id of ids) {
          const name = newValue('name');
          last.set(id, name);
          w.edit(side, 'Customer', side === 'crm' ? id : twinOf(w, 'customer', 'crm', id)!, { name });
        }
      };
      for (const side of ['erp', 'crm'] as const)
        for (const ahead of [jump, 0]) {
          edits(side);
          w.fakes[side].clock = () => Date.now() + ahead;
          edits(side);
          await w.settled(l);
          for (const id of ids)
            expect([nameIn('crm', id), nameIn('erp', twinOf(w, 'customer', 'crm', id)!)]).toEqual(
              Array(2).fill(last.get(id)),
            );
        }
      expect(await judge(w)).toEqual([]);
    },
  );

  test('an edit against a delete: the delete stands, the survivor is archived', async () => {
    const l = await alive();
    const [id] = await linked(1, l);
    await l.stop();
    const erp = twinOf(w, 'customer', 'crm', id!)!;
    edited(w, 'customer', 'erp', erp);
    w.act('crm', { kind: 'delete', entity: 'Customer', id: id! });
    const next = await alive();
    await w.settled(next);
    expect(w.erp.get('Customer', erp)!.archived).toBe(true);
    expect(await judge(w)).toEqual([]);
  });
});

describe('F9 deletes', () => {
  test('delete and recreate with the same natural key: a pair of its own, no resurrection', async () => {
    const l = await alive();
    const sku = `SAME-${Date.now()}`;
    const fields = { ...values('product', 'crm', {}), sku };
    const first = w.create('crm', 'Product', fields);
    await w.settled(l);
    const old = twinOf(w, 'product', 'crm', first.id)!;
    w.act('crm', { kind: 'delete', entity: 'Product', id: first.id });
    await w.settled(l);
    expect(w.erp.get('Product', old)!.archived).toBe(true);
    w.act('erp', { kind: 'delete', entity: 'Product', id: old });
    const second = w.create('crm', 'Product', { ...fields, name: 'Lamp again' });
    await w.settled(l);
    const fresh = twinOf(w, 'product', 'crm', second.id);
    expect(fresh).not.toBeNull();
    expect(fresh).not.toBe(old);
    expect(await judge(w)).toEqual([]);
  });

  test('while a sync of it is under way', async () => {
    const l = await alive();
    const [id] = await linked(1, l);
    const erp = twinOf(w, 'customer', 'crm', id!)!;
    let deleted = false;
    w.erp.pause = async (call) => {
      if (call !== 'write' || deleted) return;
      deleted = true;
      w.act('erp', { kind: 'delete', entity: 'Customer', id: erp });
    };
    edited(w, 'customer', 'crm', id!);
    await w.settled(l);
    expect(deleted).toBe(true);
    expect(w.crm.get('Customer', id!)!.archived).toBe(true);
    expect(await judge(w)).toEqual([]);
  });
});

describe('F10 poison', () => {
  /** The target refuses this one record, always, without naming a field. */
  const poison =
    (name: string): FaultPlan =>
    ({ fields }) =>
      fields.name === name
        ? { when: 'before', as: 'write', code: 'FORBIDDEN', message: 'no such luck' }
        : null;

  test('a record the target always refuses: dead letter with request and answer, the others unaffected, replay applies once', async () => {
    const l = await alive();
    const bad = values('customer', 'crm', { user: on.user });
    w.erp.faults = poison(bad.name as string);
    const one = w.create('crm', 'Customer', bad);
    const others = Array.from({ length: sized(49, 999) }, () => born(w, 'customer', 'crm', on).id);
    await w.settled(l);
    for (const id of others) expect(twinOf(w, 'customer', 'crm', id)).not.toBeNull();
    const [letter, ...more] = await w.letters();
    expect(more).toEqual([]);
    expect(letter).toMatchObject({
      code: 'FORBIDDEN',
      message: 'no such luck',
      answer: { code: 'FORBIDDEN' },
    });
    expect(JSON.stringify(letter!.request)).toContain(bad.name);
    expect((await w.issues()).map((i) => i.code)).toContain('FORBIDDEN');
    expect(await judge(w), 'the poisoned one is listed').toEqual([]);

    w.erp.faults = calm;
    expect((await l.sync.retry({ code: 'FORBIDDEN' }, { mode: 'apply', actor: 'anna' })).matched).toBe(1);
    await w.settled(l);
    expect(w.erp.log.filter((a) => a.kind === 'create' && a.after.name === bad.name)).toHaveLength(1);
    expect(twinOf(w, 'customer', 'crm', one.id)).not.toBeNull();
    expect(await w.letters(), 'the letter closes by itself').toEqual([]);
    expect((await w.issues()).filter((i) => i.code === 'FORBIDDEN')).toEqual([]);
    expect(await judge(w)).toEqual([]);
  });

  test('a letter keeps its id, by which somebody may be looking at it, when the record is refused once more', async () => {
    const l = await alive();
    const [id] = await linked(1, l);
    w.erp.faults = ({ call }) =>
      call === 'write' ? { when: 'before', as: 'write', code: 'FORBIDDEN' } : null;
    edited(w, 'customer', 'crm', id!);
    const first = await w.firstLetter();
    await w.settled(l);
    edited(w, 'customer', 'crm', id!);
    await w.settled(l);
    expect(await w.letters()).toEqual([{ ...first, request: expect.anything() }]);
    expect((await w.letters())[0]!.request).not.toEqual(first.request);
    w.erp.faults = calm;
    expect((await l.sync.retry({ ids: [first.id] }, { mode: 'apply', actor: 'anna' })).matched).toBe(1);
    await w.settled(l);
    expect(await w.letters()).toEqual([]);
    expect(await judge(w)).toEqual([]);
  });

  test('a step that throws on one record gives it up after its attempts, and takes it up again when it changes', async () => {
    const l = await alive();
    const [id, other] = await linked(2, l);
    // What no mapping expects of a record: fields that cannot be read at all.
    const fields = w.crm.get('Customer', id!)!.fields;
    const throwing = new Proxy(fields, {
      get(target, name) {
        if (name === 'name') throw new Error('poisoned record');
        return Reflect.get(target, name);
      },
    });
    const read = w.crm.connector.read;
    const poisoned = { value: true };
    w.crm.connector.read = async (entity, ids) => {
      const found = new Map(await read(entity, ids));
      const record = found.get(id!);
      if (poisoned.value && record && entity === 'Customer') found.set(id!, { ...record, fields: throwing });
      return found;
    };
    edited(w, 'customer', 'crm', id!);
    edited(w, 'customer', 'crm', other!);
    const letter = await w.firstLetter();
    expect(await w.letters()).toHaveLength(1);
    expect(letter).toMatchObject({ code: 'INTERNAL', attempts: 12 });
    expect(letter.message).toContain('poisoned record');
    const [link] = await w.sql<
      { state: string }[]
    >`select state from sync.link where crm_id = ${id!} and mapping = 'customer'`;
    expect(link!.state).toBe('failed');
    expect(
      await w.sql`select 1 from sync.event where outcome = 'failed' and link_id = ${letter.linkId}`,
    ).toHaveLength(1);
    expect(nameIn('erp', twinOf(w, 'customer', 'crm', other!)!)).toBe(nameIn('crm', other!));
    poisoned.value = false;
    edited(w, 'customer', 'crm', id!);
    await w.settled(l);
    w.crm.connector.read = read;
    expect(await w.letters()).toEqual([]);
    expect((await w.issues()).filter((i) => i.code === 'INTERNAL')).toEqual([]);
    expect(await judge(w)).toEqual([]);
  });
});

describe('F14 two processes on one database', () => {
  test('one is stopped in order under load and another takes over: nothing is lost, nothing doubled', async () => {
    const [a, b] = [await alive(), await w.live()];
    const ids = Array.from({ length: 200 }, () => born(w, 'customer', 'crm', on).id);
    await expect.poll(() => w.erp.log.length).toBeGreaterThan(0);
    const began = performance.now();
    await a.stop();
    expect(performance.now() - began).toBeLessThan(10_000);
    for (const id of ids) edited(w, 'customer', 'crm', id);
    await w.settled(b);
    const broken = await judge(w);
    await b.stop();
    expect(broken).toEqual([]);
  });
});

describe('F15', () => {
  test('expired credentials: the system counts as away, nothing is given up, no hot loop', async () => {
    const l = await alive();
    const [id] = await linked(1, l);
    w.erp.faults = ({ call }) =>
      call === 'check' || call === 'write' || call === 'read'
        ? { when: 'before', as: 'call', code: 'AUTH' }
        : null;
    edited(w, 'customer', 'crm', id!);
    await expect.poll(() => l.sync.breakers().erp.open).toBe(true);
    const calls = w.erp.calls.total;
    await expect.poll(() => w.erp.calls.checks).toBeGreaterThan(1);
    expect(w.erp.calls.total - calls).toBeLessThan(10);
    w.erp.faults = calm;
    await expect.poll(() => l.sync.breakers().erp.open).toBe(false);
    await w.settled(l);
    expect(await w.letters()).toEqual([]);
    expect(await judge(w)).toEqual([]);
  });

  test('a new required field in the target: the record is listed with what the target said', async () => {
    const l = await alive();
    w.erp.faults = ({ kind, fields }) =>
      kind === 'create' && !fields.industryCode
        ? {
            when: 'before',
            as: 'write',
            code: 'BAD_USER_INPUT',
            message: 'industryCode is required',
            field: 'industryCode',
          }
        : null;
    born(w, 'customer', 'crm', on);
    await w.settled(l);
    expect((await w.letters()).map((x) => x.message)).toEqual(['industryCode is required']);
    expect(await judge(w)).toEqual([]);
    w.erp.faults = calm;
    await l.sync.retry({ code: 'BAD_USER_INPUT' }, { mode: 'apply', actor: 'anna' });
    await w.settled(l);
    expect(await judge(w)).toEqual([]);
    expect(await w.letters()).toEqual([]);
  });

  test('a system that forbids two equal names: the name is tried once more, then held, and the rest travels', async () => {
    const l = await alive();
    const [id] = await linked(1, l);
    let refusals = 1;
    w.erp.faults = ({ kind, fields }) =>
      kind === 'update' && fields.name && refusals-- > 0
        ? { when: 'before', as: 'write', code: 'DUPLICATE', message: 'name is taken', field: 'name' }
        : null;
    edited(w, 'customer', 'crm', id!);
    await w.settled(l);
    expect(await judge(w), 'its owner had left it meanwhile').toEqual([]);
    expect(await w.issues()).toEqual([]);

    refusals = Number.POSITIVE_INFINITY;
    const before = nameIn('crm', id!);
    w.edit('crm', 'Customer', id!, { name: 'Of another', website: 'https://travels.example' });
    await w.settled(l);
    const twin = w.erp.get('Customer', twinOf(w, 'customer', 'crm', id!)!)!;
    expect(twin.fields).toMatchObject({ name: before, homePage: 'https://travels.example' });
    expect(await w.issues()).toMatchObject([
      { code: 'VALUE_TAKEN', message: 'name is taken Give one of the two another name.' },
    ]);
    expect(await w.letters()).toEqual([]);
    w.erp.faults = calm;
    w.edit('crm', 'Customer', id!, { website: 'https://again.example' });
    await w.settled(l);
    expect(await judge(w)).toEqual([]);
    expect(await w.issues()).toEqual([]);
  });
});

describe('F11 a burst', () => {
  const edits = sized(1_000, 10_000);
  test(`${edits} edits at once are all applied, and quiet stays quiet`, async () => {
    const l = await alive();
    const ids = await linked(edits / 5, l);
    for (let round = 0; round < 5; round++)
      for (const id of ids) w.edit('crm', 'Customer', id, { name: newValue('name') });
    await w.settled(l);
    expect(await judge(w)).toEqual([]);
    const was = footprint(w);
    await l.sync.startRun('reconciliation', ['customer'], 'apply', 'anna');
    await expect
      .poll(async () => (await w.sql`select 1 from sync.run where state = 'running'`).length)
      .toBe(0);
    await w.settled(l);
    expect(footprint(w), 'writes in quiet').toBe(was);
  });
});
