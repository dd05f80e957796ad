import { describe, expect, test } from 'vitest';
import type { Connector, Write, WriteResult } from '../../sync/core/connector.ts';
import { SyncError } from '../../sync/core/errors.ts';
import type { FieldChange, Side } from '../../sync/core/types.ts';
import { openRuns } from '../runs/world.ts';

const w = await openRuns();

/** Sees every write on its way to a system, and may act before and after it. */
const hooks: {
  sent: { side: Side; write: Write; result: WriteResult }[];
  before: ((side: Side, writes: readonly Write[]) => Promise<void>) | null;
  after: ((side: Side) => Promise<void>) | null;
  /** What a system makes of what it is asked to store. */
  stores: ((side: Side, write: Write) => Write) | null;
  /** False: the answer is empty. */
  read: ((side: Side) => boolean | Promise<boolean>) | null;
} = { sent: [], before: null, after: null, stores: null, read: null };

const through = (side: Side, connector: Connector): Connector => ({
  ...connector,
  async read(entity, ids) {
    return (await hooks.read?.(side)) === false ? new Map() : connector.read(entity, ids);
  },
  async check() {
    await hooks.read?.(side);
    return connector.check();
  },
  async write(writes, author) {
    await hooks.before?.(side, writes);
    const { stores } = hooks;
    const results = await connector.write(stores ? writes.map((each) => stores(side, each)) : writes, author);
    hooks.sent.push(...writes.map((write, n) => ({ side, write, result: results[n]! })));
    await hooks.after?.(side);
    return results;
  },
});

const life = await w.live(through);
let n = 0;

async function pair() {
  const made = await w.create('crm', 'Customer', { name: `Pair ${++n}` });
  await w.settled(life);
  const [link] = await w.sql<{ id: string; erpId: string }[]>`
    select id, erp_id as "erpId" from sync.link where crm_id = ${made.id}`;
  hooks.sent.length = 0;
  return { crm: made.id, erp: link!.erpId, link: link!.id };
}

const changesOf = async (link: string) =>
  (
    await w.sql<{ outcome: string; fields: FieldChange[] }[]>`
      select outcome, fields from sync.event where link_id = ${link} order by seq`
  ).flatMap(({ outcome, fields }) => fields.map((change) => ({ outcome, ...change })));

const paused = async (act: () => Promise<unknown>) => {
  await life.sync.pause('customer', true, null, 'test');
  await act();
  await w.settled(life);
  await life.sync.pause('customer', false, null, 'test');
  await w.settled(life);
};

test('two systems in which nothing has been written yet are quiet', async () => {
  expect(await Promise.all([w.crm.head(), w.erp.head()])).toEqual([null, null]);
  await w.settled(life);
});

describe('a create', () => {
  test('bears the key of the record it is made from, so that sending it again finds the first', async () => {
    const made = await w.create('crm', 'Customer', { name: 'Has a key' });
    await w.settled(life);
    const [create, ...more] = hooks.sent.flatMap(({ write }) =>
      write.kind === 'create' && write.entity === 'Customer' ? [write] : [],
    );
    expect(more).toEqual([]);
    expect(create!.key).toBe(`tandem:crm:Customer:${made.id}`);
    const [again] = await w.erp.write([create!], { actor: 'tandem', origin: 'sync' });
    expect(again!.kind).toBe('existed');
  });
});

describe('a create that meets a record with its stamp', () => {
  test('is done: an earlier attempt had come through', async () => {
    hooks.sent.length = 0;
    let before: string | null = null;
    hooks.before = async (side, writes) => {
      const [create] = writes;
      if (before || side !== 'erp' || create?.kind !== 'create') return;
      const { key: _, ...same } = create;
      const [record] = await w.erp.write([same], { actor: 'tandem', origin: 'sync' });
      before = record && 'record' in record ? record.record.id : null;
    };
    const made = await w.create('crm', 'Customer', { name: 'Came through' });
    await w.settled(life);
    hooks.before = null;
    expect(before).not.toBeNull();
    const create = hooks.sent.find(({ write }) => write.kind === 'create');
    expect(create?.result).toMatchObject({ failure: { code: 'DUPLICATE' } });
    expect(await w.sql`select erp_id as id, state from sync.link where crm_id = ${made.id}`).toEqual([
      { id: before, state: 'synced' },
    ]);
    expect(await w.count('sync.dead_letter')).toBe(0);
  });
});

describe('an update', () => {
  test('of which the target keeps less than it was asked is agreed as it stands there', async () => {
    const ids = await pair();
    hooks.stores = (side, write) =>
      side === 'erp' && write.kind === 'update' && write.fields.legalName
        ? { ...write, fields: { ...write.fields, legalName: 'Cut' } }
        : write;
    await w.edit('crm', 'Customer', ids.crm, { legalName: 'Cut short' });
    await w.settled(life);
    hooks.stores = null;
    const shown = async () => [
      (await w.read('crm', 'Customer', ids.crm))!.fields.legalName,
      (await w.read('erp', 'Customer', ids.erp))!.fields.legalName,
    ];
    expect(await shown()).toEqual(['Cut short', 'Cut']);
    expect(hooks.sent).toHaveLength(1);
    // From here on the ERP's own edit travels, and nothing else does.
    await w.edit('erp', 'Customer', ids.erp, { homePage: 'https://cut.example' });
    await w.settled(life);
    expect(await shown()).toEqual(['Cut short', 'Cut']);
  });

  test('bears the version it was planned for: what a person wrote meanwhile is merged, not overwritten', async () => {
    const ids = await pair();
    let meanwhile = false;
    hooks.before = async (side) => {
      if (meanwhile || side !== 'erp') return;
      meanwhile = true;
      await w.edit('erp', 'Customer', ids.erp, { legalName: 'By the ERP' });
    };
    await w.edit('crm', 'Customer', ids.crm, { legalName: 'By the CRM' });
    await w.settled(life);
    hooks.before = null;
    expect(hooks.sent[0]).toMatchObject({
      write: { kind: 'update', ifVersion: expect.any(String) },
      result: { kind: 'failed', failure: { code: 'STALE' } },
    });
    // The ERP wins this field by its mapping, and the log tells of the edit that lost.
    expect((await w.read('crm', 'Customer', ids.crm))!.fields.legalName).toBe('By the ERP');
    expect(await changesOf(ids.link)).toContainEqual(
      expect.objectContaining({ field: 'legalName', after: 'By the ERP', lost: 'By the CRM' }),
    );
  });

  test('says its own name, and comes back as a change that does nothing', async () => {
    const ids = await pair();
    await w.edit('crm', 'Customer', ids.crm, { legalName: 'Travels once' });
    await w.settled(life);
    expect(hooks.sent.map(({ side, write, result }) => [side, write.kind, result.kind])).toEqual([
      ['erp', 'update', 'updated'],
    ]);
    expect((await w.read('erp', 'Customer', ids.erp))!.updatedBy).toBe('tandem');
  });
});

test('a lane that was lost while its step wrote is not recorded by who lost it', async () => {
  let lost = false;
  hooks.after = async (side) => {
    if (lost || side !== 'erp') return;
    lost = true;
    // Nobody else takes it up until the flow goes on.
    await life.sync.pause('customer', true, null, 'test');
    await w.sql`
      update sync.lane set token = 999999999
      where key in (select 'rec:crm:Customer:' || id from crm.customer where name = 'Lost meanwhile')`;
  };
  const recorded = life.sync.stageTimes().record;
  const made = await w.create('crm', 'Customer', { name: 'Lost meanwhile' });
  await w.until('the step has ended', async () => lost && life.sync.stageTimes().record > recorded);
  hooks.after = null;
  const links = () => w.sql`select state from sync.link where crm_id = ${made.id} and not lone`;
  expect(await links()).toEqual([]);
  await life.sync.pause('customer', false, null, 'test');
  await w.settled(life);
  expect(await links()).toEqual([{ state: 'synced' }]);
  expect(await w.sql`select 1 from erp.customer where name = 'Lost meanwhile'`).toHaveLength(1);
});

describe('a previewed plan', () => {
  /** The ERP's record is edited just before it is read for the nth time after the preview. */
  test.each([1, 2])('is refused when a record moves before look %i, and says so', async (look) => {
    const ids = await pair();
    await life.sync.pause('customer', true, null, 'test');
    await w.edit('crm', 'Customer', ids.crm, { legalName: 'Planned' });
    await w.settled(life);
    const plan = await life.sync.syncLink(ids.link, { mode: 'preview', actor: 'anna' });
    let looks = 0;
    hooks.read = async (side) => {
      if (side === 'erp' && ++looks === look)
        await w.edit('erp', 'Customer', ids.erp, { homePage: 'https://moved.example' });
      return true;
    };
    await expect(life.sync.applyPlan(plan.planToken!, { actor: 'anna' })).rejects.toMatchObject({
      code: 'STALE_PLAN',
      message: expect.stringContaining(`ERP Customer ${ids.erp} has moved from version`),
    });
    hooks.read = null;
    expect(looks, 'it looks no further').toBe(look);
    expect(await w.sql`select 1 from sync.lane where locked_until is not null`, 'no lane is held').toEqual(
      [],
    );
    expect(hooks.sent).toEqual([]);
    await life.sync.pause('customer', false, null, 'test');
    await w.settled(life);
  });
});

describe('what the log tells', () => {
  test('of a value that both sides came to by themselves: found alike', async () => {
    const ids = await pair();
    await paused(async () => {
      await w.edit('crm', 'Customer', ids.crm, { legalName: 'The same idea' });
      await w.edit('erp', 'Customer', ids.erp, { legalName: 'The same idea' });
    });
    expect(hooks.sent).toEqual([]);
    expect(await changesOf(ids.link)).toContainEqual(
      expect.objectContaining({
        outcome: 'updated',
        field: 'legalName',
        before: null,
        after: 'The same idea',
        why: 'found alike',
      }),
    );
  });

  test('of a delete: the link has ended, the survivor is archived and nothing brings the pair back', async () => {
    const ids = await pair();
    await w.crm.write([{ kind: 'delete', entity: 'Customer', id: ids.crm }], {
      actor: 'anna',
      origin: 'person',
    });
    await w.settled(life);
    const stands = () => w.sql`select state, ended_by as "endedBy" from sync.link where id = ${ids.link}`;
    expect(await stands()).toEqual([{ state: 'ended', endedBy: 'deleted' }]);
    expect((await w.read('erp', 'Customer', ids.erp))!.archived).toBe(true);
    expect(await changesOf(ids.link)).toContainEqual(
      expect.objectContaining({ outcome: 'deleted', field: 'deleted', why: 'deleted in the CRM' }),
    );
    await w.edit('erp', 'Customer', ids.erp, { legalName: 'Survivor' });
    await w.settled(life);
    expect(await stands()).toEqual([{ state: 'ended', endedBy: 'deleted' }]);
    expect(await w.sql`select 1 from sync.link where erp_id = ${ids.erp} and state <> 'ended'`).toEqual([]);
  });
});

describe('an outage', () => {
  test('uses up no attempt of the lanes that meet it', async () => {
    const ids = await pair();
    let isDown = true;
    hooks.read = (side) => {
      if (isDown && side === 'erp') throw new SyncError('SYSTEM_UNAVAILABLE', 'The ERP is down.');
      return true;
    };
    await w.edit('crm', 'Customer', ids.crm, { legalName: 'Waits for the ERP' });
    await w.until('the breaker is open', async () => life.sync.breakers().erp.open);
    await w.until(
      'the lane is given back',
      async () => (await w.sql`select 1 from sync.lane where locked_until is not null`).length === 0,
    );
    expect(await w.sql`select attempts from sync.lane`).toEqual([{ attempts: 0 }]);
    isDown = false;
    await w.until('the breaker is closed', async () => !life.sync.breakers().erp.open);
    await w.settled(life);
    hooks.read = null;
    expect((await w.read('erp', 'Customer', ids.erp))!.fields.legalName).toBe('Waits for the ERP');
  });
});

describe('an answer that lacks a record', () => {
  test('is not believed until it is given twice', async () => {
    const ids = await pair();
    let answers = 0;
    hooks.read = (side) => side !== 'crm' || answers++ > 0;
    await w.edit('erp', 'Customer', ids.erp, { legalName: 'The CRM stutters' });
    await w.settled(life);
    hooks.read = null;
    expect(answers).toBeGreaterThan(1);
    expect((await w.read('crm', 'Customer', ids.crm))!.fields.legalName).toBe('The CRM stutters');
    expect(hooks.sent.map(({ side, write }) => [side, write.kind])).toEqual([['crm', 'update']]);
  });
});

describe('two systems that never agree on a field', () => {
  test('are stopped: the field is quarantined, a person is told, the other fields travel', async () => {
    const ids = await pair();
    const edit = { crm: () => w.edit('crm', 'Customer', ids.crm, { legalName: 'As the CRM has it' }) };
    let rounds = 0;
    // Each system has a rule of its own that puts the name back as soon as it is written.
    hooks.after = async (side) => {
      if (rounds++ > 50) throw new Error('It never ends.');
      await (side === 'crm'
        ? edit.crm()
        : w.edit('erp', 'Customer', ids.erp, { legalName: 'As the ERP has it' }));
    };
    await edit.crm();
    const told = () =>
      w.sql`select distinct code, field from sync.issue where link_id = ${ids.link} and closed_at is null`;
    await w.until('the field rests', async () => (await told()).length > 0);
    hooks.after = null;
    await w.settled(life);
    expect(await told()).toEqual([{ code: 'FIELD_QUARANTINED', field: 'legalName' }]);
    await w.edit('crm', 'Customer', ids.crm, { website: 'https://goes-on.example' });
    await w.settled(life);
    expect((await w.read('erp', 'Customer', ids.erp))!.fields).toMatchObject({
      legalName: 'As the ERP has it',
      homePage: 'https://goes-on.example',
    });

    // A person decides, and both hear of the field again from then on.
    const names = async () =>
      Promise.all(
        (['crm', 'erp'] as const).map(
          async (side) => (await w.read(side, 'Customer', ids[side]))!.fields.legalName,
        ),
      );
    const decide = { actor: 'anna', prefer: 'crm' } as const;
    const planned = await life.sync.syncLink(ids.link, { ...decide, mode: 'preview' });
    const done = await life.sync.syncLink(ids.link, { ...decide, mode: 'apply' });
    await w.settled(life);
    expect(done.plan.writes).toMatchObject([
      { side: 'erp', fields: [{ field: 'legalName', after: 'As the CRM has it' }] },
    ]);
    expect(done.plan.writes).toEqual(planned.plan.writes);
    expect([await names(), await told()]).toEqual([['As the CRM has it', 'As the CRM has it'], []]);
    for (const side of ['erp', 'crm'] as const) {
      await w.edit(side, 'Customer', ids[side], { legalName: `Again in the ${side}` });
      await w.settled(life);
      expect(await names()).toEqual([`Again in the ${side}`, `Again in the ${side}`]);
    }
  });

  test('and two that add something each time are stopped as well', async () => {
    const ids = await pair();
    let name = 'Long';
    hooks.after = async (side) => {
      if (name.length > 100) throw new Error('It never ends.');
      name += '.';
      await w.edit(side, 'Customer', ids[side], { legalName: name });
    };
    await w.edit('crm', 'Customer', ids.crm, { legalName: name });
    const told = () => w.sql`select field from sync.issue where link_id = ${ids.link} and closed_at is null`;
    await w.until('the field rests', async () => (await told()).length > 0);
    hooks.after = null;
    await w.settled(life);
    expect(await told()).toContainEqual({ field: 'legalName' });
  });

  test('people who take turns on one field are not taken for them, however fast', async () => {
    const ids = await pair();
    for (const [n, side] of (['crm', 'erp', 'crm', 'erp', 'crm', 'erp'] as const).entries()) {
      await w.edit(side, 'Customer', ids[side], { legalName: `Turn ${n}` });
      await w.settled(life);
    }
    const fields = await Promise.all(
      (['crm', 'erp'] as const).map(async (side) => (await w.read(side, 'Customer', ids[side]))!.fields),
    );
    expect(fields.map(({ legalName }) => legalName)).toEqual(['Turn 5', 'Turn 5']);
    expect(await w.sql`select code from sync.issue where link_id = ${ids.link}`).toEqual([]);
  });
});
